import pandas as pd
import pytest
from ibis import _

from procmine import measure, mine
from procmine.errors import LogError
from procmine.report import holders, open_orders, reading, slowest_pairs
from procmine.schema import STATUS

FLOW = """\
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t">
  <process id="p" isExecutable="false">
    <startEvent id="s"/><task id="x" name="X"/><task id="y" name="Y"/><endEvent id="e"/>
    <sequenceFlow id="f1" sourceRef="s" targetRef="x"/><sequenceFlow id="f2" sourceRef="x" targetRef="y"/>
    <sequenceFlow id="f3" sourceRef="y" targetRef="e"/>
  </process>
</definitions>
"""
LEDGER = pd.DataFrame(
    [("a.csv", "event", 8, 9), ("a.csv", "no time", 2, 0), ("b.csv", "link", 3, 0)],
    columns=["source", "reason", "rows", "events"],
)


def test_the_ledger_is_read_with_what_was_set_aside():
    assert str(reading.ledger(LEDGER)) == (
        "Of 13 exported rows, 11 are used and 2 were set aside; together they account for every row. They gave "
        "9 events. The most frequent reason: “no time”, 2 rows of a.csv."
    )
    assert str(reading.ledger(LEDGER, language="zh")).startswith("导出的 13 行中，采用 11 行，未采用 2 行")
    assert "reason" not in str(reading.ledger(LEDGER.head(1)))


def test_variants_are_read(make_log):
    ways = measure.variants(make_log("a: X Y | b: X Y | c: X | d: Y")).to_pandas()
    assert str(reading.variants(ways)) == (
        "4 orders took 3 different ways. The most frequent is that of 50 % of the orders, the first 3 together of "
        "100 %; 2 ways were taken once."
    )


def test_the_map_is_read_with_its_slowest_handoff(make_log):
    log = make_log(" | ".join(f"{n}: X@s Y@t+5 Z@t+90" for n in range(5)))
    assert str(reading.process_map(measure.follows(log).to_pandas())) == (
        "Most often “X” is followed by “Y” (5 times). Of the steps from one department to another, the longest is from "
        "“X” to “Y”: 5 h at the median."
    )
    alone = measure.follows(make_log("a: X")).to_pandas()
    assert str(reading.process_map(alone)) == "Every order has one event only."


def test_durations_are_read_by_status_or_said_not_to_be_recorded(make_log):
    log = make_log(" | ".join(f"{n}: X Y" for n in range(6)), **{STATUS: ["finished"] * 10 + ["open"] * 2})
    assert str(reading.durations(measure.cases(log).to_pandas())) == (
        "Orders by status: finished 5, open 1. A finished order takes 1 h at the median."
    )
    few = measure.cases(log.filter(_.case_id >= "4")).to_pandas()
    assert str(reading.durations(few)).endswith("Too few finished (1).")
    without = measure.cases(make_log("a: X")).to_pandas()
    assert str(reading.durations(without)).startswith("Not recorded: the study states no rule")
    assert str(reading.durations(without, language="zh")).startswith("没有记录：")


def test_conformance_is_read_with_the_most_frequent_deviation(make_log, tmp_path):
    (tmp_path / "flow.bpmn").write_text(FLOW, "utf-8")
    flow = mine.read_flow(tmp_path / "flow.bpmn")
    check = mine.conformance(make_log("a: X Y | b: X | c: X Q Y | d: X"), flow)
    said = str(reading.conformance(check))
    assert said.startswith("1 of 4 orders (25 %) go as designed; the fitness of the log is 0.8")
    assert said.endswith("Only in the log: “Q”. The most frequent deviation: “Y” skipped, in 2 orders.")
    assert "只见于日志：“Q”。最常见的偏离：“Y”跳过，涉及 2 个订单。" in str(reading.conformance(check, language="zh"))
    assert str(reading.conformance(None)).startswith("Not recorded: the study has no designed flow")


def test_rework_is_read(make_log):
    log = make_log("a: X X Y X | b: Y")
    pieces, orders = measure.rework(log).to_pandas(), measure.cases(log).to_pandas()
    assert str(reading.rework(pieces, orders)).startswith(
        "An activity was done again 2 times in 2 orders; “X” most often, 2 times (100 %)."
    )
    assert str(reading.rework(pieces.head(0), orders)) == "No activity was done twice in an order."


def test_handoffs_are_read_where_there_are_owners(make_log):
    passed = measure.handoffs(make_log(" | ".join(f"{n}: X@s Y@t+48" for n in range(5)))).to_pandas()
    assert str(reading.handoffs(passed, True)) == (
        "Orders passed from one department to another 5 times, most often from “s” to “t” (5). It takes longest from "
        "“s” to “t”: 2 d at the median, the receiver's work included."
    )
    assert str(reading.handoffs(passed.head(0), True)) == "No order passed between departments."
    assert str(reading.handoffs(passed.head(0), False)) == "Not recorded: no event names its department."


def test_open_orders_are_listed_by_how_long_they_stand(make_log):
    status = ["open", "open", "finished", "open", "open"]
    log = make_log("a: X@s Y@s | b: X@s | c: X@s | d: X@s+9", **{STATUS: status})
    standing = open_orders(measure.cases(log).to_pandas(), pd.Timestamp("2024-01-02T00:00Z"))
    assert standing[["case_id", "last_activity", "standing_s"]].to_records(index=False).tolist() == [
        ("c", "X", 86_400.0), ("a", "Y", 82_800.0), ("d", "X", 54_000.0),
    ]  # fmt: skip
    assert holders(standing)[["last_department", "last_activity", "orders"]].to_records(index=False).tolist() == [
        ("s", "X", 2), ("s", "Y", 1),
    ]  # fmt: skip
    assert str(reading.open_orders(standing)) == (
        "3 orders are open; the most (2) stand after “X”. Order c has stood longest: 1 d after “X”."
    )
    assert str(reading.open_orders(standing.head(0))) == "No order is open."
    assert str(reading.open_orders(None)).startswith("Not recorded: ")


def test_a_log_without_status_has_no_open_orders_to_list(make_log):
    with pytest.raises(LogError, match=r"the log does not say which orders are open. State rules of status"):
        open_orders(measure.cases(make_log("a: X")).to_pandas(), pd.Timestamp("2024-01-02T00:00Z"))


def test_pairs_with_too_few_handoffs_are_not_ranked(make_log):
    passed = measure.handoffs(make_log("a: X@s Y@t | b: X@s Y@t | c: X@t Y@s+9")).to_pandas()
    pairs = slowest_pairs(passed, fewest=2)
    assert pairs.to_records(index=False).tolist() == [("s", "t", 2, 3600.0, 3600.0)]


def test_a_name_is_escaped_where_a_notebook_shows_it():
    ledger = LEDGER.assign(source="<b>.csv")
    assert "&lt;b&gt;.csv" in reading.ledger(ledger)._repr_html_()
