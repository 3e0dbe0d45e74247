"""Write a diagram as BPMN 2.0 XML, laid out."""

from collections.abc import Iterable
from typing import Any

from bpmn_io import BpmnModdle, layout_process

from procmine.mine.diagram import Edge, Node


def bpmn_xml(name: str, nodes: Iterable[Node], edges: Iterable[Edge]) -> str:
    """One process of these elements and flows, with a drawing, as a file that BPMN editors open."""
    moddle: Any = BpmnModdle()
    process = moddle.create("bpmn:Process", {"id": "process", "name": name, "isExecutable": False})
    made = {}
    for node in nodes:
        kind = node.kind[0].upper() + node.kind[1:]
        made[node.id] = moddle.create(f"bpmn:{kind}", {"id": node.id, **({"name": node.name} if node.name else {})})
    flows = [
        moddle.create(
            "bpmn:SequenceFlow", {"id": edge.id, "sourceRef": made[edge.source], "targetRef": made[edge.target]}
        )
        for edge in edges
    ]
    for flow in flows:
        flow.get("sourceRef").get("outgoing").append(flow)
        flow.get("targetRef").get("incoming").append(flow)
    process.get("flowElements").extend([*made.values(), *flows])
    definitions = moddle.create(
        "bpmn:Definitions", {"id": "definitions", "targetNamespace": "http://bpmn.io/schema/bpmn"}
    )
    definitions.get("rootElements").append(process)
    return str(layout_process(str(moddle.to_xml(definitions, {"format": True}).xml)))
