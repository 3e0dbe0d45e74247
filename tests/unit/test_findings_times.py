"""Checks of times, belonging and cells on tiny logs: each with one that fires and one that does not."""

import datetime

import ibis
import pandas as pd
import pytest

from conftest import BEGIN, rows
from procmine import engine
from procmine.assemble.findings import belonging, cells, concurrence, times

HOUR = pd.Timedelta(hours=1)


def found(table) -> list[tuple[object, ...]]:
    """check, rows, orders and example of each finding."""
    if isinstance(table, pd.DataFrame):
        return table[["check", "rows", "orders", "example"]].to_records(index=False).tolist()
    return rows(table, "check", "rows", "orders", "example")


def starts(*hours: float | None) -> list[pd.Timestamp | None]:
    return [None if hour is None else BEGIN + hour * HOUR for hour in hours]


def counts(**instant: int) -> pd.DataFrame:
    """Activities of five events with a start each, and how many of them take no time."""
    return pd.DataFrame({"activity": [*instant], "with_start": 5, "instant": [*instant.values()]})


def test_negative_and_zero_durations(make_log):
    log = make_log("a: X Y Z | b: X Y Z", start=starts(-1, 3, 2, 0, 0.5, None))
    assert found(times.single_events(log, counts(X=2, Y=0, Z=5))) == [
        ("no duration, in an activity that takes time", 1, 1, "b · X"),
        ("start later than completion", 1, 1, "a · Y"),
    ]
    assert found(times.single_events(log, counts(X=3, Y=0))) == [("start later than completion", 1, 1, "a · Y")]


def test_a_date_has_no_duration(make_log):
    log = make_log("a: X Y", start=starts(5, 1), **{"event:resolution": ["day", None]})
    assert found(times.single_events(log, counts(X=1, Y=1))) == [
        ("no duration, in an activity that takes time", 1, 1, "a · Y")
    ]


@pytest.mark.parametrize(
    ("time", "placeholder"),
    [("1900-01-01", True), ("1970-01-01", True), ("9999-12-31", True), ("1999-12-31", False), ("2040-01-01", False)],
)
def test_placeholders(make_log, time, placeholder):
    log = make_log("a: X").mutate(
        timestamp=ibis.literal(pd.Timestamp(time, tz="UTC")).cast(make_log("a: X").timestamp.type())
    )
    assert found(times.single_events(log, counts(X=0))) == [("time is a placeholder", 1, 1, "a · X")] * placeholder


def test_a_form_stores_three_activities_at_one_moment(make_log):
    log = make_log("a: X Y+0 Z+0 | b: X Y+0 Z | c: X X+0 X+0 | d: X Y+0 X+0")
    assert found(times.captured_by_form(log)) == [("several activities of an order at one moment", 3, 1, "a · X · Z")]
    dated = make_log("a: X Y+0 Z+0", **{"event:resolution": ["day"] * 3})
    assert found(times.captured_by_form(dated)) == []


def profile(log):
    return engine.collect(log.group_by("source", "activity").agg(events=log.count()))


@pytest.mark.parametrize(("orders", "apart", "fires"), [(30, 0, True), (29, 0, False), (38, 2, True), (37, 2, False)])
def test_two_labels_of_one_step(make_log, orders, apart, fires):
    """`apart` orders have an hour between the two: 2 of 40 are five in a hundred, 2 of 39 are more."""
    together = " | ".join(f"a{n}: X Y+0.0002 Z" for n in range(orders))
    log = make_log(together + "".join(f" | b{n}: X Y" for n in range(apart)))
    expected = [("two activities always at one moment", orders, orders, "X → Y")]
    assert found(times.collateral(log, profile(log))) == expected * fires


def days(*dates: pd.Timestamp) -> pd.DataFrame:
    return pd.DataFrame({"source": "crm.csv", "day": dates, "events": 1})


def test_months_and_days_swapped():
    first_twelve = [pd.Timestamp(2024, month, day) for month in range(1, 5) for day in range(1, 13)]
    assert found(times.calendar(days(*first_twelve)))[0] == (
        "no day of the month after the 12th",
        48,
        0,
        "2024-01-01",
    )
    whole = pd.date_range("2024-01-01", periods=48)
    assert found(times.calendar(days(*whole))) == []
    assert found(times.calendar(days(*first_twelve[:12], *first_twelve[24:36]))) == []


@pytest.mark.parametrize(("gap", "silent"), [(15, True), (14, False)])
def test_a_source_falls_silent(gap, silent):
    """Thirty days in a row, then one more: with 14 days between the two no alarm, with 15 one."""
    before = pd.date_range("2024-01-01", periods=30)
    findings = found(times.calendar(days(*before, before[-1] + pd.Timedelta(days=gap))))
    end = before[-1] + pd.Timedelta(days=gap - 1)
    assert findings == [("nothing recorded for a long time", 0, 0, f"2024-01-31 – {end:%Y-%m-%d}")] * silent


