"""Files of text: unpacked, decoded and cut into lines, in bounded memory and on bounded disk, whatever stands in them.

Bytes that are not of the encoding do not stop a line: each becomes one of the lone surrogates `ESCAPED`, which no
encoding has, so that the line can be told from the others and shown.
"""

import codecs
import gzip
import re
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

import numpy as np

from procmine.assemble.reading.presence import require_file
from procmine.assemble.reasons import BYTES, ZEROS
from procmine.errors import ExportError

LONGEST_ROW = 2_000_000
"""Bytes that one row may have. A quote that never ends makes a row of the rest of the file."""
UNPACKS_TO = 200
"""How many times its own size a compressed file may unpack to, if that is more than `UNPACKED`: exports unpack to 5 to
50 times theirs, a file made to fill a disk to 1,000 times."""
UNPACKED = 1 << 30
"""Bytes that any compressed file may unpack to."""
ESCAPED = "\udc00-\udcff"
_SHOWN = 10_000
_BLOCK = 1 << 20
_SURROGATES = re.compile("[\ud800-\udfff]")
_WRONG = re.compile(f"[{ESCAPED}]")


def unpacked(path: Path, scratch: ExitStack) -> Path:
    """`path` itself, or, where its name ends in .gz, a copy without the compression that lives as long as `scratch`.

    Errors: `ExportError` for a file that is missing, no file, cut off, no gzip file, or that unpacks to too much.
    """
    require_file(path, may_be_empty=True)
    if path.suffix.lower() != ".gz":
        return path
    most = max(UNPACKED, UNPACKS_TO * path.stat().st_size)
    copy = scratch_file(scratch, path.stem)
    try:
        with gzip.open(path) as packed, copy.open("wb") as out:
            while block := packed.read(_BLOCK):
                if out.tell() + len(block) > most:
                    raise ExportError(
                        f"the compressed file unpacks to more than {most:,} bytes",
                        where=path,
                        expected="If that is right, unpack it and name the plain file in study.yaml",
                    )
                out.write(block)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ExportError(
            f"the compressed file is cut off or is no gzip file: {error}", where=path, expected="Copy the export again"
        ) from error
    return copy


def scratch_file(scratch: ExitStack, name: str) -> Path:
    """A path for a file that lives as long as `scratch`."""
    return Path(scratch.enter_context(tempfile.TemporaryDirectory(prefix="procmine-"))) / name


def is_utf8(encoding: str) -> bool:
    """Whether this is a name of UTF-8, with or without a byte order mark."""
    return codecs.lookup(encoding).name in {"utf-8", "utf-8-sig"}


def opened(path: Path, encoding: str, *, strict: bool) -> TextIO:
    """The text of a plain file with its line ends as they are; strict: a `UnicodeError` at the first wrong byte."""
    codec = "utf-8-sig" if is_utf8(encoding) else encoding
    return path.open(encoding=codec, errors="strict" if strict else "procmine.escape", newline="")


def skip(file: TextIO, number: int) -> None:
    """Pass over so many lines of `file`, whatever their length."""
    passed = 0
    while passed < number and (part := file.readline(LONGEST_ROW)):
        passed += len(part) < LONGEST_ROW or part[-1] in "\r\n"


def lines(file: TextIO, *, first: int = 1) -> Iterator[str]:
    """The lines of `file` with their ends, from the `first` on.

    Of one over `LONGEST_ROW` characters, only so much and no end.
    """
    skip(file, first - 1)
    while line := file.readline(LONGEST_ROW):
        yield line
        while len(line) == LONGEST_ROW and line[-1] not in "\r\n":
            line = file.readline(LONGEST_ROW)


def has_zero_bytes(path: Path) -> bool:
    """Whether a file has bytes of zero, as a crash or a copy that went wrong leaves them."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            if b"\0" in block:
                return True
    return False


def has_open_quotes(path: Path) -> bool:
    """Whether a line ends after an odd number of quotes: in a quoted cell of several lines, or after a broken one."""
    seen = 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            signs = np.frombuffer(block, np.uint8)
            quotes = np.flatnonzero(signs == ord('"'))
            ends = np.flatnonzero((signs == ord("\n")) | (signs == ord("\r"))) if len(quotes) or seen % 2 else quotes
            if ((np.searchsorted(quotes, ends) + seen) % 2).any():
                return True
            seen += len(quotes)
    return False


def is_too_long(line: str) -> bool:
    """Whether a line has more than `LONGEST_ROW` bytes in UTF-8."""
    return len(line) * 4 >= LONGEST_ROW and len(line.encode(errors="surrogatepass")) >= LONGEST_ROW


def flaw(row: str) -> str | None:
    """What of `row` is no text, if anything."""
    return BYTES if _WRONG.search(row) else ZEROS if "\0" in row else None


def has_surrogates(row: str) -> bool:
    """Whether `row` holds halves of characters, which no encoding can write."""
    return _SURROGATES.search(row) is not None


def shown(text: str) -> str:
    """`text` fit to be stored and looked at: bytes that are no text as hexadecimal digits, at most 10,000 signs."""
    visible = re.sub(f"[\0{ESCAPED}]", lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", text[:_SHOWN])
    return visible.rstrip("\r\n") + ("…" if len(text) > _SHOWN else "")


def _escape(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error("procmine.escape", _escape)
