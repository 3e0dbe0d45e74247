import itertools
import xml.etree.ElementTree as ET
from pathlib import Path

import pandas as pd
import pm4py
import pytest
from bpmn_io import BpmnModdle, check
from bpmn_io.lint import Linter
from bpmn_io.lint.resolver import NodeResolver

from procmine.simulate import simulate
from procmine.simulate.drawing import Box, Drawing
from procmine.simulate.enterprise_activation import FLOW
from procmine.simulate.flow import Decision, Task
from procmine.simulate.flow_bpmn import NAMESPACES, bpmn

XML = bpmn(FLOW)
ROOT = ET.fromstring(XML)


def find_all(path: str) -> list[ET.Element]:
    return ROOT.findall(f".//{path}", NAMESPACES)


def overlap(one: Box, other: Box) -> bool:
    apart = one.right <= other.x or other.right <= one.x or one.bottom <= other.y or other.bottom <= one.y
    return not apart


def test_reads_without_a_warning_and_passes_every_lint_rule() -> None:
    report = check(XML)
    assert (report.ok, report.errors, report.warnings) == (True, [], [])
    root = BpmnModdle().from_xml(XML).root_element
    assert Linter(resolver=NodeResolver()).lint(root, {"extends": "bpmnlint:all"}) == {}


def test_lanes_are_the_departments_and_hold_what_they_own() -> None:
    lanes = {
        lane.get("name"): [ref.text for ref in lane.findall("bpmn:flowNodeRef", NAMESPACES)]
        for lane in find_all("bpmn:lane")
    }
    assert list(lanes) == list(FLOW.departments)
    assert {node: name for name, nodes in lanes.items() for node in nodes} == {
        key: node.department for key, node in FLOW.nodes.items()
    }
    assert set(lanes) == {task.department for task in FLOW.tasks.values()}


def test_tasks_decisions_and_arcs_are_the_flows() -> None:
    tasks = {element.get("id"): element.get("name") for element in find_all("bpmn:task")}
    assert tasks == {key: node.name for key, node in FLOW.nodes.items() if isinstance(node, Task)}
    named = [element.get("name") for element in find_all("bpmn:exclusiveGateway") if element.get("name")]
    assert named == [node.name for node in FLOW.nodes.values() if isinstance(node, Decision)]
    arcs = [tuple(arc.get(end) for end in ("sourceRef", "targetRef", "name")) for arc in find_all("bpmn:sequenceFlow")]
    assert arcs == [(source, target, label or None) for source, target, label in FLOW.arcs]


def test_checkpoints_carry_an_annotation() -> None:
    texts = {
        note.get("id"): note.findtext("bpmn:text", namespaces=NAMESPACES) for note in find_all("bpmn:textAnnotation")
    }
    tied = {tie.get("sourceRef"): texts[tie.get("targetRef")] for tie in find_all("bpmn:association")}
    assert tied == {"check_resources": "Checkpoint", "test_service": "Checkpoint"}


def test_everything_is_drawn() -> None:
    drawn = {element.get("bpmnElement") for kind in ("BPMNShape", "BPMNEdge") for element in find_all(f"bpmndi:{kind}")}
    kinds = ("participant", "lane", "startEvent", "endEvent", "task", "exclusiveGateway", "sequenceFlow")
    artifacts = ("textAnnotation", "association")
    assert drawn == {element.get("id") for kind in kinds + artifacts for element in find_all(f"bpmn:{kind}")}


def test_no_shape_name_or_annotation_lies_on_another() -> None:
    drawing = Drawing(FLOW)
    boxes = dict(drawing.shapes)
    for key, node in FLOW.nodes.items():
        if isinstance(node, Task):
            boxes |= {f"note of {key}": drawing.note_box(key)} if node.checkpoint else {}
        elif hasattr(node, "name"):
            boxes[f"name of {key}"] = drawing.name_box(key)
    boxes |= {f"{arc[0]} to {arc[1]}": drawing.branch_box(arc[:2]) for arc in FLOW.arcs if arc[2]}
    assert not [pair for pair in itertools.combinations(boxes, 2) if overlap(boxes[pair[0]], boxes[pair[1]])]
    lanes = drawing.lanes
    for key, box in drawing.shapes.items():
        lane = lanes[FLOW.nodes[key].department]
        assert lane.x < box.x < box.right < lane.right
        assert lane.y < box.y < box.bottom < lane.bottom
    bands = list(lanes.values())
    assert all(upper.bottom == lower.y for upper, lower in itertools.pairwise(bands))


def test_arcs_cross_no_shape_and_share_no_track() -> None:
    drawing = Drawing(FLOW)
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
    assert len(runs) == 6
    for one, other in itertools.combinations(runs, 2):
        assert one[0] != other[0] or one[2] < other[1] or other[2] < one[1]


def test_pm4py_reads_the_flow_and_plays_its_tasks(tmp_path: Path) -> None:
    path = tmp_path / "flow.bpmn"
    path.write_text(XML, encoding="utf-8")
    net, _, _ = pm4py.convert_to_petri_net(pm4py.read_bpmn(str(path)))
    labels = {transition.label for transition in net.transitions} - {None}
    assert labels == {node.name for node in FLOW.nodes.values() if isinstance(node, Task)}


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")  # pm4py still uses it
def test_closed_orders_leave_the_flow_exactly_where_a_fault_was_planted(tmp_path: Path) -> None:
    folder = simulate(orders=150, seed=2, folder=tmp_path / "study")
    flow = pm4py.read_bpmn(str(folder / "designed_flow.bpmn"))
    net, initial, final = pm4py.convert_to_petri_net(flow)
    events = pd.read_csv(folder / "truth" / "truth.csv", keep_default_na=False, parse_dates=["completed"])
    events["completed"] = events["completed"].dt.tz_localize("UTC")
    closed = events.groupby("order").activity.transform("last").isin(["Archive order", "Cancel order"])
    log = events[closed].rename(
        columns={"order": "case:concept:name", "activity": "concept:name", "completed": "time:timestamp"}
    )
    found = pm4py.conformance_diagnostics_alignments(log, net, initial, final)
    orders = list(dict.fromkeys(log["case:concept:name"]))
    leaving = {order for order, alignment in zip(orders, found, strict=True) if alignment["fitness"] < 1}
    faulty = log[~log.faults.isin(["", "stalled review"])]
    assert leaving == set(faulty["case:concept:name"])
    assert 15 < len(leaving) < 60


@pytest.mark.parametrize("key", [key for key, node in FLOW.nodes.items() if isinstance(node, Decision)])
def test_the_first_branch_leads_to_the_goal(key: str) -> None:
    at, seen = key, set()
    while at not in seen and at != "closed":
        seen.add(at)
        node = FLOW.nodes[at]
        at = node.branches[0].to if isinstance(node, Decision) else getattr(node, "next", "")
    assert at == "closed"
