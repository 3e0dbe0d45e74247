"""Make a report in a folder: check its study, execute its notebook, write its page, its log and its manifest."""

import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ibis.expr.types import Table

from procmine.privacy import key_fingerprint, pseudonym_key, shareable_log
from procmine.report import manifest
from procmine.report.kernel import Kernel, execute
from procmine.report.labels import unmatched_activities
from procmine.report.moment import as_of, zone
from procmine.report.page import page, prepare
from procmine.report.parameters import TAG, Parameter
from procmine.study import Study, open_study

PAGE, NOTEBOOK, XES = "report.html", "report.ipynb", "log.xes.gz"


@dataclass(frozen=True)
class Making:
    """A report whose study and parameters were found to be good. Made by `of`; `run` is the name of this run."""

    notebook: Path
    known: Mapping[str, Parameter]
    given: Mapping[str, object]
    study: Study
    log: Table
    moment: datetime
    facts: Mapping[str, Any]
    run: str

    @classmethod
    def of(
        cls, name: str, *, notebook: Path, known: Mapping[str, Parameter], given: Mapping[str, object], study: Path
    ) -> "Making":
        """The report `name` over the study in the folder `study`, with the parameters `given` of those `known`.

        Errors: those of `open_study`, `shareable_log`, `as_of` and `unmatched_activities`.
        """
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
        return cls(notebook, known, given, opened, log, moment, facts, manifest.run_name(facts))

    def write(self, folder: Path, kernel: Kernel) -> None:
        """Write the report to `folder`, its notebook executed by `kernel`.

        Errors: `StoppedNotebookError`; the notebook as far as it came is then in `folder`.
        """
        given = dict(self.given)
        with ThreadPoolExecutor(max_workers=1) as meanwhile:
            log_written = meanwhile.submit(_write_log, self.log, folder / XES)
            meanwhile.submit(prepare)
            document = _in_one_language(self.notebook, self.known, self._language)
            own = {"study": str(self.study.folder), "folder": str(folder)}
            executed = execute(document, folder / NOTEBOOK, {**given, **own}, kernel)
            log_written.result()
        _write_notebook(executed, {"study": self.study.name, "folder": "", **given}, folder / NOTEBOOK)
        shown = page(executed, study=self.study.file.title, facts=self._told, language=self._language)
        (folder / PAGE).write_text(shown, encoding="utf-8")
        manifest.write(self.facts, self.run, folder)

    @staticmethod
    def leave_notebook(folder: Path) -> None:
        """Remove all but the notebook from `folder`."""
        for partial in folder.iterdir():
            if partial.name != NOTEBOOK:
                shutil.rmtree(partial) if partial.is_dir() else partial.unlink()

    @property
    def _language(self) -> str:
        return str(self.given.get("language", "en"))

    @property
    def _told(self) -> dict[str, str]:
        terms = ("研究", "数据截至", "运行") if self._language == "zh" else ("Study", "As of", "Run")
        own = zone(self.study)
        moment = f"{self.moment.astimezone(ZoneInfo(own)):%Y-%m-%d %H:%M} ({own})"
        return dict(zip(terms, (self.study.name, moment, self.run), strict=True))


def _in_one_language(notebook: Path, known: Mapping[str, Parameter], language: str) -> Any:
    """The notebook without the text cells that are tagged with another of the languages that its parameter offers."""
    import nbformat

    document: Any = nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]
    choices = known["language"].type if "language" in known else ()
    others = {choice for choice in choices if choice != language} if isinstance(choices, tuple) else set()
    document.cells = [cell for cell in document.cells if not others & set(cell.metadata.get("tags", []))]
    return document


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


def _write_log(log: Table, path: Path) -> None:
    from procmine.exchange import write_xes

    write_xes(log, path)
