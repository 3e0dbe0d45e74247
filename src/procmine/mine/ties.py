"""Of several optimal alignments of a variant, always the same one.

r4pm's costs are the same in every run; which of several cheapest alignments it finds is not. Here the costs from every
state to the end are worked out for all variants at once, and each alignment is then walked from its beginning. Where
more than one move is optimal, it takes an event as planned before it skips a step, and skips a step before it calls an
event unplanned: so of two equal events the first is kept, and a step is skipped as late as it can be.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from itertools import groupby

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

Costs = npt.NDArray[np.int16]
Move = tuple[int | None, Transition | None]
"""The index of the event, and the transition; None on the side that stands still."""
Moves = list[Move]


class Ties:
    """The markings of a net and the moves between them."""

    def __init__(self, net: Net, markings: list[frozenset[tuple[str, int]]]) -> None:
        number = {marking: place for place, marking in enumerate(markings)}
        self.first = number[frozenset(net.initial.items())]
        self.last = number.get(frozenset(net.final.items()))
        self.size = len(markings)
        self.moves: list[list[tuple[Transition, int]]] = []
        for marking in markings:
            here = dict(marking)
            able = [t for t in net.transitions if enabled(here, t.takes)]
            self.moves.append([(t, number[frozenset(fired(here, t.takes, t.gives).items())]) for t in able])

    @classmethod
    def of(cls, net: Net) -> "Ties | None":
        """Those of `net`, or none where it has too many."""
        found = reachable(net.initial, [(t.takes, t.gives) for t in net.transitions], most=MOST_MARKINGS)
        if found is None:
            return None
        made = cls(net, [frozenset(marking.items()) for marking in found])
        return made if sum(map(len, made.moves)) <= MOST_MOVES else None

    def alignments(self, variants: Sequence[Variant]) -> Iterator[tuple[Variant, Moves]]:
        """Each of `variants` with the moves of its alignment."""
        ordered = sorted(variants, key=lambda variant: (-len(variant), variant))
        while ordered:
            most = max(1, CELLS // ((len(ordered[0]) + 1) * self.size))
            chunk, ordered = ordered[:most], ordered[most:]
            ahead = self._ahead(chunk)
            for column, variant in enumerate(chunk):
                yield variant, self._walk(variant, column, ahead)

    def _ahead(self, chunk: Sequence[Variant]) -> list[Costs]:
        """The cost from each marking to the end, by the number of events still to come: arrays marking × variant.

        `chunk` is sorted by length, longest first; a variant has a column as long as it has that many events.
        """
        costs = np.full((self.size, len(chunk)), FAR, dtype=np.int16)
        if self.last is not None:
            costs[self.last] = 0
        layers = [self._settled(costs)]
        for still in range(1, len(chunk[0]) + 1):
            active = [variant for variant in chunk if len(variant) >= still]
            before = layers[-1][:, : len(active)]
            costs = np.minimum(before + 1, FAR).astype(np.int16)
            columns = sorted((variant[-still], column) for column, variant in enumerate(active))
            for label, group in groupby(columns, key=lambda pair: pair[0]):
                alike = [column for _label, column in group]
                for here, moves in enumerate(self.moves):
                    for step, there in moves:
                        if step.label == label:
                            costs[here, alike] = np.minimum(costs[here, alike], before[there, alike])
            layers.append(self._settled(costs))
        return layers

    def _settled(self, costs: Costs) -> Costs:
        """`costs` lowered by moves of the net alone, until none lowers them."""
        changed = True
        while changed:
            changed = False
            for here in range(self.size - 1, -1, -1):
                for step, there in self.moves[here]:
                    lower = costs[there] + (step.label is not None)
                    if (lower < costs[here]).any():
                        np.minimum(costs[here], lower, out=costs[here])
                        changed = True
        return costs

    def _walk(self, variant: Variant, column: int, ahead: list[Costs]) -> Moves:
        done, marking, walked = 0, self.first, Moves()
        while done < len(variant) or marking != self.last:
            silent, move, marking = self._next(variant, done, marking, column, ahead)
            walked += [(None, step) for step in silent]
            if move is not None:
                walked.append(move)
                done += move[0] is not None
        return walked

    def _next(
        self, variant: Variant, done: int, begin: int, column: int, ahead: list[Costs]
    ) -> tuple[list[Transition], Move | None, int]:
        """The best move that costs no more than it must, the silent ones before it, and the marking after it."""
        costs = ahead[len(variant) - done][:, column]
        way: dict[int, list[Transition]] = {begin: []}
        queue = deque([begin])
        found: list[tuple[int, int, Move | None, int]] = []
        while queue:
            here = queue.popleft()
            found += [
                (rank, here, move, there) for rank, move, there in self._optimal(variant, done, here, column, ahead)
            ]
            for step, there in self.moves[here]:
                if step.label is None and there not in way and costs[there] == costs[begin]:
                    way[there] = [*way[here], step]
                    queue.append(there)
        _rank, before, move, after = min(found, key=lambda option: option[0])
        return way[before], move, after

    def _optimal(
        self, variant: Variant, done: int, here: int, column: int, ahead: list[Costs]
    ) -> Iterator[tuple[int, Move | None, int]]:
        """The moves from a marking that cost no more than they must, each with its rank and the marking after it."""
        still = len(variant) - done
        costs = ahead[still][:, column]
        if not still:
            later = None
            if here == self.last:
                yield 0, None, here
        else:
            later = ahead[still - 1][:, column]
            if later[here] + 1 == costs[here]:
                yield 2, (done, None), here
        for step, there in self.moves[here]:
            if step.label is None:
                continue
            if later is not None and step.label == variant[done] and later[there] == costs[here]:
                yield 0, (done, step), there
            if costs[there] + 1 == costs[here]:
                yield 1, (None, step), there
