"""Clocks that are apart: what the data tells of them, what setting them right changes, and that the study decides."""

import random
from math import comb

import pandas as pd
import pytest

from conftest import rows
from procmine import engine
from procmine.errors import StudyError

STUDY = """\
title: Three clocks
order: order
systems:
  boss: {rank: 1, time_zone: UTC}
  net: {rank: 2, time_zone: UTC}
  eoms: {rank: 3, time_zone: UTC}
sources:
  boss:
    file: boss.csv
    system: boss
    keys: {order: order}
    events: &events {form: row, activity: step, timestamp: time, start: begun}
  net:
    file: net.csv
    system: net
    keys: {order: order}
    events: *events
  eoms:
    file: eoms.csv
    system: eoms
    keys: {order: order}
    events: *events
mirrors:
  - {activity: Activate, keep: boss, drop: net, within: 30 min}
  - {activity: Test, keep: eoms, drop: net, within: 30 min}
known_order: [[Accept, Survey]]
"""
HEAD = "order,step,time,begun\n"
BEGIN = pd.Timestamp("2024-01-05T08:00")


def export(*events: tuple[object, str, float]) -> str:
    """Order, step and seconds after eight o'clock of each event."""
    return HEAD + "".join(f"{order},{step},{BEGIN + pd.Timedelta(seconds=at)},\n" for order, step, at in events)


def exports(**files: list[tuple[object, str, float]]) -> dict[str, str]:
    return {f"{name}.csv": export(*files.get(name, [])) for name in ("boss", "net", "eoms")}


def clocks(study) -> list[tuple[object, ...]]:
    found = study.clocks()
    return [tuple(row) for row in found.astype(object).where(found.notna(), None).itertuples(index=False)]


def test_mirrored_actions_tell_the_offset_and_its_interval(make_study):
    """Lags 235 … 250, -3600: of seven sorted values the least and the greatest enclose the median at 98.4 %."""
    lags = [240, 236, 235, 238, 250, 241, -600]
    study = make_study(
        STUDY,
        exports(
            boss=[(order, "Activate", 0) for order in range(7)],
            net=[(order, "Activate", lag) for order, lag in enumerate(lags)],
        ),
    )
    assert clocks(study) == [("net", "boss", "mirrored", 7, 238.0, -600.0, 250.0, 0.0, "estimate")]
    assert study.clocks().corrected_s.dtype == "float64"


def test_the_lower_rank_is_what_a_clock_is_held_against(make_study):
    """Five pairs are too few for an interval."""
    kept, dropped = ([(order, "Test", at) for order in range(5)] for at in (180, 0))
    assert clocks(make_study(STUDY, exports(eoms=kept, net=dropped, boss=[(9, "Accept", 0)]))) == [
        ("eoms", "net", "mirrored", 5, 180.0, None, None, 0.0, "estimate")
    ]


def test_a_known_order_that_is_broken_bounds_a_clock(make_study):
    """Only orders 0 and 1 have their survey before they are accepted, by 60 and 80 s: the clock is 80 s slow, at least.
    A later survey does not count.
    """
    study = make_study(
        STUDY,
        exports(
            boss=[(order, "Accept", 100) for order in range(4)],
            eoms=[(0, "Survey", 40), (0, "Survey", 300), (1, "Survey", 20), (2, "Survey", 500), (7, "Survey", 1)],
        ),
    )
    assert clocks(study) == [("eoms", "boss", "known order", 2, -80.0, None, -80.0, 0.0, "at least")]


BOTH_WAYS = STUDY.replace("[[Accept, Survey]]", "[[Accept, Survey], [Install, Close]]")


@pytest.mark.parametrize(
    ("closed", "told"),
    [
        (110, (-95.0, -110.0, -80.0, 0.0, "estimate")),
        (900, (-80.0, -900.0, -80.0, 0.0, "at least")),
        (-20, (-30.0, -80.0, 20.0, 0.0, "contradiction")),
    ],
)
def test_orders_in_both_directions_bound_a_clock_from_both_sides(make_study, closed, told):
    """Surveys up to 80 s before acceptance; closed that long after the installation, 50 s more in another order."""
    files = exports(
        boss=[(0, "Accept", 80), (1, "Accept", 9), (2, "Close", closed), (3, "Close", closed + 50)],
        eoms=[(0, "Survey", 0), (1, "Survey", 3), (2, "Install", 0), (3, "Install", 0)],
    )
    pairs = 3 if closed == -20 else 2
    assert clocks(make_study(BOTH_WAYS, files)) == [("eoms", "boss", "known order", pairs, *told)]


