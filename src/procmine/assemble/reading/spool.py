"""Rows that come block by block from a library, kept on disk until the engine takes them all."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.rows import CELL, ROW

BLOCK = 50_000
"""Rows in a block, about."""
_TEXT = pa.large_string()


def spooled(blocks: Iterable[Mapping[str, pa.Array]], columns: Sequence[str], scratch: ExitStack) -> Table:
    """The rows of all blocks, in their order: `cell:<column>` text, null where empty, and `ROW` int64.

    A block has an array of text under `cell:<column>`, and the number of each row under `ROW`; without that, rows are
    numbered as they come. One block at a time is in memory.
    """
    folder = scratch.enter_context(tempfile.TemporaryDirectory(prefix="procmine-"))
    file = Path(folder) / "rows.parquet"
    schema = pa.schema([*((CELL + name, _TEXT) for name in columns), (ROW, pa.int64())])
    seen = 0
    with pq.ParquetWriter(file, schema, compression="lz4", write_statistics=False) as target:
        for block in blocks:
            rows = len(next(iter(block.values())))
            numbers = block.get(ROW, pa.array(range(seen + 1, seen + rows + 1), pa.int64()))
            cells = [block[CELL + name].cast(_TEXT) for name in columns]
            target.write_batch(pa.RecordBatch.from_arrays([*cells, numbers], schema=schema))
            seen += rows
    stored = engine.read_parquet(file)
    return stored.mutate(**{name: stored[name].nullif("") for name in stored.columns if name.startswith(CELL)})
