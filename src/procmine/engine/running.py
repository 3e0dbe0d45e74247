"""Run expressions: collect their rows, or keep them on the engine for a while."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, cast

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import pandas as pd
import pyarrow as pa
from ibis.expr.types import Table, Value

from procmine.engine.session import connection
from procmine.engine.sql import sql_name


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
    with _made("TABLE", query(expression)) as name:
        yield _named(name, expression.schema())


class Scratch(contextlib.ExitStack):
    """What is needed until some work is done, tables, files or folders; all of it goes when the context ends."""

    def materialized(self, expression: Table) -> Table:
        """`expression` computed once, for as long as the context lasts."""
        return self.enter_context(materialized(expression))


@contextmanager
def coded(expression: Table) -> Iterator[Table]:
    """`expression`, its text columns of few values held as numbers, for as long as the context lasts.

    It is computed where it is used, and beforehand to see which values there are. Sorting and writing such columns
    takes half the time; the numbers go by the alphabet, and what is stored or collected is text again. Of few rows it
    is `expression` itself.
    """
    with _made("VIEW", query(expression)) as name:
        plain = _named(name, expression.schema())
        with coding(plain) as code:
            numbers = code(plain)
            yield expression if numbers is plain else numbers


@contextmanager
def coding(expression: Table) -> Iterator[Callable[[Table], Table]]:
    """What makes of a table the same table as `coded` holds it, where its values are among those of `expression`.

    So the parts of a table that are computed on one after the other have the same codes, found once.
    """
    texts = [column for column, kind in expression.schema().items() if kind.is_string()]
    plain = f"({query(expression)})"
    with contextlib.ExitStack() as scratch:
        counts = ", ".join(["count(*)", *(f"approx_count_distinct({sql_name(column)})" for column in texts)])
        rows, *values = connection().raw_sql(f"SELECT {counts} FROM {plain}").fetchone()
        few = min(MOST_CODES, rows // ROWS_A_CODE) if rows >= FEWEST_CODED else 0
        codes = []
        for column, distinct in zip(map(sql_name, texts), values, strict=True):
            if 0 < distinct <= few:
                known = f"SELECT DISTINCT {column} FROM {plain} WHERE {column} IS NOT NULL ORDER BY 1"
                kind = scratch.enter_context(_made("TYPE", f"ENUM ({known})"))
                codes.append(f"CAST({column} AS {sql_name(kind)}) AS {column}")

        def code(table: Table) -> Table:
            if not codes:
                return table
            view = f"SELECT * REPLACE ({', '.join(codes)}) FROM ({query(table)})"
            return _named(scratch.enter_context(_made("VIEW", view)), table.schema())

        yield code


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


def query(expression: Table) -> str:
    """The SQL of `expression`, whose tables are known to the engine from now on."""
    connection()._run_pre_execute_hooks(expression)
    return str(connection().compile(expression))


def _named(name: str, schema: ibis.Schema) -> Table:
    return ops.DatabaseTable(name, schema=schema, source=connection()).to_expr()
