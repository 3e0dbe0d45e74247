"""Read a sheet of a workbook: .xlsx and .xlsm, .xls, and .ods."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
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
from procmine.assemble.reading.workbook import require_workbook
from procmine.assemble.rows import CELL, ROW
from procmine.errors import ExportError, nearest


def read(path: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    """The rows below the header of the sheet that `source` names, else of the only one that is not hidden.

    Cells are text as `cell_text` says. The date of a whole day is that date, also where its format shows midnight. A
    formula counts by the value that was stored with it; a cell with an error, such as #N/A, is empty. Numbers have the
    15 digits that Excel keeps. `ROW` is the sheet's row less the header's; rows without any cell are no rows, but are
    counted, so that a row can be found again.

    Errors: `ExportError` for a file that is missing, is no such workbook, is protected by a password, damaged, or too
    big when unpacked (`workbook.require_workbook`); for a sheet that is missing, empty, or not named where there are
    several; for a header that is not there (`header.places`).
    """
    with _opened(path, source.sheet) as (sheet, rows):
        first = list(itertools.islice(rows, max(header.FIRST, source.header_row)))
        names = {number: [cell_text(cell) or "" for cell in row] for number, row in enumerate(first, 1)}
        where = f"{path}, sheet {sheet!r}"
        places = header.places(names, columns, row=source.header_row, where=where, word="row")
        return spooled(_blocks(itertools.chain(first[source.header_row :], rows), places), columns, scratch)


def first_rows(path: Path, source: Source) -> dict[int, list[str]]:
    """The cells of the first rows of the sheet that `read` would read, as text, by the number of the row.

    Errors: as those of `read` for a file or a sheet.
    """
    with _opened(path, source.sheet) as (_sheet, rows):
        first = itertools.islice(rows, header.FIRST)
        return {number: [cell_text(cell) or "" for cell in row] for number, row in enumerate(first, 1)}


@contextmanager
def _opened(path: Path, wanted: str | None) -> Iterator[tuple[str, Iterator[Sequence[object]]]]:
    """The name of the sheet, and all its rows from its first."""
    require_file(path)
    kind = require_workbook(path)
    if kind == "open_document":
        sheet = _chosen(open_document.sheets(path), wanted, path)
        yield sheet, open_document.rows(path, sheet)
        return
    if kind == "old_excel":
        book = OldWorkbook(path)
        sheet = _chosen(book.sheets(), wanted, path)
        yield sheet, book.rows(sheet)
        return
    try:
        with path.open("rb") as file, CalamineWorkbook.from_object(file) as workbook:
            sheets = [
                Sheet(sheet.name, sheet.visible == SheetVisibleEnum.Visible)
                for sheet in workbook.sheets_metadata
                if sheet.typ == SheetTypeEnum.WorkSheet
            ]
            sheet = _chosen(sheets, wanted, path)
            yield sheet, workbook.get_sheet_by_name(sheet).iter_rows()
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


def _blocks(rows: Iterator[Sequence[object]], places: Mapping[str, int]) -> Iterator[dict[str, pa.Array]]:
    """The cells at `places` of the rows that have any; a row may end before them."""
    numbered = ((number, row) for number, row in enumerate(rows, 1) if any(cell != "" for cell in row))
    while block := list(itertools.islice(numbered, BLOCK)):
        cells = {
            CELL + name: text_array([row[place] if place < len(row) else None for _number, row in block])
            for name, place in places.items()
        }
        yield {**cells, ROW: pa.array([number for number, _row in block], pa.int64())}
