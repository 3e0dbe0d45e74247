"""Where a project's studies and results lie: a folder with `eventlogs/`, `notebooks/` and `outputs/`."""

import contextlib
import os
import shutil
import time
from pathlib import Path

from procmine.errors import StudyError, nearest

EVENTLOGS = "eventlogs"
OUTPUTS = "outputs"
STUDY_FILE = "study.yaml"
EXPORTS = "exports"
BUILDING = ".building-"
"""How the name of a folder of results begins until it is whole."""
_ABANDONED = 24 * 60 * 60
"""Seconds after which nobody builds any more."""


def project_root() -> Path:
    """The folder that holds `eventlogs/` and `outputs/`.

    The environment's `PROCMINE_HOME`; else the nearest folder with `eventlogs/`, from the current one upwards; else the
    checkout that procmine is installed from; else the current folder.
    """
    if home := os.environ.get("PROCMINE_HOME"):
        return Path(home).resolve()
    here = Path.cwd()
    checkout = Path(__file__).resolve().parents[2]
    candidates = [here, *here.parents, checkout]
    return next((folder for folder in candidates if (folder / EVENTLOGS).is_dir()), here)


def study_folder(study: str | os.PathLike[str]) -> Path:
    """The folder of the study of that name under `eventlogs/`, or of the one in that folder.

    Errors: `StudyError` where there is none, with the nearest name.
    """
    folder = Path(study)
    if not (folder / STUDY_FILE).is_file():
        shelf = folder.parent if folder.parent != Path() else project_root() / EVENTLOGS
        folder = shelf / folder.name
        if not (folder / STUDY_FILE).is_file():
            known = [found.parent.name for found in shelf.glob(f"*/{STUDY_FILE}")]
            raise StudyError(f"no study {os.fspath(study)!r}", where=shelf, expected=nearest(folder.name, known))
    return folder.resolve()


def study_outputs(folder: Path) -> Path:
    """Where the results of the study in `folder` are written: `outputs/<study>/` of the project."""
    return project_root() / OUTPUTS / folder.name


def drop_abandoned(folder: Path, prefix: str) -> None:
    """Remove the folders in `folder` with this `prefix` that a process has left which was killed a day ago or more."""
    for path in folder.glob(f"{prefix}*"):
        with contextlib.suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > _ABANDONED:
                shutil.rmtree(path, ignore_errors=True)
