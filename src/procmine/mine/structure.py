"""Questions about how a diagram hangs together: what is inside what, what follows what, what can interrupt what."""

from collections.abc import Iterator
from functools import cached_property

from procmine.mine.diagram import Diagram, Edge, Node

THROWN = ("error", "escalation", "cancel")
"""What an end event throws to the boundary of a subprocess around it."""


class Structure:
    """The elements of a diagram by scope, and the flows into and out of each."""

    def __init__(self, diagram: Diagram) -> None:
        self.diagram = diagram
        self.node = {node.id: node for node in diagram.nodes}
        self.out: dict[str, list[Edge]] = {key: [] for key in self.node}
        self.into: dict[str, list[Edge]] = {key: [] for key in self.node}
        for edge in diagram.edges:
            if edge.kind != "message":
                self.out[edge.source].append(edge)
                self.into[edge.target].append(edge)

    @cached_property
    def messages(self) -> list[Edge]:
        """The messages that one element sends to another: not those to or from a pool or an expanded subprocess."""
        ends = {node.id for node in self.diagram.nodes if not self.is_expanded(node)}
        return [e for e in self.diagram.edges if e.kind == "message" and {e.source, e.target} <= ends]

    def inside(self, scope: str) -> list[Node]:
        """The elements directly in a process or subprocess."""
        return self._inside.get(scope, [])

    @cached_property
    def _inside(self) -> dict[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in self.diagram.nodes:
            found.setdefault(node.scope, []).append(node)
        return found

    def within(self, scope: str) -> Iterator[Node]:
        """The elements in a scope and in the subprocesses in it."""
        for node in self.inside(scope):
            yield node
            yield from self.within(node.id)

    def is_expanded(self, node: Node) -> bool:
        """Whether this is a subprocess that shows what is in it."""
        return bool(self.inside(node.id))

    def is_step(self, node: Node) -> bool:
        """Whether this is a step of an order: an activity with nothing drawn in it."""
        return node.is_activity and node.kind != "eventSubProcess" and not self.is_expanded(node)

    def is_ad_hoc(self, scope: str) -> bool:
        """Whether the elements of the scope may be done in any order."""
        return scope in self.node and self.node[scope].kind == "adHocSubProcess"

    def starts(self, scope: str) -> list[Node]:
        """The start events of a scope."""
        return [node for node in self.inside(scope) if node.kind == "startEvent"]

    def first(self, scope: str) -> list[Node]:
        """The elements that nothing leads to: where a subprocess without start event begins."""
        apart = ("startEvent", "boundaryEvent", "eventSubProcess")
        return [node for node in self.inside(scope) if not self.into[node.id] and node.kind not in apart]

    def boundary(self, node: Node) -> list[Node]:
        """The events on the edge of an activity."""
        return [event for event in self.inside(node.scope) if event.attached_to == node.id]

    def interrupts(self, event_subprocess: Node) -> bool:
        """Whether an event subprocess ends the scope that it is in."""
        return any(start.interrupting for start in self.starts(event_subprocess.id))

    def beside(self, scope: str) -> list[Node]:
        """What may start once beside a scope while it runs: event subprocesses in it, events on its edge."""
        inner = [n for n in self.inside(scope) if n.kind == "eventSubProcess" and not self.interrupts(n)]
        edge = self.boundary(self.node[scope]) if scope in self.node else []
        return inner + [event for event in edge if not event.interrupting]

    def catcher(self, end: Node) -> Node | None:
        """The boundary event that catches what an end event throws, if one does."""
        thrown = [trigger for trigger in end.triggers if trigger in THROWN]
        scope = end.scope
        while thrown and scope in self.node:
            for event in self.boundary(self.node[scope]):
                if event.interrupting and set(thrown) & set(event.triggers):
                    return event
            scope = self.node[scope].scope
        return None

    def is_thrown(self, event: Node) -> bool:
        """Whether an end event inside throws what the boundary event catches."""
        held = self.within(event.attached_to or "")
        return any(node.kind == "endEvent" and self.catcher(node) == event for node in held)

    def forks(self, scope: str) -> bool:
        """Whether more than one token can be in a scope."""
        return any(self._forks(node) for node in self.within(scope)) or any(
            len(self.first(part)) > 1 and not self.starts(part) and not self.is_ad_hoc(part)
            for part in [scope, *(node.id for node in self.within(scope) if self.is_expanded(node))]
        )

    def _forks(self, node: Node) -> bool:
        if node.kind == "eventSubProcess" or (node.kind == "boundaryEvent" and not node.interrupting):
            return True
        out = self.out[node.id]
        return len(out) > 1 and (not node.is_gateway or node.kind in ("parallelGateway", "inclusiveGateway"))

    def is_stoppable(self, scope: str) -> bool:
        """Whether something can stop several tokens of a scope at once."""
        if not self.forks(scope):
            return False
        edge = self.boundary(self.node[scope]) if scope in self.node else []
        return any(
            (node.kind == "endEvent" and "terminate" in node.triggers)
            or (node.kind == "eventSubProcess" and self.interrupts(node))
            for node in self.inside(scope)
        ) or any(event.interrupting for event in edge)

    def sent(self, node: Node) -> list[Edge]:
        """The messages that an element sends to another pool."""
        return [edge for edge in self.messages if edge.source == node.id]

    def received(self, node: Node) -> list[Edge]:
        """The messages that an element waits for."""
        return [edge for edge in self.messages if edge.target == node.id]

    def may_stay_unread(self, message: Edge) -> bool:
        """Whether a message may be left: not where it alone starts a process."""
        target = self.node[message.target]
        return target.kind != "startEvent" or any(not self.received(start) for start in self.starts(target.scope))

    def gate(self, merge: Node) -> str | None:
        """The last element that every way to `merge` passes in its scope; none where the ways have none in common."""
        nodes = self.inside(merge.scope)
        before = {node.id: {edge.source for edge in self.into[node.id]} for node in nodes}
        for event in nodes:
            if event.attached_to:
                before[event.id].add(event.attached_to)
        everything = set(before)
        passed = {key: everything if sources else {key} for key, sources in before.items()}
        changed = True
        while changed:
            changed = False
            for key, sources in before.items():
                if sources:
                    new = {key} | set.intersection(*(passed[source] for source in sources))
                    changed |= new != passed[key]
                    passed[key] = new
        common = passed[merge.id] - {merge.id}
        return max(common, key=lambda key: (len(passed[key]), key), default=None)
