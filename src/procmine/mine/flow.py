"""The designed flow: its steps, their departments and checkpoints, and the Petri net that says what may follow what."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from procmine.errors import FlowError
from procmine.mine.bpmn import read_diagram, refuse_entities
from procmine.mine.diagram import Diagram, Edge, Node
from procmine.mine.net import Net, from_pm4py, to_pm4py
from procmine.mine.soundness import require_sound
from procmine.mine.translate import translate

STEP_COLUMNS = ("id", "activity", "department", "checkpoint")


@dataclass(frozen=True, eq=False)
class Flow:
    """A designed flow, as `read_flow` gives it.

    `steps` has one row a task: id, activity (its name), department (its lane or pool, None without), checkpoint (bool).
    `nodes` and `edges` are everything drawn. `petri` is the net that orders are checked against.
    """

    name: str
    steps: pd.DataFrame
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    petri: Net

    @property
    def net(self) -> tuple[Any, Any, Any]:
        """The net as pm4py has it: net, initial marking, final marking."""
        return to_pm4py(self.petri)


def read_flow(path: str | Path) -> Flow:
    """The designed flow in a ``.bpmn`` file, of any editor, or a ``.pnml`` file.

    From BPMN 2.0: a step is a task or call activity, or a subprocess drawn without content; its department is the
    innermost lane with a name that it lies in, else its pool. `translate` states what gateways, events, subprocesses
    and messages between pools mean; two tasks may have one name. A checkpoint is a task with a line of documentation,
    or an annotation tied to it, that reads ``checkpoint``, ``检查站`` or ``检查点``, or with an extension attribute or
    property ``checkpoint`` (not ``false``): `procmine.mine.bpmn`.

    From PNML: a step is a transition with a label; there are neither departments nor checkpoints. A net without final
    marking ends at its sink place.

    Errors: a `FlowError` that names the file and the element: no such file, not BPMN or PNML, a DTD in it, no start
    event, a gateway without way out, a task without name, parts that no start leads to, an unsupported element.
    """
    path = Path(path)
    readers = {".bpmn": _from_bpmn, ".pnml": _from_pnml}
    if path.suffix.lower() not in readers:
        raise FlowError(
            f"not a file of a flow: {path.suffix or 'no suffix'}", where=path, expected="A .bpmn or .pnml file"
        )
    if not path.is_file():
        raise FlowError("there is no such file", where=path, expected="Give the path of a .bpmn or .pnml file")
    try:
        return readers[path.suffix.lower()](path)
    except FlowError as error:
        if error.where is not None:
            raise
        raise FlowError(error.found, where=path, expected=error.expected) from error


def _from_bpmn(path: Path) -> Flow:
    diagram = read_diagram(path)
    require_sound(diagram)
    net = translate(diagram)
    return Flow(diagram.name, drawn_steps(diagram, net), diagram.nodes, diagram.edges, net)


def _from_pnml(path: Path) -> Flow:
    refuse_entities(path, "PNML")
    from pm4py.objects.petri_net.importer import importer

    try:
        read = importer.apply(str(path))
    except Exception as error:  # pm4py raises whatever its walk through the XML meets
        raise FlowError("not readable as a Petri net", where=path, expected="A PNML file with one net") from error
    net = from_pm4py(*read)
    if not net.labels:
        raise FlowError(
            "no transition of the net has a label", expected="Label the transitions as the log names activities"
        )
    nodes = [Node(id=place, kind="place", name="", lane=None, scope=path.stem) for place in net.places]
    nodes += [
        Node(id=t.name, kind="transition", name=t.label or "", lane=None, scope=path.stem) for t in net.transitions
    ]
    arcs = [(place, t.name) for t in net.transitions for place in t.takes]
    arcs += [(t.name, place) for t in net.transitions for place in t.gives]
    edges = [Edge(f"{source} to {target}", source, target, "", kind="arc") for source, target in arcs]
    steps = [(t.name, t.label, None, False) for t in net.transitions if t.label is not None]
    return Flow(path.stem, _steps(steps), tuple(nodes), tuple(edges), net)


def drawn_steps(diagram: Diagram, net: Net) -> pd.DataFrame:
    """The steps that `net` makes of a diagram's elements, one row each, in their order in the diagram."""
    stepping = {transition.node for transition in net.transitions if transition.label is not None}
    return _steps([(n.id, n.name, n.lane, n.checkpoint) for n in diagram.nodes if n.id in stepping])


def _steps(rows: Sequence[tuple[str, str, str | None, bool]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(STEP_COLUMNS))
    return frame.astype({"id": "str", "activity": "str", "department": "str", "checkpoint": "bool"})
