"""The rows of all exports of a source as one table: each export read once, and again only when it has changed."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.mapping import Source
from procmine.assemble.mapping.columns import columns_needed, columns_read
from procmine.assemble.reading.dispatch import rows_in, table_state, write_rows
from procmine.assemble.reading.exports import Export, file_state
from procmine.assemble.reading.presence import MissingColumnError
from procmine.assemble.reading.row_cache import RowCache
from procmine.assemble.rows import CELL
from procmine.errors import ExportError


class SourceRows(NamedTuple):
    """The rows of a source, in the shape of `rows_in`, and what some of its exports lack.

    `absent` has, for each column that is not in all exports, the places of those without it in the list of exports.
    """

    rows: Table
    absent: dict[str, list[int]]


def read_source(exports: Sequence[Export], source: Source, scratch: engine.Scratch, *, cache: RowCache) -> SourceRows:
    """The rows of `exports` with the cells of the columns that `source` uses, null where an export has no such column.

    Each export has the columns that `columns_needed` asks for, and each column is in some export. Rows are kept in
    `cache`; those that are there are not read again. The table lives as long as `scratch`.

    A table on a server may change while it is read: then its rows are those of one moment, and are not kept.

    Errors: `ExportError` for an export that cannot be read or lacks what is needed; for a column that is in none of
    them; for a file that changes while it is read.
    """
    folder = cache.scratch_folder(scratch)
    columns, needed = columns_read(source), [set(group) for group in columns_needed(source)]
    files, found = [], []
    for place, export in enumerate(exports):
        file = folder / f"{place}.parquet"
        found.append(_read(export, source, columns, needed, file=file, cache=cache))
        files.append(file)
    absent = {
        column: lacking
        for column in columns
        if (lacking := [place for place, present in enumerate(found) if column not in present])
    }
    in_none = [column for column, lacking in absent.items() if len(lacking) == len(exports)]
    if in_none:  # what the first export has instead is not kept, so it is asked again
        write_rows(exports[0].path, source, in_none, folder / "none.parquet")
    rows = rows_in(files)
    if len(files) > 1:
        rows = scratch.materialized(rows)
    return SourceRows(rows, absent)


def _read(
    export: Export, source: Source, columns: Sequence[str], needed: Sequence[set[str]], *, file: Path, cache: RowCache
) -> set[str]:
    """Write the rows of an export to `file`, from `cache` or else anew; which of `columns` it has."""
    name = cache.name(export, source, columns)
    if cache.take(name, file):
        found = _columns_in(file)
        if all(found & group for group in needed):
            return found
        file.unlink()
    present = list(columns)
    while True:
        try:
            write_rows(export.path, source, present, file)
            break
        except MissingColumnError as error:
            present.remove(error.column)
            if any(group.isdisjoint(present) for group in needed):
                raise
    if source.database is not None:
        if table_state(source) == export.state:
            cache.put(name, file)
    elif file_state(export.path) == export.state:
        cache.put(name, file)
    else:
        raise ExportError(
            "the file changed while it was read", where=export.path, expected="Try again when it is written whole"
        )
    return set(present)


def _columns_in(file: Path) -> set[str]:
    """The columns whose cells are in a file of rows; none where it is no whole file, as after a power cut."""
    try:
        names = pq.read_schema(file).names
    except (OSError, pa.ArrowInvalid):
        return set()
    return {name.removeprefix(CELL) for name in names if name.startswith(CELL)}
