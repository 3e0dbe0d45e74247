"""Actions recorded twice: what is set aside, what it names as kept, and what stays an event."""

import random

import pytest

from conftest import rows
from procmine import engine
from procmine.errors import StudyError

STUDY = """\
title: One action, two systems
order: order
systems:
  boss: {rank: 1, time_zone: UTC}
  net: {rank: 2, time_zone: UTC}
sources:
  boss:
    file: boss_orders.csv
    system: boss
    keys: {order: order}
    events: &events {form: row, activity: step, timestamp: time}
  gateway:
    file: gateway.csv
    system: net
    keys: {order: order}
    events: *events
activities: {开通: Activate}
mirrors: [{activity: Activate, keep: boss, drop: gateway, within: 30 min}]
"""
HEAD = "order,step,time\n"


def export(*events: str) -> str:
    """``A Activate 10:00``: order, step, time of day (or a date)."""
    lines = []
    for event in events:
        order, step, time = event.split(" ", 2)
        lines.append(f"{order},{step},{time if '-' in time else '2024-01-05 ' + time}")
    return HEAD + "\n".join(lines) + "\n"


def account(study, source: str) -> dict[str, int]:
    ledger = study.ledger()
    return ledger[ledger["source"] == source].set_index("reason")["rows"].to_dict()


def aside(study, source: str) -> list[tuple[object, ...]]:
    return rows(study.set_aside(source), "procmine:row", "procmine:reason", "procmine:kept")


def test_an_action_of_two_systems_stays_once(make_study):
    exports = {
        "boss_orders.csv": export("A Accept 09:00", "A 开通 10:00", "B Activate 10:00"),
        "gateway.csv": export("A Activate 10:05", "A Configure 09:30", "C Activate 10:00", "B Activate 10:31"),
    }
    study = make_study(STUDY, exports)
    assert rows(study.log(), "case_id", "position", "activity", "source") == [
        ("A", 1, "Accept", "boss_orders.csv"),
        ("A", 2, "Configure", "gateway.csv"),
        ("A", 3, "Activate", "boss_orders.csv"),
        ("B", 1, "Activate", "boss_orders.csv"),
        ("B", 2, "Activate", "gateway.csv"),
        ("C", 1, "Activate", "gateway.csv"),
    ]
    assert account(study, "gateway.csv") == {"event": 3, "mirrored": 1}
    assert account(study, "boss_orders.csv") == {"event": 3}
    assert aside(study, "gateway") == [(1, "mirrored", "boss_orders.csv, row 2")]


def test_each_kept_event_explains_one_and_the_nearest_comes_first(make_study):
    """10:10 is nearer to 10:12 than 10:00 is, which is left with 09:50."""
    exports = {
        "boss_orders.csv": export("A Activate 10:10", "A Activate 09:50"),
        "gateway.csv": export("A Activate 10:00", "A Activate 10:12", "A Activate 10:15"),
    }
    study = make_study(STUDY, exports)
    assert aside(study, "gateway") == [
        (1, "mirrored", "boss_orders.csv, row 2"),
        (2, "mirrored", "boss_orders.csv, row 1"),
    ]
    assert account(study, "gateway.csv") == {"event": 1, "mirrored": 2}


def test_of_equally_near_ones_each_takes_its_own(make_study):
    exports = {
        "boss_orders.csv": export(*["A Activate 10:00"] * 3),
        "gateway.csv": export(*["A Activate 10:00"] * 4),
    }
    study = make_study(STUDY, exports)
    assert aside(study, "gateway") == [(row, "mirrored", f"boss_orders.csv, row {row}") for row in (1, 2, 3)]


def test_the_window_is_inclusive_and_looks_both_ways(make_study):
    exports = {
        "boss_orders.csv": export("A Activate 10:00", "B Activate 10:00"),
        "gateway.csv": export("A Activate 10:30:00", "B Activate 09:29:59"),
    }
    assert aside(make_study(STUDY, exports), "gateway") == [(1, "mirrored", "boss_orders.csv, row 1")]


