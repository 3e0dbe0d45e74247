"""Where expressions are executed: an in-process DuckDB behind Ibis, and nothing else in procmine runs a query.

Everything up to a collected result is an Ibis expression. All tables of a process live on one connection, so that
any two of them can be joined. The session's time zone is UTC.
"""

import contextlib
import functools
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import duckdb
import ibis
import ibis.expr.datatypes as dt
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend
from ibis.expr.types import IntegerValue, StringValue, Table, TimestampValue, Value

ibis.options.interactive = True  # a table that is shown, in a notebook or a console, shows its first rows


@functools.cache
def connection() -> Backend:
    """The process's one connection."""
    backend = ibis.duckdb.connect()
    backend.raw_sql("SET TimeZone = 'UTC'")
    backend.raw_sql("SET preserve_insertion_order = true")
    backend.raw_sql("SET autoinstall_known_extensions = false")  # nothing is loaded from the web
    spill = Path(tempfile.gettempdir()) / f"procmine-{os.getpid()}"  # by default it is a folder in the current one
    backend.raw_sql(f"SET temp_directory = '{sql_text(os.fspath(spill))}'")
    with contextlib.suppress(duckdb.InvalidInputException):  # a notebook without ipywidgets has none to turn off
        backend.raw_sql("SET enable_progress_bar = false")
    ibis.set_backend(backend)
    return backend


def table(data: pd.DataFrame | pa.Table, schema: dict[str, dt.DataType] | None = None) -> Table:
    """A frame or Arrow table as a table of the engine, with `schema` where given."""
    connection()
    return ibis.memtable(data, schema=None if schema is None else ibis.schema(schema))


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
    backend = connection()
    name = ibis.util.gen_name("procmine")
    try:
        backend.create_table(name, expression, temp=True)
        yield backend.table(name)
    finally:
        backend.drop_table(name, force=True)


def csv(path: Path, *, columns: Sequence[str], delimiter: str) -> Table:
    """The rows of a CSV file in UTF-8 with a header: `columns`, all text, in the file's order; nothing is guessed."""
    names = ", ".join(f"'{sql_text(name)}': 'VARCHAR'" for name in columns)
    return connection().sql(
        f"SELECT * FROM read_csv('{sql_text(os.fspath(path))}', columns = {{{names}}}, auto_detect = false, "
        f"header = true, delim = '{sql_text(delimiter)}', "
        """quote = '"', escape = '"', comment = '', nullstr = '', strict_mode = true)"""
    )


def read_parquet(path: Path | Sequence[Path]) -> Table:
    """A stored table; it is read when a result is asked for. Of several files, the columns are joined by name."""
    if isinstance(path, Path):
        return connection().read_parquet(path)
    return connection().read_parquet(path, union_by_name=True)


def store(expression: Table, path: Path) -> Table:
    """Write `expression` to `path` as Parquet, in the order of its rows, and return the stored table."""
    connection().to_parquet(expression, path, compression="zstd", parquet_version="v2")
    return read_parquet(path)


def sql_text(text: str) -> str:
    """`text` as the inside of an SQL string literal."""
    return text.replace("'", "''")


_NAIVE = dt.Timestamp()
_UTC = dt.Timestamp(timezone="UTC")
_epoch_us = ibis.udf.scalar.builtin(lambda moment: None, name="epoch_us", signature=((_UTC,), dt.int64))
_timezone = ibis.udf.scalar.builtin(lambda zone, naive: None, name="timezone", signature=((dt.string, _NAIVE), _UTC))
_trim = ibis.udf.scalar.builtin(
    lambda text, characters: None, name="trim", signature=((dt.string, dt.string), dt.string)
)
_try_strptime = ibis.udf.scalar.builtin(
    lambda text, form: None, name="try_strptime", signature=((dt.string, dt.string), _NAIVE)
)


def trim(text: StringValue, characters: str) -> StringValue:
    """`text` without any of `characters` at its two ends."""
    return cast(StringValue, _trim(text, characters))


def microseconds(moment: TimestampValue) -> IntegerValue:
    """Microseconds since 1970 in UTC: differences of them are exact, and ten times as fast as those of timestamps."""
    return cast(IntegerValue, _epoch_us(moment))


def local_to_utc(naive: TimestampValue, zone: str) -> TimestampValue:
    """A naive time, read as wall time of the IANA `zone`, in UTC."""
    return cast(TimestampValue, _timezone(zone, naive))


def parse_time(text: StringValue, form: str) -> TimestampValue:
    """A naive time read with a strptime format; null where it does not fit."""
    return cast(TimestampValue, _try_strptime(text, form))
