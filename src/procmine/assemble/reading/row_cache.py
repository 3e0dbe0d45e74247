"""The rows of exports, kept from one assembling to the next, so that an export is read once for each state of it."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from procmine.assemble.mapping import Source
from procmine.assemble.reading.exports import Export
from procmine.project import drop_abandoned

_READ_BY = ("format", "encoding", "delimiter", "header_row", "sheet", "table", "database", "empty")
"""What a source says of how its exports are read."""
_SCRATCH = ".reading-"


class RowCache:
    """A folder of Parquet files of rows, each under a name that says all that decides what is in it.

    `own` begins the names of one study's files, and `code` tells whether the code that reads is still the same. Files
    come into the folder whole, and are taken out as links, so that those of another process may come and go.
    """

    def __init__(self, folder: Path, *, own: str, code: Sequence[str]) -> None:
        self._folder, self._own, self._code = folder, own, code
        self._used: set[str] = set()

    def scratch_folder(self, scratch: ExitStack) -> Path:
        """A folder that lives as long as `scratch`, where `take` and `put` can link."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return Path(scratch.enter_context(tempfile.TemporaryDirectory(dir=self._folder, prefix=_SCRATCH)))

    def name(self, export: Export, source: Source, columns: Sequence[str]) -> str:
        """The name of the rows with `columns` of an export in its present state."""
        said = source.model_dump_json(include=set(_READ_BY))
        alike = json.dumps([sorted({*source.counted_days}), sorted({*source.keys.values()})])
        parts = "\0".join((export.name, export.state, said, alike, *columns, *self._code))
        return f"{self._own}-{hashlib.sha256(parts.encode()).hexdigest()[:24]}.parquet"

    def take(self, name: str, target: Path) -> bool:
        """Whether there are rows of that name; then they are `target` too."""
        try:
            _linked(self._folder / name, target)
        except FileNotFoundError:
            return False
        self._used.add(name)
        return True

    def put(self, name: str, rows: Path) -> None:
        """Keep the file `rows` under that name; one that another process has just kept is as good."""
        whole = rows.with_name(f"{rows.name}.whole")
        _linked(rows, whole)
        whole.replace(self._folder / name)
        self._used.add(name)

    def drop_unused(self) -> None:
        """Remove the study's files that were neither taken nor put, and what a process that was killed has left."""
        for path in self._folder.glob(f"{self._own}-*.parquet"):
            if path.name not in self._used:
                path.unlink(missing_ok=True)
        drop_abandoned(self._folder, _SCRATCH)


def _linked(path: Path, target: Path) -> None:
    """`path` under the name `target` too; a copy on a file system without links."""
    try:
        target.hardlink_to(path)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(path, target)
