"""Which way is down on a map: an order of the nodes in which as much as possible flows forward."""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def ranks(flow: Mapping[tuple[Node, Node], float]) -> dict[Node, int]:
    """A place for every node, from 0, so that little flow leads to an earlier place.

    The greedy heuristic of Eades, Lin and Smyth (1993), weighted: sources come first, sinks last, and in a loop the
    node comes next that sends most more than it receives. Ties go to the node that `flow` names first.

    >>> ranks({("A", "B"): 5, ("B", "C"): 5, ("C", "B"): 2, ("B", "D"): 3})
    {'A': 0, 'B': 1, 'C': 2, 'D': 3}
    """
    arcs = {arc: number for arc, number in flow.items() if arc[0] != arc[1]}
    waiting = list(dict.fromkeys(node for arc in flow for node in arc))
    first: list[Node] = []
    last: list[Node] = []
    while waiting:
        sent = dict.fromkeys(waiting, 0.0)
        received = dict.fromkeys(waiting, 0.0)
        for (source, target), number in arcs.items():
            sent[source] += number
            received[target] += number
        sources = [node for node in waiting if not received[node]]
        sinks = [node for node in waiting if not sent[node]]
        balance = {node: sent[node] - received[node] for node in waiting}
        node = sources[0] if sources else sinks[-1] if sinks else max(waiting, key=balance.__getitem__)
        (last if sinks and not sources else first).append(node)
        waiting.remove(node)
        arcs = {arc: number for arc, number in arcs.items() if node not in arc}
    return {node: place for place, node in enumerate([*first, *reversed(last)])}


def returning(arcs: Iterable[tuple[Node, Node]]) -> set[tuple[Node, Node]]:
    """The arcs that lead back to a node on the way that led to them: without these no way meets itself.

    A depth-first search (Tarjan 1972) from the nodes that no arc enters, then from those it has not met.

    >>> returning([("A", "B"), ("B", "C"), ("C", "B"), ("C", "D")])
    {('C', 'B')}
    """
    after: dict[Node, list[Node]] = {}
    for source, target in arcs:
        after.setdefault(source, []).append(target)
    entered = {target for targets in after.values() for target in targets}
    back: set[tuple[Node, Node]] = set()
    met: set[Node] = set()
    for first in sorted(after, key=entered.__contains__):
        if first in met:
            continue
        way, on_way = [(first, iter(after[first]))], {first}
        met.add(first)
        while way:
            node, targets = way[-1]
            reached = next(targets, None)
            if reached is None:
                on_way.discard(way.pop()[0])
            elif reached in on_way:
                back.add((node, reached))
            elif reached not in met:
                met.add(reached)
                on_way.add(reached)
                way.append((reached, iter(after.get(reached, []))))
    return back
