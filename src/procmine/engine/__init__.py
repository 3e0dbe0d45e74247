"""Where expressions are executed: an in-process DuckDB behind Ibis, and nothing else in procmine runs a query.

Everything up to a collected result is an Ibis expression. All tables of a process live on one connection, so that
any two of them can be joined. The session's time zone is UTC.
"""

from procmine.engine.collector import collector_paused
from procmine.engine.files import (
    PLACE_OF_FILE,
    PLACE_OF_ROW,
    csv,
    duckdb_tables,
    read_parquet,
    rows_in,
    store,
    write_rows,
)
from procmine.engine.functions import (
    after_1970,
    bare,
    bytes_of,
    edit_distance,
    float_text,
    hash_of,
    json_string,
    json_text,
    local_to_utc,
    microseconds,
    naive_utc,
    parse_time,
    text_of_bytes,
    utc_to_local,
)
from procmine.engine.running import (
    Scratch,
    batches,
    coded,
    coding,
    collect,
    collect_arrow,
    materialized,
    nothing,
    scalar,
    table,
)
from procmine.engine.session import MEMORY, connection
from procmine.engine.sql import sql_name, sql_text

__all__ = [
    "MEMORY",
    "PLACE_OF_FILE",
    "PLACE_OF_ROW",
    "Scratch",
    "after_1970",
    "bare",
    "batches",
    "bytes_of",
    "coded",
    "coding",
    "collect",
    "collect_arrow",
    "collector_paused",
    "connection",
    "csv",
    "duckdb_tables",
    "edit_distance",
    "float_text",
    "hash_of",
    "json_string",
    "json_text",
    "local_to_utc",
    "materialized",
    "microseconds",
    "naive_utc",
    "nothing",
    "parse_time",
    "read_parquet",
    "rows_in",
    "scalar",
    "sql_name",
    "sql_text",
    "store",
    "table",
    "text_of_bytes",
    "utc_to_local",
    "write_rows",
]
