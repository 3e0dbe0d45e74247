"""Read a table of a PostgreSQL server, over Arrow's own driver: rows come as a stream, and never through Python."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa
from adbc_driver_postgresql import dbapi
from ibis.expr.types import Table

from procmine.assemble.mapping import Source
from procmine.assemble.mapping.database import Database
from procmine.assemble.reading.presence import require_columns, the_table
from procmine.assemble.reading.spool import spooled
from procmine.assemble.rows import CELL
from procmine.engine import sql_name
from procmine.errors import ExportError

CONNECT_TIMEOUT = 10
"""Seconds after which a server that does not answer is given up."""
_SETTINGS = (
    "TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "LOCAL TimeZone = 'UTC'",
    "LOCAL DateStyle = 'ISO, YMD'",
    "LOCAL IntervalStyle = 'postgres'",
    "LOCAL extra_float_digits = 1",
    "LOCAL bytea_output = 'hex'",
)
"""What the text of a value depends on, and that nothing is written."""
_TABLES = """
    SELECT c.oid::bigint, n.nspname::text, c.relname::text, pg_table_is_visible(c.oid)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname !~ '^(pg_.*|information_schema)$'
"""
_COLUMNS = """
    SELECT attname::text, atttypid::regtype::text
    FROM pg_attribute WHERE attrelid = {table} AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
_FLOAT = "CASE WHEN abs({0}) < 1e21 AND trunc({0}) = {0} THEN {0}::text::numeric::text ELSE {0}::text END"
_TEXTS = {"bytea": "encode({0}, 'hex')", "real": _FLOAT, "double precision": _FLOAT}
"""The text of a value, by the name of its type, where it is not what the server writes."""


def read(path: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    """The rows of the table or view that `source` names, ``orders`` or ``schema.orders``; `path` is not used.

    Values are text as the server writes them: times with a zone in UTC with their offset, floats as `cell_text` says,
    bytes as hexadecimal digits. A table has no order of its own: rows are numbered in the order of the columns asked
    for, compared byte by byte, so that equal contents give equal numbers. The server does the sorting.

    Errors: `ExportError` where the variable with the password is not set; where the server does not answer within
    `CONNECT_TIMEOUT`, refuses the user, or has no such database; for a table or one of `columns` that is missing; and
    what the server says while it reads.
    """
    database = _database(source)
    with _connected(database) as cursor:
        table, known = _found(cursor, source, database)
        require_columns(columns, known, f"{_place(database)}, table {source.table!r}")
        cells = {name: _TEXTS.get(known[name], "{0}::text").format(sql_name(name)) for name in columns}
        order = ", ".join(f'{cell} COLLATE "C"' for cell in cells.values())
        query = f"SELECT {', '.join(cells.values())} FROM {table} ORDER BY {order}"
        return spooled(_blocks(cursor, query, columns, database), columns, scratch)


def state(source: Source) -> str:
    """What tells whether the table has changed: its rows' count and a digest of them, computed on the server.

    The server reads the whole table for it, but sends one row. Errors: those of `read`.
    """
    database = _database(source)
    with _connected(database) as cursor:
        table, known = _found(cursor, source, database)
        sums = ", ".join(f"sum(hashtextextended(row(t.*)::text, {seed}))::text" for seed in (0, 1))
        cursor.execute(f"SELECT count(*)::text, {sums} FROM {table} t")
        return repr((list(known), cursor.fetchone()))


def _database(source: Source) -> Database:
    assert source.database is not None, "the mapping requires it of the format"
    return source.database


@contextmanager
def _connected(database: Database) -> Iterator[dbapi.Cursor]:
    """A cursor in a transaction that reads one state of the database."""
    try:
        with dbapi.connect(_address(database)) as connection, connection.cursor() as cursor:
            for setting in _SETTINGS:
                cursor.execute(f"SET {setting}")
            yield cursor
    except (dbapi.Error, pa.ArrowException) as error:
        raise _explained(error, database) from error


def _address(database: Database) -> str:
    """The server and how to log in, in the form of libpq. It holds the password, so it is never shown."""
    parts: dict[str, object] = {
        "host": database.host,
        "port": database.port,
        "dbname": database.name,
        "user": database.user,
        "connect_timeout": CONNECT_TIMEOUT,
        "client_encoding": "UTF8",
        "application_name": "procmine",
        "keepalives_idle": 60,
    }
    if database.password is not None:
        password = os.environ.get(database.password)
        if not password:
            raise ExportError(
                f"the environment variable {database.password}, which holds the password, is not set",
                where=_place(database),
                expected="Set it where procmine runs",
            )
        parts["password"] = password
    quoted = {key: str(value).replace("\\", "\\\\").replace("'", "\\'") for key, value in parts.items()}
    return " ".join(f"{key}='{value}'" for key, value in quoted.items())


def _found(cursor: dbapi.Cursor, source: Source, database: Database) -> tuple[str, dict[str, str]]:
    """The table as SQL names it, and its columns, each with the name of its type."""
    cursor.execute(_TABLES)
    tables: dict[str, tuple[int, str]] = {}
    for number, schema, name, is_visible in cursor.fetchall():
        place = number, f"{sql_name(schema)}.{sql_name(name)}"
        tables[f"{schema}.{name}"] = place
        if is_visible:
            tables[name] = place
    number, table = tables[the_table(source.table, tables, _place(database))]
    cursor.execute(_COLUMNS.format(table=number))
    return table, dict(cursor.fetchall())


def _blocks(
    cursor: dbapi.Cursor, query: str, columns: Sequence[str], database: Database
) -> Iterator[dict[str, pa.Array]]:
    try:
        cursor.execute(query)
        for batch in cursor.fetch_record_batch():
            yield {CELL + name: batch.column(place) for place, name in enumerate(columns)}
    except OSError as error:  # so the stream says what the server says after its first rows
        raise _explained(error, database) from error


def _place(database: Database) -> str:
    return f"PostgreSQL database {database.name!r} at {database.host}:{database.port}"


def _explained(error: Exception, database: Database) -> ExportError:
    """What the driver or the server said, in a user's words. Where no connection came about, only text tells why."""
    text = str(error)
    said = re.split(r"Failed to connect: |failed: |ERROR: ", text)[-1].strip().splitlines()[0][:300]
    where = _place(database)
    if "password authentication failed" in text or "no password supplied" in text:
        variable = f"the password in {database.password}" if database.password else "name its password's variable"
        return ExportError(
            f"the server refuses user {database.user!r} with this password",
            where=where,
            expected=f"Check the user in study.yaml, and {variable}",
        )
    if "does not exist" in said and getattr(error, "sqlstate", None) is None:
        return ExportError(
            said.removeprefix("FATAL:").strip(), where=where, expected="Check name and user in study.yaml"
        )
    if "Failed to connect" in text:
        return ExportError(
            f"no connection: {said}",
            where=where,
            expected="Check host and port in study.yaml, and whether the server runs",
        )
    return ExportError(f"the server could not give the rows: {said}", where=where, expected="Ask who runs the database")
