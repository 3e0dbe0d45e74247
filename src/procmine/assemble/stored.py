"""The logs that a study has stored, each named by all that decides what is in it, so that it can be used again."""

import contextlib
import hashlib
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import ibis

from procmine.assemble.build import build
from procmine.assemble.mapping import StudyFile
from procmine.assemble.reading import Export, RowCache
from procmine.project import BUILDING, drop_abandoned

_PACKAGE = Path(__file__).parents[1]


def stored_log(study: StudyFile, exports: Mapping[str, Sequence[Export]], *, own: str, outputs: Path) -> Path:
    """The folder of the log of `study` from its `exports` as they are now; assembled now if it is not there.

    `own` tells studies apart that share the folder `outputs`. The study's log before this one is kept for those who
    still look at it; older ones go, and so does what is in the cache of rows and this log does not need.

    Errors: those of `build`.
    """
    code = code_state(_PACKAGE)
    folder = outputs / "log" / log_name(study, exports, own=own, code=code)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    cache = RowCache(outputs / "rows", own=_digest(own), code=code)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=BUILDING) as scratch:
        target = Path(scratch) / "log"
        target.mkdir()
        build(study, exports, target, cache=cache)
        with contextlib.suppress(OSError):  # another process has just stored the same log
            target.rename(folder)
    cache.drop_unused()
    drop_abandoned(folder.parent, BUILDING)
    others = [other for other in folder.parent.glob(f"{_digest(own)}-*") if other != folder]
    for old in sorted(others, key=lambda other: other.stat().st_mtime_ns)[:-1]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def log_name(study: StudyFile, exports: Mapping[str, Sequence[Export]], *, own: str, code: Sequence[str]) -> str:
    """The name of a stored log: by its study, `own`, and by all that decides what is in it.

    That is the mapping as it was read, every export, and the code that reads and assembles. Files are known by what
    the file system says of them, since reading them all would take as long as assembling.
    """
    states = [f"{export.name} {export.state}" for of_source in exports.values() for export in of_source]
    return f"{_digest(own)}-{_digest(study.model_dump_json(), *states, *code)}"


def code_state(package: Path) -> list[str]:
    """What tells whether the code in `package` that decides what is in a log, or in an export's rows, has changed."""
    files = [package / f"{module}.py" for module in ("schema", "sequencing")]
    files += [
        path for folder in ("assemble", "engine", "exchange") for path in sorted((package / folder).rglob("*.py"))
    ]
    states = [(path, path.stat()) for path in files]
    own = [f"{path.relative_to(package)} {state.st_size} {state.st_mtime_ns}" for path, state in states]
    return [*own, ibis.__version__, duckdb.__version__]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
