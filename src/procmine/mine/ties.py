"""Of several optimal alignments of a variant, always the same one.

r4pm's costs are the same in every run; which of several cheapest alignments it finds is not. Here the costs from every
state to the end are worked out for all variants at once, and each alignment is then walked from its beginning: for a
net of few markings that is the whole of aligning, and takes a fraction of the time that a search takes. Where
more than one move is optimal, it takes an event as planned before it skips a step, and skips a step before it calls an
event unplanned: so of two equal events the first is kept, and a step is skipped as late as it can be.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from procmine.mine.bridge import Variant
from procmine.mine.net import Net, Transition
from procmine.mine.states import enabled, fired, reachable

MOST_MARKINGS = 2_000
MOST_MOVES = 4_000
"""Beyond these, a net has too many markings and moves between them, and r4pm's alignment is taken as it is."""
CELLS = 20_000_000
"""How many costs are held at a time."""
FAR = 30_000
"""What no alignment costs."""
_AS_PLANNED, _SKIPPED, _UNPLANNED, _NONE = range(4)
"""Ranks of moves: of two that are optimal, the lower is taken."""

Costs = npt.NDArray[np.int16]
Row = Sequence[int]
"""The cost from each marking to the end."""


class Move(NamedTuple):
    """One move of an alignment.

    `event` is the index of the event in the variant, None for what only the flow has; `step` the flow's transition,
    None for an event that only the log has. Both where they agree.
    """

    event: int | None
    step: Transition | None


Moves = list[Move]


