"""The members of a zip file, unpacked a block at a time up to their real end, whatever sizes its directory states."""

import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from procmine.errors import ExportError

UNPACKED = 2 << 30
"""The most bytes that the parts of a workbook may have together when unpacked."""
_BLOCK = 1 << 20
_LOCAL_HEADER = struct.Struct("<26xHH")
_DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError, ArithmeticError, RuntimeError)
"""What damaged zip files have been seen to raise; RuntimeError is a version of zip that there is not."""


class Packed:
    """A zip file that stays open as long as the context of `opened`."""

    def __init__(self, file: IO[bytes], members: Sequence[zipfile.ZipInfo], path: Path) -> None:
        self._file, self._path, self._members = file, path, members

    def __contains__(self, name: str) -> bool:
        return any(member.filename == name for member in self._members)

    def unpacked(self, name: str | None = None) -> Iterator[tuple[int, str, bytes]]:
        """The blocks of the members of that name, else of all: place and name of the member, and the bytes.

        Errors: `ExportError` where they state or have more than `UNPACKED` bytes together.
        """
        wanted = [member for member in self._members if name in {None, member.filename}]
        stated = sum(member.file_size for member in wanted)
        if stated > UNPACKED:
            raise self._too_big(stated)
        left = UNPACKED
        for place, member in enumerate(wanted):
            for block in self._blocks(member):
                left -= len(block)
                if left < 0:
                    raise self._too_big(UNPACKED)
                yield place, member.filename, block

    def _blocks(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise zipfile.BadZipFile(f"{member.filename} is compressed in a way that workbooks do not use")
        self._file.seek(member.header_offset)
        name, extra = _LOCAL_HEADER.unpack(self._file.read(_LOCAL_HEADER.size))
        self._file.seek(name + extra, 1)
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        left = member.compress_size
        while left:
            packed = self._file.read(min(left, _BLOCK))
            if not packed:
                raise EOFError(f"{member.filename} ends too early")
            left -= len(packed)
            if member.compress_type == zipfile.ZIP_STORED:
                yield packed
                continue
            while packed:
                yield inflate.decompress(packed, _BLOCK)
                packed = inflate.unconsumed_tail

    def _too_big(self, size: int) -> ExportError:
        return ExportError(
            f"the workbook unpacks to over {size >> 20:,} MiB",
            where=self._path,
            expected=f"At most {UNPACKED >> 20:,} MiB; export the rows as CSV",
        )


@contextmanager
def opened(path: Path) -> Iterator[Packed]:
    """The zip file at `path`.

    Errors: `ExportError` where it is cut off or damaged, also where that is found within the context.
    """
    try:
        with path.open("rb") as file:
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
            yield Packed(file, members, path)
    except _DAMAGE as error:
        raise ExportError(
            f"the workbook is cut off or damaged ({error})", where=path, expected="Copy or export the file again"
        ) from error
