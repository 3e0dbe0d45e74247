"""OpenDocument workbooks (.ods), read as a stream: a row at a time is in memory, however often the file repeats it.

The library that reads other workbooks would spread out all sheets at once, with all that they repeat. Elements and
values: OASIS, Open Document Format for Office Applications 1.3, part 3 (2021), sections 9.1 and 19.
"""

import datetime
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from procmine.assemble.reading import packed
from procmine.errors import ExportError

ROWS, COLUMNS = 1 << 20, 1 << 14
"""The most rows and columns that a sheet of a spreadsheet program has."""
LONGEST = 16 << 20
"""Characters that a cell, and bytes that a tag, may have."""
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_CALC_TYPE = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
_ERRORS = {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"}
_BLANK = re.compile(r"[ \t\r\n]+")
_LENGTH = re.compile(r"(-?)P(?:(\d+)D)?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
_HALF_MILLISECOND = datetime.timedelta(microseconds=500)

Cell = str | float | bool | datetime.date | datetime.time | datetime.timedelta


class Sheet(NamedTuple):
    """A sheet's name, and whether it is shown."""

    name: str
    is_shown: bool


def sheets(path: Path) -> list[Sheet]:
    """The sheets of the workbook, in its order.

    Errors: `ExportError` for one that is cut off, damaged, too big when unpacked, or declares a document type.
    """
    reader = _Reader(path, wanted=None)
    for _rows in reader.read():
        pass
    return reader.sheets


def rows(path: Path, sheet: str) -> Iterator[list[Cell]]:
    """The rows of a sheet, from its first to the last with a cell, each to its last cell; "" where there is nothing.

    Errors: as those of `sheets`, and for cells beyond `ROWS` or `COLUMNS`.
    """
    seen = empty = 0
    for block in _Reader(path, wanted=sheet).read():
        for times, cells in block:
            if not cells:
                empty += times
                continue
            seen += empty + times
            if seen > ROWS:
                raise ExportError(f"sheet {sheet!r} has more than {ROWS:,} rows", where=path, expected="At most that")
            yield from ([] for _row in range(empty))
            yield from (cells for _row in range(times))
            empty = 0


def _name(of: str, name: str) -> str:
    return f"{_OASIS}{of}:1.0 {name}"


_STYLE, _STYLE_NAME = _name("style", "style"), _name("style", "name")
_LOOK, _DISPLAY = _name("style", "table-properties"), _name("table", "display")
_TABLE, _TABLE_NAME, _TABLE_STYLE = (_name("table", name) for name in ("table", "name", "style-name"))
_ROW, _ROW_TIMES = _name("table", "table-row"), _name("table", "number-rows-repeated")
_CELLS = {_name("table", f"{kind}table-cell") for kind in ("", "covered-")}
_CELL_TIMES, _FORMULA = _name("table", "number-columns-repeated"), _name("table", "formula")
_PARAGRAPH, _SPACES, _COUNT = _name("text", "p"), _name("text", "s"), _name("text", "c")
_SIGNS = {_name("text", "tab"): "\t", _name("text", "line-break"): "\n"}
_TYPE, _TEXT = _name("office", "value-type"), _name("office", "string-value")
_VALUES = {kind: _name("office", "value") for kind in ("float", "percentage", "currency")}
_VALUES |= {kind: _name("office", f"{kind}-value") for kind in ("boolean", "date", "time")}


class _Reader:
    """Follows the tags of the workbook's content: notes its sheets, and collects the rows of the one that is wanted."""

    def __init__(self, path: Path, *, wanted: str | None) -> None:
        self.sheets: list[Sheet] = []
        self._path, self._wanted = path, wanted
        self._rows: list[tuple[int, list[Cell]]] = []
        self._row: list[Cell] = []
        self._row_times = self._empty = 0
        self._depth = self._table = self._cell = 0
        self._is_wanted = self._in_paragraph = False
        self._style = ""
        self._hidden: set[str] = set()
        self._given: dict[str, str] = {}
        self._text: list[str] = []
        self._size = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = None if wanted is None else self._characters

    def read(self) -> Iterator[list[tuple[int, list[Cell]]]]:
        """Blocks of the rows of the wanted sheet, with how many times each comes; an empty one where all are empty."""
        fed = 0
        try:
            with packed.opened(self._path) as parts:
                for _place, _name, block in parts.unpacked("content.xml"):
                    self._parser.Parse(block)
                    fed += len(block)
                    if fed - self._parser.CurrentByteIndex > LONGEST:
                        raise self._too_long("tag")
                    yield self._rows
                    self._rows.clear()
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise ExportError(
                f"the workbook is damaged ({error})", where=self._path, expected="Copy or export the file again"
            ) from error

    def _start(self, tag: str, given: dict[str, str]) -> None:
        self._depth += 1
        if self._cell:
            self._inside(tag, given)
        elif self._is_wanted and tag in _CELLS:
            self._cell, self._given, self._size = self._depth, given, 0
            self._text.clear()
        elif self._is_wanted and tag == _ROW:
            self._row, self._empty, self._row_times = [], 0, _times(given, _ROW_TIMES)
        elif tag == _TABLE and not self._table:
            self._table = self._depth
            name = given.get(_TABLE_NAME, "")
            self._is_wanted = name == self._wanted and all(name != sheet.name for sheet in self.sheets)
            self.sheets.append(Sheet(name, given.get(_TABLE_STYLE, "") not in self._hidden))
        elif tag == _STYLE:
            self._style = given.get(_STYLE_NAME, "")
        elif tag == _LOOK and given.get(_DISPLAY) == "false":
            self._hidden.add(self._style)

    def _inside(self, tag: str, given: dict[str, str]) -> None:
        """A tag in a cell: its own paragraphs are its text, not those of a comment on it or of a drawing."""
        if tag == _PARAGRAPH and self._depth == self._cell + 1:
            self._in_paragraph = True
            if self._text:
                self._add("\n")
        elif self._in_paragraph and tag == _SPACES:
            self._add(" " * min(int(given.get(_COUNT, 1)), LONGEST))
        elif self._in_paragraph and tag in _SIGNS:
            self._add(_SIGNS[tag])

    def _characters(self, text: str) -> None:
        if self._in_paragraph:
            self._add(_BLANK.sub(" ", text))

    def _add(self, text: str) -> None:
        self._size += len(text)
        if self._size > LONGEST:
            raise self._too_long("cell")
        self._text.append(text)

    def _end(self, tag: str) -> None:
        if self._cell:
            self._in_paragraph = self._in_paragraph and self._depth > self._cell + 1
            if self._cell == self._depth:
                self._close_cell()
        elif self._is_wanted and tag == _ROW:
            self._rows.append((self._row_times, self._row))
        elif self._table == self._depth:
            self._table, self._is_wanted = 0, False
        self._depth -= 1

    def _close_cell(self) -> None:
        value, times = _value(self._given, "".join(self._text)), _times(self._given, _CELL_TIMES)
        self._cell = 0
        if value == "":
            self._empty += times
            return
        width = len(self._row) + self._empty + times
        if width > COLUMNS:
            found = f"sheet {self._wanted!r} has cells up to column {width:,}"
            raise ExportError(found, where=self._path, expected=f"At most {COLUMNS:,} columns")
        self._row += [""] * self._empty + [value] * times
        self._empty = 0

    def _doctype(self, *_declared: object) -> None:
        raise ExportError("the workbook declares a document type", where=self._path, expected="Save it again")

    def _too_long(self, what: str) -> ExportError:
        return ExportError(f"the workbook has a {what} of over {LONGEST >> 20} MiB", where=self._path)


def _times(given: dict[str, str], key: str) -> int:
    return max(1, int(given.get(key, 1)))


def _value(given: dict[str, str], text: str) -> Cell:
    """What a cell holds; as text, what it shows, where the value is of no known form."""
    if given.get(_CALC_TYPE) == "error" or (_FORMULA in given and text in _ERRORS):
        return ""
    kind = given.get(_TYPE, "string")
    stored = given.get(_VALUES.get(kind, _TEXT), text)
    if kind in {"float", "percentage", "currency"}:
        return float(stored)
    if kind == "boolean":
        return stored == "true"
    if kind == "date":
        return _moment(stored)
    return _length(stored) if kind == "time" else stored


def _moment(stored: str) -> Cell:
    """A date, or a time of a day to the millisecond, as spreadsheets keep it; what is neither, as it stands."""
    try:
        moment = datetime.datetime.fromisoformat(stored) + _HALF_MILLISECOND
    except (ValueError, OverflowError):
        return stored
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return moment.date() if moment.time() == datetime.time() else moment


def _length(stored: str) -> Cell:
    parts = _LENGTH.fullmatch(stored)
    if parts is None:
        return stored
    days, hours, minutes, seconds = (float(part or 0) for part in parts.groups()[1:])
    length = datetime.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if parts[1] else length
