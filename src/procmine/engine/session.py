"""The one connection to DuckDB, and what it is set to."""

import contextlib
import functools
import os
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import ibis
from ibis.backends.duckdb import Backend

from procmine.engine.collector import collector_paused
from procmine.engine.functions import BARE
from procmine.engine.sql import sql_text
from procmine.errors import ProcmineError

ibis.options.interactive = True  # a table that is shown, in a notebook or a console, shows its first rows
MEMORY = "PROCMINE_MEMORY"
"""Of the environment: how much memory the engine may take, such as 8GiB; beyond it, it works on disk."""
MEMORY_SHARE, LEAST_MEMORY_MIB = 0.15, 1024
"""Where the environment does not say: this share of what the engine would take by itself, which is four fifths of the
machine's memory, but at least so many MiB."""
AHEAD = "16MiB"
"""How much of a result that is handed on in batches is computed before it is asked for: with the engine's 1 MB, one
processor computes and the other waits."""


class Engine(Backend):  # type: ignore[misc]
    """Ibis's DuckDB, which writes a query in less time: small ones take longer to write than to run."""

    def compile(self, expression: ibis.Expr, /, **options: Any) -> str:
        """The SQL of `expression`. Selects are not fused, since DuckDB does that too, and the collector waits."""
        sql, fused = ibis.options.sql, ibis.options.sql.fuse_selects
        sql.fuse_selects = False
        try:
            with collector_paused():
                return str(super().compile(expression, **options))
        finally:
            sql.fuse_selects = fused


@functools.cache
def connection() -> Backend:
    """The process's one connection."""
    backend = Engine().connect()
    backend.raw_sql("SET TimeZone = 'UTC'")
    backend.raw_sql("SET preserve_insertion_order = true")
    backend.raw_sql("SET autoinstall_known_extensions = false")  # nothing is loaded from the web
    _limit_memory(backend)
    backend.raw_sql(f"SET streaming_buffer_size = '{AHEAD}'")
    spill = Path(tempfile.gettempdir()) / f"procmine-{os.getpid()}"  # by default it is a folder in the current one
    backend.raw_sql(f"SET temp_directory = '{sql_text(os.fspath(spill))}'")
    with contextlib.suppress(duckdb.InvalidInputException):  # a notebook without ipywidgets has none to turn off
        backend.raw_sql("SET enable_progress_bar = false")
    backend.raw_sql(BARE)
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
