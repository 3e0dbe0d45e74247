"""Which columns of a log have no value at all: formats that write values only would lose them."""

from collections.abc import Iterable

from ibis.expr.types import Table

from procmine import engine

_FIRST = 1_000
"""Rows that are looked at first: most columns have a value there."""


def without_values(log: Table, columns: Iterable[str]) -> list[str]:
    """Those of `columns` that are null everywhere, in their order."""
    names = list(columns)
    for rows in (log.limit(_FIRST), log):
        if names:
            found = engine.collect(
                rows.aggregate(**{name: rows[name].notnull().any().fill_null(False) for name in names})
            ).iloc[0]
            names = [name for name in names if not found[name]]
    return names
