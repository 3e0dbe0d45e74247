"""What `expect:` declares, on tiny logs: each rule with an event or order that breaks it and others that keep it."""

import datetime

import pandas as pd
import pytest

from conftest import BEGIN, rows
from procmine.assemble.findings import belonging
from procmine.assemble.findings.expected import findings
from procmine.assemble.findings.finding import collected
from procmine.assemble.mapping import StudyFile
from procmine.assemble.mapping.expectations import Expectations


def broken(log, **expect) -> list[tuple[object, ...]]:
    """check, source, rows, orders and example of what breaks the expectations."""
    found = collected(findings(log, Expectations.model_validate(expect), []))
    kept = found[["check", "source", "rows", "orders", "example"]].astype(object)
    return list(kept.where(kept.notna(), None).itertuples(index=False, name=None))


def test_filled(make_log):
    log = make_log("a: X/Ann Y | b: X Y/Bob", **{"event:code": [1, None, 2, 3]})
    expected = ("column not filled", "typed")
    assert broken(log, filled=["resource"]) == [(*expected, 2, 2, "resource · a · Y")]
    assert broken(log, filled=[{"column": "resource", "activities": ["X"]}]) == [(*expected, 1, 1, "resource · b · X")]
    assert broken(log, filled=["event:code", {"column": "activity"}]) == [(*expected, 1, 1, "event:code · a · Y")]


@pytest.mark.parametrize(
    ("allowed", "example"),
    [
        ({"least": 1, "most": 5}, ["0.5 · a", "7.0 · b"]),
        ({"least": 0.5, "most": 7}, []),
        ({"most": 6.9}, ["7.0 · b"]),
        ({"values": ["0.5", "3.0"]}, ["7.0 · b"]),
    ],
)
def test_ranges_of_numbers(make_log, allowed, example):
    log = make_log("a: X Y | b: X Y", **{"event:code": [0.5, None, 3, 7]})
    found = broken(log, ranges={"event:code": allowed})
    assert [row[1:] for row in found] == (
        [("typed", len(example), len(example), f"event:code · {example[0]}")] if example else []
    )


def test_ranges_of_text(make_log):
    log = make_log("a: X Y | b: X Y", **{"event:code": ["low", "3", None, "9"]})
    assert broken(log, ranges={"event:code": {"most": 5}})[0][2:] == (2, 2, "event:code · 9 · b")
    assert broken(log, ranges={"event:code": {"values": ["low", "3", "9"]}}) == []


def test_ranges_of_times(make_log):
    log = make_log("a: X Y | b: X Y+24", **{"case:ordered": ["2024-01-01", "soon", None, "2023-12-31 23:59:59"]})
    late = ("value out of range", "typed", 1, 1, "timestamp · 2024-01-02 00:00:00+00 · b")
    assert broken(log, ranges={"timestamp": {"until": datetime.date(2024, 1, 2)}}) == [late]
    assert broken(log, ranges={"timestamp": {"since": datetime.date(2024, 1, 1)}}) == []
    since = datetime.datetime.fromisoformat("2024-01-01T08:00+08:00")
    assert broken(log, ranges={"case:ordered": {"since": since}})[0][2:4] == (2, 2)


def test_dependencies(make_log):
    log = make_log("a: X@s/Ann Y@t/Ann | b: X@s/Bob X@s Y@t/Bob")
    rule = {"where": {"activity": "X", "department": ["s", "u"]}, "then": {"resource": ["Ann", "Cy"]}}
    assert broken(log, dependencies=[rule]) == [("values do not go together", "typed", 2, 1, "resource · b · X")]
    assert broken(log, dependencies=[{"where": {"activity": "Y"}, "then": {"department": "t"}}]) == []


def test_durations(make_log):
    begun = [BEGIN - pd.Timedelta(minutes=minutes) for minutes in (10, 30, 31)]
    log = make_log("a: X | b: X | c: X", start=begun)
    assert broken(log, durations={"X": {"least": "10 min", "most": "30 min"}}) == [
        ("activity longer than expected", "typed", 1, 1, "c · X")
    ]
    assert broken(log, durations={"X": {"least": "11 min"}}) == [
        ("activity shorter than expected", "typed", 1, 1, "a · X")
    ]
    assert broken(log, durations={"Y": {"most": "1 s"}}) == []


