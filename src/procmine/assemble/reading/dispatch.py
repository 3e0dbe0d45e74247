"""Which module reads which format, and what happens to all cells alike."""

import importlib
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import duckdb
import ibis
from ibis.expr.types import StringValue, Table

from procmine import engine
from procmine.assemble.mapping import Source
from procmine.assemble.mapping.formats import Format
from procmine.assemble.rows import CELL, ROW, UNREAD, row_of
from procmine.errors import ExportError

_READERS: dict[Format, str] = {
    "csv": "csv_file",
    "tsv": "csv_file",
    "json_lines": "json_lines",
    "json": "json_document",
    "excel": "excel",
    "parquet": "parquet",
    "sqlite": "sqlite",
    "duckdb": "duckdb_file",
    "postgresql": "postgresql",
    "xes": "xes",
}
_ENGINE_ERRORS = (duckdb.Error, UnicodeDecodeError)
"""The second stands for the first where its message cuts a character of the export in two."""


def read_export(path: Path, source: Source, columns: Iterable[str], scratch: ExitStack) -> Table:
    """The one export at `path` as a table that lives as long as `scratch`, in the shape of `rows_in`.

    Errors: those of `write_rows`.
    """
    folder = scratch.enter_context(tempfile.TemporaryDirectory(prefix="procmine-"))
    file = Path(folder) / "rows.parquet"
    write_rows(path, source, columns, file)
    return rows_in([file])


def write_rows(path: Path, source: Source, columns: Iterable[str], target: Path) -> None:
    """Write the rows of the export at `path` to the Parquet file `target`, in their order.

    It has `cell:<column>` for each of `columns`, text without surrounding space, null where empty (also as the source's
    `empty_in` has it); `ROW` where the order of rows does not number them; and, where rows could not be read, why:
    `UNREAD`, `LINE` and `TEXT`.

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
    with ExitStack() as scratch:
        try:
            engine.write_rows(_told(reader.read(path, source, wanted, scratch), source), target)
            return
        except _ENGINE_ERRORS as error:
            if not hasattr(reader, "after"):
                raise _refused(path, error) from error
            refused = error
        try:
            engine.write_rows(_told(reader.after(refused, path, source, wanted, scratch), source), target)
        except _ENGINE_ERRORS as error:
            raise _refused(path, error) from error


def rows_in(files: Sequence[Path]) -> Table:
    """The rows that `write_rows` wrote, file after file: `ROW` int64, `UNREAD`, and `cell:<column>`.

    A column that a file has not is null there. Where rows could not be read, `LINE` and `TEXT` show them.
    """
    rows = engine.rows_in(files)
    place = rows[engine.PLACE_OF_ROW] + 1
    number = rows[ROW].coalesce(place) if ROW in rows.columns else place
    numbered = {ROW: number if len(files) == 1 else row_of(rows[engine.PLACE_OF_FILE], number)}
    if UNREAD not in rows.columns:
        numbered[UNREAD] = ibis.null("string")
    return rows.mutate(**numbered).drop(engine.PLACE_OF_ROW, engine.PLACE_OF_FILE)


def table_state(source: Source) -> str:
    """What tells whether a table on a server has changed."""
    return str(_reader(source.format).state(source))


def _reader(form: Format) -> Any:
    """The module of a format, loaded when first needed: a study of CSV files loads no reader of workbooks."""
    return importlib.import_module(f"procmine.assemble.reading.{_READERS[form]}")


def _refused(path: Path, error: Exception) -> ExportError:
    return ExportError(f"the export cannot be read: {str(error).splitlines()[0][:300]}", where=path)


def _told(rows: Table, source: Source) -> Table:
    """What the cells of `rows` tell: text without the space around it, null where that stands for nothing."""
    cells = [name for name in rows.columns if name.startswith(CELL)]
    bare = rows.mutate(**{name: engine.bare(rows[name]) for name in cells})
    empty = {name: words for name in cells if (words := source.empty_in(name.removeprefix(CELL)))}
    return bare.mutate(**{name: _unless(bare[name], words) for name, words in empty.items()})


def _unless(text: StringValue, words: Sequence[str]) -> StringValue:
    """`text`, null where it is one of `words`.

    Not asked by IN: of many words the engine makes a table to join, and a join does not keep the order of rows.
    """
    longest = max(len(word.encode()) for word in words)
    is_one = (engine.bytes_of(text) <= longest) & ibis.array(words).contains(text)
    return cast(StringValue, is_one.ifelse(ibis.null("string"), text))
