"""What is wrong with the exports of a study, one by one, when they are read as it says."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.events import columns_read, time_columns, time_zone
from procmine.assemble.mapping import Source, StudyFile
from procmine.assemble.reading import read_export
from procmine.assemble.reading.presence import MissingColumnError
from procmine.assemble.rows import ROW, cell
from procmine.assemble.times import clock
from procmine.errors import ExportError
from procmine.problems.problem import Problem, unusable


def of_exports(study: StudyFile, exports: Path, *, zones: bool) -> Iterator[Problem]:
    """Exports that are missing or cannot be read, every column that they have not, and times of no known zone, unless
    not all of the study's `zones` could be read.
    """
    for source in study.sources.values():
        path = exports / source.file
        with ExitStack() as scratch:
            rows: Table | None = None
            wanted = columns_read(source)
            while rows is None and wanted:
                try:
                    rows = read_export(path, source, wanted, scratch)
                except MissingColumnError as error:
                    yield unusable(error, place=source.export)
                    wanted = [column for column in wanted if column != error.column]
                except ExportError as error:
                    yield unusable(error, place=source.export)
                    break
            if rows is not None and zones:
                yield from _without_zone(rows, source, study, export=exports / source.export, read=wanted)


def _without_zone(rows: Table, source: Source, study: StudyFile, *, export: Path, read: list[str]) -> Iterator[Problem]:
    if time_zone(source, study) or clock.has_offset(source.time_format):
        return
    times = [cell(rows, column) for column in time_columns(source) if column in read]
    if not times:
        return
    lacking = [clock.is_naive(time) if source.time_format is None else time.notnull() for time in times]
    shown = ibis.coalesce(*(ibis.ifelse(lacks, time, None) for lacks, time in zip(lacking, times, strict=True)))
    counted = rows.select(ROW, shown=shown).filter(_.shown.notnull())
    found = engine.collect(counted.agg(rows=_.count(), first=_[ROW].min(), shown=_.shown.argmin(_[ROW]))).iloc[0]
    if found["rows"]:
        whose = f"system {source.system!r}" if source.system else "a system, and name that as the system of its source"
        yield Problem(
            "unusable",
            f"{export}, row {found['first']}",
            f"time {found['shown']!r} has no offset, and no time zone is declared (rows like this: {found['rows']})",
            f"Declare the time_zone of {whose} in study.yaml, such as Asia/Shanghai",
        )
