"""CSV and TSV files: the engine reads a clean one as it is; one with broken rows is sifted line by line."""

import csv
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.mapping import Source
from procmine.assemble.reading import csv_rows, text
from procmine.assemble.reading.csv_rows import CsvRow, CsvRows
from procmine.assemble.reading.presence import require_columns
from procmine.assemble.reading.sifted import Sifted
from procmine.assemble.rows import CELL
from procmine.errors import ExportError

_ENCODING = "Name the file's encoding in study.yaml"


def read(path: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    """The cells of the CSV file at `path`, row by row below its header.

    A file that is not plain UTF-8 is first written again as that. Empty cells beyond the header's are no cells.
    Rows that cannot be read are there without cells, as `Sifted` says: too few or too many cells, a quoted cell that
    does not end as it should, bytes of another encoding or of zero, over `LONGEST_ROW`.

    Errors: `ExportError` for a file that is missing, empty, cut off, without one of `columns`, with a column name
    twice, whose header is not in the encoding, or of which more than half of the rows cannot be read.
    """
    plain = text.unpacked(path, scratch)
    header = _header(path, plain, source)
    require_columns(columns, header, path)
    try:
        utf8 = plain if text.is_utf8(source.encoding) else _as_utf8(plain, source.encoding, scratch)
    except UnicodeError:
        return _sifted(path, plain, source, columns, scratch)
    if text.has_zero_bytes(utf8):
        return _sifted(path, plain, source, columns, scratch)
    places = {name: f"c{place}" for place, name in enumerate(header)}
    rows = engine.csv(utf8, columns=list(places.values()), delimiter=source.delimiter, longest_row=text.LONGEST_ROW)
    return rows.select(**{f"{CELL}{name}": rows[places[name]] for name in columns})


def after(error: Exception, path: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    """The rows of a file that the engine refused for one of them."""
    return _sifted(path, text.unpacked(path, scratch), source, columns, scratch)


def _header(path: Path, plain: Path, source: Source) -> list[str]:
    with text.opened(plain, source.encoding, strict=False) as file:
        first = next(text.lines(file), "").removeprefix("\ufeff")
        if not first.strip("\r\n"):
            raise ExportError("the file is empty", where=path, expected="The first line names the columns")
        file.seek(0)
        row = next(iter(CsvRows(text.lines(file), source.delimiter)))
    if row.problem == text.ZEROS:
        raise ExportError(
            "zero bytes in the header", where=path, expected=f"{_ENCODING}: a file like this is often utf-16"
        )
    if row.problem == text.BYTES:
        found = f"bytes in the header that are not {source.encoding}: {text.shown(row.text)[:100]}"
        raise ExportError(found, where=path, expected=_ENCODING)
    if row.problem is not None:
        raise ExportError(f"the header cannot be read: {row.problem}", where=path)
    header = next(csv.reader([row.text.removeprefix("\ufeff")], delimiter=source.delimiter))
    twice = sorted(name for name in set(header) if header.count(name) > 1)
    if twice:
        raise ExportError(f"column {twice[0]!r} is there twice", where=path, expected="Each column one name")
    return header


def _as_utf8(plain: Path, encoding: str, scratch: ExitStack) -> Path:
    copy = text.scratch_file(scratch, "export.csv")
    with text.opened(plain, encoding, strict=True) as file, copy.open("w", encoding="utf-8", newline="") as out:
        while block := file.read(1 << 20):
            out.write(block)
    return copy


def _sifted(path: Path, plain: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    header = _header(path, plain, source)
    width = len(header)
    sifted = Sifted(path, delimiter=source.delimiter, width=width, scratch=scratch)
    with text.opened(plain, source.encoding, strict=False) as file, sifted:
        rows = iter(CsvRows(text.lines(file), source.delimiter))
        next(rows)
        for row in rows:
            problem = row.problem or _wrong_width(row, width, source.delimiter)
            if problem is None:
                sifted.add(row.text)
            elif row.text or width == 1:
                detail = f"the row has {row.cells} cells, the header {width}" if row.problem is None else None
                sifted.refuse(problem, line=row.line, stands=row.text, detail=detail)
    places = {name: header.index(name) for name in columns}
    return sifted.table(places, advice=f"Check the delimiter, the encoding {source.encoding} and the quotes")


def _wrong_width(row: CsvRow, width: int, delimiter: str) -> str | None:
    if row.cells == width:
        return None
    if row.cells < width:
        return csv_rows.TOO_FEW
    surplus = row.cells - width
    return None if row.text.endswith(delimiter * surplus) else csv_rows.TOO_MANY
