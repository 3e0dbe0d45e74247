"""Run a report: a notebook of `notebooks/reports/`, with parameters, over a study."""

import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ibis.expr.types import Table

from procmine.errors import ReportError, nearest
from procmine.privacy import key_fingerprint, pseudonym_key, shareable_log
from procmine.report import manifest
from procmine.report.kernel import StoppedNotebookError, execute
from procmine.report.labels import unmatched_activities
from procmine.report.moment import as_of, zone
from procmine.report.page import page, prepare
from procmine.report.parameters import GIVEN, TAG, Parameter, checked, declared
from procmine.study import Study, open_study, project_root

REPORTS = Path("notebooks") / "reports"
FAILED = "-FAILED"
PAGE, NOTEBOOK, XES = "report.html", "report.ipynb", "log.xes.gz"


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

    All is checked before a kernel starts: the parameters, the study, its exports, its designed flow. The folder appears
    when it is whole. A user's mistake leaves nothing behind, even one that only the notebook finds; a bug or a crash
    leaves the partial notebook in `<run>-FAILED/` until the report succeeds.

    Errors: `ReportError` for an unknown report, an unknown or ill-typed parameter, and a mistake that the notebook
    found, with its message; `FailedRunError` for a bug in it; those of `open_study`, `Study.log` and `mine.read_flow`.
    """
    notebook = _find(name)
    document = _read(notebook)
    known = declared(document.cells, notebook)
    given = checked(parameters or {}, known)
    opened = open_study(study)
    names: Any = given.get("names", "pseudonyms")
    log = shareable_log(opened, names=names)
    moment = as_of(opened, str(given.get("as_of", "")))
    unmatched_activities(opened)
    facts = manifest.described(
        report=name,
        notebook=notebook,
        study=opened,
        parameters=given,
        as_of=moment.astimezone(ZoneInfo(zone(opened))),
        pseudonyms=None if names == "plain" else key_fingerprint(pseudonym_key()),
    )
    run = manifest.run_name(facts)
    target = (Path(output).resolve() if output else opened.outputs / name) / run
    _in_one_language(document, known, str(given.get("language", "en")))
    with _whole(target) as folder, ThreadPoolExecutor(max_workers=1) as meanwhile:
        log_written = meanwhile.submit(_write_log, log, folder / XES)
        meanwhile.submit(prepare)
        executed = execute(document, folder / NOTEBOOK, {**given, "study": str(opened.folder), "folder": str(folder)})
        log_written.result()
        _write_notebook(executed, {"study": opened.name, "folder": "", **given}, folder / NOTEBOOK)
        language = str(given.get("language", "en"))
        shown = page(executed, study=opened.file.title, facts=_facts(opened, moment, run, language), language=language)
        (folder / PAGE).write_text(shown, encoding="utf-8")
        manifest.write(facts, run, folder)
    return target


def reports() -> dict[str, Path]:
    """The reports that there are: name and notebook."""
    return {path.stem: path for path in sorted((project_root() / REPORTS).glob("*.ipynb"))}


def report_parameters(name: str) -> dict[str, Parameter]:
    """The parameters that a caller can set of the report `name`, by their names."""
    notebook = _find(name)
    known = declared(_read(notebook).cells, notebook)
    return {own: parameter for own, parameter in known.items() if own not in GIVEN}


def _find(name: str) -> Path:
    known = reports()
    if name not in known:
        raise ReportError(f"no report {name!r}", where=project_root() / REPORTS, expected=nearest(name, known))
    return known[name]


def _read(notebook: Path) -> Any:
    import nbformat

    return nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]


def _in_one_language(document: Any, known: Mapping[str, Parameter], language: str) -> None:
    """Drop the text cells that are tagged with another of the languages that the notebook's parameter offers."""
    choices = known["language"].type if "language" in known else ()
    others = {choice for choice in choices if choice != language} if isinstance(choices, tuple) else set()
    document.cells = [cell for cell in document.cells if not others & set(cell.metadata.get("tags", []))]


def _write_notebook(executed: Any, values: Mapping[str, object], target: Path) -> None:
    """Write the executed notebook with the parameters' `values`, and without the machine's paths and clocks."""
    import nbformat

    executed.metadata.pop("papermill", None)
    for cell in executed.cells:
        for noise in ("papermill", "execution"):
            cell.metadata.pop(noise, None)
        if f"injected-{TAG}" in cell.metadata.get("tags", []):
            cell.id = f"injected-{TAG}"
            cell.source = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    nbformat.write(executed, target)  # type: ignore[no-untyped-call]


def _facts(study: Study, moment: datetime, run: str, language: str) -> dict[str, str]:
    terms = ("研究", "数据截至", "运行") if language == "zh" else ("Study", "As of", "Run")
    told = f"{moment.astimezone(ZoneInfo(zone(study))):%Y-%m-%d %H:%M} ({zone(study)})"
    return dict(zip(terms, (study.name, told, run), strict=True))


def _write_log(log: Table, path: Path) -> None:
    from procmine.exchange import write_xes

    write_xes(log, path)


@contextmanager
def _whole(target: Path) -> Iterator[Path]:
    """A folder beside `target` that takes its place when the block ends, in place of what was there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    failed = target.with_name(target.name + FAILED)
    folder = target.with_name(f".building-{target.name}-{secrets.token_hex(4)}")
    folder.mkdir()
    try:
        yield folder
        _replace(target, folder)
    except StoppedNotebookError as stop:
        if stop.mistake:
            raise ReportError(str(stop)) from stop
        for partial in folder.iterdir():
            if partial.name != NOTEBOOK:
                shutil.rmtree(partial) if partial.is_dir() else partial.unlink()
        _replace(failed, folder)
        raise FailedRunError(str(stop), folder=failed) from stop
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # it holds other runs
            target.parent.rmdir()
    shutil.rmtree(failed, ignore_errors=True)


def _replace(target: Path, folder: Path) -> None:
    old = folder.with_name(f"{folder.name}-old")
    if target.exists():
        target.rename(old)
    folder.rename(target)
    shutil.rmtree(old, ignore_errors=True)
