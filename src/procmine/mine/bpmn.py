"""Read a BPMN 2.0 file into a `Diagram`: elements, flows, lanes and checkpoints; nothing is interpreted yet.

A **checkpoint** is a task marked in any of the ways that editors leave alone, whichever the editor at hand offers:
a line of its documentation, or the text of an annotation tied to it, that reads ``checkpoint``, ``检查站`` or
``检查点``; or an extension attribute or property ``checkpoint`` whose value is not ``false``.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bpmn_io import BpmnModdle
from bpmn_io.moddle_xml import ParseError
from lxml import etree

from procmine.errors import FlowError
from procmine.mine.diagram import Diagram, Edge, Node
from procmine.mine.lanes import departments

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
CHECKPOINT = ("checkpoint", "检查站", "检查点")


def read_diagram(path: Path) -> Diagram:
    """The diagram in the BPMN file at `path`; a `FlowError` that names the file where there is none."""
    try:
        root = BpmnModdle().from_xml(_definitions(path)).root_element
    except ParseError as error:
        raise FlowError(f"not readable as BPMN: {error}", where=path, expected="A BPMN 2.0 file") from error
    processes = [e for e in _list(root, "rootElements") if _is(e, "Process") and _list(e, "flowElements")]
    if not processes:
        raise FlowError(
            "there is no process with elements in it", where=path, expected="Draw the flow in a BPMN editor"
        )
    called = {_reference(element) for element in _every(processes, "CallActivity")}
    processes = [process for process in processes if process.get("id") not in called] or processes
    owner = departments(root)
    annotated = _annotated(root)
    nodes: list[Node] = []
    edges: list[Edge] = []
    for process in processes:
        for scope, element in _elements(process):
            if _is(element, "SequenceFlow"):
                edges.append(_edge(element, path))
            elif _is(element, "FlowNode"):
                nodes.append(_node(element, scope, owner.get(element.get("id")), annotated))
    known = {node.id for node in nodes}
    _require_tied(edges, known, path)
    edges += [edge for edge in _messages(root) if edge.source in known and edge.target in known]
    edges += _links(nodes)
    top = tuple(process.get("id") for process in processes)
    names = [_text(pool) for pool in _pools(root)] + [_text(process) for process in processes]
    return Diagram(next((name for name in names if name), path.stem), tuple(nodes), tuple(edges), top)


def refuse_entities(path: Path, form: str) -> Any:
    """The root of the XML file at `path`; refused where it declares a document type, which entities come from."""
    try:
        document = etree.parse(path, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except etree.XMLSyntaxError as error:
        raise FlowError(f"not well-formed XML: {error.msg}", where=path, expected=f"A {form} file") from error
    if document.docinfo.doctype:
        raise FlowError(
            "a document type (DTD) is declared", where=path, expected=f"Remove the DOCTYPE: {form} needs none"
        )
    return document.getroot()


def _definitions(path: Path) -> str:
    """The file's XML as text, whatever its encoding."""
    root = refuse_entities(path, "BPMN 2.0")
    if root.tag != f"{{{BPMN}}}definitions":
        raise FlowError(f"not a BPMN file: its root is {root.tag!r}", where=path, expected="BPMN 2.0 <definitions>")
    return str(etree.tostring(root, encoding="unicode"))


def _node(element: Any, scope: str, lane: str | None, annotated: set[str]) -> Node:
    kind = element.type_.removeprefix("bpmn:")
    events = [e.type_.removeprefix("bpmn:").removesuffix("EventDefinition") for e in _list(element, "eventDefinitions")]
    loop = element.get("loopCharacteristics") or None
    repeats = None
    if loop is not None:
        multiple = _is(loop, "MultiInstanceLoopCharacteristics")
        repeats = ("sequential" if loop.get("isSequential") else "parallel") if multiple else "loop"
    if kind == "SubProcess" and element.get("triggeredByEvent"):
        kind = "EventSubProcess"
    attached = element.get("attachedToRef") if kind == "BoundaryEvent" else None
    holds = not {"BoundaryEvent": element.get("cancelActivity"), "StartEvent": element.get("isInterrupting")}.get(
        kind, True
    )
    default = element.get("default") or None
    return Node(
        id=element.get("id"),
        kind=kind[0].lower() + kind[1:],
        name=_text(element),
        lane=lane,
        scope=scope,
        checkpoint=_is(element, "Activity") and (element.get("id") in annotated or _is_checkpoint(element)),
        attached_to=attached.get("id") if attached else None,
        interrupting=not holds,
        triggers=tuple(event[0].lower() + event[1:] for event in events),
        repeats=repeats,
        skippable=bool(loop is not None and repeats == "loop" and loop.get("testBefore")),
        default=default.get("id") if default is not None else None,
    )


