"""Read a sheet of an Excel workbook (.xlsx, .xlsm)."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
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
from procmine.assemble.reading.cell_text import cell_text, text_array
from procmine.assemble.reading.presence import UnnamedTableError, require_columns, require_file
from procmine.assemble.reading.spool import BLOCK, spooled
from procmine.assemble.reading.workbook import require_workbook
from procmine.assemble.rows import CELL, ROW
from procmine.errors import ExportError, nearest


def read(path: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    """The rows of the sheet that `source` names, else of the only one that is not hidden; its first row is the header.

    Cells are text as `cell_text` says. The date of a whole day is that date, also where its format shows midnight. A
    formula counts by the value that was stored with it; a cell with an error, such as #N/A, is empty. Numbers have the
    15 digits that Excel keeps. `ROW` is the sheet's row less the header's; rows without any cell are no rows, but are
    counted, so that a row can be found again.

    Errors: `ExportError` for a file that is missing, is no such workbook, is protected by a password, damaged, or too
    big when unpacked (`workbook.require_workbook`); for a sheet that is missing, empty, or not named where there are
    several; for one of `columns` that the header has not, or has twice.
    """
    require_file(path)
    require_workbook(path)
    try:
        with path.open("rb") as file, CalamineWorkbook.from_object(file) as workbook:
            sheet = workbook.get_sheet_by_name(_sheet_name(workbook, source.sheet, path))
            rows = sheet.iter_rows()
            places = _places(next(rows, []), columns, f"{path}, sheet {sheet.name!r}")
            return spooled(_blocks(rows, places), columns, scratch)
    except CalamineError as error:
        raise ExportError(
            f"the workbook is damaged ({error})",
            where=path,
            expected="Open it in a spreadsheet program and save it again",
        ) from error


def _sheet_name(workbook: CalamineWorkbook, wanted: str | None, path: Path) -> str:
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    names = [sheet.name for sheet in sheets]
    if wanted is not None:
        if wanted not in names:
            raise ExportError(f"no sheet {wanted!r}", where=path, expected=nearest(wanted, names))
        return wanted
    shown = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    if len(shown) != 1:
        raise UnnamedTableError(names, where=path, kind="sheet")
    return shown[0]


def _places(header: Sequence[object], columns: Sequence[str], where: str) -> dict[str, int]:
    """Where each of `columns` stands in the header."""
    names = [cell_text(cell) or "" for cell in header]
    if not any(names):
        raise ExportError(
            "the first row is empty", where=where, expected="The first row of the sheet names the columns"
        )
    twice = {name for name in names if name and names.count(name) > 1}
    if twice:
        raise ExportError(f"column {min(twice)!r} is there twice", where=where, expected="Each column one name")
    require_columns(columns, filter(None, names), where)
    return {name: names.index(name) for name in columns}


def _blocks(rows: Iterator[Sequence[object]], places: Mapping[str, int]) -> Iterator[dict[str, pa.Array]]:
    numbered = ((number, row) for number, row in enumerate(rows, 1) if any(cell != "" for cell in row))
    while block := list(itertools.islice(numbered, BLOCK)):
        cells = {CELL + name: text_array([row[place] for _number, row in block]) for name, place in places.items()}
        yield {**cells, ROW: pa.array([number for number, _row in block], pa.int64())}
