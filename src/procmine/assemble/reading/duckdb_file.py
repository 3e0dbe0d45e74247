"""Read a table of a DuckDB database."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import duckdb
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.mapping import Source
from procmine.assemble.reading.presence import require_columns, require_file, the_table
from procmine.assemble.rows import CELL
from procmine.errors import ExportError


def read(path: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    """The rows of the table that `source` names (``orders`` or ``schema.orders``), else of the only one there is.

    They come in the order in which they are stored, values as text as `engine.duckdb_tables` says. Views are no tables:
    one could read other files. The rows are taken at once, so that the file is free again, also for another source.

    Errors: `ExportError` for a file that is missing, no DuckDB database, cut off, of a newer version, or in use; for a
    table that is missing, or not named where there are several; for one of `columns` that it has not.
    """
    require_file(path)
    try:
        with engine.duckdb_tables(path) as tables:
            name = the_table(source.table, tables, path)
            require_columns(columns, tables[name].columns, f"{path}, table {name!r}")
            cells = tables[name].select(**{CELL + column: tables[name][column].nullif("") for column in columns})
            return scratch.enter_context(engine.materialized(cells))
    except duckdb.Error as error:
        raise _explained(error, path) from error


def _explained(error: duckdb.Error, path: Path) -> ExportError:
    text = str(error).splitlines()[0]
    if "not a valid DuckDB database" in text:
        return ExportError("this is no DuckDB database", where=path, expected="Name its format in study.yaml")
    if "lock" in text or "already attached" in text:
        return ExportError(f"the database is in use ({text[:200]})", where=path, expected="Close it there, or copy it")
    return ExportError(
        f"the database cannot be read ({text[:200]})",
        where=path,
        expected="Copy it again, or export it with DuckDB 1.5",
    )
