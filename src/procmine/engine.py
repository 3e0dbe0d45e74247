"""Where expressions are executed: an in-process DuckDB behind Ibis, and nothing else in procmine runs a query.

Everything up to a collected result is an Ibis expression. All tables of a process live on one connection, so that
any two of them can be joined. The session's time zone is UTC.
"""

import contextlib
import functools
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, cast

import duckdb
import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend
from ibis.expr.types import IntegerValue, StringValue, Table, TimestampValue, Value

from procmine.errors import ProcmineError

ibis.options.interactive = True  # a table that is shown, in a notebook or a console, shows its first rows
MEMORY = "PROCMINE_MEMORY"
"""Of the environment: how much memory the engine may take, such as 8GiB; beyond it, it works on disk."""
MEMORY_SHARE, LEAST_MEMORY_MIB = 0.15, 1024
"""Else so much of what the engine would take by itself, which is four fifths of the machine's, but at least so much."""


_WIDE = ("\xa0", "\u3000")
_LEADS = " OR ".join(["cell < '!'", *(f"(cell >= '{space}' AND cell < '{chr(ord(space) + 1)}')" for space in _WIDE)])
_TRAILS = " OR ".join(f"ends_with(cell, '{space}')" for space in (" ", "\t", "\r", "\n", *_WIDE))
_SPACE = "".join((" \t\n\r\v\f", *_WIDE))
_BARE = f"""
    CREATE TEMP MACRO procmine_bare(cell) AS
    CASE WHEN {_LEADS} OR {_TRAILS} THEN nullif(trim(cell, '{_SPACE}'), '') ELSE cell END
"""
"""A cell without the space around it. Looked at first: trimming is dear, and few cells need it. Exports put a tab after
long numbers, lest a spreadsheet round them, and Chinese ones pad with the wide space. A macro, since writing this out
for every column of every export takes longer than reading small ones."""


@functools.cache
def connection() -> Backend:
    """The process's one connection."""
    backend = ibis.duckdb.connect()
    backend.raw_sql("SET TimeZone = 'UTC'")
    backend.raw_sql("SET preserve_insertion_order = true")
    backend.raw_sql("SET autoinstall_known_extensions = false")  # nothing is loaded from the web
    _limit_memory(backend)
    spill = Path(tempfile.gettempdir()) / f"procmine-{os.getpid()}"  # by default it is a folder in the current one
    backend.raw_sql(f"SET temp_directory = '{sql_text(os.fspath(spill))}'")
    with contextlib.suppress(duckdb.InvalidInputException):  # a notebook without ipywidgets has none to turn off
        backend.raw_sql("SET enable_progress_bar = false")
    backend.raw_sql(_BARE)
    ibis.set_backend(backend)
    return backend


def _limit_memory(backend: Backend) -> None:
    number, unit = backend.raw_sql("SELECT current_setting('memory_limit')").fetchone()[0].split()
    share = float(number) * 1024 ** ("KiB", "MiB", "GiB", "TiB").index(unit) / 1024 * MEMORY_SHARE
    limit = os.environ.get(MEMORY) or f"{max(share, LEAST_MEMORY_MIB):.0f}MiB"
    try:
        backend.raw_sql(f"SET memory_limit = '{sql_text(limit)}'")
    except duckdb.ParserException as error:
        raise ProcmineError(f"no size of memory: {limit!r}", where=MEMORY, expected="A size such as 8GiB") from error


def table(data: pd.DataFrame | pa.Table, schema: dict[str, dt.DataType] | None = None) -> Table:
    """A frame or Arrow table as a table of the engine, with `schema` where given."""
    connection()
    return ibis.memtable(data, schema=None if schema is None else ibis.schema(schema))


def nothing(columns: Mapping[str, dt.DataType]) -> Table:
    """A table of `columns` without a row."""
    none = ibis.range(0).unnest().name("none").as_table()
    return none.select(**{name: ibis.null(kind) for name, kind in columns.items()})


