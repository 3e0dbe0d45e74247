"""A study: a folder with `study.yaml`, exports and a designed flow, and the log assembled from it."""

import functools
import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import ibis.expr.datatypes as dt
import pandas as pd
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble import stored_log
from procmine.assemble.build import CLOCK_EFFECTS, CLOCKS, DOUBLES, FINDINGS, LEDGER, LOG, SAME_ORDERS, SET_ASIDE
from procmine.assemble.mapping import StudyFile
from procmine.assemble.mapping.study_file import load_study_file
from procmine.assemble.reading import Export, exports_of_study
from procmine.assemble.reading.dispatch import table_state
from procmine.assemble.reading.presence import require_file
from procmine.assemble.rows import FILE
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
        exports = self._exports()
        files = [self.folder / STUDY_FILE]
        files += [export.path for name in exports if name not in self._tables for export in exports[name]]
        if self.designed_flow is not None:
            files.append(self.designed_flow)
        tables = {exports[name][0].name: hashlib.sha256(state.encode()) for name, state in self._tables.items()}
        return {path.relative_to(self.folder).as_posix(): _sha256(path) for path in files} | {
            name: digest.hexdigest() for name, digest in tables.items()
        }

    @property
    def sources_of_exports(self) -> dict[str, str]:
        """For each present export, by its name in the ledger, the name of its source in `study.yaml`."""
        return {export.name: name for name, exports in self._exports().items() for export in exports}

    def _exports(self) -> dict[str, list[Export]]:
        """The present exports of each source."""
        return exports_of_study(self.file, self.folder / EXPORTS, tables=self._tables)

    @functools.cached_property
    def _tables(self) -> dict[str, str]:
        """The states of the sources on a server, asked for once: it reads a whole table to tell."""
        return {name: table_state(source) for name, source in self.file.sources.items() if source.database is not None}

    def log(self) -> Table:
        """The study's log: assembled from its exports, or the stored one where inputs and mapping are the same.

        Errors: those of `procmine.assemble.build`.
        """
        return engine.read_parquet(self._stored() / LOG)

    def ledger(self, *, by: Literal["export", "source"] = "export") -> pd.DataFrame:
        """The account of every exported row.

        One row per export and reason: `source` (the file below `exports/`), `reason` ("event" for a row that became one
        event or more, "link" and "order attributes" for rows that gave those, else why the row was set aside), `rows`,
        `events`, the events those rows gave, and `first_row`, the first of them, to look up. Per export the rows add up
        to its own; the events add up to the log's.

        By source, the files that a pattern stands for are one, by the name of the pattern, and no row is the first.
        """
        ledger = pd.read_parquet(self._stored() / LEDGER)
        if by == "export":
            return ledger
        names = {export: self.file.sources[name].export for export, name in self.sources_of_exports.items()}
        named = ledger.assign(source=ledger["source"].map(names).fillna(ledger["source"]))
        return named.groupby(["source", "reason"], as_index=False)[["rows", "events"]].sum()

    def findings(self) -> pd.DataFrame:
        """What a reader of the log should know of its data; no row where all is well.

        One row a finding: `check` (what was looked for), `source` (the export, null where it concerns several), `rows`
        (events or exported rows concerned; 0 where something is missing), `orders`, `example` (one to look up) and
        `advice` (what to do). Some checks always run; what the study knows of its data it declares under `expect:`.
        """
        return pd.read_parquet(self._stored() / FINDINGS)

    def doubles(self) -> pd.DataFrame:
        """The events that were set aside since another is kept for them: `source`, `export`, `source_row`, `kept` …

        The columns are those of `procmine.assemble.doubles`, as `doubles_told` gives them. A row that gave other events
        is not in `set_aside`, its doubles are here.
        """
        return pd.read_parquet(self._stored() / DOUBLES)

    def same_orders(self) -> pd.DataFrame:
        """Orders that are one by the study's evidence: `order`, `same_as`, `evidence`, and whether they are `joined`.

        The columns are those of `procmine.assemble.identity.same_order.same_orders`.
        """
        return pd.read_parquet(self._stored() / SAME_ORDERS)

    def clocks(self) -> pd.DataFrame:
        """How far the systems' clocks are apart, as far as mirrored actions and activities of known order show it.

        One row per `system`, `against` and `method`: `pairs`, `offset_s` (how far the system's clock runs ahead), where
        it lies (`low_s` to `high_s`), `corrected_s`, what `clock_offset` takes off, and `tells`: whether the offset is
        an estimate, or a bound ("at least"). Reported, never corrected unless the study says so. More in
        `procmine.assemble.times.skew`.
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
        orders that it could belong to, where there are several), and the columns that the study reads; first of all,
        where the source's file is a pattern, `procmine:file`.

        Errors: `StudyError` for a source that the study does not have.
        """
        if source not in self.file.sources:
            raise StudyError(
                f"no source {source!r}", where=self.folder / STUDY_FILE, expected=nearest(source, self.file.sources)
            )
        stored = self._stored() / SET_ASIDE / f"{source}.parquet"
        if stored.is_file():
            return engine.read_parquet(stored)
        return engine.nothing({FILE: dt.string, **_NOTHING} if self.file.sources[source].has_files else _NOTHING)

    def _stored(self) -> Path:
        """The folder of the assembled log of the present inputs; assembled now if it is not there."""
        exports = self._exports()
        if self.designed_flow is not None:
            require_file(self.designed_flow)
        return stored_log(self.file, exports, own=str(self.folder), outputs=self.outputs)


def _sha256(path: Path) -> str:
    require_file(path, may_be_empty=True)
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
