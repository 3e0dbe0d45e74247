"""Read an export: every row of the file, its cells as text, numbered as they stand there."""

import codecs
import csv
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import duckdb
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.mapping import Source
from procmine.errors import ExportError, nearest

ROW = "source_row"
"""1 for the first row below the header."""


def read_export(path: Path, source: Source, columns: Iterable[str], scratch: ExitStack) -> Table:
    """The export at `path`: `source_row` int64 and `columns`, text without surrounding space, null where empty.

    A file that is not UTF-8 is first written again as UTF-8 to a folder that lives as long as `scratch`.

    Errors: `ExportError` for a file that is missing, empty, not in its declared encoding, without one of `columns`,
    with a column name twice, or with a row that has more or fewer cells than the header, by its line.
    """
    header = _header(path, source)
    wanted = dict.fromkeys(columns)
    for column in wanted:
        if column not in header:
            raise ExportError(f"no column {column!r}", where=path, expected=nearest(column, header))
    utf8 = path if _is_utf8(source.encoding) else _as_utf8(path, source.encoding, scratch)
    raw = engine.csv(utf8, columns=header, delimiter=source.delimiter)
    cells = {name: _[name].strip().nullif("") for name in wanted}
    return raw.select(ROW, **cells)


def explain(error: duckdb.Error, path: Path) -> ExportError:
    """What the engine's reader refused in `path`, in a user's words."""
    text = str(error)
    line = text.partition("CSV Error on Line:")[2].split("\n", 1)[0].strip()
    where = f"{path}, line {line}" if line else str(path)
    if "unicode" in text or "Unicode" in text or "utf-8" in text:
        return ExportError("bytes that are not UTF-8", where=where, expected="Name the file's encoding in study.yaml")
    if "unterminated quote" in text or "quote" in text.lower().partition("possible")[0]:
        return ExportError("a quoted cell does not end as it should", where=where, expected='Write "" for a quote in it')
    if "Expected Number of Columns" in text:
        found = text.partition("Expected Number of Columns:")[2].split("\n", 1)[0].strip()
        return ExportError(
            f"a row that does not have the header's number of cells (expected and found: {found})",
            where=where,
            expected="Check the delimiter, and quote cells that contain it",
        )
    return ExportError(text.split("\n\n", 1)[0].replace("\n", " "), where=where)


def _header(path: Path, source: Source) -> list[str]:
    try:
        with path.open(encoding=_codec(source.encoding), newline="") as lines:
            header = next(csv.reader(lines, delimiter=source.delimiter), None)
    except FileNotFoundError:
        raise ExportError("no such file", where=path, expected=nearest(path.name, _names(path.parent))) from None
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


def _names(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()] if folder.is_dir() else []


def _codec(encoding: str) -> str:
    return "utf-8-sig" if _is_utf8(encoding) else encoding


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in {"utf-8", "utf-8-sig"}


def _as_utf8(path: Path, encoding: str, scratch: ExitStack) -> Path:
    folder = scratch.enter_context(tempfile.TemporaryDirectory(prefix="procmine-"))
    copy = Path(folder) / path.name
    try:
        with path.open(encoding=encoding, newline="") as lines, copy.open("w", encoding="utf-8", newline="") as out:
            while block := lines.read(1 << 20):
                out.write(block)
    except UnicodeError as error:
        raise _wrong_encoding(path, encoding, error) from error
    return copy


def _wrong_encoding(path: Path, encoding: str, error: UnicodeError) -> ExportError:
    return ExportError(
        f"bytes that are not {encoding}: {error}", where=path, expected="Name the file's encoding in study.yaml"
    )