def collect(expression: Table) -> pd.DataFrame:
    """The rows of `expression` as a pandas frame."""
    return cast(pd.DataFrame, connection().to_pandas(expression))


def collect_arrow(expression: Table) -> pa.Table:
    """The rows of `expression` as an Arrow table."""
    return connection().to_pyarrow(expression)


def batches(expression: Table, rows: int = 100_000) -> Iterator[pa.RecordBatch]:
    """The rows of `expression`, at most `rows` at a time."""
    yield from connection().to_pyarrow_batches(expression, chunk_size=rows)


def scalar(expression: Value) -> Any:
    """The one value of `expression`."""
    return connection().to_pandas(expression)


@contextmanager
def materialized(expression: Table) -> Iterator[Table]:
    """`expression` computed once, for as long as the context lasts."""
    with _made("TABLE", _query(expression)) as name:
        yield _named(name, expression.schema())


@contextmanager
def coded(expression: Table) -> Iterator[Table]:
    """`expression`, its text columns of few values held as numbers, for as long as the context lasts.

    It is computed where it is used, and beforehand to see which values there are. Sorting and writing such columns
    takes half the time; the numbers go by the alphabet, and what is stored or collected is text again. Of few rows it
    is `expression` itself.
    """
    texts = [column for column, kind in expression.schema().items() if kind.is_string()]
    with contextlib.ExitStack() as scratch:
        plain = sql_name(scratch.enter_context(_made("VIEW", _query(expression))))
        counts = ", ".join(["count(*)", *(f"approx_count_distinct({sql_name(column)})" for column in texts)])
        rows, *values = connection().raw_sql(f"SELECT {counts} FROM {plain}").fetchone()
        few = min(MOST_CODES, rows // ROWS_A_CODE) if rows >= FEWEST_CODED else 0
        codes = []
        for column, distinct in zip(map(sql_name, texts), values, strict=True):
            if 0 < distinct <= few:
                known = f"SELECT DISTINCT {column} FROM {plain} WHERE {column} IS NOT NULL ORDER BY 1"
                kind = scratch.enter_context(_made("TYPE", f"ENUM ({known})"))
                codes.append(f"CAST({column} AS {sql_name(kind)}) AS {column}")
        if not codes:
            yield expression
            return
        view = f"SELECT * REPLACE ({', '.join(codes)}) FROM {plain}"
        yield _named(scratch.enter_context(_made("VIEW", view)), expression.schema())


FEWEST_CODED, MOST_CODES, ROWS_A_CODE = 50_000, 10_000, 20
"""A text column becomes codes where a table has so many rows, and it at most so many values, with so many rows each."""


@contextmanager
def _made(kind: Literal["TABLE", "VIEW", "TYPE"], definition: str) -> Iterator[str]:
    """The name of something that the engine has for as long as the context lasts."""
    name = ibis.util.gen_name("procmine")
    connection().raw_sql(f"CREATE {'' if kind == 'TYPE' else 'TEMP '}{kind} {sql_name(name)} AS {definition}")
    try:
        yield name
    finally:
        connection().raw_sql(f"DROP {kind} {sql_name(name)}")


def _query(expression: Table) -> str:
    """The SQL of `expression`. Selects are not fused, which takes a fifth of the writing: the engine does it too."""
    options, fused = ibis.options.sql, ibis.options.sql.fuse_selects
    options.fuse_selects = False
    try:
        connection()._run_pre_execute_hooks(expression)
        return str(connection().compile(expression))
    finally:
        options.fuse_selects = fused


def _named(name: str, schema: ibis.Schema) -> Table:
    return ops.DatabaseTable(name, schema=schema, source=connection()).to_expr()


def csv(path: Path, *, columns: Sequence[str], delimiter: str, longest_row: int) -> Table:
    """The rows of a CSV file in UTF-8 with a header: `columns`, all text, in the file's order; nothing is guessed.

    A row of more than `longest_row` bytes, like any that is not as it should be, is an error when they are computed.
    """
    names = ", ".join(f"'{sql_text(name)}': 'VARCHAR'" for name in columns)
    return connection().sql(
        f"SELECT * FROM read_csv({_sql_path(path)}, columns = {{{names}}}, auto_detect = false, "
        f"header = true, delim = '{sql_text(delimiter)}', max_line_size = {longest_row}, "
        """quote = '"', escape = '"', comment = '', nullstr = '', strict_mode = true)"""
    )


def write_rows(expression: Table, path: Path) -> None:
    """Write `expression` to `path` as Parquet, in the order of its rows."""
    backend = connection()
    backend._run_pre_execute_hooks(expression)
    target = sql_text(os.fspath(path))
    backend.raw_sql(f"COPY ({backend.compile(expression)}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")


def rows_in(paths: Sequence[Path]) -> Table:
    """The rows of Parquet files, one file after the other, columns joined by name; and whence each row is.

    `PLACE_OF_FILE` is the place of its file in `paths`, `PLACE_OF_ROW` its place in that, both from 0.
    """
    listed = ", ".join(map(_sql_path, paths))
    return connection().sql(
        f"SELECT *, CAST(file_index AS BIGINT) AS {sql_name(PLACE_OF_FILE)}, "
        f"file_row_number AS {sql_name(PLACE_OF_ROW)} FROM read_parquet([{listed}], union_by_name = true)"
    )


PLACE_OF_FILE, PLACE_OF_ROW = "procmine:place of file", "procmine:place of row"


@contextmanager
def duckdb_tables(path: Path) -> Iterator[dict[str, Table]]:
    """The tables of a DuckDB file, which is attached, read-only, for as long as the context lasts; views are left out.

    They are known by ``schema.table``, those of the schema main by ``table``. Every column is text, as the engine
    writes it, but for whole numbers, which have no decimals, and blobs, which are hexadecimal digits in lower case.
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
            tables[own_name if schema == "main" else f"{schema}.{own_name}"] = table
        yield tables
    finally:
        backend.raw_sql(f"DETACH {sql_name(name)}")


def _text_of(column: str, kind: str) -> str:
    cell = sql_name(column)
    if kind == "BLOB":
        return f"lower(hex({cell}))"
    text = f"CAST({cell} AS VARCHAR)"
    return f"regexp_replace({text}, '[.]0$', '')" if kind in ("FLOAT", "DOUBLE") else text


def read_parquet(path: Path | Sequence[Path]) -> Table:
    """A stored table; it is read when a result is asked for. Of several files, the columns are joined by name."""
    if isinstance(path, Path):
        return connection().read_parquet(_one_file(path))
    return connection().read_parquet([_one_file(one) for one in path], union_by_name=True)


def store(expression: Table, path: Path) -> Table:
    """Write `expression` to `path` as Parquet, in the order of its rows, and return the stored table."""
    connection().to_parquet(expression, path, compression="zstd", parquet_version="v2")
    return read_parquet(path)


def _sql_path(path: Path) -> str:
    return f"'{sql_text(_one_file(path))}'"


def _one_file(path: Path) -> str:
    """A path as that of one file: the engine takes ``orders[1].csv`` for a pattern, and reads ``orders1.csv``."""
    return re.sub(r"([*?\[])", r"[\1]", os.fspath(path))


def sql_text(text: str) -> str:
    """`text` as the inside of an SQL string literal."""
    return text.replace("'", "''")


def sql_name(name: str) -> str:
    """`name` as an SQL identifier, which no text in it can leave."""
    return '"' + name.replace('"', '""') + '"'


_NAIVE = dt.Timestamp()
_UTC = dt.Timestamp(timezone="UTC")
_epoch_us = ibis.udf.scalar.builtin(lambda moment: None, name="epoch_us", signature=((_UTC,), dt.int64))
_timezone = ibis.udf.scalar.builtin(lambda zone, naive: None, name="timezone", signature=((dt.string, _NAIVE), _UTC))
_wall = ibis.udf.scalar.builtin(lambda zone, moment: None, name="timezone", signature=((dt.string, _UTC), _NAIVE))
_edit_distance = ibis.udf.scalar.builtin(
    lambda one, other: None, name="damerau_levenshtein", signature=((dt.string, dt.string), dt.int64)
)
_strlen = ibis.udf.scalar.builtin(lambda text: None, name="strlen", signature=((dt.string,), dt.int64))
_quoted = ibis.udf.scalar.builtin(lambda text: None, name="to_json", signature=((dt.string,), dt.json))
_bare = ibis.udf.scalar.builtin(lambda text: None, name="procmine_bare", signature=((dt.string,), dt.string))
_try_strptime = ibis.udf.scalar.builtin(
    lambda text, form: None, name="try_strptime", signature=((dt.string, dt.string), _NAIVE)
)
_decode = ibis.udf.scalar.builtin(lambda data: None, name="decode", signature=((dt.binary,), dt.string))
_hex = ibis.udf.scalar.builtin(lambda data: None, name="hex", signature=((dt.binary,), dt.string))
_try_text = ibis.udf.scalar.builtin(lambda text: None, name="try", signature=((dt.string,), dt.string))


@ibis.udf.scalar.builtin(name="to_json")  # type: ignore[untyped-decorator]
def _to_json(value) -> dt.json:  # type: ignore[no-untyped-def]
    """A signature of its own could not say that it takes values of any type."""


@ibis.udf.scalar.builtin(name="hash")  # type: ignore[untyped-decorator]
def _hash(one, other) -> dt.uint64:  # type: ignore[no-untyped-def]
    """As `_to_json`."""


def hash_of(one: Value, other: Value) -> IntegerValue:
    """A hash of two values in this order, 0 to 2⁶⁴ − 1, whose sums are exact; Ibis's own is cast twice on the way."""
    return cast(IntegerValue, _hash(one, other))


def bare(text: StringValue) -> StringValue:
    """`text` without space around it, null where nothing is left."""
    return cast(StringValue, _bare(text))


def edit_distance(one: StringValue, other: StringValue) -> IntegerValue:
    """How many bytes of UTF-8 to insert, drop, replace or swap with their neighbour (Damerau-Levenshtein)."""
    return cast(IntegerValue, _edit_distance(one, other))


def bytes_of(text: StringValue) -> IntegerValue:
    """The length of `text` in bytes of UTF-8."""
    return cast(IntegerValue, _strlen(text))


def text_of_bytes(data: Value) -> StringValue:
    """Bytes as the UTF-8 text that they are; those that are none as hexadecimal digits in lower case."""
    return cast(StringValue, _try_text(_decode(data)).coalesce(_hex(data).lower()))


def json_text(value: Value) -> StringValue:
    """Any value, also a list or a struct, as JSON."""
    return cast(StringValue, _to_json(value).cast("string"))


def json_string(text: StringValue) -> StringValue:
    """`text` as a JSON string, quoted and escaped."""
    return cast(StringValue, _quoted(text).cast("string"))


def microseconds(moment: TimestampValue) -> IntegerValue:
    """Microseconds since 1970 in UTC: differences of them are exact, and ten times as fast as those of timestamps."""
    return cast(IntegerValue, _epoch_us(moment))


def local_to_utc(naive: TimestampValue, zone: str) -> TimestampValue:
    """A naive time, read as wall time of the IANA `zone`, in UTC."""
    return cast(TimestampValue, _timezone(zone, naive))


def utc_to_local(moment: TimestampValue, zone: str) -> TimestampValue:
    """What the clock on the wall of the IANA `zone` showed at a moment: a naive time."""
    return cast(TimestampValue, _wall(zone, moment))


def parse_time(text: StringValue, form: str) -> TimestampValue:
    """A naive time read with a strptime format; null where it does not fit."""
    return cast(TimestampValue, _try_strptime(text, form))