def test_of_twenty_impossible_differences_one_may_be_wrong(make_study):
    """20 of 1 … 20 s, one of them a day: the next one, 19 s, is the bound."""
    gaps = [*range(1, 20), 86_400]
    files = exports(
        boss=[(order, "Accept", gap) for order, gap in enumerate(gaps)],
        eoms=[(order, "Survey", 0) for order in range(20)],
    )
    assert clocks(make_study(STUDY, files)) == [
        ("eoms", "boss", "known order", 20, -19.0, None, -19.0, 0.0, "at least")
    ]


def test_bounds_hold_on_simulated_clocks(make_study):
    """Times between two steps from seconds to days: the true offset is always within the bounds, whatever its sign, and
    an estimate is closer to it than half their distance.
    """
    chance = random.Random(7)
    kinds = set()
    for true in (-600.0, -240.0, 0.0, 95.0, 400.0):
        files: dict[str, list[tuple[object, str, float]]] = {"boss": [], "eoms": []}
        for order in range(800):
            at, passed = chance.uniform(0, 80_000), 5 + chance.expovariate(1 / chance.choice([200, 4_000, 90_000]))
            steps = (("boss", "Accept"), ("eoms", "Survey")) if order % 4 else (("eoms", "Install"), ("boss", "Close"))
            for (system, step), moment in zip(steps, (at, at + passed), strict=True):
                files[system].append((order, step, moment + (true if system == "eoms" else 0)))
        for study in (BOTH_WAYS, STUDY):
            found = make_study(study, exports(**files)).clocks()
            if not true:
                assert found.empty
                continue
            for row in found.itertuples():
                kinds.add(row.tells)
                assert pd.isna(row.low_s) or row.low_s <= true
                assert pd.isna(row.high_s) or true <= row.high_s
                if row.tells == "estimate":
                    assert abs(row.offset_s - true) <= (row.high_s - row.low_s) / 2
                else:
                    assert 0 < row.offset_s / true <= 1
    assert kinds == {"estimate", "at least"}


def test_a_known_order_within_one_system_tells_nothing(make_study):
    study = make_study(STUDY, exports(boss=[(0, "Accept", 100), (0, "Survey", 40)]))
    assert clocks(study) == []


def test_dates_tell_nothing_of_a_clock(make_study):
    files = exports(boss=[(0, "Activate", 0)], eoms=[(1, "Survey", 0)])
    files["net.csv"] = HEAD + "0,Activate,2024-01-05,\n"
    files["boss.csv"] += "1,Accept,2024-01-05,\n"
    study = make_study(STUDY, files)
    assert clocks(study) == []
    assert study.doubles()["lag_s"].isna().tolist() == [True]


def corrected(offset: str) -> str:
    return STUDY.replace("net: {rank: 2, time_zone: UTC}", f"net: {{rank: 2, time_zone: UTC, clock_offset: {offset}}}")


def test_a_clock_is_set_right_only_where_the_study_says_so(make_study):
    files = exports(boss=[(1, "Accept", 100)], net=[(1, "Configure", 0)])
    files["net.csv"] += f"1,Connect,{BEGIN},{BEGIN - pd.Timedelta(seconds=10)}\n1,Note,2024-01-05,\n"
    told = ("activity", "timestamp", "start")
    plain = {name: (at, start) for name, at, start in rows(make_study(STUDY, files).log(), *told)}
    right = {name: (at, start) for name, at, start in rows(make_study(corrected("-240 s"), files).log(), *told)}
    begin, later = BEGIN.tz_localize("UTC"), (BEGIN + pd.Timedelta(minutes=4)).tz_localize("UTC")
    assert plain["Configure"] == (begin, None)
    assert right["Configure"] == (later, None)
    assert right["Connect"] == (later, later - pd.Timedelta(seconds=10))
    assert right["Accept"] == plain["Accept"]
    assert right["Note"] == ((BEGIN + pd.Timedelta(seconds=100)).tz_localize("UTC"), None)


def test_what_is_reported_is_the_clock_as_exported(make_study):
    files = exports(
        boss=[(order, "Activate", 0) for order in range(6)], net=[(order, "Activate", -240) for order in range(6)]
    )
    row = ("net", "boss", "mirrored", 6, -240.0, -240.0, -240.0)
    assert clocks(make_study(STUDY, files)) == [(*row, 0.0, "estimate")]
    assert clocks(make_study(corrected("-4 min"), files)) == [(*row, -240.0, "estimate")]


