"""The one shape of a finding, and what counts them: every detector gives a table of it, empty where all is well.

One row a finding: `check` (its name), `source` (the export, null where it concerns the study as a whole), `rows` (the
events or exported rows concerned; 0 where something is missing or idle), `orders` (the orders concerned), `example`
(one to look up: an order and its activity, a label, or an exported row) and `advice` (what to do).
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

import ibis
import ibis.expr.datatypes as dt
import pandas as pd
from ibis import _
from ibis.expr.types import BooleanValue, IntegerScalar, StringValue, Table, Value

from procmine import engine

SHAPE: dict[str, dt.DataType] = {
    "check": dt.string,
    "source": dt.string,
    "rows": dt.int64,
    "orders": dt.int64,
    "example": dt.string,
    "advice": dt.string,
}


class Check(NamedTuple):
    """What is looked for, and what to do where it is found."""

    name: str
    advice: str


class Flag(NamedTuple):
    """A check that one row decides: where it fails, and what to show of such a row."""

    check: Check
    where: BooleanValue
    example: StringValue


def words(*parts: Value | str) -> StringValue:
    """An example's text: the parts that are there, with a dot between them."""
    given = [ibis.literal(part) if isinstance(part, str) else part.cast("string") for part in parts]
    return cast(StringValue, ibis.array(given).filter(lambda part: part.notnull()).join(" · "))


def tally(
    found: Table,
    check: Check,
    *,
    example: StringValue,
    rows: IntegerScalar | None = None,
    orders: IntegerScalar | None = None,
) -> Table:
    """One finding for each `source` of the rows in `found`; none for a source without any.

    `found` has `source`. `rows` counts its rows and `orders` its distinct `case_id`, unless they are given as
    aggregates. The example is the smallest, so that the order of rows decides nothing.
    """
    counted = found.mutate(example=example).group_by("source")
    return _shaped(
        counted.agg(
            rows=_.count() if rows is None else rows,
            orders=_.case_id.nunique() if orders is None else orders,
            example=_.example.min(),
        ).mutate(check=ibis.literal(check.name), advice=ibis.literal(check.advice))
    )


def flagged(table: Table, flags: Sequence[Flag]) -> Table:
    """The findings of several flags in one pass over `table`, which has `source` and `case_id`."""
    hits = table.filter(ibis.or_(*(flag.where for flag in flags)))
    place = ibis.array([flag.where.ifelse(place, ibis.null("int64")) for place, flag in enumerate(flags)])
    examples = enumerate(flag.example for flag in flags)
    each = hits.mutate(flag=place.filter(lambda one: one.notnull()).unnest())
    each = each.mutate(example=_.flag.cases(*examples, else_=None))
    counted = each.group_by("flag", "source").agg(rows=_.count(), orders=_.case_id.nunique(), example=_.example.min())
    checks = [flag.check for flag in flags]
    return _shaped(
        counted.mutate(
            check=_.flag.cases(*((place, check.name) for place, check in enumerate(checks)), else_=None),
            advice=_.flag.cases(*((place, check.advice) for place, check in enumerate(checks)), else_=None),
        )
    )


def stated(rows: Sequence[tuple[Check, str | None, int, int, str]]) -> pd.DataFrame:
    """Findings that were read off a small collected table: check, source, rows, orders, example."""
    values = [(check.name, *counted, check.advice) for check, *counted in rows]
    return pd.DataFrame(values, columns=list(SHAPE))


def collected(findings: Iterable[Table | pd.DataFrame]) -> pd.DataFrame:
    """All findings, collected; those of the most rows and orders first. Only their content decides the order."""
    parts = list(findings)
    counted = [part for part in parts if isinstance(part, Table)]
    read_off = [part for part in parts if isinstance(part, pd.DataFrame) and len(part)]
    table = ibis.union(*counted)
    frame = pd.concat([engine.collect(table), *read_off]).astype({"rows": "int64", "orders": "int64"})
    weight = {"rows": False, "orders": False, "check": True, "source": True, "example": True}
    return frame.sort_values(list(weight), ascending=list(weight.values()), ignore_index=True)


def _shaped(table: Table) -> Table:
    return table.select(**{name: table[name].cast(kind) for name, kind in SHAPE.items()})
