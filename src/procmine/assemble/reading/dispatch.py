"""Which module reads which format, and what happens to all cells alike."""

import importlib
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import duckdb
import ibis
from ibis.expr.types import StringColumn, StringValue, Table

from procmine import engine
from procmine.assemble.mapping import Source
from procmine.assemble.mapping.formats import Format
from procmine.assemble.reading.presence import require_file
from procmine.assemble.rows import CELL, ROW, UNREAD
from procmine.errors import ExportError

_READERS: dict[Format, str] = {
    "csv": "csv_file",
    "tsv": "csv_file",
    "json_lines": "json_lines",
    "excel": "excel",
    "parquet": "parquet",
    "sqlite": "sqlite",
    "duckdb": "duckdb_file",
    "postgresql": "postgresql",
    "xes": "xes",
}
_ENGINE_ERRORS = (duckdb.Error, UnicodeDecodeError)
"""The second stands for the first where its message cuts a character of the export in two."""
_WIDE = ("\xa0", "\u3000")
_SPACE = "".join((" \t\n\r\v\f", *_WIDE))


def read_export(path: Path, source: Source, columns: Iterable[str], scratch: ExitStack) -> Table:
    """The export at `path`: `ROW` int64, `UNREAD`, and `cell:<column>`, text without surrounding space, null if empty.

    Read once; the table lives as long as `scratch`. Where rows could not be read, `LINE` and `TEXT` show them.

    Errors: `ExportError` for an export that is missing or has not one of `columns`, and what else its format says.
    """
    wanted = list(dict.fromkeys(columns))
    for column in wanted:
        alike = [other for other in wanted if other != column and other.lower() == column.lower()]
        if alike:
            raise ExportError(
                f"columns {column!r} and {alike[0]!r} differ only in upper and lower case",
                where=path,
                expected="A study can use one of them; rename the other in the export",
            )
    reader = _reader(source.format)
    try:
        return _kept(reader.read(path, source, wanted, scratch), scratch)
    except _ENGINE_ERRORS as error:
        if not hasattr(reader, "after"):
            raise _refused(path, error) from error
        refused = error
    try:
        return _kept(reader.after(refused, path, source, wanted, scratch), scratch)
    except _ENGINE_ERRORS as error:
        raise _refused(path, error) from error


def state(path: Path, source: Source) -> str:
    """What tells whether an export has changed, without reading it all: for a file what the file system says of it.

    Errors: `ExportError` for one that is missing.
    """
    if source.format == "postgresql":
        return str(_reader(source.format).state(path, source))
    require_file(path, may_be_empty=True)
    known = path.stat()
    return f"{path.name} {known.st_size} {known.st_mtime_ns}"


def _reader(form: Format) -> Any:
    """The module of a format, loaded when first needed: a study of CSV files loads no reader of workbooks."""
    return importlib.import_module(f"procmine.assemble.reading.{_READERS[form]}")


def _refused(path: Path, error: Exception) -> ExportError:
    return ExportError(f"the export cannot be read: {str(error).splitlines()[0][:300]}", where=path)


def _kept(rows: Table, scratch: ExitStack) -> Table:
    """`rows` computed once, their cells bare, numbered by their place where they have no number."""
    cells = {name: _bare(rows[name]) for name in rows.columns if name.startswith(CELL)}
    kept = scratch.enter_context(engine.materialized(rows.mutate(**cells)))
    ours = {} if ROW in kept.columns else {ROW: kept.rowid() + 1}
    if UNREAD not in kept.columns:
        ours[UNREAD] = ibis.null("string")
    return kept.mutate(**ours)


def _bare(cell: StringColumn) -> StringValue:
    """The cell without space around it. Looked at first: trimming is dear, and few cells need it.

    Exports put a tab after long numbers, lest a spreadsheet round them, and Chinese ones pad with the wide space.
    """
    leads = [cell < "!", *((cell >= space) & (cell < chr(ord(space) + 1)) for space in _WIDE)]
    trails = [cell.endswith(space) for space in (" ", "\t", "\r", "\n", *_WIDE)]
    return ibis.ifelse(ibis.or_(*leads, *trails), engine.trim(cell, _SPACE).nullif(""), cell)
