"""Refuse a diagram that cannot be run, or not as BPMN means it, and say which element is at fault."""

from collections.abc import Iterator

from procmine.errors import FlowError
from procmine.mine.diagram import Diagram, Node
from procmine.mine.structure import Structure


def require_sound(diagram: Diagram) -> None:
    """A `FlowError` that names the element where `diagram` has no start, no way out, dead parts or unknown meaning."""
    structure = Structure(diagram)
    for node in diagram.nodes:
        _require_supported(node, structure)
    for process in diagram.processes:
        if not structure.starts(process):
            lane = next((node.lane for node in structure.inside(process) if node.lane), process)
            raise FlowError(
                f"there is no start event in {lane!r}", expected="Let every process begin with a start event"
            )
    for node in diagram.nodes:
        if structure.is_step(node) and not node.name:
            raise FlowError(
                f"a {_kind(node)} has no name: {node.id!r}{_before(node, structure)}",
                expected="Name it as the log names the activity",
            )
        if node.is_gateway and not structure.out[node.id]:
            raise FlowError(
                f"the {_called(node)} has no way out{_before(node, structure)}",
                expected="Lead a sequence flow out of it, or end the flow with an end event",
            )
    reached = set(_reached(structure))
    dead = [node for node in diagram.nodes if node.id not in reached]
    if dead:
        raise FlowError(
            f"no way leads from a start event to {', '.join(_called(node) for node in dead)}",
            expected="Connect them, or take them out of the diagram",
        )
    if not any(structure.is_step(node) for node in diagram.nodes):
        raise FlowError("there is no task in the flow", expected="Draw the steps as tasks")


def _require_supported(node: Node, structure: Structure) -> None:
    several = node.repeats == "parallel" and structure.is_expanded(node)
    reason = None
    if node.kind == "complexGateway":
        reason = "a complex gateway"
    elif "compensate" in node.triggers:
        reason = "compensation"
    elif several and sum(1 for inner in structure.within(node.id) if inner.is_activity) > 1:
        reason = "several instances at once of a subprocess with more than one step"
    elif node.kind.startswith("choreography") or node.kind in ("callChoreography", "subChoreography"):
        reason = "a choreography"
    if reason:
        raise FlowError(
            f"the {_called(node)} uses {reason}, which is not supported",
            expected="Draw it with tasks, subprocesses, events and exclusive, parallel or inclusive gateways",
        )


def _reached(structure: Structure) -> Iterator[str]:
    ahead = [start.id for process in structure.diagram.processes for start in _begin(structure, process)]
    seen: set[str] = set()
    while ahead:
        key = ahead.pop()
        if key in seen:
            continue
        seen.add(key)
        yield key
        node = structure.node[key]
        ahead += [edge.target for edge in structure.out[key]]
        ahead += [event.id for event in structure.boundary(node)]
        ahead += [first.id for first in _begin(structure, key)]


def _begin(structure: Structure, scope: str) -> list[Node]:
    beside = [node for node in structure.inside(scope) if node.kind == "eventSubProcess"]
    return [*(structure.starts(scope) or structure.first(scope)), *beside]


def _called(node: Node) -> str:
    return f"{_kind(node)} {(node.name or node.id)!r}"


def _kind(node: Node) -> str:
    """`exclusiveGateway` as "exclusive gateway"."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in node.kind)


def _before(node: Node, structure: Structure) -> str:
    """Where to look for an element without name."""
    sources = [structure.node[edge.source].name for edge in structure.into[node.id]]
    names = [name for name in sources if name]
    after = f" after {names[0]!r}" if names else ""
    return f"{after} in {node.lane!r}" if node.lane else after
