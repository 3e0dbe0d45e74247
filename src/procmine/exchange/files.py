"""Files that a log is read from or written to: their names, and that they appear when they are whole."""

import shutil
import tempfile
import uuid
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ibis.expr.types import Table

from procmine import engine
from procmine.errors import LogError


def require_file(path: Path, endings: Sequence[str], *, kind: str) -> Path:
    """`path` itself where it is a file with one of `endings`; else a `LogError`. `kind` says of what: "an XES file"."""
    wanted = " or ".join(endings)
    if not path.name.lower().endswith(tuple(endings)):
        raise LogError(f"this is not the name of {kind}", where=path, expected=f"A file ending in {wanted}")
    if not path.is_file():
        found = "this is a folder" if path.is_dir() else "there is no such file"
        raise LogError(found, where=path, expected=f"A file ending in {wanted}")
    return path


def require_target(path: Path, endings: Sequence[str], *, kind: str) -> Path:
    """`path` itself where a file with one of `endings` may be written there; else a `LogError`."""
    if not path.name.lower().endswith(tuple(endings)):
        wanted = " or ".join(endings)
        raise LogError(f"this is not the name of {kind}", where=path, expected=f"A name ending in {wanted}")
    if path.is_dir():
        raise LogError("this is a folder", where=path, expected="The name of a file to write")
    if not path.parent.is_dir():
        raise LogError("its folder does not exist", where=path, expected=f"Create {path.parent} first")
    return path


@contextmanager
def whole(target: Path) -> Iterator[Path]:
    """A place beside `target` to write to; what is there takes the name of `target` at the end of the context, and is
    removed where that is not reached.
    """
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        yield part
        part.replace(target)
    except OSError as error:
        raise LogError(
            f"it cannot be written: {error.strerror}", where=target, expected="A folder one may write to"
        ) from error
    finally:
        part.unlink(missing_ok=True)


def stored(logs: Iterable[Table]) -> Table:
    """`logs`, one behind the other, computed and stored one at a time; their files are removed when no table needs them
    any more, at the latest at exit.
    """
    folder = Path(tempfile.mkdtemp(prefix="procmine-"))
    files: list[Path] = []
    try:
        for log in logs:
            files.append(folder / f"{len(files):06}.parquet")
            engine.store(log, files[-1])
    except BaseException:
        shutil.rmtree(folder)
        raise
    table = engine.read_parquet(files)
    weakref.finalize(table.op(), shutil.rmtree, folder, ignore_errors=True)
    return table
