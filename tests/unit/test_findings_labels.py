"""Checks of labels on tiny logs: each with one that fires and ones that must not."""

import pandas as pd
import pytest

from conftest import rows
from procmine import engine
from procmine.assemble.findings import labels


def named(make_log, counts: dict[str, int], more: str = ""):
    """A log with so many one-event orders of each activity; its labels may hold spaces, written as _."""
    orders = [f"{place}-{n}: {name}" for place, (name, count) in enumerate(counts.items()) for n in range(count)]
    log = make_log(" | ".join(orders) + more)
    return log.mutate(activity=log.activity.replace("_", " "))


def doubtful(log) -> list[tuple[object, ...]]:
    usual = engine.collect(log.group_by("activity", "department").agg(events=log.count()))
    parts = labels.doubtful(log, usual)
    return [finding for part in parts for finding in rows(part, "check", "rows", "orders", "example")]


ALIKE = "label differs only in case, space or width"
SLIP = "label like a far more frequent one"


@pytest.mark.parametrize("label", ["check_Order", "CHECK-ORDER", "Check__order", "Ｃｈｅｃｋ_ｏｒｄｅｒ"])
def test_labels_that_are_alike(make_log, label):
    log = named(make_log, {"Check_order": 2, label: 1})
    assert doubtful(log) == [(ALIKE, 1, 1, f"{label.replace('_', ' ')} → Check order")]


@pytest.mark.parametrize("label", ["Check_orders", "Check_order_2", "Cheque"])
def test_labels_that_are_not_alike(make_log, label):
    assert doubtful(named(make_log, {"Check_order": 9, label: 1})) == []


@pytest.mark.parametrize(
    ("usual", "often", "label", "slip"),
    [
        ("Triage", 10, "Trage", True),
        ("Triage", 10, "Tirage", True),
        ("Triage", 9, "Trage", False),
        ("Triage", 10, "Trag", False),
        ("Step_A", 10, "Step_B", True),
        ("Step_1", 10, "Step_2", False),
        ("Bill", 10, "Till", False),
        ("Approve_offer", 10, "Aprove_ofer", True),
        ("办理业务开通手续", 10, "办理业务开同手续", True),
        ("业务开通", 10, "业务开同", False),
        ("上门安装调试", 10, "上门拆机调试", False),
    ],
)
def test_slips_of_the_pen(make_log, usual, often, label, slip):
    log = named(make_log, {usual: often, label: 1})
    expected = (SLIP, 1, 1, f"{label.replace('_', ' ')} → {usual.replace('_', ' ')}")
    assert doubtful(log) == [expected] * slip


def test_what_stands_beside_the_usual_label_is_no_slip(make_log):
    log = named(make_log, {"A_ACCEPTED": 10}, " | z: A_ACCEPTED O_ACCEPTED")
    assert doubtful(log) == []


def test_departments_too(make_log):
    log = make_log("a: X@Sales Y@sales | b: X@Sales")
    assert doubtful(log) == [(ALIKE, 1, 1, "sales → Sales")]


@pytest.mark.parametrize(("kinds", "each", "polluted"), [(10, 1, True), (9, 1, False), (10, 9, True), (10, 10, False)])
def test_numbers_within_labels(make_log, kinds, each, polluted):
    log = named(make_log, {f"Call_no_{n}": each for n in range(kinds)})
    expected = ("label with a number that changes", kinds * each, kinds * each, "Call no 0")
    assert doubtful(log) == [expected] * polluted


def test_labels_that_are_not_allowed(make_log):
    log = make_log("a: X Y Z | b: Z x")
    found = labels.not_allowed(log, ["X", "Y"])
    assert rows(found, "check", "rows", "orders", "example") == [("label not allowed", 3, 2, "Z · a")]
    assert rows(labels.not_allowed(log, ["X", "Y", "Z", "x"])) == []


def test_synonyms_are_never_in_one_order_and_stand_in_one_place(make_log):
    orders = [f"p{n}: A Pay B | q{n}: A Settle B | r{n}: A Move C" for n in range(30)]
    log = make_log(" | ".join(orders))
    expected = ("two labels in the same place", 30, 30, "Pay = Settle")
    assert rows(labels.synonymous(log), "check", "rows", "orders", "example") == [expected]
    assert rows(labels.synonymous(make_log(" | ".join([*orders, "z: A Pay B A Settle B"])))) == []
    assert rows(labels.synonymous(make_log(" | ".join(orders[:29])))) == []


@pytest.mark.parametrize(("last", "homonyms"), [("C", True), ("B", False)])
def test_homonyms_of_two_systems_lead_to_unlike_things(make_log, last, homonyms):
    text = " | ".join(f"p{n}: Check B | q{n}: Check {last}" for n in range(30))
    log = make_log(text, system=["crm", "crm", "boss", "boss"] * 30)
    found = rows(labels.homonymous(log), "check", "rows", "orders", "example")
    assert found == [("one label in unlike places", 60, 60, "Check · boss")] * homonyms


def test_few_labels_are_compared_without_the_engine():
    assert labels.misspelt(pd.Series({"Only": 3}), "activity", None).empty