class Ties:
    """The markings of a net and the moves between them: of each marking, the transitions that it enables, silent ones
    and steps, by their places in the net, each with the marking after it.
    """

    def __init__(self, net: Net, markings: list[frozenset[tuple[str, int]]]) -> None:
        number = {marking: place for place, marking in enumerate(markings)}
        self.first = number[frozenset(net.initial.items())]
        self.last = number.get(frozenset(net.final.items()))
        self.size = len(markings)
        self.transitions = net.transitions
        self.silent: list[list[tuple[int, int]]] = []
        self.steps: list[list[tuple[int, int]]] = []
        self._known: dict[tuple[int | None, int | None], Move] = {}
        for marking in markings:
            here = dict(marking)
            able = [(at, t) for at, t in enumerate(net.transitions) if enabled(here, t.takes)]
            after = {at: number[frozenset(fired(here, t.takes, t.gives).items())] for at, t in able}
            self.silent.append([(at, after[at]) for at, t in able if t.label is None])
            self.steps.append([(at, after[at]) for at, t in able if t.label is not None])

    @classmethod
    def of(cls, net: Net) -> "Ties | None":
        """Those of `net`, or none where it has too many."""
        found = reachable(net.initial, [(t.takes, t.gives) for t in net.transitions], most=MOST_MARKINGS)
        if found is None:
            return None
        made = cls(net, [frozenset(marking.items()) for marking in found])
        return made if sum(map(len, [*made.silent, *made.steps])) <= MOST_MOVES else None

    def states(self, variant: Variant) -> int:
        """How many states a search for an alignment of `variant` has to choose from at most."""
        return self.size * (len(variant) + 1)

    def alignments(self, variants: Sequence[Variant]) -> Iterator[tuple[Variant, Moves]]:
        """Each of `variants` with the moves of its alignment. The net must have a run to its end."""
        ordered = sorted(variants, key=lambda variant: (-len(variant), variant))
        while ordered:
            most = max(1, CELLS // self.states(ordered[0]))
            chunk, ordered = ordered[:most], ordered[most:]
            for variant, ahead in zip(chunk, self._ahead(chunk), strict=True):
                rows = [memoryview(row) for row in ahead[: len(variant) + 1]]  # single numbers of NumPy are slower
                yield variant, self._walk(variant, rows)

    def _ahead(self, chunk: Sequence[Variant]) -> Costs:
        """The cost from each marking to the end: an array of variants × number of events still to come × markings.

        `chunk` is sorted by length, longest first; beyond the events that a variant has, nothing is filled in.
        """
        costs = np.full((self.size, len(chunk)), FAR, dtype=np.int16)
        if self.last is not None:
            costs[self.last] = 0
        ahead = np.empty((len(chunk), len(chunk[0]) + 1, self.size), dtype=np.int16)
        layer = self._settled(costs)
        ahead[:, 0] = layer.T
        for still in range(1, len(chunk[0]) + 1):
            active = [variant for variant in chunk if len(variant) >= still]
            before = layer[:, : len(active)]
            costs = np.minimum(before + 1, FAR).astype(np.int16)
            columns = sorted((variant[-still], column) for column, variant in enumerate(active))
            for label, group in groupby(columns, key=lambda pair: pair[0]):
                alike = [column for _label, column in group]
                for here, steps in enumerate(self.steps):
                    for step, there in steps:
                        if self.transitions[step].label == label:
                            costs[here, alike] = np.minimum(costs[here, alike], before[there, alike])
            layer = self._settled(costs)
            ahead[: len(active), still] = layer.T
        return ahead

    def _settled(self, costs: Costs) -> Costs:
        """`costs` lowered by moves of the net alone, until none lowers them."""
        changed = True
        while changed:
            changed = False
            for here in range(self.size - 1, -1, -1):
                for price, moves in ((0, self.silent[here]), (1, self.steps[here])):
                    for _step, there in moves:
                        lower = costs[there] + price
                        if (lower < costs[here]).any():
                            np.minimum(costs[here], lower, out=costs[here])
                            changed = True
        return costs

    def _walk(self, variant: Variant, ahead: Sequence[Row]) -> Moves:
        """The moves of the alignment of `variant`, of which `ahead` is its part of `_ahead`."""
        done, marking, walked = 0, self.first, Moves()
        while done < len(variant) or marking != self.last:
            still = len(variant) - done
            label = variant[done] if still else None
            silent, rank, step, marking = self._next(label, marking, ahead[still], ahead[still - 1])
            walked += [self._move(None, one) for one in silent]
            if label is None or rank == _SKIPPED:
                walked += [self._move(None, step)] if step is not None else []
            else:
                walked.append(self._move(done, step))
                done += 1
        return walked

    def _move(self, event: int | None, step: int | None) -> Move:
        """The one `Move` of its kind: a million of them would keep the garbage collector busy."""
        if (event, step) not in self._known:
            self._known[event, step] = Move(event, None if step is None else self.transitions[step])
        return self._known[event, step]

    def _next(self, label: str | None, begin: int, costs: Row, later: Row) -> tuple[list[int], int, int | None, int]:
        """The best move that costs no more than it must: the silent ones before it, its rank, its step, the marking
        after it. `label` is the next event, None at the end; `costs` are those before it, `later` those after it.
        """
        ways: dict[int, list[int]] = {begin: []}
        queue = [begin]
        before, best = begin, self._best(label, begin, costs, later)
        for here in queue:
            if here != begin and (found := self._best(label, here, costs, later))[0] < best[0]:
                before, best = here, found
            if best[0] == _AS_PLANNED:
                break
            for step, there in self.silent[here]:
                if there not in ways and costs[there] == costs[begin]:
                    ways[there] = [*ways[here], step]
                    queue.append(there)
        return ways[before], *best

    def _best(self, label: str | None, here: int, costs: Row, later: Row) -> tuple[int, int | None, int]:
        """The move from a marking without silent ones, as in `_next`: its rank, its step, the marking after it."""
        best: tuple[int, int | None, int] = (_NONE, None, here)
        if label is None:
            if here == self.last:
                return _AS_PLANNED, None, here
        elif later[here] + 1 == costs[here]:
            best = _UNPLANNED, None, here
        for step, there in self.steps[here]:
            if self.transitions[step].label == label and later[there] == costs[here]:
                return _AS_PLANNED, step, there
            if costs[there] + 1 == costs[here] and best[0] > _SKIPPED:
                best = _SKIPPED, step, there
        return best