def _edge(flow: Any, path: Path) -> Edge:
    ends = [flow.get("sourceRef"), flow.get("targetRef")]
    if not all(ends):
        raise FlowError(
            f"the sequence flow {flow.get('id')!r} has no {'source' if not ends[0] else 'target'}",
            where=path,
            expected="Tie both of its ends to an element of the diagram",
        )
    source, target = ends
    conditional = bool(flow.get("conditionExpression"))
    return Edge(flow.get("id"), source.get("id"), target.get("id"), _text(flow), conditional=conditional)


def _require_tied(edges: list[Edge], known: set[str], path: Path) -> None:
    for edge in edges:
        for end in (edge.source, edge.target):
            if end not in known:
                raise FlowError(
                    f"the sequence flow {edge.id!r} is tied to {end!r}, which is no step, gateway or event",
                    where=path,
                    expected="Give every element its own id, and tie flows to steps, gateways and events",
                )


def _messages(root: Any) -> Iterator[Edge]:
    for collaboration in _list(root, "rootElements"):
        if _is(collaboration, "Collaboration"):
            for flow in _list(collaboration, "messageFlows"):
                ends = [flow.get("sourceRef"), flow.get("targetRef")]
                if all(ends):
                    yield Edge(flow.get("id"), ends[0].get("id"), ends[1].get("id"), _text(flow), kind="message")


def _links(nodes: list[Node]) -> Iterator[Edge]:
    """Where a link event goes on: at the catching link events of the same name in the same process."""
    links = [node for node in nodes if "link" in node.triggers]
    for throw in links:
        for catch in links:
            same = (throw.name, throw.scope) == (catch.name, catch.scope)
            if same and throw.kind == "intermediateThrowEvent" and catch.kind == "intermediateCatchEvent":
                yield Edge(f"{throw.id} to {catch.id}", throw.id, catch.id, "", kind="link")


def _pools(root: Any) -> list[Any]:
    found = [e for e in _list(root, "rootElements") if _is(e, "Collaboration")]
    return [pool for e in found for pool in _list(e, "participants") if pool.get("processRef")]


def _elements(scope: Any) -> Iterator[tuple[str, Any]]:
    for element in _list(scope, "flowElements"):
        yield scope.get("id"), element
        if _is(element, "SubProcess"):
            yield from _elements(element)


def _every(processes: list[Any], kind: str) -> Iterator[Any]:
    return (element for process in processes for _, element in _elements(process) if _is(element, kind))


def _reference(call: Any) -> str:
    """The process that a call activity names, whether the reader resolved it, or left its possibly prefixed name."""
    called = call.get("calledElement") or ""
    return str(called.get("id") if hasattr(called, "get") else called).rpartition(":")[2]


def _annotated(root: Any) -> set[str]:
    """The ids of elements tied to a text annotation that marks a checkpoint."""
    found: set[str] = set()
    holders = [e for e in _list(root, "rootElements") if _is(e, "Process") or _is(e, "Collaboration")]
    inner = [e for h in holders if _is(h, "Process") for _, e in _elements(h) if _is(e, "SubProcess")]
    for holder in [*holders, *inner]:
        for tie in _list(holder, "artifacts"):
            ends = [tie.get("sourceRef"), tie.get("targetRef")] if _is(tie, "Association") else []
            if any(end and _is(end, "TextAnnotation") and _marks(end.get("text")) for end in ends):
                found |= {end.get("id") for end in ends if end and _is(end, "FlowNode")}
    return found


def _is_checkpoint(element: Any) -> bool:
    if any(_marks(note.get("text")) for note in _list(element, "documentation")):
        return True
    if any(_says_so(name, value) for name, value in element.attrs_.items()):
        return True
    extensions = element.get("extensionElements")
    return bool(extensions) and any(_marked_extension(entry) for entry in _list(extensions, "values"))


def _marked_extension(entry: Any) -> bool:
    fields = {key: value for key, value in vars(entry).items() if isinstance(value, str)}
    if fields.get("name", "").lower() == "checkpoint":
        return fields.get("value", "true").lower() != "false"
    if fields.get("type_", "").rpartition(":")[2].lower() == "checkpoint":
        return fields.get("$body", "true").strip().lower() != "false"
    children = vars(entry).get("$children") or []
    return any(_says_so(*field) for field in fields.items()) or any(_marked_extension(child) for child in children)


def _says_so(name: str, value: object) -> bool:
    return name.rpartition(":")[2].lower() == "checkpoint" and str(value).lower() != "false"


def _marks(text: object) -> bool:
    return any(line.strip().lower() in CHECKPOINT for line in str(text or "").splitlines())


def _text(element: Any) -> str:
    """An element's name on one line: editors break long names where the box ends."""
    return " ".join(str(element.get("name") or "").split())


def _list(element: Any, name: str) -> list[Any]:
    return list(element.get(name) or [])


def _is(element: Any, kind: str) -> bool:
    return hasattr(element, "instance_of") and bool(element.instance_of(f"bpmn:{kind}"))
