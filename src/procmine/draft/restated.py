"""Whether the files of an export state records again that have changed, and which columns name a record."""

import functools
import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from ibis import _
from ibis.expr.types import StringValue, Table

from procmine import engine
from procmine.assemble.rows import ROW, cell, file_of
from procmine.draft.columns import Column
from procmine.draft.names import says

_ONCE, _STAYS, _FILLED = 0.98, 0.95, 0.95
"""The shares of records that a file has once only; of records stated again whose time stays; of rows with a name."""
_LATER = 2
"""How many columns of times must be filled in later, where another changes with each statement."""
_KEYS, _PARTS = 5, 10
"""How many columns are tried as what names a record, and with each of them as its second part."""
_BETWEEN = "\x1f"


@dataclass(frozen=True)
class Restated:
    """The columns that together name a record, how it shows that files state records again, and what to know of it."""

    by: tuple[str, ...]
    evidence: str
    notes: tuple[str, ...] = ()


def restated(rows: Table, columns: Mapping[str, Column]) -> Restated | None:
    """How the files of `rows` state records again; None where they do not, or nothing in these has changed.

    A record is what a key, or a key and another column, name together, where hardly any file has it twice and several
    files have some. It is the same one, and not the order's next event, if its times stay; empty ones may be filled in.
    A time that changes with each statement is that of the statement, if others are filled in one by one.
    """
    for by in _candidates(rows, columns):
        others = [name for name in columns if name not in by]
        found = _facts(rows, by, others, [name for name in others if columns[name].times])
        if found is not None:
            return found
    return None


def newest_rows(rows: Table, by: Sequence[str]) -> Table:
    """Of the rows of a record that the columns `by` name, the last; rows that name none stand all."""
    name = _name(rows, by)
    last = rows[ROW].max().over(group_by=name)
    return rows.filter(name.isnull() | (rows[ROW] == last))


def _candidates(rows: Table, columns: Mapping[str, Column]) -> Iterator[tuple[str, ...]]:
    """What comes once in each file, and in several: single columns first, those first whose names say key."""
    full = [column for column in columns.values() if column.filled >= _FILLED * column.rows and not column.times]
    keys = sorted((column for column in full if column.may_be_key), key=lambda one: not says(one.name, "key"))[:_KEYS]
    parts = [column for column in full if says(column.name, "activity") or says(column.name, "key") or column.is_whole]
    names: list[tuple[str, ...]] = [(key.name,) for key in keys]
    names += [(key.name, part.name) for key in keys for part in parts[:_PARTS] if part.name != key.name]
    if not names:
        return
    facts = {}
    for place, by in enumerate(names):
        name = _name(rows, by)
        facts[f"filled {place}"] = name.count()
        facts[f"records {place}"] = name.nunique()
        facts[f"stated {place}"] = (name + _BETWEEN + file_of(rows[ROW]).cast("string")).nunique()
    told: pd.Series = engine.collect(rows.agg(**facts)).iloc[0]
    for place, by in enumerate(names):
        stated = told[f"stated {place}"]
        if stated >= _ONCE * told[f"filled {place}"] and told[f"records {place}"] < stated:
            yield by


def _facts(rows: Table, by: Sequence[str], others: Sequence[str], times: Sequence[str]) -> Restated | None:
    each = rows.group_by(record=_name(rows, by)).agg(
        stated=_.count(),
        **{f"values {place}": cell(rows, name).nunique() for place, name in enumerate(others)},
        **{f"filled {place}": cell(rows, name).count() for place, name in enumerate(others)},
    )
    each = each.filter(_.record.notnull() & (_.stated > 1))
    moves = {name: each[f"values {place}"] > 1 for place, name in enumerate(others)}
    fills = {name: each[f"filled {place}"].between(1, each.stated - 1) for place, name in enumerate(others)}
    changes = [moves[name] | fills[name] for name in others]
    if not times:
        return None
    told: pd.Series = engine.collect(
        each.agg(
            again=each.count(),
            changed=functools.reduce(operator.or_, changes).sum(),
            **{f"moves {place}": moves[name].sum() for place, name in enumerate(times)},
            **{f"fills {place}": (fills[name] & ~moves[name]).sum() for place, name in enumerate(times)},
        )
    ).iloc[0]
    again = int(told["again"])
    moving = [name for place, name in enumerate(times) if told[f"moves {place}"] > (1 - _STAYS) * again]
    filling = [name for place, name in enumerate(times) if name not in moving and told[f"fills {place}"] > 0]
    if not again or not told["changed"] or len(moving) == len(times) or (moving and len(filling) < _LATER):
        return None
    return Restated(
        tuple(by),
        f"{again:,} records are in several files, {int(told['changed']):,} of them changed",
        tuple(f"{name} changes when a record is stated again: if it is no event, take it out" for name in moving),
    )


def _name(rows: Table, by: Sequence[str]) -> StringValue:
    """The name of each row's record, null where a part is missing."""
    name = cell(rows, by[0])
    for column in by[1:]:
        name = name + _BETWEEN + cell(rows, column)
    return name
