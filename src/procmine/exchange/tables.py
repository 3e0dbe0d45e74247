"""The events of a log as a plain table: Parquet for programs, CSV for spreadsheets."""

from os import PathLike
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.expr.types import Table

from procmine import engine
from procmine.errors import LogError
from procmine.exchange.files import require_file, require_target, whole
from procmine.exchange.log_order import sorted_batches, write_in_order
from procmine.exchange.spreadsheet import write_header, write_rows
from procmine.schema import EVENT, ORDER, require_log

PARQUET, CSV = ".parquet", ".csv"
_ROWS = 100_000


def write_events(log: Table, path: str | PathLike[str]) -> Path:
    """Write `log` to `path`, one row an event, and return the path.

    `.parquet` holds every column as it is: `read_events` reads the same log again. `.csv` holds the columns of
    `schema.EVENT`, position, occurrence, and the ``case:`` and ``event:`` columns under a header, UTF-8 with the mark
    by which spreadsheets know it; times are ISO 8601 in UTC, null is an empty cell. A text that a spreadsheet would
    take for a formula gets an apostrophe in front, so CSV is to be looked at; only Parquet is promised to come back
    equal.

    Raises `LogError` where `log` is not a log, or `path` has another ending, is a folder, or cannot be written. The
    file appears when it is whole.
    """
    require_log(log)
    target = require_target(Path(path), (PARQUET, CSV), kind="a table of events")
    write = _write_parquet if target.name.lower().endswith(PARQUET) else _write_csv

    def written(rows: Table) -> None:
        with whole(target) as part:
            write(rows, part)

    write_in_order(log, written)
    return target


def read_events(path: str | PathLike[str]) -> Table:
    """The log in a `.parquet` file that `write_events` wrote; it is read when a result is asked for.

    Raises `LogError` where the file is missing, is no Parquet file, or holds no log. CSV is not read as a log: what a
    column of it means is for a study to say.
    """
    file = require_file(Path(path), (PARQUET,), kind="a Parquet file; events in CSV are a study's exports")
    try:
        pq.read_schema(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise LogError(
            f"this is no whole Parquet file: {error}", where=file, expected="A file that write_events wrote"
        ) from error
    return require_log(engine.read_parquet(file))


def _write_parquet(rows: Table, path: Path) -> None:
    stored = engine.store(rows, path)
    for _batch in sorted_batches(stored.select("case_id", "position"), _ROWS):
        pass


def _write_csv(rows: Table, path: Path) -> None:
    shown = rows.drop(*(name for name in ORDER if name.startswith("next_")))
    shown = shown.relocate(*EVENT, "position", "occurrence")
    with path.open("xb") as file:
        write_header(file, shown.columns)
        for batch in sorted_batches(shown, _ROWS):
            write_rows(file, pa.Table.from_batches([batch]))
