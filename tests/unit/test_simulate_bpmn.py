"""The designed flows as BPMN: readable by others, drawn without overlaps, and what fault-free orders follow."""

import itertools
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pm4py
import pytest
from bpmn_io import BpmnModdle, check
from bpmn_io.lint import Linter
from bpmn_io.lint.resolver import NodeResolver

from procmine.simulate import simulate
from procmine.simulate.drawing import Box, Drawing
from procmine.simulate.faults import (
    ClockSkew,
    Favoured,
    Lost,
    LostLinks,
    Meeting,
    UnclearOwner,
    UncoveredHours,
    Understaffed,
    WrongDepartment,
)
from procmine.simulate.flow import Decision, End, Flow, Task
from procmine.simulate.flow_bpmn import NAMESPACES, bpmn
from procmine.simulate.writing import FLOWS, describe
from raw_exports import truth

Find = Callable[[str], list[ET.Element]]


@pytest.fixture(params=FLOWS)
def flow(request: pytest.FixtureRequest) -> Flow:
    return describe(request.param).after


@pytest.fixture
def find_all(flow: Flow) -> Find:
    root = ET.fromstring(bpmn(flow))
    return lambda path: root.findall(f".//{path}", NAMESPACES)


def overlap(one: Box, other: Box) -> bool:
    apart = one.right <= other.x or other.right <= one.x or one.bottom <= other.y or other.bottom <= one.y
    return not apart


def test_reads_without_a_warning_and_passes_every_lint_rule(flow: Flow) -> None:
    report = check(bpmn(flow))
    assert (report.ok, report.errors, report.warnings) == (True, [], [])
    root = BpmnModdle().from_xml(bpmn(flow)).root_element
    assert Linter(resolver=NodeResolver()).lint(root, {"extends": "bpmnlint:all"}) == {}


def test_lanes_are_the_departments_of_the_designed_flow_and_hold_what_they_own(flow: Flow, find_all: Find) -> None:
    lanes = {
        lane.get("name"): [ref.text for ref in lane.findall("bpmn:flowNodeRef", NAMESPACES)]
        for lane in find_all("bpmn:lane")
    }
    owners = {node.department for node in flow.nodes.values()}
    assert list(lanes) == [department for department in flow.departments if department in owners]
    assert {node: name for name, nodes in lanes.items() for node in nodes} == {
        key: node.department for key, node in flow.nodes.items()
    }
    assert {task.department for task in flow.tasks.values()} <= set(flow.departments)


def test_tasks_decisions_and_arcs_are_the_flows(flow: Flow, find_all: Find) -> None:
    tasks = {element.get("id"): element.get("name") for element in find_all("bpmn:task")}
    assert tasks == {key: node.name for key, node in flow.nodes.items() if isinstance(node, Task)}
    named = [element.get("name") for element in find_all("bpmn:exclusiveGateway") if element.get("name")]
    assert named == [node.name for node in flow.nodes.values() if isinstance(node, Decision)]
    arcs = [tuple(arc.get(end) for end in ("sourceRef", "targetRef", "name")) for arc in find_all("bpmn:sequenceFlow")]
    assert arcs == [(source, target, label or None) for source, target, label in flow.arcs]


def test_checkpoints_carry_an_annotation(flow: Flow, find_all: Find) -> None:
    texts = {
        note.get("id"): note.findtext("bpmn:text", namespaces=NAMESPACES) for note in find_all("bpmn:textAnnotation")
    }
    tied = {tie.get("sourceRef"): texts[tie.get("targetRef")] for tie in find_all("bpmn:association")}
    assert tied == {key: "Checkpoint" for key, node in flow.nodes.items() if isinstance(node, Task) and node.checkpoint}
    assert tied


def test_everything_is_drawn(find_all: Find) -> None:
    drawn = {element.get("bpmnElement") for kind in ("BPMNShape", "BPMNEdge") for element in find_all(f"bpmndi:{kind}")}
    kinds = ("participant", "lane", "startEvent", "endEvent", "task", "exclusiveGateway", "sequenceFlow")
    artifacts = ("textAnnotation", "association")
    assert drawn == {element.get("id") for kind in kinds + artifacts for element in find_all(f"bpmn:{kind}")}