def test_a_slow_source_is_not_silent():
    assert found(times.calendar(days(*pd.date_range("2020-01-01", periods=40, freq="20D")))) == []


def test_a_value_is_missing_where_it_is_usual(make_log):
    log = make_log("a: X@s/Ann Y@s | b: X@s/Bob Y@s | c: X@s Y@s/Cy | d: Y@s")
    usual = pd.DataFrame(
        {
            "source": "typed",
            "activity": ["X", "Y"],
            "events": [3, 4],
            "with_resource": [2, 1],
            "with_department": [3, 4],
            "with_start": [0, 0],
        }
    )
    parts = list(cells.missing(log, usual, declared=[]))
    assert [finding for part in parts for finding in found(part)] == [
        ("value missing where it is usual", 1, 1, "resource · c · X")
    ]
    assert list(cells.missing(log, usual, declared=["resource"])) == []


def test_attributes_that_hold_times(make_log):
    log = make_log(
        "a: X Y Z",
        **{
            "event:surgery": ["2024-01-05 10:00", None, "2023/12/1"],
            "event:room": ["2024-A", "12", None],
            "event:note": ["2024-01-05", "none", None],
            "event:empty": pd.Series([None] * 3, dtype="str").tolist(),
        },
    )
    assert [finding for part in cells.hidden_times(log) for finding in found(part)] == [
        ("attribute holds times", 2, 1, "event:surgery · a")
    ]


@pytest.mark.parametrize(
    ("orders", "missing", "example"),
    [
        ("1 2 3", None, None),
        ("510 512 517", 5, "511, 513–516"),
        ("A-07 A-09 B-1 B-2", 1, "A-8"),
        ("510.0 512.0", 1, "511"),
        ("x y", None, None),
        ("1 3 5 7 9 11 13", 6, "2, 4, 6, 8, 10, …"),
    ],
)
def test_numbers_left_out(make_log, orders, missing, example):
    log = make_log(" | ".join(f"{name}: X" for name in orders.split()))
    expected = [] if missing is None else [("order number left out", 0, missing, example)]
    assert found(belonging.left_out(log)) == expected


def test_batches(make_log):
    """Ann records b within 36 s of a; Bob's are an hour apart; the ones of nobody do not count."""
    log = make_log("a: X/Ann | b: X/Ann+0.01 | c: X/Bob Y/Bob | d: X Y+0")
    within = datetime.timedelta(seconds=36)
    assert found(concurrence.batches(log, within=within, by="resource")) == [("recorded in one go", 2, 2, "a · X")]
    assert found(concurrence.batches(log, within=within, by="case_id")) == [("recorded in one go", 2, 1, "d · X")]
    assert found(concurrence.batches(log, within=within / 2, by="resource")) == []


def test_overlaps(make_log):
    """Times of completion are 10, 12, 10 and 11 h. Ann starts b while a's X runs; Bob begins when he has ended."""
    log = make_log("a: X/Ann+10 Y/Ann+2 | b: X/Bob+10 Y/Bob", start=starts(9, 10, 9, 10))
    assert found(concurrence.overlaps(log, by="resource")) == []
    log = make_log("a: X/Ann+10 Y/Ann+2 | b: X/Ann+10 Y/Bob", start=starts(9, 10, 9.5, 10))
    assert found(concurrence.overlaps(log, by="resource")) == [("overlaps the event before", 1, 1, "b · X")]
    assert found(concurrence.overlaps(log, by="case_id")) == []


def test_silences(make_log):
    log = make_log("a: X Y+12 | b: X+13")
    longest = datetime.timedelta(hours=12)
    assert found(concurrence.silences(log, longest=longest)) == []
    assert found(concurrence.silences(log, longest=longest - datetime.timedelta(seconds=1))) == [
        ("silence longer than expected", 1, 1, "2024-01-01 00:00 – 2024-01-01 12:00")
    ]


@pytest.mark.parametrize(("last", "long"), [(6.0, False), (6.2, True)])
def test_long_durations(make_log, last, long):
    """30 durations of 1, 2 and 3 h, ten each, and one: quartiles 1 and 3 h … fence 3 + 3 × 2 = 9 h."""
    lasted = [1.0, 2.0, 3.0] * 10 + [last + 3]
    log = make_log(" | ".join(f"o{n:02}: X" for n in range(31)), start=starts(*(-hours for hours in lasted)))
    assert found(concurrence.long_durations(log)) == [("duration far above the usual", 1, 1, "o30 · X")] * long
