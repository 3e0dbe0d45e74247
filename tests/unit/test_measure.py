"""The measures on logs typed by hand, their answers worked by hand."""

import doctest
import importlib
from datetime import UTC, datetime

import pytest

from conftest import rows
from procmine import engine, measure
from procmine.errors import LogError

PAIR = ("activity", "next_activity")
NAMES = ["cases", "follows", "handoffs", "rework", "rework_events", "variants"]


def test_follows_counts_pairs_orders_and_time(make_log):
    table = measure.follows(make_log("a: X Y X Y+3 | b: X Y+5 Z"))
    columns = ("activity", "next_activity", "count", "orders", "elapsed_mean_s", "elapsed_median_s", "elapsed_p90_s")
    assert rows(table, *columns) == [
        ("X", "Y", 3, 2, 10800.0, 10800.0, pytest.approx(0.2 * 10800 + 0.8 * 18000)),
        ("Y", "X", 1, 1, 3600.0, 3600.0, 3600.0),
        ("Y", "Z", 1, 1, 3600.0, 3600.0, 3600.0),
    ]


def test_a_mean_is_that_of_whole_microseconds_so_that_no_order_of_adding_changes_it(make_log):
    """0.18, 0.36 and 1.8 s: added as floats they give a mean of 0.78 less or more a last digit, by their order."""
    table = measure.follows(make_log("a: X Y+0.00005 | b: X Y+0.0001 | c: X Y+0.0005"))
    assert rows(table, "elapsed_mean_s") == [(0.78,)]


def test_an_order_counts_once_for_a_pair_that_it_has_later_or_again(make_log):
    table = measure.follows(make_log("a: X Z X Y | b: X Y X Y | c: X X Y | d: X Z"))
    counted = {(one, two): (count, orders) for one, two, count, orders in rows(table, *PAIR, "count", "orders")}
    assert counted["X", "Y"] == (4, 3)
    assert counted["X", "Z"] == (2, 2)
    assert counted["X", "X"] == (1, 1)


def test_follows_starts_with_the_most_frequent(make_log):
    frame = engine.collect(measure.follows(make_log("a: B A B A C")))
    assert frame[["activity", "next_activity", "count"]].to_numpy().tolist() == [
        ["B", "A", 2],
        ["A", "B", 1],
        ["A", "C", 1],
    ]


def test_follows_counts_a_handoff_only_between_two_known_departments(make_log):
    table = measure.follows(make_log("a: X@s Y@t X@s Y@s X Y@t X"))
    assert rows(table, "activity", "next_activity", "count", "handoffs") == [("X", "Y", 3, 1), ("Y", "X", 3, 1)]


def test_follows_of_orders_with_one_event_is_empty(make_log):
    assert rows(measure.follows(make_log("a: X | b: Y"))) == []


def test_variants_rank_by_orders_then_by_letters(make_log):
    frame = engine.collect(measure.variants(make_log("a: X Y | b: Y X | c: X Y | d: X | e: A B")))
    assert [
        (row.variant, list(row.activities), row.events, row.count_, row.share)
        for row in frame.rename(columns={"count": "count_"}).itertuples()
    ] == [
        (1, ["X", "Y"], 2, 2, 0.4),
        (2, ["A", "B"], 2, 1, 0.2),
        (3, ["X"], 1, 1, 0.2),
        (4, ["Y", "X"], 2, 1, 0.2),
    ]


def test_cases_span_first_start_to_last_completion(make_log):
    start = ["2023-12-31T22:00Z", None, None, "2024-01-01T00:30Z", None, None]
    log = make_log(
        "a: X Y@t/Ann | b: X@s Y@s Z | c: X@u/Bob", start=start, **{"case:tier": ["g", "g", "s", "s", "s", None]}
    )
    columns = (
        "case_id",
        "duration_s",
        "events",
        "variant",
        "last_activity",
        "last_department",
        "last_resource",
        "case:tier",
    )
    assert rows(measure.cases(log), *columns) == [
        ("a", 3 * 3600.0, 2, 2, "Y", "t", "Ann", "g"),
        ("b", 2 * 3600.0, 3, 3, "Z", None, None, "s"),
        ("c", 0.0, 1, 1, "X", "u", "Bob", None),
    ]


def test_cases_number_variants_as_variants_does(make_log):
    log = make_log("a: X Y | b: Y X | c: X Y | d: X | e: Y X | f: Z")
    variants = {tuple(path): number for number, path in rows(measure.variants(log), "variant", "activities")}
    paths = {"a": ("X", "Y"), "b": ("Y", "X"), "c": ("X", "Y"), "d": ("X",), "e": ("Y", "X"), "f": ("Z",)}
    assert rows(measure.cases(log), "case_id", "variant") == [(case, variants[path]) for case, path in paths.items()]


def test_cases_keep_an_attribute_that_only_some_events_show(make_log):
    log = make_log("a: X Y", **{"case:tier": ["gold", "gold"]})
    assert rows(measure.cases(log), "case:tier") == [("gold",)]


