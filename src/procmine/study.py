"""A study: a folder with `study.yaml`, exports and a designed flow, and the log assembled from it."""

import contextlib
import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import ibis
import ibis.expr.datatypes as dt
import pandas as pd
from ibis.expr.types import Table

from procmine import assemble, engine
from procmine.assemble import reading
from procmine.assemble.build import CLOCK_EFFECTS, CLOCKS, DOUBLES, FINDINGS, LEDGER, LOG, SAME_ORDERS, SET_ASIDE
from procmine.assemble.mapping import StudyFile
from procmine.assemble.mapping.study_file import load_study_file
from procmine.assemble.reading.presence import require_file
from procmine.errors import StudyError, nearest
from procmine.project import EXPORTS, STUDY_FILE, study_folder, study_outputs

_NOTHING = {
    "procmine:row": dt.int64,
    "procmine:reason": dt.string,
    "procmine:kept": dt.string,
    "procmine:candidates": dt.Array(dt.string),
}


def open_study(study: str | os.PathLike[str]) -> "Study":
    """The study of that name under `eventlogs/`, or in that folder.

    Errors: `StudyError` where there is none (with the nearest name), or its `study.yaml` is not as it should be.
    """
    folder = study_folder(study)
    return Study(folder, load_study_file(folder / STUDY_FILE))


