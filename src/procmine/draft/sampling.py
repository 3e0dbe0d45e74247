"""How a text file is written, as far as a sample of it tells."""

import contextlib
import gzip
import json
import re
import zlib
from contextlib import ExitStack
from pathlib import Path
from typing import IO, cast

from procmine.assemble.mapping.formats import Format
from procmine.assemble.reading import text
from procmine.assemble.reading.presence import require_file
from procmine.draft.charset import delimiter_of, encoding_of
from procmine.errors import ExportError

CSV: tuple[Format, ...] = ("csv", "tsv")
SAMPLE = 64 << 20
"""Bytes of a text file that are looked at; of a bigger one, only its beginning. Other formats are read whole."""
HEAD = 1 << 20
"""Bytes from which the encoding and the delimiter are guessed."""
_WITHOUT_A_PART = re.compile(rb"[\x80-\xff]+$")
"""What of a beginning may be a part of a character."""


def sampled(path: Path, form: Format, scratch: ExitStack) -> tuple[Path, dict[str, str], list[str]]:
    """A text file, or of a big or compressed one its beginning, plain; how it is written; and what to know of it."""
    sample, is_whole = _sample(path, scratch)
    given, notes = how_written(sample, form)
    return sample, given, notes if is_whole else [f"only its first {SAMPLE >> 20} MiB were looked at", *notes]


def how_written(sample: Path, form: Format) -> tuple[dict[str, str], list[str]]:
    """The keys that say how a text file is written, where that is not as a source takes for granted, and why."""
    with sample.open("rb") as file:
        head = file.read(HEAD)
    lines = head[: head.rfind(b"\n") + 1] or _WITHOUT_A_PART.sub(b"", head)
    encoding = encoding_of(lines)
    if encoding.name is None:
        raise ExportError(f"its encoding is not known: {encoding.why}", where=sample)
    given, notes = {}, []
    if encoding.name != "utf-8":
        given["encoding"] = encoding.name
    if encoding.name != "utf-8" or "; " in encoding.why:
        notes.append(f"{encoding.name}: {encoding.why}")
    if form in CSV:
        delimiter = delimiter_of(lines.decode(encoding.name, errors="replace").removeprefix("\ufeff"))
        if delimiter != ("\t" if form == "tsv" else ","):
            given["delimiter"] = delimiter
    return given, notes


def has_an_object_a_line(path: Path) -> bool:
    """Whether a file called .json has JSON lines in it: a whole object in its first line, and more lines."""
    with contextlib.suppress(OSError, EOFError, ValueError, zlib.error), _plain(path) as file:
        first = json.loads(file.readline(HEAD))
        return isinstance(first, dict) and bool(file.readline(HEAD).strip())
    return False


def _sample(path: Path, scratch: ExitStack) -> tuple[Path, bool]:
    """The file itself where it is small and not compressed; else its beginning, in whole lines, plain."""
    require_file(path)
    packed = path.suffix.lower() == ".gz"
    if not packed and path.stat().st_size <= SAMPLE:
        return path, True
    copy = text.scratch_file(scratch, path.stem if packed else path.name)
    try:
        with _plain(path) as file:
            head = file.read(SAMPLE)
            is_whole = not file.read(1)
    except (EOFError, OSError, zlib.error) as error:
        raise ExportError(f"the compressed file is cut off or is no gzip file: {error}", where=path) from error
    copy.write_bytes(head if is_whole else head[: head.rfind(b"\n") + 1])
    return copy, is_whole


def _plain(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb"))
