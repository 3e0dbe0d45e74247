"""Read an export: every row of the file, its cells as text, numbered as they stand there."""

import codecs
import csv
import gzip
import io
import tempfile
import zlib
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

import duckdb
import ibis
from ibis.expr.types import StringColumn, StringValue, Table

from procmine import engine
from procmine.assemble.mapping import Source
from procmine.errors import ExportError, nearest

ROW = "procmine:row"
"""Beside an export's own columns: 1 for the first row below the header."""
ORDER = "procmine:order"
"""Beside an export's own columns: the order that the row belongs to."""
PROBLEM = "procmine:problem"
"""Beside an export's own columns: why the row belongs to no order."""
_WIDE = ("\xa0", "\u3000")
_SPACE = "".join((" \t\n\r\v\f", *_WIDE))
CELL = "cell:"
"""Before the name of an export's column, so that no name there can be taken for one of ours."""


def read_export(path: Path, source: Source, columns: Iterable[str], scratch: ExitStack) -> Table:
    """The export at `path`: `ROW` int64 and `cell:<column>`, text without surrounding space, null where empty.

    Read once; the table lives as long as `scratch`. A file that is compressed (`.gz`) or not UTF-8 is first written
    again as plain UTF-8.

    Errors: `ExportError` for a file that is missing, empty, cut off, not in its declared encoding, without one of
    `columns`, with a column name twice, or with a row that has more or fewer cells than the header, by its line.
    """
    header = _header(path, source)
    wanted = dict.fromkeys(columns)
    for column in wanted:
        if column not in header:
            raise ExportError(f"no column {column!r}", where=path, expected=nearest(column, header))
        alike = [other for other in wanted if other != column and other.lower() == column.lower()]
        if alike:
            raise ExportError(
                f"columns {column!r} and {alike[0]!r} differ only in upper and lower case",
                where=path,
                expected="A study can use one of them; rename the other in the export",
            )
    plain = path if _is_utf8(source.encoding) and not _is_gzip(path) else _as_utf8(path, source.encoding, scratch)
    places = {name: f"c{place}" for place, name in enumerate(header)}
    exported = engine.csv(plain, columns=list(places.values()), delimiter=source.delimiter)
    cells = exported.select(**{f"{CELL}{name}": _bare(exported[places[name]]) for name in wanted})
    try:
        raw = scratch.enter_context(engine.materialized(cells))
    except duckdb.Error as error:
        raise _explained(error, path) from error
    return raw.select(raw, **{ROW: raw.rowid() + 1})


def _bare(cell: StringColumn) -> StringValue:
    """The cell without space around it. Looked at first: trimming is dear, and few cells need it.

    Exports put a tab after long numbers, lest a spreadsheet round them, and Chinese ones pad with the wide space.
    """
    leads = [cell < "!", *((cell >= space) & (cell < chr(ord(space) + 1)) for space in _WIDE)]
    trails = [cell.endswith(space) for space in (" ", "\t", *_WIDE)]
    return ibis.ifelse(ibis.or_(*leads, *trails), engine.trim(cell, _SPACE).nullif(""), cell)


def cell(rows: Table, column: str) -> StringColumn:
    """The cells of an export's `column`."""
    return rows[f"{CELL}{column}"]


def _explained(error: duckdb.Error, path: Path) -> ExportError:
    """What the engine's reader refused in `path`, in a user's words."""
    text = str(error)
    line = text.partition("CSV Error on Line:")[2].split("\n", 1)[0].strip()
    where = f"{path}, line {line}" if line else str(path)
    if "Invalid unicode" in text:
        return ExportError("bytes that are not UTF-8", where=where, expected="Name the file's encoding in study.yaml")
    if "unterminated quote" in text:
        return ExportError(
            "a quoted cell does not end as it should", where=where, expected='Write "" for a quote in it'
        )
    if "Expected Number of Columns" in text:
        wanted, _colon, found = text.partition("Expected Number of Columns:")[2].split("\n", 1)[0].partition("Found:")
        return ExportError(
            f"the row has {found.strip()} cells, the header {wanted.strip()}",
            where=where,
            expected="Check the delimiter, and quote cells that contain it",
        )
    if "Maximum line size" in text:
        return ExportError(
            "a row longer than 2,000,000 bytes", where=where, expected="Look for a quote that never ends"
        )
    if "invalid state" in text:
        return ExportError(
            "rows end in different ways, or a quote stands where none may",
            where=where,
            expected="End all rows alike, with LF or CR LF, and quote whole cells",
        )
    return ExportError(f"the file cannot be read: {text.splitlines()[0][:300]}", where=where)


def _header(path: Path, source: Source) -> list[str]:
    try:
        with _open(path, source.encoding) as lines:
            header = next(csv.reader(lines, delimiter=source.delimiter), None)
    except FileNotFoundError:
        raise ExportError("no such file", where=path, expected=nearest(path.name, _names(path.parent))) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _broken_gzip(path, error) from error
    except (OSError, csv.Error) as error:
        raise ExportError(f"the file cannot be read: {error}", where=path) from error
    except UnicodeError as error:
        raise _wrong_encoding(path, source.encoding, error) from error
    if not header:
        raise ExportError("the file is empty", where=path, expected="The first line names the columns")
    twice = {name for name in header if header.count(name) > 1}
    if twice:
        raise ExportError(f"column {sorted(twice)[0]!r} is there twice", where=path, expected="Each column one name")
    return header


def _open(path: Path, encoding: str) -> TextIO:
    codec = "utf-8-sig" if _is_utf8(encoding) else encoding
    if not _is_gzip(path):
        return path.open(encoding=codec, newline="")
    return io.TextIOWrapper(gzip.open(path), encoding=codec, newline="")


def _names(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()] if folder.is_dir() else []


def _is_gzip(path: Path) -> bool:
    return path.suffix == ".gz"


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in {"utf-8", "utf-8-sig"}


def _as_utf8(path: Path, encoding: str, scratch: ExitStack) -> Path:
    folder = scratch.enter_context(tempfile.TemporaryDirectory(prefix="procmine-"))
    copy = Path(folder) / "export.csv"
    try:
        with _open(path, encoding) as lines, copy.open("w", encoding="utf-8", newline="") as out:
            while block := lines.read(1 << 20):
                out.write(block)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise _broken_gzip(path, error) from error
    except UnicodeError as error:
        raise _wrong_encoding(path, encoding, error) from error
    return copy


def _broken_gzip(path: Path, error: Exception) -> ExportError:
    return ExportError(
        f"the compressed file is cut off or is no gzip file: {error}", where=path, expected="Copy the export again"
    )


def _wrong_encoding(path: Path, encoding: str, error: UnicodeError) -> ExportError:
    return ExportError(
        f"bytes that are not {encoding}: {error}", where=path, expected="Name the file's encoding in study.yaml"
    )
