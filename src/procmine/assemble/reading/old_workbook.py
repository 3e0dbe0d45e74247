"""Workbooks of Excel before 2007 (.xls), of which xlrd is shown nothing but the records that hold cells.

For names, links, notes and drawings xlrd works as much as the file states: one wrong bit in a link takes gigabytes. So
all other records get a type that it passes over. What is left takes memory by the cells that are there. Records:
Microsoft, [MS-XLS] Excel Binary File Format, 2.3; those before Excel 97: OpenOffice.org's description of the format.
"""

import datetime
import io
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xlrd
from xlrd import biffh

from procmine.assemble.reading.compound import SIGNATURE, CompoundFile
from procmine.assemble.reading.open_document import Cell, Sheet
from procmine.errors import ExportError

LARGEST = 256 << 20
"""Bytes that a file may have; all of it is in memory."""
_UNICODE = 80
"""From this version on, as xlrd counts them, text needs no code page."""
_RECORD = struct.Struct("<HH")
_DIMENSIONS = {biffh.XL_DIMENSION, biffh.XL_DIMENSION2}
_BEGIN_AND_END = {*biffh.bofcodes, biffh.XL_EOF}
_BOOK = {biffh.XL_BOUNDSHEET, biffh.XL_CODEPAGE, biffh.XL_DATEMODE, biffh.XL_FILEPASS, biffh.XL_SST, biffh.XL_CONTINUE}
_FORMATS = {biffh.XL_FORMAT, biffh.XL_FORMAT2, biffh.XL_XF, biffh.XL_XF2, biffh.XL_XF3, biffh.XL_XF4, biffh.XL_IXFE}
_TEXTS = {biffh.XL_LABEL, biffh.XL_LABEL_B2, biffh.XL_LABELSST, biffh.XL_RSTRING}
_NUMBERS = {biffh.XL_NUMBER, biffh.XL_NUMBER_B2, biffh.XL_INTEGER, biffh.XL_RK, biffh.XL_MULRK}
_LOGICAL = {biffh.XL_BOOLERR, biffh.XL_BOOLERR_B2}
_FORMULAS = {*biffh.XL_FORMULA_OPCODES, biffh.XL_STRING, biffh.XL_STRING_B2, biffh.XL_SHRFMLA}
_FORMULAS_OF_MANY = {biffh.XL_ARRAY, biffh.XL_ARRAY2, biffh.XL_TABLEOP, biffh.XL_TABLEOP2, biffh.XL_TABLEOP_B2}
_CELLS = _TEXTS | _NUMBERS | _LOGICAL | _FORMULAS | _FORMULAS_OF_MANY
_SHOWN = _BEGIN_AND_END | _BOOK | _FORMATS | _CELLS
_AS_THEY_ARE = (xlrd.XL_CELL_TEXT, xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK)
_AS_XLSX = "open it in a spreadsheet program and save it as .xlsx"

_LENGTH_OF_TIME = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)
_EPOCH, _EPOCH_BEFORE_MARCH, _EPOCH_1904 = (
    datetime.datetime(*day) for day in ((1899, 12, 30), (1899, 12, 31), (1904, 1, 1))
)
"""Excel's 1900 has a 29 February, day 60, so that the days before it count from a day later."""
_LAST_DAY = (datetime.datetime.max - _EPOCH).days
_DAY_MS = 24 * 60 * 60 * 1000