def test_rework_by_kind_and_by_whom(make_log):
    log = make_log("a: X/Ann X/Ann X/Bob Y/Ann X/Bob | b: X/Ann Y X Y | c: X/Ann X/Ann")
    assert rows(measure.rework(log)) == [
        ("X", "repetition", "repeat", 1, 1),
        ("X", "repetition", "unknown", 1, 1),
        ("X", "self-loop", "redo", 1, 1),
        ("X", "self-loop", "repeat", 2, 2),
        ("Y", "repetition", "unknown", 1, 1),
    ]


def test_a_run_of_length_l_has_l_less_one_self_loops(make_log):
    assert rows(measure.rework(make_log("a: X X X X X")), "kind", "count", "orders") == [("self-loop", 4, 1)]


def test_rework_events_name_the_referral(make_log):
    log = make_log("a: X/Ann Y/Bob X/Cai X/Cai")
    columns = ("position", "kind", "by", "previous_position", "previous_resource", "resource")
    assert rows(measure.rework_events(log), *columns) == [
        (3, "repetition", "redo", 1, "Ann", "Cai"),
        (4, "self-loop", "repeat", 3, "Cai", "Cai"),
    ]


def test_what_is_done_once_for_each_line_is_no_rework(make_log):
    """Line 1 is picked, line 2 is picked, line 1 again by another; the whole order is checked twice, line 2 once."""
    log = make_log(
        "a: Pick/Ann Pick/Ann Pick/Bob Check Check/Ann Check | b: Pick Pick",
        **{"event:order_line": ["1", "2", "1", None, None, "2", "1", "2"]},
    )
    assert rows(measure.rework(log)) == [("Check", "self-loop", "unknown", 1, 1), ("Pick", "repetition", "redo", 1, 1)]
    columns = ("position", "kind", "previous_position", "previous_resource", "resource")
    assert rows(measure.rework_events(log), *columns) == [
        (3, "repetition", 1, "Ann", "Bob"),
        (5, "self-loop", 4, None, "Ann"),
    ]
    without_lines = measure.rework(log.drop("event:order_line"))
    assert rows(without_lines, "activity", "by", "count") == [
        ("Check", "unknown", 2),
        ("Pick", "redo", 1),
        ("Pick", "repeat", 1),
        ("Pick", "unknown", 1),
    ]


def test_no_rework(make_log):
    assert rows(measure.rework(make_log("a: X Y | b: X Y"))) == []


def test_handoffs_between_known_owners(make_log):
    log = make_log("a: X@s/Ann Y@t/Ann+2 Z@t/Bob W | b: X@s Y@s Z@u")
    assert rows(measure.handoffs(log), "case_id", "position", "from_owner", "to_owner", "elapsed_s") == [
        ("a", 1, "s", "t", 7200.0),
        ("b", 2, "s", "u", 3600.0),
    ]
    assert rows(measure.handoffs(log, owner="resource"), "case_id", "from_activity", "to_activity") == [("a", "Y", "Z")]
    assert rows(measure.handoffs(log, owner="system")) == []


def test_handoffs_by_no_such_owner(make_log):
    with pytest.raises(LogError) as caught:
        measure.handoffs(make_log("a: X"), owner="dept")
    assert str(caught.value) == "owner: no owner column 'dept'. One of system, department, resource."


@pytest.mark.parametrize("name", NAMES)
def test_a_table_that_is_no_log(make_log, name):
    with pytest.raises(LogError) as caught:
        getattr(measure, name)(make_log("a: X").drop("occurrence", "next_start"))
    assert "this table is not a log: it has no column next_start, occurrence" in str(caught.value)
    assert "A log comes from study.log(), read_xes() or a filter" in str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_measure_leaves_an_empty_log_empty(make_log, name):
    log = make_log("a: X X")
    assert rows(getattr(measure, name)(log.filter(log.case_id == "none"))) == []


@pytest.mark.parametrize("name", ["directly_follows", "handover", "orders", "repetition", "sequences"])
def test_examples_in_docstrings(name):
    result = doctest.testmod(importlib.import_module(f"procmine.measure.{name}"))
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_pandas_frame_is_no_log(make_log, name):
    with pytest.raises(LogError, match=r"a DataFrame is not a log\. Give the table that study\.log\(\) or read_xes"):
        getattr(measure, name)(engine.collect(make_log("a: X Y")))


@pytest.mark.parametrize("moment", ["2024-02-01", None, datetime(2024, 2, 1)])
def test_a_board_needs_a_moment_with_a_zone(make_log, moment):
    log = make_log("a: X Y", **{"case:status": ["open", "open"]})
    with pytest.raises(LogError, match=r"as_of: .* is no moment with a time zone"):
        measure.board(log, as_of=moment)


def test_a_board_lists_open_orders_by_how_long_they_stand(make_log):
    log = make_log("a: X Y@s/Ann | b: X+3 | c: X", **{"case:status": ["open", "open", "open", "finished"]})
    now = datetime(2024, 1, 1, 5, tzinfo=UTC)
    assert [
        tuple(row)
        for row in engine.collect(measure.board(log, as_of=now))[
            ["case_id", "activity", "standing_s", "age_s"]
        ].to_numpy()
    ] == [("a", "Y", 14400.0, 18000.0), ("b", "X", 7200.0, 7200.0)]
