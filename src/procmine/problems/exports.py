"""What is wrong with the exports of a study, source by source, when they are read as it says."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.cell_values import time_zone
from procmine.assemble.mapping import RowEvents, Source, StudyFile
from procmine.assemble.mapping.columns import columns_needed, columns_read, time_columns
from procmine.assemble.reading import Export, exports_of
from procmine.assemble.reading.dispatch import rows_in, write_rows
from procmine.assemble.reading.presence import MissingColumnError
from procmine.assemble.rows import ROW, cell, file_of, row_in_file
from procmine.assemble.times import clock
from procmine.assemble.times.naive import naive_time
from procmine.assemble.zones import parts_of_one_zone, system_of
from procmine.errors import ExportError
from procmine.problems.problem import Problem, unusable


def of_exports(study: StudyFile, exports: Path, *, zones: bool) -> Iterator[Problem]:
    """Exports that are missing or cannot be read, every column that they have not, and times of no known zone, unless
    not all of the study's `zones` could be read. What is wrong with several files of a source is told once.
    """
    for source in study.sources.values():
        try:
            found = exports_of(source, exports, table="")
        except ExportError as error:
            yield unusable(error, place=source.export)
            continue
        with ExitStack() as scratch:
            folder = Path(scratch.enter_context(tempfile.TemporaryDirectory(prefix="procmine-")))
            looks = [_look(export, source, folder / f"{place}.parquet") for place, export in enumerate(found)]
            yield from _told_once([problem for look in looks for problem in look.problems])
            columns = {column for look in looks for column in look.columns}
            yield from _told_once([look.absent[name] for look in looks for name in look.absent if name not in columns])
            if zones and (read := [look for look in looks if look.columns]):
                rows = rows_in([look.rows for look in read])
                yield from _without_zone(rows, source, study, [look.export for look in read], columns=columns)


class _Look(NamedTuple):
    """What came of reading an export: the columns that are in its `rows`, none where it cannot be read; the problems;
    and the problem of each column that is not there, and need not be if another export of the source has it.
    """

    export: Export
    rows: Path
    columns: list[str]
    problems: list[Problem]
    absent: dict[str, Problem]


def _look(export: Export, source: Source, rows: Path) -> _Look:
    wanted, groups = columns_read(source), columns_needed(source)
    problems: list[Problem] = []
    absent: dict[str, Problem] = {}
    while wanted:
        try:
            write_rows(export.path, source, wanted, rows)
            break
        except MissingColumnError as error:
            problem = unusable(error, place=export.name)
            wanted = [column for column in wanted if column != error.column]
            if any(error.column in group and set(group).isdisjoint(wanted) for group in groups):
                problems.append(problem)
            else:
                absent[error.column] = problem
        except ExportError as error:
            problems.append(unusable(error, place=export.name))
            wanted = []
    return _Look(export, rows, wanted, problems, absent)


def _told_once(problems: Sequence[Problem]) -> Iterator[Problem]:
    """The first of those that find the same in several files, with how many these are."""
    alike: dict[str, list[Problem]] = {}
    for problem in problems:
        alike.setdefault(problem.found, []).append(problem)
    for found, (first, *others) in alike.items():
        more = f" (also in {len(others)} more of its files)" if others else ""
        yield Problem(first.harm, first.place, f"{found}{more}", first.expected)


def _without_zone(
    rows: Table, source: Source, study: StudyFile, exports: Sequence[Export], *, columns: set[str]
) -> Iterator[Problem]:
    times = [column for column in time_columns(source) if column in columns]
    named = source.events.system if isinstance(source.events, RowEvents) else None
    lacks_systems = isinstance(named, str) and named not in columns
    if not times or lacks_systems or clock.has_offset(source.time_format):
        return
    parts = parts_of_one_zone(rows, source, study)
    for part in (part for part, of_system in parts if not time_zone(of_system, study)):
        cells = [cell(part, column) for column in times]
        lacking = [clock.is_naive(time) if source.time_format is None else time.notnull() for time in cells]
        shown = ibis.coalesce(*(ibis.ifelse(lacks, time, None) for lacks, time in zip(lacking, cells, strict=True)))
        naive = part.select(ROW, shown=shown, system=system_of(part, source)).filter(_.shown.notnull())
        first = naive.agg(
            rows=_.count(), first=_[ROW].min(), **{it: _[it].argmin(_[ROW]) for it in ("shown", "system")}
        )
        found = engine.collect(first.mutate(file=file_of(_["first"]), place=row_in_file(_["first"]))).iloc[0]
        if found["rows"]:
            where = f"{exports[int(found['file'])].where}, row {int(found['place'])}"
            system = found["system"] if isinstance(found["system"], str) else None
            yield unusable(naive_time(found["shown"], system, where=where, rows=found["rows"]), place=where)
