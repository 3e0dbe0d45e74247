"""Find the keys of exports, and which of them are of one kind, by the values that their columns share."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import ibis
from ibis import _

from procmine import engine
from procmine.assemble.rows import cell
from procmine.draft.columns import SHORT, Column
from procmine.draft.names import kind_of, says
from procmine.draft.opening import Export

Place = tuple[int, str]
"""A column: the number of its export, and its name."""

_SHARED = 0.5
"""The share of the values of the column with fewer that the other must have, for the two to be of one kind."""
_CODES = 20
_REPEATS = 1.5, 50.0
"""How often a value comes, at least and at most, that is a key although no other export has it."""


@dataclass(frozen=True)
class Kind:
    """A kind of key, and in each export that has it the column."""

    name: str
    columns: dict[int, str]


@dataclass(frozen=True)
class Overlap:
    """How many of the values of a column another column has."""

    of: Place
    other: Place
    values: int
    found: int

    @property
    def share(self) -> float:
        """The share of the values that the other has."""
        return self.found / self.values


def kinds_of(
    exports: Sequence[Export], columns: Sequence[Mapping[str, Column]], scratch: engine.Scratch
) -> tuple[list[Kind], dict[Place, Overlap]]:
    """The kinds of keys, in the order of exports, and for each key column that has one its greatest overlap.

    Two columns of different exports are of one kind where half of the values of the one with fewer are in the other,
    and one of the two has hardly any value twice, so that it tells things apart; or both are named as the same key, or
    have many values that look like identifiers. Small whole numbers agree by chance: they need the same name. A column
    that no other export shares is a key where each value looks like an identifier and comes several times, in an export
    with times; and where an export has no key, the one whose name says key.
    """
    found = list(_overlaps(exports, columns, scratch))
    groups = _groups(found, columns)
    for number, known in enumerate(columns):
        keys = {name for group in groups for place, name in group if place == number}
        groups += [[(number, name)] for name in _own_keys(known, keys)]
    best: dict[Place, Overlap] = {}
    together = {place: number for number, group in enumerate(groups) for place in group}
    for overlap in sorted(found, key=lambda one: (one.share, one.found)):
        if overlap.of in together and together[overlap.of] == together.get(overlap.other):
            best[overlap.of] = overlap
    return list(_named(groups, best)), best


def _overlaps(
    exports: Sequence[Export], columns: Sequence[Mapping[str, Column]], scratch: engine.Scratch
) -> Iterator[Overlap]:
    """How many values any two columns of different exports share that could be keys, both ways."""
    places = [
        (number, name)
        for number, known in enumerate(columns)
        for name in known
        if known[name].may_be_key and known[name].distinct > 1
    ]
    if len({number for number, _name in places}) < 2:
        return
    values = [
        exports[number].rows.select(place=ibis.literal(place, "int64"), value=cell(exports[number].rows, name))
        for place, (number, name) in enumerate(places)
    ]
    distinct = ibis.union(*(one.filter(_.value.notnull()).distinct() for one in values))
    each = scratch.materialized(distinct)
    pairs = each.join(each.view(), "value").filter(_.place != _.place_right)
    for one, other, both in engine.collect(pairs.group_by("place", "place_right").agg(both=_.count())).itertuples(
        index=False
    ):
        of, by = places[one], places[other]
        if of[0] != by[0]:
            yield Overlap(of, by, values=columns[of[0]][of[1]].distinct, found=int(both))


def _groups(found: Iterable[Overlap], columns: Sequence[Mapping[str, Column]]) -> list[list[Place]]:
    """The columns of each kind, at most one of each export: first come, first joined, the greatest overlaps first."""
    groups: list[list[Place]] = []
    for overlap in sorted(found, key=lambda one: (-one.share, -one.found, one.of, one.other)):
        one, other = (columns[number][name] for number, name in (overlap.of, overlap.other))
        if _are_one_kind(one, other, overlap):
            joined = [group for group in groups if overlap.of in group or overlap.other in group]
            places = list(dict.fromkeys([place for group in joined for place in group] + [overlap.of, overlap.other]))
            if len({number for number, _name in places}) == len(places):
                groups = [group for group in groups if group not in joined] + [places]
    return sorted(sorted(group) for group in groups)


def _are_one_kind(one: Column, other: Column, overlap: Overlap) -> bool:
    if overlap.found < _SHARED * min(one.distinct, other.distinct):
        return False
    is_named = kind_of(one.name).lower() == kind_of(other.name).lower() and says(one.name, "key")
    if one.is_whole and other.is_whole and min(one.length, other.length) < SHORT:
        return is_named
    is_coded = all(column.is_identifier and column.has_letters and column.distinct >= _CODES for column in (one, other))
    return one.is_unique or other.is_unique or is_named or is_coded


def _own_keys(known: Mapping[str, Column], keys: set[str]) -> Iterator[str]:
    """The columns of an export that are keys although no other export shares them."""
    if not any(column.times for column in known.values()):
        return
    candidates = [column for column in known.values() if column.name not in keys and column.may_be_key]
    own = [
        column.name
        for column in candidates
        if column.is_identifier
        and column.filled >= 0.95 * column.rows
        and _REPEATS[0] <= column.repeats <= _REPEATS[1]
        and (column.has_letters or says(column.name, "key"))
    ]
    if not keys and not own:
        named = [column for column in candidates if says(column.name, "key") and not says(column.name, "person")]
        own = (
            [max(named, key=lambda column: (column.repeats > 1, column.filled, column.distinct)).name] if named else []
        )
    yield from own


def _named(groups: Iterable[Sequence[Place]], best: Mapping[Place, Overlap]) -> Iterator[Kind]:
    taken: set[str] = set()
    for group in groups:
        names = Counter(kind_of(name) for _number, name in group)
        name = max(names, key=lambda one: (names[one], -list(names).index(one)))
        number = 1
        while (unique := name if number == 1 else f"{name} {number}").lower() in taken:
            number += 1
        taken.add(unique.lower())
        yield Kind(unique, dict(group))
