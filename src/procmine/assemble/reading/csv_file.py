"""CSV and TSV files: the engine reads a clean one as it is; one with broken rows is sifted line by line."""

import csv
import itertools
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.mapping import Source
from procmine.assemble.reading import csv_rows, header, text
from procmine.assemble.reading.csv_rows import CsvRow, CsvRows
from procmine.assemble.reading.sifted import Sifted
from procmine.assemble.reasons import BYTES, TOO_FEW, TOO_MANY, ZEROS
from procmine.assemble.rows import CELL
from procmine.errors import ExportError

_ENCODING = "Name the file's encoding in study.yaml"
_LONGEST_CANDIDATE = 100_000
"""Characters of a row that may be the header, where the header is not where it should be."""


def read(path: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    """The cells of the CSV file at `path`, row by row below its header, which begins in the line `header_row`.

    A file that is not plain UTF-8, or has lines above its header, is first written again without either. Empty cells
    beyond the header's are no cells. Rows that cannot be read are there without cells, as `Sifted` says: too few or too
    many cells, a quoted cell that does not end as it should, bytes of another encoding or of zero, over `LONGEST_ROW`.

    Errors: `ExportError` for a file that is missing, empty, cut off, whose header is not there (`header.places`) or not
    in the encoding, or of which more than half of the rows cannot be read.
    """
    plain = text.unpacked(path, scratch)
    width, places = _header(path, plain, source, columns)
    try:
        is_as_it_should_be = text.is_utf8(source.encoding) and source.header_row == 1
        utf8 = plain if is_as_it_should_be else _as_utf8(plain, source, scratch)
    except UnicodeError:
        return _sifted(path, plain, source, columns, scratch)
    if text.has_zero_bytes(utf8) or _may_swallow_rows(utf8, source, width):
        return _sifted(path, plain, source, columns, scratch)
    cells = [f"c{place}" for place in range(width)]
    rows = engine.csv(utf8, columns=cells, delimiter=source.delimiter, longest_row=text.LONGEST_ROW)
    return rows.select(**{f"{CELL}{name}": rows[cells[place]] for name, place in places.items()})


def after(error: Exception, path: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    """The rows of a file that the engine refused for one of them."""
    return _sifted(path, text.unpacked(path, scratch), source, columns, scratch)


def _header(path: Path, plain: Path, source: Source, columns: Sequence[str]) -> tuple[int, dict[str, int]]:
    """How many cells the header has, and where each of `columns` stands in it."""
    first = _rows(plain, source, line=1, most=header.FIRST)
    if not any(row.text.strip("\ufeff") for row in first):
        raise ExportError("the file is empty", where=path, expected="The first line names the columns")
    found = first[:1] if source.header_row == 1 else _rows(plain, source, line=source.header_row, most=1)
    if not found:
        told = f"the file ends before line {source.header_row}, which should name the columns"
        raise ExportError(told, where=path, expected="Correct header_row in study.yaml")
    row = found[0]
    if row.problem == ZEROS:
        raise ExportError(
            "zero bytes in the header", where=path, expected=f"{_ENCODING}: a file like this is often utf-16"
        )
    if row.problem == BYTES:
        told = f"bytes in the header that are not {source.encoding}: {text.shown(row.text)[:100]}"
        raise ExportError(told, where=path, expected=_ENCODING)
    if row.problem is not None:
        raise ExportError(f"the header cannot be read: {row.problem}", where=path)
    names = _cells(row, source.delimiter)
    others = [other for other in first if other.problem is None and len(other.text) < _LONGEST_CANDIDATE]
    rows = {other.line: _cells(other, source.delimiter) for other in others} | {row.line: names}
    return len(names), header.places(rows, columns, row=source.header_row, where=path, word="line")


def _rows(plain: Path, source: Source, *, line: int, most: int) -> list[CsvRow]:
    """At most so many rows, the first of which begins in `line`."""
    with text.opened(plain, source.encoding, strict=False) as file:
        lines = text.lines(file, first=line)
        return list(itertools.islice(CsvRows(lines, source.delimiter, first=line), most))


def _cells(row: CsvRow, delimiter: str) -> list[str]:
    return next(csv.reader([row.text.removeprefix("\ufeff")], delimiter=delimiter), [""])


def _as_utf8(plain: Path, source: Source, scratch: ExitStack) -> Path:
    """A copy of a file from its header on."""
    copy = text.scratch_file(scratch, "export.csv")
    with text.opened(plain, source.encoding, strict=True) as file, copy.open("w", encoding="utf-8", newline="") as out:
        text.skip(file, source.header_row - 1)
        while block := file.read(1 << 20):
            out.write(block)
    return copy


def _may_swallow_rows(utf8: Path, source: Source, width: int) -> bool:
    if not text.has_open_quotes(utf8):
        return False
    with text.opened(utf8, "utf-8", strict=False) as file:
        return csv_rows.may_swallow_rows(text.lines(file), source.delimiter, width=width)


def _sifted(path: Path, plain: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    width, places = _header(path, plain, source, columns)
    sifted = Sifted(path, delimiter=source.delimiter, width=width, scratch=scratch)
    with text.opened(plain, source.encoding, strict=False) as file, sifted:
        lines = text.lines(file, first=source.header_row)
        rows = iter(CsvRows(lines, source.delimiter, first=source.header_row, width=width))
        next(rows)
        for row in rows:
            problem = row.problem or _wrong_width(row, width, source.delimiter)
            if problem is None:
                sifted.add(row.text)
            elif row.text or width == 1:
                detail = f"the row has {row.cells} cells, the header {width}" if row.problem is None else None
                sifted.refuse(problem, line=row.line, stands=row.text, detail=detail)
    return sifted.table(places, advice=f"Check the delimiter, the encoding {source.encoding} and the quotes")


def _wrong_width(row: CsvRow, width: int, delimiter: str) -> str | None:
    if row.cells == width:
        return None
    if row.cells < width:
        return TOO_FEW
    surplus = row.cells - width
    return None if row.text.endswith(delimiter * surplus) else TOO_MANY
