"""Run a report: a notebook of `notebooks/reports/`, with parameters, over a study."""

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from procmine.errors import ReportError
from procmine.project import BUILDING, drop_abandoned, study_folder, study_outputs
from procmine.report.kernel import StoppedNotebookError, starting
from procmine.report.notebooks import all_parameters, find
from procmine.report.parameters import checked

FAILED = "-FAILED"


class FailedRunError(ReportError):
    """A report's notebook met a bug. What it had written is kept in `folder`."""

    def __init__(self, found: str, *, folder: Path) -> None:
        self.folder = folder
        super().__init__(found, where="the report did not run to its end", expected=f"Its notebook is kept in {folder}")


def run_report(
    name: str,
    *,
    study: str | os.PathLike[str],
    parameters: Mapping[str, object] | None = None,
    output: str | os.PathLike[str] | None = None,
) -> Path:
    """Run the report `name`, the notebook of that name in `notebooks/reports/`, over `study`; return its folder.

    `study` is a name under `eventlogs/` or a folder. `parameters` sets those that the notebook declares; the others
    keep their defaults. People are shown by pseudonyms unless ``{"names": "plain"}`` is among them.

    The folder is `outputs/<study>/<report>/<run>/`, or `<output>/<run>/`. `<run>` is the as-of day with a hash of all
    that decides the report (inputs, parameters, notebook, versions), so that the same report over the same data
    replaces itself, and another never does. It holds:

    - `report.html`, one page that loads nothing; `report.ipynb`, the notebook as executed
    - `tables/`, the tables behind it, as CSV for spreadsheets and as Parquet
    - `log.xes.gz`, the log, with the names that the report shows
    - `manifest.json`: what it was made of, the ledger's totals, and the hashes of the other files

    The parameters and the study's name are checked before a kernel starts; the study, its exports and its designed flow
    while it starts, before the notebook runs. The folder appears when it is whole. A user's mistake leaves nothing
    behind, even one that only the notebook finds; a bug or a crash leaves the partial notebook in `<run>-FAILED/` until
    the report succeeds.

    Errors: `ReportError` for an unknown report, an unknown or ill-typed parameter, and a mistake that the notebook
    found, with its message; `FailedRunError` for a bug in it; those of `open_study`, `Study.log` and `mine.read_flow`.
    """
    notebook = find(name)
    known = all_parameters(notebook)
    given = checked(parameters or {}, known)
    own = study_folder(study)
    shelf = Path(output).resolve() if output else study_outputs(own) / name
    with _building(shelf) as folder:
        with starting(folder) as kernel:
            from procmine.report.making import Making  # it takes seconds to load, while the kernel loads the same

            making = Making.of(name, notebook=notebook, known=known, given=given, study=own)
            target, failed = shelf / making.run, shelf / (making.run + FAILED)
            try:
                making.write(folder, kernel)
            except StoppedNotebookError as stop:
                if stop.mistake:
                    raise ReportError(str(stop)) from stop
                making.leave_notebook(folder)
                _replace(failed, folder)
                raise FailedRunError(str(stop), folder=failed) from stop
        _replace(target, folder)
    shutil.rmtree(failed, ignore_errors=True)
    return target


@contextmanager
def _building(shelf: Path) -> Iterator[Path]:
    """A folder in `shelf` to build in; what has not been moved elsewhere when the block ends is removed.

    What a killed process left there is removed too, after a day.
    """
    shelf.mkdir(parents=True, exist_ok=True)
    drop_abandoned(shelf, BUILDING)
    folder = shelf / f"{BUILDING}{secrets.token_hex(4)}"
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # it holds other runs
            shelf.rmdir()


def _replace(target: Path, folder: Path) -> None:
    """Put `folder` in the place of `target`."""
    old = folder.with_name(f"{folder.name}-old")
    if target.exists():
        target.rename(old)
    folder.rename(target)
    shutil.rmtree(old, ignore_errors=True)
