"""Read a sheet of a workbook: .xlsx and .xlsm, .xls, and .ods."""

import itertools
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa
from ibis.expr.types import Table
from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from procmine.assemble.mapping import Source
from procmine.assemble.reading import header, open_document
from procmine.assemble.reading.cell_text import cell_text, text_array
from procmine.assemble.reading.old_workbook import OldWorkbook
from procmine.assemble.reading.open_document import Sheet
from procmine.assemble.reading.presence import UnnamedTableError, require_file
from procmine.assemble.reading.spool import BLOCK, spooled
from procmine.assemble.reading.workbook import counts_from_1904, require_workbook
from procmine.assemble.rows import CELL, ROW
from procmine.errors import ExportError, nearest

_1900_TO_1904 = 1_462
"""The day that counting from 1900 has for the first, 0, of counting from 1904."""


def read(path: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    """The rows below the header of the sheet that `source` names, else of the only one that is not hidden.

    Cells are text as `cell_text` says. The date of a whole day is that date, also where its format shows midnight. A
    formula counts by the value that was stored with it; a cell with an error, such as #N/A, is empty. Numbers have the
    15 digits that Excel keeps; in `Source.counted_days` they count from 1900, also where those of the workbook count
    from 1904. `ROW` is the sheet's row less the header's; rows without any cell are no rows, but are counted, so that a
    row can be found again.

    Errors: `ExportError` for a file that is missing, is no such workbook, is protected by a password, damaged, or too
    big when unpacked (`workbook.require_workbook`); for a sheet that is missing, empty, or not named where there are
    several; for a header that is not there (`header.places`).
    """
    with _opened(path, source.sheet) as (sheet, rows, from_1904):
        first = list(itertools.islice(rows, max(header.FIRST, source.header_row)))
        names = {number: [cell_text(cell) or "" for cell in row] for number, row in enumerate(first, 1)}
        where = f"{path}, sheet {sheet!r}"
        places = header.places(names, columns, row=source.header_row, where=where, word="row")
        later = {name for name in source.counted_days if from_1904}
        blocks = _blocks(itertools.chain(first[source.header_row :], rows), places, later)
        return spooled(blocks, columns, scratch)


def first_rows(path: Path, source: Source) -> dict[int, list[str]]:
    """The cells of the first rows of the sheet that `read` would read, as text, by the number of the row.

    Errors: as those of `read` for a file or a sheet.
    """
    with _opened(path, source.sheet) as (_sheet, rows, _from_1904):
        first = itertools.islice(rows, header.FIRST)
        return {number: [cell_text(cell) or "" for cell in row] for number, row in enumerate(first, 1)}


@contextmanager
def _opened(path: Path, wanted: str | None) -> Iterator[tuple[str, Iterator[Sequence[object]], bool]]:
    """The name of the sheet, all its rows from its first, and whether the workbook counts days from 1904."""
    require_file(path)
    kind = require_workbook(path)
    if kind == "open_document":
        sheet = _chosen(open_document.sheets(path), wanted, path)
        yield sheet, open_document.rows(path, sheet), False
        return
    if kind == "old_excel":
        book = OldWorkbook(path)
        sheet = _chosen(book.sheets(), wanted, path)
        yield sheet, book.rows(sheet), book.counts_from_1904
        return
    try:
        with path.open("rb") as file, CalamineWorkbook.from_object(file) as workbook:
            sheets = [
                Sheet(sheet.name, sheet.visible == SheetVisibleEnum.Visible)
                for sheet in workbook.sheets_metadata
                if sheet.typ == SheetTypeEnum.WorkSheet
            ]
            sheet = _chosen(sheets, wanted, path)
            yield sheet, workbook.get_sheet_by_name(sheet).iter_rows(), counts_from_1904(path)
    except (CalamineError, OverflowError) as error:  # the second of a length of time that Python has not
        raise ExportError(
            f"the workbook is damaged ({error})",
            where=path,
            expected="Open it in a spreadsheet program and save it again",
        ) from error


def _chosen(sheets: Sequence[Sheet], wanted: str | None, path: Path) -> str:
    names = [sheet.name for sheet in sheets]
    if wanted is not None:
        if wanted not in names:
            raise ExportError(f"no sheet {wanted!r}", where=path, expected=nearest(wanted, names))
        return wanted
    shown = [sheet.name for sheet in sheets if sheet.is_shown]
    if len(shown) != 1:
        raise UnnamedTableError(names, where=path, kind="sheet")
    return shown[0]


def _blocks(
    rows: Iterator[Sequence[object]], places: Mapping[str, int], later: Set[str]
) -> Iterator[dict[str, pa.Array]]:
    """The cells at `places` of the rows that have any; a row may end before them. Numbers in columns of `later` count
    days from 1904.
    """
    numbered = ((number, row) for number, row in enumerate(rows, 1) if any(cell != "" for cell in row))
    while block := list(itertools.islice(numbered, BLOCK)):
        cells = {}
        for name, place in places.items():
            values = [row[place] if place < len(row) else None for _number, row in block]
            cells[CELL + name] = text_array([*map(_from_1900, values)] if name in later else values)
        yield {**cells, ROW: pa.array([number for number, _row in block], pa.int64())}


def _from_1900(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return value + _1900_TO_1904
