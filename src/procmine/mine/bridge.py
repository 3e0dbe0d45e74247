"""Between tables and what pm4py and r4pm take: the variants of a log, and what was found for each."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import ibis
import pyarrow as pa
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.errors import LogError
from procmine.measure import variants
from procmine.measure.expressions import FINGERPRINT, fingerprints, numbered_variants
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


@contextmanager
def orders_and_ways(log: Table) -> Iterator[tuple[Table, list[Way]]]:
    """The orders of a log, and the distinct ways that they went, sorted.

    The table has one row an order: case_id, events, the number of its variant, status where the log has it, and
    ongoing, whether it may go on. It is there for as long as the context lasts.
    """
    status = {"status": _[STATUS].max()} if STATUS in require_log(log).columns else {}
    ongoing = _.status.isin(ONGOING).fill_null(False) if status else ibis.literal(False)
    with engine.Scratch() as scratch:
        each = scratch.materialized(fingerprints(log, **status).mutate(ongoing=ongoing))
        numbered = scratch.materialized(numbered_variants(log, each))
        orders = each.join(numbered.select("variant", *FINGERPRINT), FINGERPRINT).drop("one", "two")
        counted = orders.group_by("variant", "ongoing").agg(orders=_.count()).join(numbered, "variant")
        columns = engine.collect_arrow(counted.select("activities", "ongoing", "variant", "orders")).to_pydict()
        yield (
            orders,
            sorted(Way(tuple(activities), *facts) for activities, *facts in zip(*columns.values(), strict=True)),
        )


def way_table(rows: Sequence[Sequence[object]], columns: Mapping[str, pa.DataType]) -> Table:
    """A table of the engine, with these columns, of results that there is one row or several of for each way."""
    cells = zip(*rows, strict=True) if rows else ((),) * len(columns)
    arrays = [pa.array(column, kind) for column, kind in zip(cells, columns.values(), strict=True)]
    return engine.table(pa.Table.from_arrays(arrays, names=list(columns)))
