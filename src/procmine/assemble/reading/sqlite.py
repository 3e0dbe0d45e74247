"""Read a table of an SQLite database, with Python's own SQLite: the engine's would have to be fetched from the web."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import pyarrow as pa
from ibis.expr.types import Table

from procmine.assemble.mapping import Source
from procmine.assemble.reading.cell_text import text_array
from procmine.assemble.reading.presence import require_columns, require_file, the_table
from procmine.assemble.reading.spool import BLOCK, spooled
from procmine.assemble.rows import CELL
from procmine.engine import sql_name
from procmine.errors import ExportError

_MAGIC = b"SQLite format 3\0"
_ROW_IDS = ("rowid", "_rowid_", "oid")
_AGAIN = "Close the program that writes it, and copy it again"


def read(path: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    """The rows of the table that `source` names, else of the only one there is, by rowid or else by primary key.

    Each value is text by its own storage class, whatever the column declares: integers as they are, reals as
    `cell_text` says, blobs as hexadecimal digits in lower case. Views are no tables. The file is opened read-only, and
    not locked in any way.

    Errors: `ExportError` for a file that is missing, no SQLite database, cut off or damaged, or was copied while in
    use, so that rows are still in a file beside it; for a table that is missing, or not named where there are several;
    for one of `columns` that it has not; for text that is not in the database's encoding.
    """
    require_file(path)
    _require_whole(path)
    _require_at_rest(path)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            tables = [name for (name,) in database.execute(_TABLES)]
            table = the_table(source.table, tables, path)
            known = [name for (name,) in database.execute("SELECT name FROM pragma_table_xinfo(?)", [table])]
            require_columns(columns, known, f"{path}, table {table!r}")
            return spooled(_blocks(database, _query(database, table, columns, known), columns), columns, scratch)
    except sqlite3.Error as error:
        raise _explained(error, path) from error


_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"


def _require_whole(path: Path) -> None:
    """SQLite takes what is missing of the last page for zeros, and so for empty cells."""
    with path.open("rb") as file:
        header = file.read(100)
    if header[: len(_MAGIC)] != _MAGIC[: len(header)]:
        return
    stated = int.from_bytes(header[16:18])
    page_size = 65536 if stated == 1 else stated
    size = path.stat().st_size
    if not page_size or size % page_size or size < int.from_bytes(header[28:32]) * page_size:
        raise ExportError("the database is cut off", where=path, expected=_AGAIN)


def _require_at_rest(path: Path) -> None:
    """A journal beside the file holds changes that reading the file alone would miss, or mistake for done."""
    for ending in ("-wal", "-journal"):
        journal = path.with_name(path.name + ending)
        if journal.is_file() and journal.stat().st_size:
            raise ExportError(f"rows of it are still in {journal.name}", where=path, expected=_AGAIN)


def _query(database: sqlite3.Connection, table: str, columns: Sequence[str], known: Sequence[str]) -> str:
    """All rows, values as text but for reals, which SQLite would round."""
    cells = ", ".join(
        f"CASE typeof({name}) WHEN 'integer' THEN CAST({name} AS TEXT) WHEN 'blob' THEN lower(hex({name})) "
        f"ELSE {name} END"
        for name in map(sql_name, columns)
    )
    return f"SELECT {cells} FROM {sql_name(table)} ORDER BY {_order(database, table, known)}"


def _order(database: sqlite3.Connection, table: str, known: Sequence[str]) -> str:
    """What orders the rows as they are stored: the rowid, by a name that no column has taken, or the primary key."""
    (without_rowid,) = database.execute(
        "SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?", [table]
    ).fetchone()
    taken = {name.lower() for name in known}
    free = next((name for name in _ROW_IDS if name not in taken), None)
    if free and not without_rowid:
        return free
    keys = database.execute("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", [table])
    return ", ".join(sql_name(name) for (name,) in keys) or "1"


def _blocks(database: sqlite3.Connection, query: str, columns: Sequence[str]) -> Iterator[dict[str, pa.Array]]:
    rows = database.execute(query)
    while block := rows.fetchmany(BLOCK):
        yield {CELL + name: text_array(values) for name, values in zip(columns, zip(*block, strict=True), strict=True)}


def _explained(error: sqlite3.Error, path: Path) -> ExportError:
    text = str(error)
    if "not a database" in text:
        return ExportError("this is no SQLite database", where=path, expected="Name its format in study.yaml")
    if "Could not decode" in text:
        return ExportError(f"text that is not UTF-8: {text[:200]}", where=path, expected="Export it as UTF-8 text")
    return ExportError(f"the database is cut off or damaged ({text[:200]})", where=path, expected=_AGAIN)
