"""How well a net stands for a log: fitness, precision and simplicity, each with the algorithm that gave it."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from procmine.mine.align import Alignment, align, cheapest_run
from procmine.mine.bridge import Variant
from procmine.mine.net import Net
from procmine.mine.states import enabled, fired

FITNESS = "alignments, 1 − cost / worst cost over all orders (van der Aalst, Adriansyah, van Dongen 2012)"
PRECISION = "align-ETC, one optimal alignment a variant (Adriansyah et al. 2015)"
SIMPLICITY = "inverse arc degree over 2 (Vázquez-Barreiros, Mucientes, Lama 2015)"
ARC_DEGREE = 2
"""The mean number of arcs of a place or transition in a plain sequence."""

Marking = frozenset[tuple[str, int]]


@dataclass(frozen=True)
class Quality:
    """Three figures, 0…1, higher is better; `…_by` names the algorithm behind each.

    `fitness` and `precision` are over the `checked` share of the orders: those whose alignment was not given up.
    """

    fitness: float
    precision: float
    simplicity: float
    checked: float
    fitness_by: str = FITNESS
    precision_by: str = PRECISION
    simplicity_by: str = SIMPLICITY

    @property
    def table(self) -> pd.DataFrame:
        """One row a figure: figure, value (0…1), algorithm."""
        names = ("fitness", "precision", "simplicity")
        rows = [(name, getattr(self, name), getattr(self, f"{name}_by")) for name in names]
        return pd.DataFrame(rows, columns=["figure", "value", "algorithm"])


def measured(net: Net, variants: Counter[Variant], *, max_states: int) -> Quality:
    """The quality of `net` for the orders counted in `variants`."""
    shortest = cheapest_run(net, max_states=max_states)
    found = align(net, list(variants), max_states=max_states)
    aligned = {variant: alignment for variant, alignment in found.items() if alignment is not None}
    cost = sum(variants[variant] * alignment.cost for variant, alignment in aligned.items())
    worst = sum(variants[variant] * (len(variant) + shortest) for variant in aligned)
    return Quality(
        fitness=1 - cost / worst if worst else float("nan"),
        precision=_precision(net, aligned, variants),
        simplicity=_simplicity(net),
        checked=sum(variants[variant] for variant in aligned) / variants.total(),
    )


def _precision(net: Net, aligned: Mapping[Variant, Alignment], variants: Counter[Variant]) -> float:
    """Of the steps that the net allowed on the way of the orders, the share that an order then took.

    A place on the way is the sequence of steps so far, as the alignments have it; it counts once an order that goes on
    from it. Allowed are the steps that it could take next, after any silent transitions.
    """
    orders: Counter[Variant] = Counter()
    taken: dict[Variant, set[str]] = defaultdict(set)
    markings: dict[Variant, set[Marking]] = defaultdict(set)
    for variant, alignment in aligned.items():
        marking: Counter[str] = Counter(net.initial)
        so_far: Variant = ()
        markings[so_far].add(frozenset(marking.items()))
        for step in alignment.run:
            marking = fired(marking, step.takes, step.gives)
            if step.label is not None:
                orders[so_far] += variants[variant]
                taken[so_far].add(step.label)
                so_far = (*so_far, step.label)
                markings[so_far].add(frozenset(marking.items()))
    known: dict[Marking, frozenset[str]] = {}
    allowed = 0
    for so_far, count in orders.items():
        labels = set().union(*(_allowed(net, marking, known) for marking in markings[so_far]))
        allowed += count * len(labels)
    used = sum(count * len(taken[so_far]) for so_far, count in orders.items())
    return used / allowed if allowed else float("nan")


def _allowed(net: Net, marking: Marking, known: dict[Marking, frozenset[str]]) -> frozenset[str]:
    """The labels of the steps that can come next."""
    if marking not in known:
        seen, ahead, labels = {marking}, [Counter(dict(marking))], set()
        while ahead:
            here = ahead.pop()
            for t in net.transitions:
                if not enabled(here, t.takes):
                    continue
                if t.label is not None:
                    labels.add(t.label)
                    continue
                new = fired(here, t.takes, t.gives)
                if (state := frozenset(new.items())) not in seen:
                    seen.add(state)
                    ahead.append(new)
        known[marking] = frozenset(labels)
    return known[marking]


def _simplicity(net: Net) -> float:
    arcs = sum(len(t.takes) + len(t.gives) for t in net.transitions)
    degree = 2 * arcs / (len(net.places) + len(net.transitions))
    return 1 / (1 + max(0.0, degree - ARC_DEGREE))