def test_a_date_mirrors_what_happened_that_day(make_study):
    exports = {
        "boss_orders.csv": export("A Activate 15:00", "B Activate 15:00"),
        "gateway.csv": export("A Activate 2024-01-05", "B Activate 2024-01-06"),
    }
    assert aside(make_study(STUDY, exports), "gateway") == [(1, "mirrored", "boss_orders.csv, row 1")]


WIDE = STUDY.replace(
    "    keys: {order: order}\n    events: *events\n",
    "    keys: {order: order}\n    events:\n      form: columns\n      columns:\n"
    "        - {activity: Configure, timestamp: configured}\n        - {activity: Activate, timestamp: activated}\n",
)


def test_one_of_several_times_of_a_row(make_study):
    """A row that keeps another event stays an event row; one that gave nothing else is set aside."""
    gateway = "order,configured,activated\nA,2024-01-05 09:00,2024-01-05 10:01\nB,,2024-01-05 10:01\n"
    study = make_study(
        WIDE, {"boss_orders.csv": export("A Activate 10:00", "B Activate 10:00"), "gateway.csv": gateway}
    )
    assert rows(study.log(), "case_id", "activity", "source") == [
        ("A", "Activate", "boss_orders.csv"),
        ("A", "Configure", "gateway.csv"),
        ("B", "Activate", "boss_orders.csv"),
    ]
    assert account(study, "gateway.csv") == {"event": 1, "mirrored": 1}
    assert study.ledger()["events"].sum() == 3
    assert aside(study, "gateway") == [(2, "mirrored", "boss_orders.csv, row 2")]


def test_of_equally_near_ones_the_exports_sequence_decides_before_its_rows(make_study):
    """BOSS has one of two activations in one second; the gateway numbers its second row before the first."""
    definition = STUDY.replace(
        "    events: *events\n", "    events: {form: row, activity: step, timestamp: time, sequence: seq}\n"
    )
    gateway = "order,step,time,seq\nA,Activate,2024-01-05 10:01,2\nA,Activate,2024-01-05 10:01,1\n"
    study = make_study(definition, {"boss_orders.csv": export("A Activate 10:00"), "gateway.csv": gateway})
    assert aside(study, "gateway") == [(2, "mirrored", "boss_orders.csv, row 1")]


def test_lines_of_an_order_mirror_their_own(make_study):
    """Line 20 is activated in both systems, line 30 in the gateway alone; an event about no line may be any."""
    definition = STUDY.replace("    system:", "    line: item\n    system:")
    head = "order,item,step,time\n"
    boss = head + "A,10,Activate,2024-01-05 10:00\nA,20,Activate,2024-01-05 10:10\nB,,Activate,2024-01-05 10:00\n"
    gateway = head + "A,20,Activate,2024-01-05 10:01\nA,30,Activate,2024-01-05 10:11\nB,7,Activate,2024-01-05 10:01\n"
    study = make_study(definition, {"boss_orders.csv": boss, "gateway.csv": gateway})
    assert aside(study, "gateway") == [
        (1, "mirrored", "boss_orders.csv, row 2"),
        (3, "mirrored", "boss_orders.csv, row 3"),
    ]
    assert rows(study.log(), "case_id", "event:order_line", "source") == [
        ("A", "10", "boss_orders.csv"),
        ("A", "20", "boss_orders.csv"),
        ("A", "30", "gateway.csv"),
        ("B", None, "boss_orders.csv"),
    ]


def test_random_times_against_a_plain_greedy_match(make_study):
    """The nearest pair first, of equally near ones that whose turns in their exports are nearest, then the rows."""
    chance = random.Random(7)
    drawn = {
        name: [(chance.choice("ABC"), chance.randrange(0, 1440, 3)) for _ in range(90)] for name in ("boss", "net")
    }
    texts = {
        name: export(*(f"{order} Activate {at // 60:02d}:{at % 60:02d}" for order, at in events))
        for name, events in drawn.items()
    }
    turns = {
        name: {
            row: sum(
                (at, before) < (events[row - 1][1], row)
                for before, (order, at) in enumerate(events, 1)
                if order == events[row - 1][0]
            )
            for row in range(1, len(events) + 1)
        }
        for name, events in drawn.items()
    }
    pairs = sorted(
        (abs(one[1] - other[1]), abs(turns["net"][row] - turns["boss"][kept]), kept, row)
        for row, one in enumerate(drawn["net"], 1)
        for kept, other in enumerate(drawn["boss"], 1)
        if one[0] == other[0] and abs(one[1] - other[1]) <= 30
    )
    match: dict[int, int] = {}
    for _, _, kept, row in pairs:
        if row not in match and kept not in match.values():
            match[row] = kept
    study = make_study(STUDY, {"boss_orders.csv": texts["boss"], "gateway.csv": texts["net"]})
    found = {row: kept for row, _, kept in aside(study, "gateway")}
    assert found == {row: f"boss_orders.csv, row {kept}" for row, kept in match.items()}


EXACT = """\
title: Rows twice
order: order
systems: {crm: {rank: 1, time_zone: UTC}}
sources:
  crm:
    file: crm.csv
    system: crm
    keys: {order: order}
    events: {form: row, activity: step, timestamp: time, resource: who}
    doubles: set_aside
"""
ROWS = (
    "order,step,time,who,note\nA,Accept,2024-01-05 10:00,Ann,x\nA,Accept,2024-01-05 10:00,Ann,y\n"
    "A,Accept,2024-01-05 10:00,,\nA,Accept,2024-01-05 10:00, ,\n"
    ",Accept,2024-01-05 10:00,,\n,Accept,2024-01-05 10:00,,\n"
    "A,Accept,2024-01-05 10:00,Ann,z\nA,Accept,2024-01-05 10:01,Ann,x\n"
)


def test_equal_rows_are_set_aside_where_the_study_says_so(make_study):
    """Columns that the study does not read tell nothing apart; a row that gives no event says why itself."""
    study = make_study(EXACT, {"crm.csv": ROWS})
    assert rows(study.log(), "source_row") == [(1,), (3,), (8,)]
    assert aside(study, "crm") == [
        (2, "exact double", "crm.csv, row 1"),
        (4, "exact double", "crm.csv, row 3"),
        (5, "no order key", None),
        (6, "no order key", None),
        (7, "exact double", "crm.csv, row 1"),
    ]


def test_equal_rows_stay_where_it_says_nothing(make_study):
    study = make_study(EXACT.replace("    doubles: set_aside\n", ""), {"crm.csv": ROWS})
    assert account(study, "crm.csv") == {"event": 6, "no order key": 2}


def test_an_exact_double_is_no_partner_of_a_mirrored_event(make_study):
    definition = STUDY.replace("    system: boss\n", "    system: boss\n    doubles: set_aside\n")
    exports = {
        "boss_orders.csv": export("A Activate 10:00", "A Activate 10:00"),
        "gateway.csv": export("A Activate 10:01", "A Activate 10:02"),
    }
    study = make_study(definition, exports)
    assert aside(study, "boss") == [(2, "exact double", "boss_orders.csv, row 1")]
    assert aside(study, "gateway") == [(1, "mirrored", "boss_orders.csv, row 1")]
    assert engine.scalar(study.log().count()) == 2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("keep: bos, drop: gateway, within: 30 min", r"mirrors.0.keep: no source of events 'bos'. Did you mean 'boss'"),
        ("keep: boss, drop: boss, within: 30 min", r"mirrors.0.drop: 'boss' is kept for 'Activate'"),
        ("keep: boss, drop: gateway, within: 30", r"mirrors.0.within: not a duration; write it as 90 s, 30 min"),
        ("keep: boss, drop: gateway, within: -1 h", r"mirrors.0.within: a time span below zero"),
        (
            "keep: boss, drop: gateway, within: 999999999 d",
            r"mirrors.0.within: a duration of more than a hundred years",
        ),
        ("keep: boss, drop: gateway", r"mirrors.0.within: it is missing"),
    ],
)
def test_mirrors_that_cannot_be(make_study, wrong, message):
    with pytest.raises(StudyError, match=message):
        make_study(STUDY.replace("keep: boss, drop: gateway, within: 30 min", wrong), {})


def test_doubles_of_a_source_without_events(make_study):
    links = "  links:\n    file: links.csv\n    keys: {order: order, account: account}\n    doubles: set_aside\n"
    with pytest.raises(StudyError, match=r"sources.links.doubles: only rows that give events are ever doubles"):
        make_study(EXACT + links, {})
