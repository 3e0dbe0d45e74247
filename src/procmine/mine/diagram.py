"""A designed flow as drawn: its elements, what connects them, their departments and checkpoints."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Node:
    """One element of the flow."""

    id: str
    kind: str
    """BPMN's own word for it: task, userTask, exclusiveGateway, startEvent … ; of a Petri net: place, transition."""
    name: str
    lane: str | None
    """The innermost named lane that it lies in, else its pool: the department that owns it."""
    scope: str
    """The id of the process or subprocess that it is part of."""
    checkpoint: bool = False
    attached_to: str | None = None
    """Of a boundary event: the activity on whose edge it sits."""
    interrupting: bool = True
    """Of a boundary event, or of the start of an event subprocess: whether it ends what it interrupts."""
    triggers: tuple[str, ...] = ()
    """Of an event: message, timer, error, terminate, link …"""
    repeats: str | None = None
    """Of an activity with a loop mark: loop, sequential or parallel."""
    skippable: bool = False
    """Of a looping activity: whether its condition is looked at before the first time."""
    default: str | None = None
    """The id of the edge taken when no condition holds."""

    @property
    def is_activity(self) -> bool:
        """Whether this is work: a task, a call or a subprocess."""
        return self.kind.lower().endswith(("task", "activity", "subprocess")) or self.kind == "transaction"

    @property
    def is_gateway(self) -> bool:
        """Whether this is a gateway."""
        return self.kind.endswith("Gateway")


@dataclass(frozen=True)
class Edge:
    """A flow between two elements."""

    id: str
    source: str
    target: str
    name: str
    kind: str = "sequence"
    """sequence; link between two link events; message between two pools."""
    conditional: bool = False


@dataclass(frozen=True)
class Diagram:
    """All elements and edges of one file."""

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    processes: tuple[str, ...]
    """The ids of the processes that are not only called by another."""
