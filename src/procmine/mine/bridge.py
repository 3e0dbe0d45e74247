"""Between tables and what pm4py and r4pm take: the variants of a log, and what was found for each."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import ibis
import pyarrow as pa
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.errors import LogError
from procmine.measure import variants
from procmine.measure.expressions import sequences
from procmine.schema import STATUS, require_log

ONGOING = ("open", "cut")
"""Statuses of orders that have not come to their end: what they lack may still happen."""

Variant = tuple[str, ...]
"""The activities of an order, in order."""


@dataclass(frozen=True, order=True)
class Way:
    """A variant, of orders that have ended or of ongoing ones, its number, and how many orders went it."""

    activities: Variant
    ongoing: bool
    variant: int
    orders: int


def variant_counts(log: Table) -> Counter[Variant]:
    """How many orders of `log` take each variant; a `LogError` for an empty log."""
    counted = variants(log).select("activities", orders=_["count"]).order_by("activities")
    rows = engine.collect_arrow(counted).to_pylist()
    if not rows:
        raise LogError("the log has no events", expected="A log with at least one order")
    return Counter({tuple(row["activities"]): row["orders"] for row in rows})


def orders_with_status(log: Table) -> Table:
    """One row an order: case_id, its variant and activities (array), status where the log has it, and ongoing: whether
    it may go on.
    """
    orders = sequences(require_log(log))
    if STATUS not in log.columns:
        return orders.mutate(ongoing=ibis.literal(False))
    statuses = log.group_by("case_id").agg(status=_[STATUS].max())
    return orders.join(statuses, "case_id").mutate(ongoing=_.status.isin(ONGOING).fill_null(False))


def ways(orders: Table) -> list[Way]:
    """The distinct ways in a table of `orders_with_status`, sorted."""
    counted = orders.group_by("variant", "ongoing").agg(activities=_.activities.arbitrary(), orders=_.count())
    columns = engine.collect_arrow(counted).select(["activities", "ongoing", "variant", "orders"]).to_pydict()
    return sorted(Way(tuple(activities), *facts) for activities, *facts in zip(*columns.values(), strict=True))


def way_table(rows: Sequence[Sequence[object]], columns: Mapping[str, pa.DataType]) -> Table:
    """A table of the engine, with these columns, of results that there is one row or several of for each way."""
    cells = zip(*rows, strict=True) if rows else ((),) * len(columns)
    arrays = [pa.array(column, kind) for column, kind in zip(cells, columns.values(), strict=True)]
    return engine.table(pa.Table.from_arrays(arrays, names=list(columns)))


def labels(log: Table) -> frozenset[str]:
    """The activities of `log`."""
    found = engine.collect_arrow(log.select("activity").distinct())
    return frozenset(cast(list[str], found["activity"].to_pylist()))
