"""Parquet files: each value as the text that reads back as the same value."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.expr.types import StringValue, Table, Value

from procmine import engine
from procmine.assemble.mapping import Source
from procmine.assemble.reading.presence import MissingColumnError, require_file
from procmine.assemble.rows import CELL
from procmine.errors import ExportError


def read(path: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    """The values of the Parquet file at `path` as text, in the order of its rows.

    Moments in UTC are ISO 8601 with their offset, times without a zone have none. Whole numbers and decimals keep all
    digits; floats are as `cell_text` says. Bytes are text
    where they are UTF-8, else hexadecimal digits; lists and structs are JSON. A column is a name, or the way into
    structs, `customer.tier`.

    Errors: `ExportError` for a file that is missing, cut off, no Parquet file, or has not one of `columns`.
    """
    require_file(path)
    rows = engine.read_parquet(path)
    used = {column.partition(".")[0] for column in columns} | set(columns)
    for field in pq.read_schema(path):
        if field.name in used and pa.types.is_decimal256(field.type):
            raise ExportError(
                f"column {field.name!r} has decimals of {field.type.precision} digits",
                where=path,
                expected="At most 38",
            )
    return rows.select(**{f"{CELL}{column}": _text(_column(rows, column, path)) for column in columns})


def after(error: Exception, path: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    """Errors: always an `ExportError`, since the engine could not read the file."""
    raise ExportError(
        f"this is no whole Parquet file: {str(error).splitlines()[0][:300]}",
        where=path,
        expected="Copy the export again",
    ) from error


def _column(rows: Table, column: str, path: Path) -> Value:
    if column in rows.columns:
        return rows[column]
    first, *way = column.split(".")
    value = rows[first] if first in rows.columns else None
    for name in way:
        if value is None or not value.type().is_struct() or name not in value.type().names:
            value = None
            break
        value = value[name]
    if value is None:
        raise MissingColumnError(column, rows.columns, where=path)
    return value


def _text(value: Value) -> StringValue:
    kind = value.type()
    if kind.is_binary():
        return engine.text_of_bytes(value).nullif("")
    if kind.is_nested():
        return value.isnull().ifelse(ibis.null("string"), engine.json_text(value))
    return engine.float_text(value) if kind.is_floating() else value.cast("string").nullif("")
