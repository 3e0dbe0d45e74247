"""Which files, or which table, a source stands for, and what tells whether one of them has changed."""

import difflib
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from procmine.assemble.mapping import Source, StudyFile
from procmine.assemble.mapping.values import is_pattern
from procmine.assemble.reading.dispatch import table_state
from procmine.assemble.reading.presence import require_file
from procmine.errors import ExportError, StudyError

_HIDDEN = (".", "~$")
"""How the names of files begin that are no exports: hidden ones, and those that a spreadsheet program has open."""
_SECOND_NS = 10**9
_TICK_NS, _WHOLE_SECONDS_NS = 2 * 10**7, 2 * _SECOND_NS
"""A file that is written twice within such a time may have the same time of change: two ticks of a kernel of 100 ticks
a second; and two seconds where a file system counts whole ones."""


class Export(NamedTuple):
    """A file or a table that rows are read from.

    - name: what ledger and log call it
    - path: where the file is; a table has none
    - where: where it is, for messages
    - state: what tells whether it has changed
    """

    name: str
    path: Path
    where: str
    state: str


def exports_of_study(study: StudyFile, folder: Path, *, tables: Mapping[str, str]) -> dict[str, list[Export]]:
    """The exports under `folder` of each source of `study`; `tables` has the states of those on a server, by source.

    Errors: `ExportError` for a file that is missing or a pattern that none matches; `StudyError` for a file that two
    sources read.
    """
    found = {name: exports_of(source, folder, table=tables.get(name)) for name, source in study.sources.items()}
    readers: dict[str, str] = {}
    for name, exports in found.items():
        for export in exports:
            if readers.setdefault(export.name, name) != name:
                raise StudyError(
                    f"{export.name!r} is read by source {readers[export.name]!r} and by source {name!r}",
                    where="study.yaml, sources",
                    expected="Narrow one of the two patterns",
                )
    return found


def exports_of(source: Source, folder: Path, *, table: str | None = None) -> list[Export]:
    """The exports of a source: its file, all files that match its pattern in the order of their names, or its table,
    the state of which may be known as `table`. Numbers in names count as numbers: `day_9.csv` is before `day_10.csv`.

    Hidden files match no pattern. Folders that are links are not looked into for ``**``.

    Errors: `ExportError` for a file that is missing, and for a pattern that no file matches, with the nearest file.
    """
    if source.database is not None:
        state = table_state(source) if table is None else table
        return [Export(source.export, folder, f"{folder / source.export}", state)]
    files = sorted(_matching(source.file, folder), key=_by_numbers) if source.has_files else [source.file]
    if not files:
        raise _no_match(source.file, folder)
    return [
        Export(name, folder / file, f"{folder / name}", file_state(folder / file))
        for file in files
        for name in [source.export_of(file)]
    ]


def file_state(path: Path) -> str:
    """What the file system says of a file, which changes whenever it is written.

    The time of its last change is among it, since programs set the time of writing back, but not that one. A file that
    may be written again within the same tick of the file system's clock is waited for.

    Errors: `ExportError` for one that is missing.
    """
    require_file(path, may_be_empty=True)
    known = path.stat()
    tick = _WHOLE_SECONDS_NS if known.st_ctime_ns % _SECOND_NS == 0 else _TICK_NS
    age = time.time_ns() - known.st_ctime_ns
    if 0 <= age < tick:
        time.sleep((tick - age) / _SECOND_NS)
        known = path.stat()
    return f"{path.name} {known.st_size} {known.st_mtime_ns} {known.st_ctime_ns}"


def _matching(pattern: str, folder: Path) -> Iterator[str]:
    if not is_pattern(pattern):
        yield pattern
        return
    for path in folder.glob(pattern.replace("[", "[[]")):
        parts = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith(_HIDDEN) for part in parts):
            yield "/".join(parts)


def _by_numbers(name: str) -> tuple[list[str | int], str]:
    parts = re.split(r"([0-9]+)", name)
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], name


def _no_match(pattern: str, folder: Path) -> ExportError:
    names = [*_matching("**/*", folder)]
    close = difflib.get_close_matches(pattern, sorted(names), n=1, cutoff=0)
    expected = f"The nearest file is {close[0]!r}" if close else "There is no file in the folder of exports"
    return ExportError("no file matches this pattern", where=folder / pattern, expected=expected)
