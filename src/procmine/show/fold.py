"""Which arcs of a process map are shown: the frequent ones, and what is hidden by leaving out the rest.

An arc is a pair of consecutive activities; `None` stands for the start before the first and the end after the last
activity, so that the first and last steps of orders are arcs like any other.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Arc = tuple[str | None, str | None]


@dataclass(frozen=True)
class Folding:
    """The arcs of a log that a map shows, most frequent first, and what they leave out."""

    shown: tuple[Arc, ...]
    folded: tuple[Arc, ...]
    hidden_share: float
    """Share of the orders that take at least one folded arc."""


def arcs_of(sequence: Sequence[str]) -> list[Arc]:
    """The arcs of one order, from the start to the end.

    >>> arcs_of(["X", "Y"])
    [(None, 'X'), ('X', 'Y'), ('Y', None)]
    """
    return list(zip([None, *sequence], [*sequence, None], strict=True))


def traversals(variants: Iterable[tuple[Sequence[str], int]]) -> tuple[Counter[Arc], Counter[Arc]]:
    """How often each arc was taken, and how often back: to a target that had come before its source in that order."""
    taken: Counter[Arc] = Counter()
    back: Counter[Arc] = Counter()
    for sequence, orders in variants:
        first = {activity: place for place, activity in reversed(list(enumerate(sequence)))}
        for source, target in arcs_of(sequence):
            taken[source, target] += orders
            if source is not None and target is not None and first[target] < first[source]:
                back[source, target] += orders
    return taken, back


def fold(variants: Sequence[tuple[Sequence[str], int]], *, coverage: float, most_arcs: int) -> Folding:
    """The fewest arcs, by frequency, that show at least `coverage` of the orders whole; at most `most_arcs` of them.

    The arcs of the most frequent variant are always among them. An arc that is then on no way from the start to the
    end is folded as well, so that every activity shown is reached from the start and reaches the end.
    """
    taken, _ = traversals(variants)
    ranked = sorted(taken, key=lambda arc: (-taken[arc], str(arc)))
    rank = {arc: place for place, arc in enumerate(ranked)}
    orders = sum(number for _, number in variants)
    whole_from = Counter[int]()
    for sequence, number in variants:
        whole_from[max(rank[arc] for arc in arcs_of(sequence))] += number
    last, whole = -1, 0
    for place in sorted(whole_from):
        if whole >= coverage * orders and last >= 0:
            break
        last, whole = place, whole + whole_from[place]
    main = max(variants, key=lambda variant: variant[1])[0]
    kept = set(ranked[: min(last + 1, most_arcs)]) | set(arcs_of(main))
    kept = _on_a_way(kept)
    hidden = sum(number for sequence, number in variants if not kept.issuperset(arcs_of(sequence)))
    return Folding(
        shown=tuple(arc for arc in ranked if arc in kept),
        folded=tuple(arc for arc in ranked if arc not in kept),
        hidden_share=hidden / orders,
    )


def _on_a_way(arcs: set[Arc]) -> set[Arc]:
    reached = _reached(arcs)
    reaching = _reached({(target, source) for source, target in arcs})
    alive = reached & reaching
    return {(source, target) for source, target in arcs if {source, target} - {None} <= alive}


def _reached(arcs: set[Arc]) -> set[str]:
    following: dict[str | None, list[str]] = {}
    for source, target in arcs:
        if target is not None:
            following.setdefault(source, []).append(target)
    reached: set[str] = set()
    waiting: list[str | None] = [None]
    while waiting:
        for target in following.get(waiting.pop(), ()):
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached
