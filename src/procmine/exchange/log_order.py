"""Rows in the order of the log, without sorting those that are in it already."""

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table

from procmine import engine


class UnorderedError(Exception):
    """The engine did not give the rows in the order of the log."""


def write_in_order(log: Table, write: Callable[[Table], None]) -> None:
    """Call `write` with `log`, and again with `log` sorted where it met rows out of order.

    A stored log is in its order, and not to sort it again keeps memory flat. `write` takes its rows from
    `batches_in_order` or `sorted_batches`, and leaves nothing behind when these raise.
    """
    try:
        write(log)
    except UnorderedError:
        write(log.order_by("case_id", "position"))


def batches_in_order(rows: Table, size: int) -> Iterator[pa.RecordBatch]:
    """The rows, at most `size` at a time; `UnorderedError` where those of an order are not one behind the other, by
    `position`. The orders may be in any order.
    """
    before = None
    for batch in engine.batches(rows, rows=size):
        _require_order(batch, before)
        before = batch.slice(batch.num_rows - 1)
        yield batch


def sorted_batches(rows: Table, size: int) -> Iterator[pa.RecordBatch]:
    """The rows, at most `size` at a time; `UnorderedError` where they are not sorted by `case_id` and `position`."""
    before = None
    for batch in engine.batches(rows, rows=size):
        _require_sorted(batch, before)
        before = batch.slice(batch.num_rows - 1)
        yield batch


def _require_sorted(batch: pa.RecordBatch, before: pa.RecordBatch | None) -> None:
    rows = pa.Table.from_batches([batch] if before is None else [before, batch])
    case, next_case = rows["case_id"][:-1], rows["case_id"][1:]
    position, next_position = rows["position"][:-1], rows["position"][1:]
    nulls_last = pc.and_(pc.is_null(next_case), pc.is_valid(case))
    later = pc.or_(pc.fill_null(pc.greater(next_case, case), False), nulls_last)
    same = pc.or_(pc.fill_null(pc.equal(next_case, case), False), pc.and_(pc.is_null(next_case), pc.is_null(case)))
    if not pc.all(pc.or_(later, pc.and_(same, pc.greater_equal(next_position, position))), min_count=0).as_py():
        raise UnorderedError


def _require_order(batch: pa.RecordBatch, before: pa.RecordBatch | None) -> None:
    rows = pa.Table.from_batches([batch] if before is None else [before, batch])
    position = rows["position"].to_numpy()
    same_case = pc.equal(rows["case_id"][1:], rows["case_id"][:-1]).to_numpy(zero_copy_only=False)
    follows = same_case & (position[1:] == position[:-1] + 1)
    if not ((before is not None or position[0] == 1) and np.all(follows | (position[1:] == 1))):
        raise UnorderedError
