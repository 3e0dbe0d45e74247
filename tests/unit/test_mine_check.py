"""Checking tiny logs against tiny flows: every deviation worked out by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest
from ibis import _
from ibis.expr.types import Table

from conftest import rows
from procmine import engine
from procmine.errors import FlowError, LogError
from procmine.mine import Flow, UncheckedWarning, conformance, discover, read_flow
from procmine.mine.align import align
from procmine.mine.bridge import variant_counts
from procmine.mine.net import Net, Transition, stoppable
from procmine.mine.quality import measured

FLOW = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="t"><process id="p">'
    '<laneSet id="ls"><lane id="l1" name="Sales"><flowNodeRef>a</flowNodeRef></lane>'
    '<lane id="l2" name="网络部"><flowNodeRef>t</flowNodeRef><flowNodeRef>c</flowNodeRef></lane></laneSet>'
    '<startEvent id="s"/><task id="a" name="Accept"/><task id="t" name="Test"><documentation>checkpoint</documentation>'
    '</task><task id="c" name="Activate"/><endEvent id="e"/>'
    '<sequenceFlow id="f1" sourceRef="s" targetRef="a"/><sequenceFlow id="f2" sourceRef="a" targetRef="t"/>'
    '<sequenceFlow id="f3" sourceRef="t" targetRef="c"/><sequenceFlow id="f4" sourceRef="c" targetRef="e"/>'
    "</process></definitions>"
)
MakeLog = Callable[..., Table]


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    path = tmp_path / "flow.bpmn"
    path.write_text(FLOW, encoding="utf-8")
    return read_flow(path)


def test_skipped_and_unplanned_and_their_owners(make_log: MakeLog, flow: Flow) -> None:
    log = make_log("o1: Accept Activate Call@Hotline | o2: Accept Test Activate Activate | o3: Accept Test Activate")
    check = conformance(log, flow)
    assert rows(check.deviations, "case_id", "kind", "activity", "position", "department", "system", "checkpoint") == [
        ("o1", "skipped", "Test", 2, "网络部", None, True),
        ("o1", "unplanned", "Call", 3, "Hotline", None, False),
        ("o2", "unplanned", "Activate", 4, "网络部", None, False),
    ]
    assert rows(check.orders) == [
        ("o1", False, 3, 2, 1 - 2 / 6, False),
        ("o2", False, 4, 1, 1 - 1 / 7, False),
        ("o3", False, 3, 0, 1.0, True),
    ]
    assert check.fitness == pytest.approx(1 - 3 / 19)
    assert check.mean_fitness == pytest.approx((4 / 6 + 6 / 7 + 1) / 3)
    assert check.fitting_share == pytest.approx(1 / 3)


def test_sentences(make_log: MakeLog, flow: Flow) -> None:
    check = conformance(make_log("o1: Accept Activate Accept@Shop | o2: Call Accept Test"), flow)
    assert rows(check.deviations, "sentence") == [
        ("Checkpoint “Test” (网络部) was skipped: it was due before event 2",),
        ("“Accept” (Shop) at event 3 was not planned there",),
        ("“Activate” (网络部) was skipped: it was due before the end",),
        ("“Call” at event 1 is no step of the flow",),
    ]
    assert rows(check.deviations, "sentence_zh") == [
        ("第 1 个事件“Call”不是设计流程中的步骤",),
        ("第 3 个事件“Accept”（Shop）不应出现在此处",),
        ("跳过了“Activate”（网络部），应在结束之前完成",),
        ("跳过了检查站“Test”（网络部），应在第 2 个事件之前完成",),
    ]


def test_open_and_cut_orders_are_checked_as_beginnings(make_log: MakeLog, flow: Flow) -> None:
    """What has not happened yet is no deviation; what was passed over is."""
    status = ["open", "cut", "open", "open", "finished", "cancelled"]
    log = make_log("a: Accept | b: Accept | c: Test | d: Call | e: Accept | f: Accept", **{"case:status": status})
    check = conformance(log, flow)
    assert rows(check.orders, "case_id", "status", "ongoing", "cost", "fitness") == [
        ("a", "open", True, 0, 1.0),
        ("b", "cut", True, 0, 1.0),
        ("c", "open", True, 1, 0.0),
        ("d", "open", True, 1, 0.0),
        ("e", "finished", False, 2, 0.5),
        ("f", "cancelled", False, 2, 0.5),
    ]
    assert rows(check.deviations.filter(_.case_id < "e"), "case_id", "kind", "activity", "position") == [
        ("c", "skipped", "Accept", 1),
        ("d", "unplanned", "Call", 1),
    ]


def test_status_without_value_is_an_ended_order(make_log: MakeLog, flow: Flow) -> None:
    check = conformance(make_log("a: Accept | b: Accept", **{"case:status": ["open", None]}), flow)
    assert rows(check.orders, "case_id", "cost") == [("a", 0), ("b", 2)]


def test_by(make_log: MakeLog, flow: Flow) -> None:
    log = make_log(
        "a: Call@X Accept Test Activate Call@X | b: Accept Test | c: Accept Test Activate | d: Accept Activate"
    )
    check = conformance(log, flow)
    assert rows(check.by("department")) == [("X", 2, 1, 0.25), ("网络部", 2, 2, 0.5)]
    assert rows(check.by("kind")) == [("skipped", 2, 2, 0.5), ("unplanned", 2, 1, 0.25)]
    assert rows(check.by("activity")) == [("Activate", 1, 1, 0.25), ("Call", 2, 1, 0.25), ("Test", 1, 1, 0.25)]
    assert rows(check.by("system")) == [(None, 4, 3, 0.75)]
    with pytest.raises(LogError, match=r"by: no column 'tier'\. One of department, system, activity, kind"):
        check.by("tier")  # type: ignore[arg-type]


def test_labels_of_one_side_are_named(make_log: MakeLog, flow: Flow) -> None:
    check = conformance(make_log("a: Accept Call Test"), flow)
    assert (check.unmatched.log, check.unmatched.flow) == (("Call",), ("Activate",))
    assert str(check.unmatched) == "only in the log: 'Call'; only in the flow: 'Activate'"
    assert repr(check) == f"Check({check.unmatched}; fitness 0.6667, 0.0% of orders without deviation)"


def test_no_label_in_common(make_log: MakeLog, flow: Flow) -> None:
    with pytest.raises(FlowError) as error:
        conformance(make_log("a: accept TEST"), flow)
    assert str(error.value) == (
        "log and flow have no activity in common. "
        "The log has 'TEST', 'accept'; the flow has 'Accept', 'Activate', 'Test'."
        " Name the activities alike, in the study's `activities` or in the flow: 'accept' may be 'Accept'."
    )


def test_empty_log(make_log: MakeLog, flow: Flow) -> None:
    empty = make_log("a: X").filter(_.case_id == "b")
    for ask in (lambda: conformance(empty, flow), lambda: discover(empty)):
        with pytest.raises(LogError, match=r"the log has no events\. A log with at least one order"):
            ask()


def test_search_given_up_is_said_and_leaves_no_figure(make_log: MakeLog) -> None:
    log = make_log("a: A B C D E F | b: A B C D E F | c: A")
    model = discover(log, noise=0)
    long = make_log("a: " + "F E D C B A " * 3 + "| b: " + "F E D C B A " * 3 + "| c: A")
    with pytest.warns(
        UncheckedWarning, match=r"1 of 2 variants \(2 orders\) have no optimal alignment within 40 states"
    ):
        check = conformance(long, model, max_states=40)
    assert rows(check.orders, "case_id", "cost", "fitness", "fits") == [
        ("a", None, None, None),
        ("b", None, None, None),
        ("c", 0, 1.0, True),
    ]
    assert (check.fitness, check.fitting_share) == (1.0, 1.0)
    assert rows(check.unchecked, "orders", "statement") == [
        (2, "2 orders of 18 events: no optimal alignment within 40 states")
    ]
    with pytest.raises(FlowError, match=r"1 of 1 variants \(2 orders\) have no optimal alignment within 40 states"):
        conformance(long.filter(_.case_id < "c"), model, max_states=40)


def test_flow_that_cannot_end(make_log: MakeLog, tmp_path: Path) -> None:
    """An exclusive split into a parallel merge waits for ever."""
    path = tmp_path / "flow.bpmn"
    path.write_text(
        FLOW.replace('<endEvent id="e"/>', '<endEvent id="e"/><exclusiveGateway id="x"/><parallelGateway id="y"/>')
        .replace('sourceRef="c" targetRef="e"', 'sourceRef="c" targetRef="x"')
        .replace(
            "</process>",
            '<sequenceFlow id="f5" sourceRef="x" targetRef="y"/>'
            '<sequenceFlow id="f6" sourceRef="x" targetRef="y"/>'
            '<sequenceFlow id="f7" sourceRef="y" targetRef="e"/></process>',
        ),
        encoding="utf-8",
    )
    with pytest.raises(FlowError, match="no run of the flow reaches its end"):
        conformance(make_log("a: Accept"), read_flow(path))


def test_of_equal_alignments_always_the_same(flow: Flow) -> None:
    """Two ways to align at the same cost: the first of equal events is kept, a step is skipped as late as it can be."""
    variants = [("Accept", "Accept", "Test", "Activate"), ("Accept", "Activate", "Test")]
    found = align(flow.petri, variants, max_states=10_000)
    said = {
        variant: [(move.event, move.step.label if move.step else None) for move in alignment.moves if alignment]
        for variant, alignment in found.items()
    }
    assert said == {
        variants[0]: [(0, "Accept"), (1, None), (2, "Test"), (3, "Activate")],
        variants[1]: [(0, "Accept"), (None, "Test"), (1, "Activate"), (2, None)],
    }
    assert align(flow.petri, variants[::-1], max_states=10_000) == found


def test_stoppable_net_by_hand() -> None:
    """A, then B and C side by side, then D: beginnings with A and then any of B, C fit; D needs both."""
    net = Net(
        ("i", "b", "c", "b2", "c2", "o"),
        (
            Transition("1", "A", {"i": 1}, {"b": 1, "c": 1}),
            Transition("2", "B", {"b": 1}, {"b2": 1}),
            Transition("3", "C", {"c": 1}, {"c2": 1}),
            Transition("4", "D", {"b2": 1, "c2": 1}, {"o": 1}),
        ),
        {"i": 1},
        {"o": 1},
    )
    costs = {"A": 0, "AB": 0, "AC": 0, "ACB": 0, "ACBD": 0, "ABD": 1, "AD": 1, "BC": 1, "D": 1, "XA": 1, "ABB": 1}
    found = align(stoppable(net), [tuple(word) for word in costs], max_states=10_000)
    assert {"".join(variant): alignment.cost for variant, alignment in found.items() if alignment} == costs


def test_discovered_model_is_a_flow(make_log: MakeLog) -> None:
    log = make_log("a: A B C | b: A C B | c: A B C | d: A D")
    model = discover(log, noise=0)
    assert model.activities == ("A", "B", "C", "D")
    assert set(model.steps["activity"]) == {"A", "B", "C", "D"}
    assert conformance(log, model).fitness == 1.0
    assert model.quality.fitness == 1.0
    assert model.quality.checked == 1.0


def test_precision_by_hand(make_log: MakeLog) -> None:
    """All orders do A, then B or C, then D; this log never does C: of A, {B, C}, D allowed, three of four are used."""
    model = discover(make_log("a: A B D | b: A C D"), noise=0)
    other = make_log("a: A B D | b: A B D")
    assert measured(model.petri, variant_counts(other), max_states=10_000).precision == pytest.approx(3 / 4)
    assert model.quality.precision == 1.0


def test_model_as_bpmn_reads_back(make_log: MakeLog, tmp_path: Path) -> None:
    log = make_log("a: A B C A B | b: A C B | c: 受理<&> B")
    model = discover(log, noise=0)
    path = tmp_path / "model.bpmn"
    path.write_text(model.bpmn, encoding="utf-8")
    again = read_flow(path)
    assert set(again.steps["activity"]) == {"A", "B", "C", "受理<&>"}
    assert conformance(log, again).fitness == 1.0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "alpha"}, r"method: no method 'alpha'\. One of inductive"),
        ({"noise": 2}, r"noise: 2 is no noise\. A number from 0 \(all orders fit\) to 1"),
    ],
)
def test_what_is_said_of_wrong_options(make_log: MakeLog, options: dict[str, object], said: str) -> None:
    with pytest.raises(LogError, match=said):
        discover(make_log("a: A"), **options)  # type: ignore[arg-type]


def test_order_and_names_of_cases_change_nothing(make_log: MakeLog, flow: Flow) -> None:
    one = conformance(make_log("a: Accept Activate | b: Test Accept Test"), flow)
    two = conformance(make_log("y: Test Accept Test | x: Accept Activate"), flow)
    names = {"a": "x", "b": "y"}
    columns = ("kind", "activity", "position", "sentence")
    renamed = [(names[str(case)], *rest) for case, *rest in rows(one.deviations, "case_id", *columns)]
    assert sorted(renamed) == sorted(rows(two.deviations, "case_id", *columns))
    assert one.fitness == two.fitness
    assert engine.scalar(one.deviations.count()) == 3