@dataclass(frozen=True)
class Study:
    """A study's folder and what its `study.yaml` says. Made by `open_study`."""

    folder: Path
    file: StudyFile

    @property
    def name(self) -> str:
        """The folder's name, under which results are written."""
        return self.folder.name

    @property
    def outputs(self) -> Path:
        """`outputs/<study>/` of the project."""
        return study_outputs(self.folder)

    @property
    def designed_flow(self) -> Path | None:
        """The BPMN file that orders should follow, where the study has one."""
        return None if self.file.designed_flow is None else self.folder / self.file.designed_flow

    @property
    def as_of(self) -> datetime:
        """The moment up to which the log is known, UTC: the window's end, else the log's latest completion."""
        end = self.file.window.bounds()[1] if self.file.window else None
        if end is None:
            latest: pd.Timestamp = engine.scalar(self.log().timestamp.max())
            return latest.to_pydatetime()
        return end

    @property
    def inputs(self) -> dict[str, str]:
        """SHA-256 of `study.yaml`, of the designed flow and of every export, by path inside the study; of a table on a
        server, by its name, SHA-256 of what tells whether it has changed.

        Errors: `ExportError` for an export that is missing.
        """
        tables = {
            source.export: hashlib.sha256(reading.state(self.folder / EXPORTS, source).encode()).hexdigest()
            for source in self.file.sources.values()
            if not source.file
        }
        return {name: _sha256(path) for name, path in self._files.items()} | tables

    @property
    def _files(self) -> dict[str, Path]:
        names = [STUDY_FILE, *(f"{EXPORTS}/{source.file}" for source in self.file.sources.values() if source.file)]
        if self.file.designed_flow is not None:
            names.append(self.file.designed_flow)
        return {name: self.folder / name for name in names}

    def log(self) -> Table:
        """The study's log: assembled from its exports, or the stored one where inputs and mapping are the same.

        Errors: those of `procmine.assemble.build`.
        """
        return engine.read_parquet(self._stored() / LOG)

    def ledger(self) -> pd.DataFrame:
        """The account of every exported row.

        One row per export and reason: `source` (file name), `reason` ("event" for a row that became one event or more,
        "link" and "order attributes" for rows that gave those, else why the row was set aside), `rows`, and `events`,
        the events those rows gave. Per source the rows add up to the export's; the events add up to the log's.
        """
        return pd.read_parquet(self._stored() / LEDGER)

    def findings(self) -> pd.DataFrame:
        """What a reader of the log should know of its data; no row where all is well.

        One row a finding: `check` (what was looked for), `source` (the export, null where it concerns several), `rows`
        (events or exported rows concerned; 0 where something is missing), `orders`, `example` (one to look up) and
        `advice` (what to do). Some checks always run; what the study knows of its data it declares under `expect:`.
        """
        return pd.read_parquet(self._stored() / FINDINGS)

    def doubles(self) -> pd.DataFrame:
        """The events that were set aside since another is kept for them: `source`, `source_row`, `reason`, `kept` …

        The columns are those of `procmine.assemble.doubles.doubles_of`. A row that gave other events is not in
        `set_aside`, its doubles are here.
        """
        return pd.read_parquet(self._stored() / DOUBLES)

    def same_orders(self) -> pd.DataFrame:
        """Orders that are one by the study's evidence: `order`, `same_as`, `evidence`, and whether they are `joined`.

        The columns are those of `procmine.assemble.identity.same_order.same_orders`.
        """
        return pd.read_parquet(self._stored() / SAME_ORDERS)

    def clocks(self) -> pd.DataFrame:
        """How far the systems' clocks are apart, as far as mirrored actions and activities of known order show it.

        One row per `system`, `against` and `method`: `pairs`, `offset_s` (how far the system's clock runs ahead) with
        its 95 % interval `low_s` to `high_s`, and `corrected_s`, what `clock_offset` takes off. Reported, never
        corrected unless the study says so. More in `procmine.assemble.times.skew`.
        """
        return pd.read_parquet(self._stored() / CLOCKS)

    def clock_effects(self) -> pd.DataFrame:
        """The figures that would change sign or rank if no clock were set right; no row where none is.

        The columns are those of `procmine.assemble.times.skew_effects.effect_table`.
        """
        return pd.read_parquet(self._stored() / CLOCK_EFFECTS)

    def set_aside(self, source: str) -> Table:
        """The rows of a source (by its name in `study.yaml`) that gave nothing: `procmine:row` (1 below the header),
        `procmine:reason`, `procmine:kept` (of a double: the export and row kept for it), `procmine:candidates` (the
        orders that it could belong to, where there are several), and the columns that the study reads.

        Errors: `StudyError` for a source that the study does not have.
        """
        if source not in self.file.sources:
            raise StudyError(
                f"no source {source!r}", where=self.folder / STUDY_FILE, expected=nearest(source, self.file.sources)
            )
        stored = self._stored() / SET_ASIDE / f"{source}.parquet"
        if stored.is_file():
            return engine.read_parquet(stored)
        return engine.nothing(_NOTHING)

    def _stored(self) -> Path:
        """The folder of the assembled log of the present inputs; assembled now if it is not there.

        The log before it is kept for those who still look at it; older ones go.
        """
        folder = self.outputs / "log" / self._fingerprint
        if folder.is_dir():
            return folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".building-") as scratch:
            target = Path(scratch) / "log"
            target.mkdir()
            assemble.build(self.file, self.folder / EXPORTS, target)
            with contextlib.suppress(OSError):  # another process has just stored the same log
                target.rename(folder)
        own, _dash, _inputs = folder.name.partition("-")
        others = [other for other in folder.parent.glob(f"{own}-*") if other != folder]
        for old in sorted(others, key=lambda other: other.stat().st_mtime_ns)[:-1]:
            shutil.rmtree(old, ignore_errors=True)
        return folder

    @property
    def _fingerprint(self) -> str:
        """Names the stored log: by its study's folder, and by all that decides what is in it.

        That is the mapping as it was read, every export, and the code that reads and assembles. Files are known by what
        the file system says of them, since reading them all would take as long as assembling.
        """
        if self.designed_flow is not None:
            require_file(self.designed_flow)
        exports = [reading.state(self.folder / EXPORTS / source.file, source) for source in self.file.sources.values()]
        mapping = self.file.model_dump_json()
        return f"{_digest(str(self.folder))}-{_digest(mapping, *exports, *_code(), ibis.__version__)}"


def _code() -> list[str]:
    """What tells whether the code that decides what is in a log has changed."""
    package = Path(__file__).parent
    files = [package / f"{module}.py" for module in ("engine", "schema", "sequencing")]
    files += [path for folder in ("assemble", "exchange") for path in sorted((package / folder).rglob("*.py"))]
    states = [(path, path.stat()) for path in files]
    return [f"{path.relative_to(package)} {state.st_size} {state.st_mtime_ns}" for path, state in states]


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _sha256(path: Path) -> str:
    require_file(path, may_be_empty=True)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