def test_order(make_log):
    """In b, X comes after Y; in c, Y comes twice; in d, both come twice, the second X after a Y."""
    log = make_log("a: X Q Y Z | b: Y X | c: X Y Y | d: X Y X Y | e: Z")
    steps = ["X", "Y", "Z"]
    expected = ("activity out of the expected order", "typed")
    assert broken(log, order=[{"activities": steps}]) == [(*expected, 2, 2, "b · X")]
    assert broken(log, order=[{"activities": steps, "once": True}]) == [(*expected, 4, 3, "b · X")]
    assert broken(log, order=[{"activities": ["Q", "Z"]}]) == []


def test_how_often(make_log):
    log = make_log("a: X X X | b: X X | c: X")
    assert broken(log, at_most={"X": 1}) == [("activity more often than expected", "typed", 3, 2, "a · X")]
    assert broken(log, at_most={"X": 3, "Y": 0}) == []


def test_whole_orders(make_log):
    log = make_log("a: X Y | b: X | c: Y", **{"case:tier": ["gold", "gold", "gold", None]})
    assert broken(log, required=["X"]) == [("required activity missing", None, 0, 1, "X · c")]
    assert broken(log, together={"X": ["Y"]}) == [("activity without the one it belongs with", None, 0, 1, "Y · b")]
    rule = {"where": {"case:tier": "gold"}, "activities": ["X", "Y"]}
    assert broken(log, present=[rule]) == [("activity missing from orders of this kind", None, 0, 1, "Y · b")]
    assert broken(log, required=["X"], together={"Z": "X"}, present=[{**rule, "activities": "X"}])[1:] == []


@pytest.mark.parametrize("status", ["open", "cut", "cancelled"])
def test_orders_that_are_not_finished_lack_nothing(make_log, status):
    log = make_log("a: X | b: Y", **{"case:status": [status, "finished"]})
    assert broken(log, required=["Y"]) == []
    assert broken(log, required=["X"]) == [("required activity missing", None, 0, 1, "X · b")]


def test_one_value_goes_with_one(make_log):
    log = make_log("a: X@s/Ann Y@t/Ann Z@t/Bob | b: X@t/Bob Y/Bob")
    expected = ("several values where one is expected", "typed", 2, 1, "Ann · s · t")
    assert broken(log, determines={"resource": "department"}) == [expected]
    assert broken(log, determines={"activity": "source"}) == []


def study(*systems: str) -> StudyFile:
    source = {"file": "a.csv", "keys": {"no": "no"}, "events": {"form": "row", "activity": "x", "timestamp": "t"}}
    ranked = {name: {"rank": 1} for name in systems}
    return StudyFile.model_validate({"title": "t", "order": "no", "systems": ranked, "sources": {"a": source}})


@pytest.mark.parametrize(("elsewhere", "fires"), [(1, True), (2, False)])
def test_orders_that_begin_elsewhere(make_log, elsewhere, fires):
    """Three orders begin in the CRM; beside one of BOSS they are three quarters, beside two fewer."""
    text = "a: X Y | b: X Y | c: X Y" + "".join(f" | z{n}: Y Z" for n in range(elsewhere))
    log = make_log(text, system=["crm", "boss"] * 3 + ["boss", None] * elsewhere)
    found = [row for table in belonging.scattered(log, study("crm", "boss")) for row in rows(table)]
    assert [row[:-1] for row in found] == [("order without its beginning", "typed", 1, 1, "z0 · Y")] * fires
    assert belonging.scattered(log, study("crm")) == []


def test_orders_cut_by_the_window_begin_anywhere(make_log):
    status = ["finished"] * 3 + ["cut"]
    log = make_log("a: X | b: X | c: X | d: Y", system=["crm"] * 3 + ["boss"], **{"case:status": status})
    assert belonging.scattered(log, study("crm", "boss")) == []
