"""Look into a workbook before a library does: what kind of file it is, and whether it can be opened in bounded memory.

The library keeps a sheet as a full rectangle, 32 bytes a cell: two cells at opposite corners of a sheet would take
550 GB, and end the process. So every part of the file is unpacked once beforehand, a block at a time, and measured.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import polars as pl

from procmine.errors import ExportError

UNPACKED = 2 << 30
"""The most bytes that the parts of a workbook may have together when unpacked."""
CELLS = 40_000_000
"""The most cells that the rectangle around all cells of a sheet may have."""
_BLOCK = 1 << 20
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_LOCAL_HEADER = struct.Struct("<26xHH")
_AS_XLSX = "Open it in a spreadsheet program and save it as .xlsx"
_AGAIN = "Copy or export the file again"
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, ArithmeticError, RuntimeError)
"""What damaged zip files have been seen to raise; RuntimeError is a version of zip that there is not."""
_REFERENCE = r"\sr\s*=\s*[\"'][A-Za-z]+\d+"
_COLUMN, _ROW = r"([A-Za-z]+)\d+$", r"(\d{1,18})$"
_CELL_TAGS = tuple(b"<c" + end for end in (b" ", b"\t", b"\n", b"\r", b"/", b">"))
_PREFIXED_CELL_TAG = re.compile(rb"<\w+:c[\s/>]")
_ROW_TAG = re.compile(rb"<(?:\w+:)?row[\s/>]")


def require_workbook(path: Path) -> None:
    """An `ExportError` unless `path` is a whole .xlsx or .xlsm workbook that unpacks within `UNPACKED` and `CELLS`."""
    with path.open("rb") as file:
        begin = file.read(len(_OLD))
        if begin == _OLD:
            raise _of_old_kind(path, file)
        if not begin.startswith(b"PK"):
            found = "this is no Excel workbook, whatever its name says"
            raise ExportError(found, where=path, expected=f"{_AS_XLSX}, or name its format in study.yaml")
        try:
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
            _require_parts({member.filename for member in members}, path)
            _measure(file, members, path)
        except _DAMAGE as error:
            raise ExportError(f"the workbook is cut off or damaged ({error})", where=path, expected=_AGAIN) from error


def _of_old_kind(path: Path, file: IO[bytes]) -> ExportError:
    """Both encrypted workbooks and those of Excel before 2007 are containers of streams, whose names are in UTF-16."""
    if any(_ENCRYPTED in block for block in iter(lambda: file.read(_BLOCK), b"")):
        return ExportError("the workbook is protected by a password", where=path, expected="Save it without one")
    return ExportError("this is a workbook of the old .xls kind", where=path, expected=_AS_XLSX)


def _require_parts(names: set[str], path: Path) -> None:
    if "xl/workbook.xml" in names:
        return
    found = "a binary workbook (.xlsb)" if "xl/workbook.bin" in names else "a packed file, but no .xlsx workbook"
    raise ExportError(f"this is {found}", where=path, expected=_AS_XLSX)


def _measure(file: IO[bytes], members: list[zipfile.ZipInfo], path: Path) -> None:
    stated = sum(member.file_size for member in members)
    if stated > UNPACKED:
        raise _too_big(path, stated)
    left = UNPACKED
    for member in members:
        rectangle = _Rectangle()
        for block in _unpacked(file, member):
            left -= len(block)
            if left < 0:
                raise _too_big(path, UNPACKED)
            rectangle.add(block)
            if rectangle.cells > CELLS:
                raise ExportError(
                    f"{member.filename} has cells up to row {rectangle.rows:,} and column {rectangle.columns:,}",
                    where=path,
                    expected=f"A sheet of at most {CELLS:,} cells: delete what is far off the table, "
                    "or export the rows as CSV",
                )


def _too_big(path: Path, size: int) -> ExportError:
    return ExportError(
        f"the workbook unpacks to over {size >> 20:,} MiB",
        where=path,
        expected=f"At most {UNPACKED >> 20:,} MiB; export the rows as CSV",
    )


def _unpacked(file: IO[bytes], member: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of a member up to their real end, whatever size the directory states."""
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile(f"{member.filename} is compressed in a way that workbooks do not use")
    file.seek(member.header_offset)
    name, extra = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    file.seek(name + extra, 1)
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    left = member.compress_size
    while left:
        packed = file.read(min(left, _BLOCK))
        if not packed:
            raise EOFError(f"{member.filename} ends too early")
        left -= len(packed)
        if member.compress_type == zipfile.ZIP_STORED:
            yield packed
            continue
        while packed:
            yield inflate.decompress(packed, _BLOCK)
            packed = inflate.unconsumed_tail


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
