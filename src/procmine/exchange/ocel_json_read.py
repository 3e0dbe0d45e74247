"""Read OCEL 2.0 in JSON in bounded memory: the fast way first, and again where the file is not plain."""

import tempfile
from pathlib import Path

from procmine.exchange.ocel_json_parser import read_parsed
from procmine.exchange.ocel_json_plain import NotPlainError, read_plain
from procmine.exchange.ocel_parts import OcelParts


def read_json(path: Path, folder: Path) -> OcelParts:
    """The parts of the file at `path`, stored in `folder`.

    Errors: `LogError` for text that is not JSON or not UTF-8, is cut off, or is not as OCEL 2.0 says.
    """
    parts = OcelParts(path, Path(tempfile.mkdtemp(dir=folder)), owners="numbers")
    try:
        read_plain(parts)
    except (NotPlainError, OSError):
        parts = OcelParts(path, Path(tempfile.mkdtemp(dir=folder)), owners="numbers")
        read_parsed(parts)
    return parts
