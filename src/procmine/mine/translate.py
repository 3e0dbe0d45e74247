"""From a BPMN diagram to the Petri net with the same runs.

Tasks and call activities are steps; a subprocess with elements of its own is run through, one without is a step. Events
and gateways are silent, and happen at any moment after they can. As BPMN has it:

- several flows out of a task or event start in parallel, several into it merge exclusively; a conditional flow out of a
  task is taken or not;
- an inclusive gateway starts one or more of its flows, and merges when no token can reach it any more from the element
  through which all ways to it pass;
- several start events are alternatives; one that receives a message from another pool waits for it;
- an end event ends its own token, and a process ends when none is left; *terminate* takes the others away;
- a boundary event that interrupts takes the place of its activity; one that does not starts its flow beside it, at most
  once; an error thrown in a subprocess is caught at its boundary;
- a loop or multi-instance mark repeats its activity one or more times, one after the other;
- an ad-hoc subprocess runs its tasks in any order and number; an event subprocess may run once, at any time.
"""

from procmine.errors import FlowError
from procmine.mine.assembling import Assembly
from procmine.mine.diagram import Diagram, Edge, Node
from procmine.mine.net import Net, fused
from procmine.mine.structure import Structure

DONE = "done"


def translate(diagram: Diagram) -> Net:
    """The net of a diagram that `soundness.require_sound` has passed; a `FlowError` where no run comes to a step."""
    structure = Structure(diagram)
    net = fused(_Translation(structure).net())
    performed = {transition.node for transition in net.transitions if transition.label is not None}
    never = [node.name for node in diagram.nodes if structure.is_step(node) and node.id not in performed]
    if never:
        raise FlowError(
            f"no run of the flow comes to {', '.join(map(repr, never))}",
            expected="Look for a merge before it that waits for a branch never taken, or a message never sent",
        )
    return net


