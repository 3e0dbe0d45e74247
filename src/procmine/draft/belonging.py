"""Guess which kind of key names the order, of which an order has several, and which several orders share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
from ibis import _

from procmine import engine
from procmine.assemble.rows import cell
from procmine.draft.columns import Column
from procmine.draft.kinds import Kind
from procmine.draft.names import says
from procmine.draft.opening import Export

_MANY, _SHARED = 0.05, 0.1
"""The share of keys from which on one with several others is meant, not a mistake."""


@dataclass(frozen=True)
class Belonging:
    """What a source says of how its kinds of keys belong to orders, with the evidence."""

    many: dict[str, str] = field(default_factory=dict)
    shared: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def order_kind(kinds: Sequence[Kind], columns: Sequence[Mapping[str, Column]]) -> Kind | None:
    """The kind that names the order: in the most exports with times, then in the most, then by its name, or values."""

    def weight(kind: Kind) -> tuple[int, int, bool, int]:
        timed = [number for number in kind.columns if any(column.times for column in columns[number].values())]
        values = [columns[number][name].distinct for number, name in kind.columns.items()]
        return len(timed), len(kind.columns), says(kind.name, "order"), max(values)

    return max(kinds, key=weight, default=None)


def distances(order: Kind, kinds: Sequence[Kind]) -> dict[str, int]:
    """How many exports lead from the order's kind to each kind, over exports that carry both; no kind out of reach."""
    reached = {order.name: 0}
    size = 0
    while len(reached) > size:
        size = len(reached)
        for kind in kinds:
            near = [
                reached[other.name] for other in kinds if other.name in reached and other.columns.keys() & kind.columns
            ]
            if kind.name not in reached and near:
                reached[kind.name] = min(near) + 1
    return reached


def belongings(exports: Sequence[Export], kinds: Sequence[Kind], away: Mapping[str, int]) -> dict[int, Belonging]:
    """What each export says of how its kinds of keys belong to orders.

    Each kind in an export is compared with the kind there that is nearest to the order: how many keys of the one go
    with several of the other, both ways. `away` is what `distances` gives.
    """
    found: dict[int, Belonging] = {}
    for number, export in enumerate(exports):
        here = [kind for kind in kinds if number in kind.columns and kind.name in away]
        said = found.setdefault(number, Belonging())
        for near, far in _pairs(here, away):
            several_far, several_near = _several(export, near.columns[number], far.columns[number])
            if several_near.share >= _SHARED:
                said.shared[far.name] = f"{several_near} {far.name} go with several {near.name}"
            elif several_far.share >= _MANY:
                said.many[far.name] = f"{several_far} {near.name} have several {far.name}"
            if 0 < several_near.share < _SHARED:
                said.notes.append(f"{several_near} {far.name} go with several {near.name}: one order twice?")
            if 0 < several_far.share < _MANY:
                said.notes.append(f"{several_far} {near.name} go with several {far.name}: a mistake, or many?")
    return found


@dataclass(frozen=True)
class _Count:
    several: int
    of: int

    @property
    def share(self) -> float:
        return self.several / self.of if self.of else 0.0

    def __str__(self) -> str:
        return f"{self.several:,} of {self.of:,}"


def _pairs(here: Sequence[Kind], away: Mapping[str, int]) -> Iterator[tuple[Kind, Kind]]:
    for far in here:
        nearer = [near for near in here if away[near.name] < away[far.name]]
        if nearer:
            yield min(nearer, key=lambda near: away[near.name]), far


def _several(export: Export, near: str, far: str) -> tuple[_Count, _Count]:
    """How many keys of `near` go with several of `far`, and the reverse."""
    pairs = export.rows.select(near=cell(export.rows, near), far=cell(export.rows, far)).drop_null().distinct()
    counts = []
    for of, by in (("near", "far"), ("far", "near")):
        each = pairs.group_by(of).agg(others=_[by].nunique())
        told: pd.Series = engine.collect(each.agg(several=(_.others > 1).sum().fill_null(0), of=_.count())).iloc[0]
        counts.append(_Count(int(told["several"]), int(told["of"])))
    return counts[0], counts[1]