def test_minutes_off_are_found_within_seconds(make_study):
    """Two systems, hundreds of actions with a lag of 0 to 20 s, other orders and lost records between."""
    chance = random.Random(3)
    offset = {"boss": 0.0, "net": 412.0, "eoms": -305.0}
    files: dict[str, list[tuple[object, str, float]]] = {name: [] for name in offset}
    for order in range(300):
        for first, second, step in (("boss", "net", "Activate"), ("eoms", "net", "Test")):
            at = chance.uniform(0, 80000)
            if chance.random() < 0.9:
                files[first].append((order, step, round(at + offset[first])))
            if chance.random() < 0.9:
                files[second].append((order, step, round(at + offset[second] + chance.uniform(0, 20))))
    found = make_study(STUDY, exports(**files)).clocks().set_index(["system", "against"])
    assert abs(found.loc[("net", "boss"), "offset_s"] - 412) < 20
    assert abs(found.loc[("eoms", "net"), "offset_s"] + 717) < 20
    assert (found["low_s"] <= found["offset_s"]).all()
    assert (found["offset_s"] <= found["high_s"]).all()
    assert (found["high_s"] - found["low_s"] < 5).all()


@pytest.mark.parametrize("pairs", [6, 7, 9, 12, 25, 100])
def test_the_interval_covers_95_percent(make_study, pairs):
    """Against the binomial distribution: as narrow as can be with the coverage, or one step wider."""
    lags = list(range(pairs))
    files = exports(
        boss=[(order, "Activate", 0) for order in range(pairs)],
        net=[(order, "Activate", lag) for order, lag in enumerate(lags)],
    )
    found = make_study(STUDY, files).clocks().iloc[0]
    below = int(found["low_s"])
    assert found["high_s"] == pairs - 1 - below

    def outside(least: int) -> float:
        return 2 * sum(comb(pairs, k) for k in range(least + 1)) / 2**pairs

    assert outside(below) <= 0.05 < outside(below + 2)


def test_what_setting_clocks_right_changes(make_study):
    """In seconds after eight, clocks right: order 1 0, 300, 500; order 2 0, 150; order 3 0, 100, 150.

    As exported each handoff to the net is 240 shorter, each from it 240 longer.
    """
    files = exports(
        boss=[(1, "Accept", 0), (2, "Accept", 0), (3, "Accept", 0)],
        net=[(1, "Configure", 60), (3, "Configure", -140)],
        eoms=[(1, "Install", 500), (2, "Install", 150), (3, "Install", 150)],
    )
    effects = make_study(corrected("-240 s"), files).clock_effects()
    ranks = ["corrected_rank", "recorded_rank"]
    told = ["figure", "first", "second", "handoffs", "corrected", "recorded", "change", *ranks]
    assert list(effects.columns) == told
    assert effects.to_numpy().tolist() == [
        ["median elapsed time", "boss", "net", 2, 200.0, -40.0, "sign", 1, 3],
        ["median elapsed time", "net", "eoms", 2, 125.0, 365.0, "rank", 3, 1],
    ]


def test_activities_that_change_places(make_study):
    files = exports(
        boss=[(order, "Accept", 0) for order in range(3)], net=[(order, "Build", -10) for order in range(3)]
    )
    effects = make_study(corrected("-240 s"), files).clock_effects()
    orders = effects[effects["figure"] == "share of the first before the second"]
    assert orders[["first", "second", "handoffs", "corrected", "recorded", "change"]].to_numpy().tolist() == [
        ["Accept", "Build", 3, 1.0, 0.0, "sign"]
    ]


def test_no_clock_set_right_changes_nothing(make_study):
    study = make_study(STUDY, exports(boss=[(1, "Accept", 0)], net=[(1, "Configure", 60)]))
    assert study.clock_effects().empty
    assert study.clocks().empty
    assert study.doubles().empty
    assert engine.scalar(study.log().count()) == 2


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        (corrected("-240"), r"systems.net.clock_offset: not a duration; write it as 90 s, 30 min, 12 h or 3 d"),
        (STUDY.replace("[[Accept, Survey]]", "[[Accept]]"), r"known_order.0: one more belongs here"),
        (STUDY.replace("[[Accept, Survey]]", "[[Accept, Accept]]"), r"known_order.0: 'Accept' cannot precede itself"),
    ],
)
def test_rules_that_cannot_be(make_study, definition, message):
    with pytest.raises(StudyError, match=message):
        make_study(definition, {})
