"""Filters: those that keep whole orders leave each event as it was, those that drop events sequence anew."""

from datetime import UTC, datetime

import pytest
from pandas import Timedelta

from conftest import rows
from procmine import engine, filters
from procmine.errors import LogError

TYPED = "a: X Y X Z | b: Y X+24 | c: X Z Z"
LOOK_AHEAD = ("case_id", "position", "activity", "next_activity", "next_timestamp", "occurrence")


@pytest.fixture
def log(make_log):
    return make_log(TYPED, **{"case:tier": ["gold"] * 4 + ["silver"] * 2 + [None] * 3})


def test_whole_orders_stay_as_they_are(log):
    kept = [row for row in rows(log, *LOOK_AHEAD) if row[0] in {"a", "c"}]
    assert rows(filters.orders(log, ["a", "c", "nobody"]), *LOOK_AHEAD) == kept
    assert rows(filters.performing(log, "Z"), *LOOK_AHEAD) == kept
    assert rows(filters.with_attribute(log, "tier", ["gold", None]), *LOOK_AHEAD) == kept[:4]
    assert filters.performing(log, "Z").columns == log.columns


def test_nothing_asked_for_keeps_nothing(log):
    for empty in (filters.orders(log, []), filters.keep_activities(log, []), filters.with_attribute(log, "tier", [])):
        assert rows(empty) == []
    assert rows(filters.drop_activities(log, []), *LOOK_AHEAD) == rows(log, *LOOK_AHEAD)


def test_dropping_events_is_the_log_typed_without_them(log, make_log):
    typed = make_log("a: X X Z | b: X | c: X Z Z")
    columns = ("case_id", "position", "activity", "next_activity", "occurrence")
    assert rows(filters.drop_activities(log, ["Y"]), *columns) == rows(typed, *columns)
    assert rows(filters.keep_activities(log, ["X", "Z"]), *columns) == rows(typed, *columns)


def test_the_time_to_the_next_event_is_that_of_the_kept_one(log):
    kept = rows(filters.keep_activities(log, ["X"]), "case_id", "timestamp", "next_timestamp")
    assert [(case, following - time) for case, time, following in kept if following] == [("a", Timedelta(hours=2))]


def test_orders_that_began_in_a_time(log):
    first, next_hour = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, 1, tzinfo=UTC)
    assert engine.scalar(filters.begun_between(log, first, next_hour).case_id.nunique()) == 3
    assert rows(filters.begun_between(log, next_hour, datetime(2025, 1, 1, tzinfo=UTC))) == []


def test_finished_needs_a_status(log, make_log):
    assert rows(filters.finished(log), *LOOK_AHEAD) == rows(log, *LOOK_AHEAD)
    stated = make_log("a: X | b: X", **{"case:status": ["open", "finished"]})
    assert rows(filters.finished(stated), "case_id") == [("b",)]


def test_an_unknown_attribute_names_the_nearest(log):
    with pytest.raises(LogError) as caught:
        filters.with_attribute(log, "teir", ["gold"])
    with pytest.raises(LogError, match=r"values: one text 'gold'. A list of values, such as \['gold'\]."):
        filters.with_attribute(log, "tier", "gold")
    assert str(caught.value) == "name: no order attribute 'teir'. Did you mean 'tier'? Known: tier."


@pytest.mark.parametrize(
    "attempt",
    [
        lambda table: filters.orders(table, []),
        lambda table: filters.with_attribute(table, "tier", []),
        filters.finished,
        lambda table: filters.performing(table, "X"),
        lambda table: filters.begun_between(table, datetime.now(UTC), datetime.now(UTC)),
        lambda table: filters.keep_activities(table, []),
        lambda table: filters.drop_activities(table, []),
    ],
)
def test_a_table_that_is_no_log(log, attempt):
    with pytest.raises(LogError, match="it has no column position"):
        attempt(log.drop("position"))
