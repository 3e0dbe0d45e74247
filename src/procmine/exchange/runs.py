"""Rows of orders in any order, given back an order's beside each other, in bounded memory.

Rows are stored in runs, each sorted by order, as they come; then a range of orders is read from all runs at a time. It
is the external sort of textbooks, but what is merged is a query, so that a range is also computed on while it is small.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import ibis
import polars as pl
from ibis import _
from ibis.expr.types import Table

from procmine import engine

RUN = 50_000
"""Rows that a run has, at least, before it is sorted and stored."""
RANGE = 500_000
"""Rows that a range has, at most, if it is not of one order only."""
_GROUP = 16_384
"""Rows that are read together: a run has more than a range needs of it."""


@dataclass(frozen=True)
class _Run:
    file: Path
    first: str
    last: str


@dataclass
class Runs:
    """Rows stored in `folder`; the text column `by` names the order of each, and is never null."""

    folder: Path
    by: str
    _runs: list[_Run] = field(default_factory=list)
    _waiting: list[pl.DataFrame] = field(default_factory=list)

    def add(self, rows: pl.DataFrame) -> None:
        """Take the next rows. Columns may differ from those before; of one name they have one type."""
        self._waiting.append(rows)
        if sum(map(len, self._waiting)) >= RUN:
            self.finish()

    def finish(self) -> None:
        """Store what is still in memory."""
        rows = pl.concat(self._waiting, how="diagonal") if self._waiting else pl.DataFrame()
        self._waiting = []
        if len(rows):
            rows = rows if rows[self.by].is_sorted() else rows.sort(self.by, maintain_order=True)
            run = _Run(self.folder / f"{len(self._runs):06}.parquet", rows[self.by][0], rows[self.by][-1])
            rows.write_parquet(run.file, compression="lz4", row_group_size=_GROUP)
            self._runs.append(run)

    @property
    def table(self) -> Table:
        """All rows."""
        return engine.read_parquet([run.file for run in self._runs])

    def ranges(self) -> Iterator[Table]:
        """All rows, a range of whole orders at a time, in the order of `by`; each is there until the next is asked for.

        Text of few values is numbers to the engine, in all ranges the same.
        """
        with engine.coding(self.table) as code:
            for first, last in self._bounds():
                files = [run.file for run in self._runs if run.first <= last and first <= run.last]
                rows = engine.read_parquet(files)
                columns = self.table.schema().items()
                absent = {name: ibis.null(kind) for name, kind in columns if name not in rows.columns}
                yield code(rows.filter(rows[self.by].between(first, last)).mutate(**absent))

    def _bounds(self) -> list[tuple[str, str]]:
        """The first and the last order of each range."""
        orders = self.table.group_by(order=_[self.by]).aggregate(rows=_.count())
        so_far = ibis.cumulative_window(order_by="order")
        placed = orders.mutate(range=(_.rows.sum().over(so_far) - _.rows) // RANGE)
        ranges = placed.group_by("range").aggregate(first=_.order.min(), last=_.order.max()).order_by("range")
        return [(row["first"], row["last"]) for row in engine.collect_arrow(ranges).to_pylist()]
