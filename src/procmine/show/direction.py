"""Which way is down on a map: an order of the nodes in which as much as possible flows forward."""

from collections.abc import Hashable, Mapping
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