def test_no_shape_name_or_annotation_lies_on_another(flow: Flow) -> None:
    drawing = Drawing(flow)
    boxes = dict(drawing.shapes)
    for key, node in flow.nodes.items():
        if isinstance(node, Task):
            boxes |= {f"note of {key}": drawing.note_box(key)} if node.checkpoint else {}
        elif hasattr(node, "name"):
            boxes[f"name of {key}"] = drawing.name_box(key)
    boxes |= {f"{arc[0]} to {arc[1]}": drawing.branch_box(arc[:2]) for arc in flow.arcs if arc[2]}
    assert not [pair for pair in itertools.combinations(boxes, 2) if overlap(boxes[pair[0]], boxes[pair[1]])]
    lanes = drawing.lanes
    for key, box in drawing.shapes.items():
        lane = lanes[flow.nodes[key].department]
        assert lane.x < box.x < box.right < lane.right
        assert lane.y < box.y < box.bottom < lane.bottom
    bands = list(lanes.values())
    assert all(upper.bottom == lower.y for upper, lower in itertools.pairwise(bands))


def test_arcs_cross_no_shape_and_share_no_track(flow: Flow) -> None:
    drawing = Drawing(flow)
    runs: list[tuple[int, int, int]] = []
    for arc, corners in drawing.routes.items():
        for (x1, y1), (x2, y2) in itertools.pairwise(corners):
            assert x1 == x2 or y1 == y2, arc
            line = Box(min(x1, x2), min(y1, y2), abs(x1 - x2), abs(y1 - y2))
            inside = [key for key, box in drawing.shapes.items() if key not in arc and overlap(line, box)]
            assert not inside, (arc, inside)
        if len(corners) == 4 and corners[0][0] == corners[1][0]:
            left, right = sorted((corners[1][0], corners[2][0]))
            runs.append((corners[1][1], left, right))
    assert runs
    for one, other in itertools.combinations(runs, 2):
        assert one[0] != other[0] or one[2] < other[1] or other[2] < one[1]


def test_pm4py_reads_the_flow_and_plays_its_tasks(flow: Flow, tmp_path: Path) -> None:
    path = tmp_path / "flow.bpmn"
    path.write_text(bpmn(flow), encoding="utf-8")
    net, _, _ = pm4py.convert_to_petri_net(pm4py.read_bpmn(str(path)))
    labels = {transition.label for transition in net.transitions} - {None}
    assert labels == {node.name for node in flow.nodes.values() if isinstance(node, Task)}


FOLLOWING = (ClockSkew, Favoured, Lost, LostLinks, Meeting, UnclearOwner, UncoveredHours, Understaffed, WrongDepartment)
"""Faults by which an order's steps do not leave the designed flow."""


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")  # pm4py still uses it
@pytest.mark.parametrize("name", FLOWS)
def test_closed_orders_leave_the_flow_exactly_where_a_fault_was_planted(name: str, tmp_path: Path) -> None:
    folder = simulate(name, orders=200, state="after", seed=2, folder=tmp_path / "study")
    after = describe(name).after
    net, initial, final = pm4py.convert_to_petri_net(pm4py.read_bpmn(str(folder / "designed_flow.bpmn")))
    events = truth(folder, "events")
    events["completed"] = events["completed"].dt.tz_localize("UTC")
    lasts = {node.name for node in after.tasks.values() if isinstance(after.nodes.get(node.next), End)}
    ended = set(events[events.activity.isin(lasts)].order)
    log = events[events.order.isin(ended)].rename(
        columns={"order": "case:concept:name", "activity": "concept:name", "completed": "time:timestamp"}
    )
    found = pm4py.conformance_diagnostics_alignments(log, net, initial, final)
    orders = list(dict.fromkeys(log["case:concept:name"]))
    leaving = {order for order, alignment in zip(orders, found, strict=True) if alignment["fitness"] < 1}
    quiet = {fault.name for fault in after.faults if isinstance(fault, FOLLOWING)}
    shown = log.faults.map(lambda told: bool(set(told.split(";")) - quiet - {""}))
    assert leaving == set(log[shown]["case:concept:name"])
    assert 3 < len(leaving) < len(orders) / 2


@pytest.mark.parametrize(
    ("name", "key"),
    [(name, key) for name in FLOWS for key, node in describe(name).after.nodes.items() if isinstance(node, Decision)],
)
def test_the_first_branch_leads_to_an_end(name: str, key: str) -> None:
    nodes = describe(name).after.nodes
    at, seen = key, set()
    while not isinstance(nodes[at], End):
        assert at not in seen
        seen.add(at)
        node = nodes[at]
        at = node.branches[0].to if isinstance(node, Decision) else getattr(node, "next", "")
