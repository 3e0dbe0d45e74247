"""A described flow as a BPMN 2.0 file: one pool, a lane for each department, decisions as exclusive gateways.

A task is marked as a checkpoint by an annotation tied to it that reads ``Checkpoint``.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from procmine.simulate.drawing import Box, Drawing, Point
from procmine.simulate.flow import Decision, End, Flow, Merge, Node, Start, Task

NAMESPACES = {
    "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL",
    "bpmndi": "http://www.omg.org/spec/BPMN/20100524/DI",
    "dc": "http://www.omg.org/spec/DD/20100524/DC",
    "di": "http://www.omg.org/spec/DD/20100524/DI",
}
CHECKPOINT = "Checkpoint"
POOL, COLLABORATION = "pool", "collaboration"


def bpmn(flow: Flow) -> str:
    """The text of the BPMN file of `flow`, laid out."""
    root = ET.Element(
        "bpmn:definitions",
        {f"xmlns:{prefix}": uri for prefix, uri in NAMESPACES.items()}
        | {"id": "definitions", "targetNamespace": "urn:procmine:flow"},
    )
    collaboration = ET.SubElement(root, "bpmn:collaboration", id=COLLABORATION)
    ET.SubElement(collaboration, "bpmn:participant", id=POOL, name=flow.title, processRef=flow.name)
    _process(root, flow)
    _diagram(root, flow)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _process(root: ET.Element, flow: Flow) -> None:
    process = ET.SubElement(root, "bpmn:process", id=flow.name, name=flow.title, isExecutable="false")
    _lane_set(process, flow)
    for key, node in flow.nodes.items():
        element = ET.SubElement(process, f"bpmn:{_kind(node)}", id=key)
        if not isinstance(node, Merge):
            element.set("name", node.name)
        incoming = [("incoming", arc) for arc in flow.arcs if arc[1] == key]
        outgoing = [("outgoing", arc) for arc in flow.arcs if arc[0] == key]
        for side, (source, target, _label) in incoming + outgoing:
            ET.SubElement(element, f"bpmn:{side}").text = _arc(source, target)
    for source, target, label in flow.arcs:
        arc = ET.SubElement(process, "bpmn:sequenceFlow", id=_arc(source, target), sourceRef=source, targetRef=target)
        if label:
            arc.set("name", label)
    for key in _checkpoints(flow):
        note = ET.SubElement(process, "bpmn:textAnnotation", id=_note(key))
        ET.SubElement(note, "bpmn:text").text = CHECKPOINT
        ET.SubElement(process, "bpmn:association", id=_tie(key), sourceRef=key, targetRef=_note(key))


def _lane_set(process: ET.Element, flow: Flow) -> None:
    lanes = ET.SubElement(process, "bpmn:laneSet", id="lanes")
    for place, department in enumerate(flow.lanes):
        lane = ET.SubElement(lanes, "bpmn:lane", id=_lane(place), name=department)
        for key, node in flow.nodes.items():
            if node.department == department:
                ET.SubElement(lane, "bpmn:flowNodeRef").text = key


def _diagram(root: ET.Element, flow: Flow) -> None:
    drawing = Drawing(flow)
    diagram = ET.SubElement(root, "bpmndi:BPMNDiagram", id="diagram")
    plane = ET.SubElement(diagram, "bpmndi:BPMNPlane", id="plane", bpmnElement=COLLABORATION)
    _shape(plane, POOL, drawing.pool, isHorizontal="true")
    for place, box in enumerate(drawing.lanes.values()):
        _shape(plane, _lane(place), box, isHorizontal="true")
    for key, box in drawing.shapes.items():
        node = flow.nodes[key]
        drawn = {"isMarkerVisible": "true"} if isinstance(node, Decision | Merge) else {}
        shape = _shape(plane, key, box, **drawn)
        if isinstance(node, Start | End | Decision):
            _name_at(shape, drawing.name_box(key))
    for source, target, label in flow.arcs:
        edge = _edge(plane, _arc(source, target), drawing.routes[source, target])
        if label:
            _name_at(edge, drawing.branch_box((source, target)))
    for key in _checkpoints(flow):
        note, task = drawing.note_box(key), drawing.shapes[key]
        _shape(plane, _note(key), note)
        _edge(plane, _tie(key), [(note.middle[0], task.y), (note.middle[0], note.bottom)])


def _shape(plane: ET.Element, element: str, box: Box, **drawn: str) -> ET.Element:
    shape = ET.SubElement(plane, "bpmndi:BPMNShape", {"id": f"{element}_shape", "bpmnElement": element, **drawn})
    _bounds(shape, box)
    return shape


def _edge(plane: ET.Element, element: str, corners: Sequence[Point]) -> ET.Element:
    edge = ET.SubElement(plane, "bpmndi:BPMNEdge", id=f"{element}_edge", bpmnElement=element)
    for x, y in corners:
        ET.SubElement(edge, "di:waypoint", x=str(x), y=str(y))
    return edge


def _name_at(drawn: ET.Element, box: Box) -> None:
    _bounds(ET.SubElement(drawn, "bpmndi:BPMNLabel"), box)


def _bounds(parent: ET.Element, box: Box) -> None:
    sides = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    ET.SubElement(parent, "dc:Bounds", {side: str(length) for side, length in sides.items()})


def _kind(node: Node) -> str:
    if isinstance(node, Start):
        return "startEvent"
    if isinstance(node, End):
        return "endEvent"
    return "task" if isinstance(node, Task) else "exclusiveGateway"


def _checkpoints(flow: Flow) -> list[str]:
    return [key for key, node in flow.nodes.items() if isinstance(node, Task) and node.checkpoint]


def _arc(source: str, target: str) -> str:
    return f"{source}-{target}"


def _lane(place: int) -> str:
    return f"lane_{place + 1}"


def _note(key: str) -> str:
    return f"{key}_note"


def _tie(key: str) -> str:
    return f"{key}_tie"
