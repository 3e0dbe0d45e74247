"""Look into a workbook before a library does: what kind of file it is, and whether it can be opened in bounded memory.

The library keeps a sheet as a full rectangle, 32 bytes a cell: two cells at opposite corners of a sheet would take
550 GB, and end the process. So every part of the file is unpacked once beforehand, a block at a time, and measured.
Of .xls and .xlsb it takes room for as many cells as the file states, so that one wrong bit ends the process too: .xls
is read by another, and .xlsb is refused.
"""

import re
from pathlib import Path
from typing import Literal

import polars as pl

from procmine.assemble.reading import packed
from procmine.assemble.reading.packed import Packed
from procmine.assemble.reading.presence import require_file
from procmine.errors import ExportError

Kind = Literal["excel", "old_excel", "open_document"]
CELLS = 40_000_000
"""The most cells that the rectangle around all cells of a sheet may have."""
_HEAD = 1 << 12
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_WEB_PAGE = re.compile(r"<(html|table|head|meta|body|!doctype html)\b|^(\W*<(style|script|div|!--)|mime-version:)")
_XML_2003 = "urn:schemas-microsoft-com:office:spreadsheet"
_OLD = re.compile(rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1|\x09[\x00\x02\x04\x08][\x04-\x14]\x00")
"""How a container of streams begins, which any encrypted workbook is too, or a workbook that is one stream alone."""
_OPEN_DOCUMENT = b"application/vnd.oasis.opendocument.spreadsheet"
_OPEN_DOCUMENT_KEY = b"encryption-data"
_AS_XLSX = "Open it in a spreadsheet program and save it as .xlsx"
_REFERENCE = r"\sr\s*=\s*[\"'][A-Za-z]+\d+"
_COLUMN, _ROW = r"([A-Za-z]+)\d+$", r"(\d{1,18})$"
_COUNTS_FROM_1904 = re.compile(rb"""<(?:\w+:)?workbookPr\s[^>]*\bdate1904\s*=\s*["'](?:1|true)["']""")
_CELL_TAGS = tuple(b"<c" + end for end in (b" ", b"\t", b"\n", b"\r", b"/", b">"))
_PREFIXED_CELL_TAG = re.compile(rb"<\w+:c[\s/>]")
_ROW_TAG = re.compile(rb"<(?:\w+:)?row[\s/>]")


def require_workbook(path: Path) -> Kind:
    """What kind of workbook the file at `path` is, whatever its name says.

    Errors: `ExportError` unless it is a whole .xlsx or .xlsm that unpacks within `packed.UNPACKED` and `CELLS`, or an
    .ods, without a password, or an .xls; that one's password or damage is found when it is opened.
    """
    begin = _begin(path)
    if _OLD.match(begin):
        return "old_excel"
    if not begin.startswith(b"PK"):
        raise _no_workbook(begin, path)
    with packed.opened(path) as parts:
        if _is_open_document(parts):
            if _is_encrypted(parts):
                raise _protected(path)
            return "open_document"
        if "xl/workbook.xml" in parts:
            _measure(parts, path)
            return "excel"
        found = "a binary workbook (.xlsb)" if "xl/workbook.bin" in parts else "a packed file, but no workbook"
        raise ExportError(f"this is {found}", where=path, expected=_AS_XLSX)


def counts_from_1904(path: Path) -> bool:
    """Whether in the .xlsx at `path` the first day is that of 1904, as once on the Macintosh, and not of 1900."""
    with packed.opened(path) as parts:
        begin = next((block for *_member, block in parts.unpacked("xl/workbook.xml")), b"")  # before what may be long
        return _COUNTS_FROM_1904.search(begin) is not None


def text_format(path: Path) -> Literal["csv", "tsv"] | None:
    """How the file at `path`, named like a workbook, seems to be written where it is text; None for anything else.

    Errors: those of `require_file`.
    """
    require_file(path)
    begin = _begin(path)
    if _OLD.match(begin) or begin.startswith(b"PK") or _no_table(begin) is not None:
        return None
    return _form(begin)


def _begin(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _form(begin: bytes) -> Literal["csv", "tsv"]:
    return "tsv" if "\t" in _text(begin).partition("\n")[0] else "csv"


def _text(begin: bytes) -> str:
    return begin.decode("utf-16" if begin.startswith(_UTF_16) else "latin-1", errors="ignore").lower()


def _no_workbook(begin: bytes, path: Path) -> ExportError:
    """Systems are used to name web pages and text so that a spreadsheet program opens them."""
    as_text = "text", f"If it is a table, say format: {_form(begin)} in study.yaml"
    found, expected = _no_table(begin) or as_text
    return ExportError(f"this is {found}, whatever its name says", where=path, expected=expected)


def _no_table(begin: bytes) -> tuple[str, str] | None:
    """What a file that is no workbook is, and what to do; None where it is text."""
    text = _text(begin)
    if _XML_2003 in text:
        return "an XML spreadsheet of 2003", _AS_XLSX
    if _WEB_PAGE.search(text):
        return "a web page (HTML)", f"{_AS_XLSX}, or export it as CSV"
    return ("no workbook", "Export it again") if "\0" in text else None


def _protected(path: Path) -> ExportError:
    return ExportError("the workbook is protected by a password", where=path, expected="Save it without one")


def _is_open_document(parts: Packed) -> bool:
    return any(block.startswith(_OPEN_DOCUMENT) for _place, _name, block in parts.unpacked("mimetype"))


def _is_encrypted(parts: Packed) -> bool:
    rest = b""
    for _place, _name, block in parts.unpacked("META-INF/manifest.xml"):
        if _OPEN_DOCUMENT_KEY in rest + block:
            return True
        rest = block[-len(_OPEN_DOCUMENT_KEY) :]
    return False


def _measure(parts: Packed, path: Path) -> None:
    rectangle, at = _Rectangle(), 0
    for place, name, block in parts.unpacked():
        if place != at:
            rectangle, at = _Rectangle(), place
        rectangle.add(block)
        if rectangle.cells > CELLS:
            raise ExportError(
                f"{name} has cells up to row {rectangle.rows:,} and column {rectangle.columns:,}",
                where=path,
                expected=f"A sheet of at most {CELLS:,} cells: delete what is far off the table, "
                "or export the rows as CSV",
            )


class _Rectangle:
    """The rectangle around the cells of a sheet, as its text comes in: from their references, or where cells have none,
    from how many follow each other.
    """

    def __init__(self) -> None:
        self.rows = self.columns = 0
        self._rest = b""

    @property
    def cells(self) -> int:
        return self.rows * self.columns

    def add(self, block: bytes) -> None:
        text = self._rest + block
        last = text.rfind(b"<", 1)
        text, self._rest = (text, b"") if last < 0 else (text[:last], text[last:])
        found = pl.Series([text.decode("latin-1")]).str.extract_all(_REFERENCE).explode().drop_nulls()
        if len(found):
            self.columns = max(self.columns, *map(_column, found.str.extract(_COLUMN).unique()))
            self.rows = max(self.rows, *found.str.extract(_ROW).str.to_integer().unique())
        tags = _cell_tags(text)
        if tags > len(found):
            of_rows = [_cell_tags(row) for row in _ROW_TAG.split(text)]
            self.rows += len(of_rows)
            self.columns = max(self.columns, *of_rows) if len(of_rows) > 1 else self.columns + tags


def _cell_tags(text: bytes) -> int:
    """How many cells begin in `text`: counted as most files write them first, since that is ten times as fast."""
    prefixed = len(_PREFIXED_CELL_TAG.findall(text)) if b":c" in text else 0
    return prefixed + sum(map(text.count, _CELL_TAGS))


def _column(letters: str) -> int:
    """A column's number, A being 1."""
    number = 0
    for letter in letters.upper()[:8]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number
