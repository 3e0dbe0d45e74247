"""A report's tables as files: Parquet for programs, CSV for spreadsheets."""

import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.expr.types import Table

from procmine import engine
from procmine.errors import ReportError
from procmine.exchange.spreadsheet import write_header, write_rows

_ROWS = 100_000


def save_tables(folder: str | os.PathLike[str], **tables: Table | pd.DataFrame | None) -> pd.DataFrame:
    """Write each table to `folder`/tables, as `<name>.parquet` and `<name>.csv`; a table that is None is left out.

    CSV is UTF-8 with the mark by which spreadsheets know it. Times are ISO 8601 in UTC, a list's items are joined by
    " → ". A text that a spreadsheet would take for a formula gets an apostrophe in front; in Parquet it stays as it is.

    Returns one row per table: `table` (its name), `rows` and `columns`. With an empty `folder`, as when the notebook
    is run by hand, nothing is written.

    Errors: `ReportError` where `folder` does not exist.
    """
    target = Path(folder) / "tables" if os.fspath(folder) else None
    if target is not None:
        if not target.parent.is_dir():
            raise ReportError("no such folder", where=target.parent, expected="A folder to write tables to, or none")
        target.mkdir(exist_ok=True)
    written = []
    for name, table in tables.items():
        if table is None:
            continue
        expression = table if isinstance(table, Table) else engine.table(_plain(table))
        rows = engine.scalar(expression.count()) if target is None else _write(expression, target / name)
        written.append((name, int(rows), len(expression.columns)))
    return pd.DataFrame(written, columns=["table", "rows", "columns"])


def _write(table: Table, path: Path) -> int:
    rows = 0
    schema = pa.schema(_stored(field) for field in table.schema().to_pyarrow())
    with (
        pq.ParquetWriter(path.with_suffix(".parquet"), schema, compression="zstd") as parquet,
        path.with_suffix(".csv").open("wb") as csv,
    ):
        write_header(csv, schema.names)
        for batch in engine.batches(table, rows=_ROWS):
            part = pa.Table.from_batches([batch]).cast(schema)
            parquet.write_table(part)
            write_rows(csv, part)
            rows += part.num_rows
    return rows


def _stored(field: pa.Field) -> pa.Field:
    """A column without any value has no type of its own; it is stored as text."""
    return field.with_type(pa.string()) if pa.types.is_null(field.type) else field


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with its row labels as columns where they say something, and column names that are texts."""
    labelled = frame if isinstance(frame.index, pd.RangeIndex) else frame.reset_index()
    return labelled.rename(columns=str)