class OldWorkbook:
    """The workbook at `path`; one of its sheets at a time is in memory.

    Errors: `ExportError` for one that is protected by a password, damaged, larger than `LARGEST`, or does not state how
    its text is encoded; of a sheet, damage is found when it is read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        size = path.stat().st_size
        if size > LARGEST:
            too_big = f"the workbook has {size >> 20:,} MiB"
            raise ExportError(too_big, where=path, expected=f"At most {LARGEST >> 20} MiB; export the rows as CSV")
        with _refusing_damage(path):
            records = _only_cells(_stream(path))
            self._book = _book(records)
            if self._book.biff_version < _UNICODE and self._book.codepage is None:
                self._book = _book(records, encoding_override="ascii")
            formats = [self._book.format_map.get(cell.format_key) for cell in self._book.xf_list]
            self._is_length = [form is not None and bool(_LENGTH_OF_TIME.search(form.format_str)) for form in formats]

    @property
    def counts_from_1904(self) -> bool:
        """Whether the first day is that of 1904, and not of 1900."""
        return bool(self._book.datemode)

    def sheets(self) -> list[Sheet]:
        """The sheets, in the order of the workbook. One without cells, as a new workbook has two, is not shown."""
        return [
            Sheet(name, sheet.visibility == 0 and sheet.nrows > 0)
            for name in self._book.sheet_names()
            for sheet in [self._sheet(name)]
        ]

    def rows(self, name: str) -> Iterator[list[Cell]]:
        """The rows of a sheet from its first, each to its last cell; "" where there is nothing or an error."""
        sheet = self._sheet(name)
        for row in range(sheet.nrows):
            kinds, values = sheet.row_types(row), sheet.row_values(row)
            for column, kind in enumerate(kinds):
                if kind not in _AS_THEY_ARE:
                    values[column] = self._cell(sheet, row, column, kind=kind, value=values[column])
            yield values

    def _sheet(self, name: str) -> Any:
        for other in self._book.sheet_names():
            if other != name and self._book.sheet_loaded(other):
                self._book.unload_sheet(other)
        with _refusing_damage(self._path):
            return self._book.sheet_by_name(name)

    def _cell(self, sheet: Any, row: int, column: int, *, kind: int, value: float) -> Cell:
        if kind == xlrd.XL_CELL_DATE:
            is_length = self._is_length[sheet.cell_xf_index(row, column)]
            return _length(value) if is_length else _moment(value, from_1904=self.counts_from_1904)
        return bool(value) if kind == xlrd.XL_CELL_BOOLEAN else ""


def _length(days: float) -> Cell:
    """A length of time to the millisecond; the number itself where it is longer than any calendar."""
    if not abs(days) <= _LAST_DAY:
        return days
    return datetime.timedelta(milliseconds=round(days * _DAY_MS))


def _moment(days: float, *, from_1904: bool) -> Cell:
    """The time that is `days` after the epoch, to the millisecond: a date where that is a whole day, a time of day
    where it is on the epoch's; the number itself where no calendar has it.
    """
    epoch = _EPOCH_1904 if from_1904 else _EPOCH_BEFORE_MARCH if days < 60 else _EPOCH
    if not 0 <= days < _LAST_DAY - (epoch - _EPOCH).days + 1:
        return days
    milliseconds = round(days % 1 * _DAY_MS)
    if days < 1:
        return (epoch + datetime.timedelta(milliseconds=milliseconds)).time()
    moment = epoch + datetime.timedelta(days=int(days), milliseconds=milliseconds)
    return moment.date() if moment.time() == datetime.time() else moment


def _book(records: bytes, **options: str) -> Any:
    return xlrd.open_workbook(
        file_contents=records, logfile=_Silence(), formatting_info=True, on_demand=True, ragged_rows=True, **options
    )


def _stream(path: Path) -> bytes:
    """The records of the workbook, which Excel before 5.0 wrote without a container around them."""
    content = path.read_bytes()
    if not content.startswith(SIGNATURE):
        return content
    container = CompoundFile(content)
    for name in ("Workbook", "Book"):
        if records := container.stream(name):
            return records
    if container.stream("EncryptedPackage") is not None:
        raise _protected(path)
    raise xlrd.XLRDError("there is no workbook in it")


def _only_cells(records: bytes) -> bytes:
    """`records` with every one that no cell needs as one of a type that there is not; places stay as they are.

    Of the dimensions, which empty the sheet anew, only the first count: what formats there are in the oldest files is
    settled then.
    """
    shown, place, types = bytearray(records), 0, _SHOWN | _DIMENSIONS
    while place + _RECORD.size <= len(shown):
        kind, size = _RECORD.unpack_from(shown, place)
        if kind not in types:
            _RECORD.pack_into(shown, place, biffh.XL_UNKNOWN, size)
        elif kind in _DIMENSIONS:
            types = _SHOWN
        place += _RECORD.size + size
    return bytes(shown)


@contextmanager
def _refusing_damage(path: Path) -> Iterator[None]:
    """Of a damaged file, xlrd raises whatever Python does."""
    try:
        yield
    except (ExportError, MemoryError):
        raise
    except UnicodeDecodeError as error:
        found = "text in the workbook is in another encoding than it states"
        raise ExportError(found, where=path, expected=_AS_XLSX.capitalize()) from error
    except Exception as error:
        if isinstance(error, xlrd.XLRDError) and "encrypted" in str(error):
            raise _protected(path) from error
        told = str(error).splitlines()[0][:100] if str(error) else type(error).__name__
        raise ExportError(
            f"the workbook is cut off or damaged ({told})",
            where=path,
            expected=f"Copy or export it again, or {_AS_XLSX}",
        ) from error


def _protected(path: Path) -> ExportError:
    return ExportError("the workbook is protected by a password", where=path, expected="Save it without one")


class _Silence(io.TextIOBase):
    """Where xlrd tells what it finds odd."""

    def write(self, text: str, /) -> int:
        return len(text)
