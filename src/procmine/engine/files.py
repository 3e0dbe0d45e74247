"""Files that the engine reads and writes itself: Parquet, CSV, and databases of DuckDB."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import ibis
from ibis.expr.types import Table

from procmine.engine.functions import float_text
from procmine.engine.running import query
from procmine.engine.session import connection
from procmine.engine.sql import one_file, sql_name, sql_path, sql_text


def csv(path: Path, *, columns: Sequence[str], delimiter: str, longest_row: int) -> Table:
    """The rows of a CSV file in UTF-8 with a header: `columns`, all text, in the file's order; nothing is guessed.

    A row of more than `longest_row` bytes, like any that is not as it should be, is an error when they are computed.
    """
    names = ", ".join(f"'{sql_text(name)}': 'VARCHAR'" for name in columns)
    return connection().sql(
        f"SELECT * FROM read_csv({sql_path(path)}, columns = {{{names}}}, auto_detect = false, "
        f"header = true, delim = '{sql_text(delimiter)}', max_line_size = {longest_row}, "
        """quote = '"', escape = '"', comment = '', nullstr = '', strict_mode = true)"""
    )


def write_rows(expression: Table, path: Path) -> None:
    """Write `expression` to `path` as Parquet, in the order of its rows."""
    target = sql_text(os.fspath(path))
    connection().raw_sql(f"COPY ({query(expression)}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def rows_in(paths: Sequence[Path]) -> Table:
    """The rows of Parquet files, one file after the other, columns joined by name; and whence each row is.

    `PLACE_OF_FILE` is the place of its file in `paths`, `PLACE_OF_ROW` its place in that, both from 0.
    """
    listed = ", ".join(map(sql_path, paths))
    return connection().sql(
        f"SELECT *, CAST(file_index AS BIGINT) AS {sql_name(PLACE_OF_FILE)}, "
        f"file_row_number AS {sql_name(PLACE_OF_ROW)} FROM read_parquet([{listed}], union_by_name = true)"
    )


PLACE_OF_FILE, PLACE_OF_ROW = "procmine:place of file", "procmine:place of row"


@contextmanager
def duckdb_tables(path: Path) -> Iterator[dict[str, Table]]:
    """The tables of a DuckDB file, which is attached, read-only, for as long as the context lasts; views are left out.

    They are known by ``schema.table``, those of the schema main by ``table``. Every column is text, as the engine
    writes it, but for floats, which are as `float_text` says, and blobs, which are hexadecimal digits in lower case.
    """
    backend = connection()
    name = ibis.util.gen_name("procmine")
    backend.raw_sql(f"ATTACH '{sql_text(os.fspath(path))}' AS {sql_name(name)} (TYPE duckdb, READ_ONLY)")
    try:
        columns = backend.raw_sql(
            "SELECT schema_name, table_name, list((column_name, data_type) ORDER BY column_index) "
            "FROM duckdb_columns() JOIN duckdb_tables() USING (database_name, schema_name, table_name) "
            f"WHERE database_name = '{name}' GROUP BY ALL"
        ).fetchall()
        tables = {}
        for schema, own_name, known in columns:
            cells = ", ".join(f"{_text_of(column, kind)} AS {sql_name(column)}" for column, kind in known)
            place = ".".join(map(sql_name, (name, schema, own_name)))
            table = backend.sql(f"SELECT {cells} FROM {place}")
            floats = {column: float_text(table[column]) for column, kind in known if kind in _FLOATS}
            tables[own_name if schema == "main" else f"{schema}.{own_name}"] = table.mutate(**floats)
        yield tables
    finally:
        backend.raw_sql(f"DETACH {sql_name(name)}")


_FLOATS = ("FLOAT", "DOUBLE")


def _text_of(column: str, kind: str) -> str:
    cell = sql_name(column)
    if kind == "BLOB":
        return f"lower(hex({cell}))"
    return cell if kind in _FLOATS else f"CAST({cell} AS VARCHAR)"


def read_parquet(path: Path | Sequence[Path]) -> Table:
    """A stored table; it is read when a result is asked for. Of several files, the columns are joined by name."""
    if isinstance(path, Path):
        return connection().read_parquet(one_file(path))
    return connection().read_parquet([one_file(one) for one in path], union_by_name=True)


def store(expression: Table, path: Path) -> Table:
    """Write `expression` to `path` as Parquet, in the order of its rows, and return the stored table."""
    connection().to_parquet(expression, path, compression="zstd", parquet_version="v2")
    return read_parquet(path)
