"""Draw a process tree, as the inductive miner gives it, as a BPMN diagram."""

from typing import Any

from procmine.mine.diagram import Diagram, Edge, Node

PROCESS = "process"


def drawn(tree: Any, name: str) -> Diagram:
    """The diagram of pm4py's process `tree`: tasks, and an exclusive or parallel gateway around each block."""
    drawing = _Drawing()
    last = drawing.block(tree, drawing.node("startEvent"))
    drawing.edge(last, drawing.node("endEvent"))
    return Diagram(name, tuple(drawing.nodes), tuple(drawing.edges), (PROCESS,))


class _Drawing:
    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []

    def node(self, kind: str, name: str = "") -> str:
        made = f"{kind}_{len(self.nodes) + 1}"
        self.nodes.append(Node(id=made, kind=kind, name=name, lane=None, scope=PROCESS))
        return made

    def edge(self, source: str, target: str) -> None:
        if not any((edge.source, edge.target) == (source, target) for edge in self.edges):
            self.edges.append(Edge(f"flow_{len(self.edges) + 1}", source, target, ""))

    def block(self, tree: Any, after: str) -> str:
        """Draw `tree` behind the element `after`; the element with which it ends."""
        if tree.operator is None:
            if tree.label is None:
                return after
            task = self.node("task", tree.label)
            self.edge(after, task)
            return task
        operator = tree.operator.name
        if operator == "SEQUENCE":
            for child in tree.children:
                after = self.block(child, after)
            return after
        if operator == "LOOP":
            return self._loop(tree, after)
        gateway = {"XOR": "exclusiveGateway", "PARALLEL": "parallelGateway"}[operator]
        split = self.node(gateway)
        self.edge(after, split)
        ends = [self.block(child, split) for child in tree.children]
        merge = self.node(gateway)
        for end in ends:
            self.edge(end, merge)
        return merge

    def _loop(self, tree: Any, after: str) -> str:
        do, *redo = tree.children
        begin = self.node("exclusiveGateway")
        self.edge(after, begin)
        done = self.block(do, begin)
        end = self.node("exclusiveGateway")
        self.edge(done, end)
        for child in redo:
            self.edge(self.block(child, end), begin)
        return end