class _Translation:
    def __init__(self, structure: Structure) -> None:
        self.structure = structure
        self.made = Assembly()
        self.leaving: dict[str, list[str]] = {}
        """Where a token goes when a scope has ended, by the scope."""

    def net(self) -> Net:
        self.made.final[self.made.place(DONE, None)] = 1
        self.made.merge(DONE)
        for process in self.structure.diagram.processes:
            begin = self.made.place(f"{process} begin", None)
            if any(not self.structure.received(start) for start in self.structure.starts(process)):
                self.made.initial[begin] = 1
            self.made.parents[process] = None
            self._scope(process, begin, [DONE])
        for message in self.structure.messages:
            if self.structure.may_stay_unread(message):
                self.made.move([self._sent(message)], [], node=None)
        return self.made.net()

    def _scope(self, scope: str, begin: str, leave: list[str]) -> None:
        """Everything in a process or subprocess: a token in `begin` starts it, one in each of `leave` tells its end."""
        self.leaving[scope] = leave
        ended = self._ended(scope)
        active = [self._active(scope)] if self.structure.is_stoppable(scope) else []
        self.made.merge(ended)
        leaves = self.made.move([ended, *active], leave, node=scope)
        if active or scope not in self.structure.diagram.processes:
            self.made.when_scope_is_empty(leaves, scope)
        once = [self._once(beside, scope) for beside in self.structure.beside(scope)]
        for spare in once:
            self.made.move([spare], [], node=scope)
        starts = self.structure.starts(scope)
        plain = any(not self.structure.received(start) for start in starts)
        for start in starts:
            calls = [[self._sent(edge), *([begin] if plain else [])] for edge in self.structure.received(start)]
            for taken in calls or [[begin]]:
                self.made.move(taken, [*self._leave(start), *active, *once], node=start.id)
        if not starts:
            first = {self._entry(node) for node in self.structure.first(scope)}
            self.made.move([begin], [*sorted(first), *active, *once], node=scope)
        if self.structure.is_ad_hoc(scope):
            self.made.move([self._pool(scope)], [ended], node=scope)
        for node in self.structure.inside(scope):
            self._element(node)

    def _element(self, node: Node) -> None:
        if node.kind == "eventSubProcess":
            self._event_subprocess(node)
        elif self.structure.is_expanded(node):
            self._subprocess(node)
        elif self.structure.is_step(node):
            self._step(node)
        elif node.is_gateway:
            self._gateway(node)
        elif node.kind == "endEvent":
            self._end(node)
        elif node.kind not in ("startEvent", "boundaryEvent"):
            for received in self._receipts(node):
                self.made.move(
                    [self._entry(node), *received], [*self._leave(node), *self._sendings(node)], node=node.id
                )

    def _step(self, node: Node) -> None:
        ready = self._entry(node)
        events = self.structure.boundary(node)
        for event in events:
            if not event.interrupting:
                later = self.made.place(f"{node.id} after {event.id}", node.scope)
                self.made.move([ready], [later], node=event.id)
                self.made.move([ready], [later, *self._leave(event)], node=event.id)
                ready = later
        for event in events:
            if event.interrupting:
                self.made.move([ready], self._leave(event), node=event.id)
        sent, receipts = self._sendings(node), self._receipts(node)
        if sent and receipts != [[]]:
            asked = self.made.place(f"{node.id} asked", node.scope)
            self.made.move([ready], [asked, *sent], node=node.id)
            ready, sent = asked, []
        leave = self._repeated(node, self._entry(node))
        for received in receipts:
            self.made.move([ready, *received], [*leave, *sent], node=node.id, label=node.name)

    def _repeated(self, node: Node, again: str) -> list[str]:
        """Where a token goes after the activity: back to `again` too where it has a loop mark."""
        leave = self._leave(node)
        if node.repeats is None:
            return leave
        performed = self.made.place(f"{node.id} performed", node.scope)
        self.made.move([performed], [again], node=node.id)
        self.made.move([performed], leave, node=node.id)
        if node.skippable:
            self.made.move([again], leave, node=node.id)
        return [performed]

    def _subprocess(self, node: Node) -> None:
        begin = self._entry(node)
        self.made.parents[node.id] = node.scope
        self._scope(node.id, begin, self._repeated(node, begin))
        for event in self.structure.boundary(node):
            leave = self._leave(event)
            if not event.interrupting:
                self.made.move([self._once(event, node.id)], leave, node=event.id)
            elif self.structure.is_thrown(event):
                continue
            elif self.structure.forks(node.id):
                self._stop(node.id, [], leave, event.id)
            else:
                self.made.leave_from_anywhere(node.id, leave, event.id)

    def _event_subprocess(self, node: Node) -> None:
        around = node.scope
        if self.structure.interrupts(node):
            outer = self.made.parents[node.id] = self.made.parents[around]
            begin = self.made.place(f"{node.id} begin", outer)
            self._stop(around, [], [begin], node.id)
            self._scope(node.id, begin, self.leaving[around])
        else:
            self.made.parents[node.id] = around
            begin = self.made.place(f"{node.id} begin", around)
            self.made.move([self._once(node, around)], [begin], node=node.id)
            self._scope(node.id, begin, [self._ended(around)])

    def _end(self, node: Node) -> None:
        entry = self._entry(node)
        sent = self._sendings(node)
        caught = self.structure.catcher(node)
        if caught is not None and caught.attached_to is not None:
            scope, leave = caught.attached_to, self._leave(caught)
        elif "terminate" in node.triggers:
            scope, leave = node.scope, self.leaving[node.scope]
        else:
            self.made.move([entry], [self._ended(node.scope), *sent], node=node.id)
            return
        if self.structure.forks(scope):
            self._stop(scope, [entry], [*leave, *sent], node.id)
        else:
            self.made.move([entry], [*leave, *sent], node=node.id)

    def _stop(self, scope: str, taken: list[str], gives: list[str], node: str) -> None:
        """All tokens of `scope`, those in `taken` among them, are taken away and one given to each of `gives`."""
        stopping = self.made.place(f"{node} stops {scope}", self.made.parents[scope])
        self.made.move([*taken, self._active(scope)], [stopping], node=node)
        self.made.empty(scope, stopping, gives)

    def _gateway(self, node: Node) -> None:
        if node.kind == "parallelGateway":
            taken = self._entries(node) or [self._entry(node)]
            self.made.move(taken, self._leave(node), node=node.id)
        elif node.kind == "inclusiveGateway":
            self._inclusive(node)
        else:
            for flow in self._leave(node):
                self.made.move([self._entry(node)], [flow], node=node.id)

    def _inclusive(self, node: Node) -> None:
        ready = self._entry(node)
        if len(self.structure.into[node.id]) > 1:
            merged = self.made.place(f"{node.id} merged", node.scope)
            self.made.merge(ready)
            fires = self.made.move([ready], [merged], node=node.id)
            gate = self.structure.gate(node)
            before = [] if gate is None else self._entries(self.structure.node[gate])
            self.made.when_nothing_comes(fires, node.scope, before)
            ready = merged
        self._some(node, ready, [self._flow(edge) for edge in self.structure.out[node.id]])

    def _some(self, node: Node, source: str, targets: list[str]) -> None:
        """A token in `source` goes to one or more of `targets`: surely to one, perhaps to each of those after it."""
        perhaps = [self.made.place(f"{source} perhaps {number}", node.scope) for number in range(len(targets))]
        for number, target in enumerate(targets):
            self.made.move([source], [target, *perhaps[number + 1 :]], node=node.id)
            if number:
                self.made.move([perhaps[number]], [target], node=node.id)
                self.made.move([perhaps[number]], [], node=node.id)

    def _leave(self, node: Node) -> list[str]:
        """Where tokens go when an element is done: along its flows, or to the end of its scope where it has none."""
        out = self.structure.out[node.id]
        if not out:
            adhoc = self.structure.is_ad_hoc(node.scope)
            return [self._pool(node.scope) if adhoc else self._ended(node.scope)]
        default = [self._flow(edge) for edge in out if edge.id == node.default]
        chosen = [self._flow(edge) for edge in out if edge.conditional and edge.id != node.default]
        if node.is_gateway or not chosen:
            return [self._flow(edge) for edge in out]
        always = [self._flow(edge) for edge in out if not edge.conditional and edge.id != node.default]
        choice = f"{node.id} choice"
        if choice not in self.made:
            self._some(node, self.made.place(choice, node.scope), chosen)
            if default or always:
                self.made.move([choice], default, node=node.id)
        return [*always, choice]

    def _entry(self, node: Node) -> str:
        if self.structure.is_ad_hoc(node.scope) and not self.structure.into[node.id]:
            return self._pool(node.scope)
        return self.made.place(f"{node.id} ready", node.scope)

    def _entries(self, node: Node) -> list[str]:
        return [self._flow(edge) for edge in self.structure.into[node.id]]

    def _flow(self, edge: Edge) -> str:
        target = self.structure.node[edge.target]
        if target.kind == "parallelGateway":
            return self.made.place(f"{edge.id} waits", target.scope)
        return self._entry(target)

    def _receipts(self, node: Node) -> list[list[str]]:
        return [[self._sent(edge)] for edge in self.structure.received(node)] or [[]]

    def _sendings(self, node: Node) -> list[str]:
        return [self._sent(edge) for edge in self.structure.sent(node)]

    def _sent(self, message: Edge) -> str:
        return self.made.place(f"{message.id} sent", None)

    def _ended(self, scope: str) -> str:
        return self.made.place(f"{scope} ended", scope)

    def _active(self, scope: str) -> str:
        return self.made.place(f"{scope} active", self.made.parents[scope])

    def _once(self, beside: Node, scope: str) -> str:
        return self.made.place(f"{beside.id} once", scope)

    def _pool(self, scope: str) -> str:
        return self.made.place(f"{scope} pool", scope)
