"""Times without an offset, of systems whose zone nobody knows: they could be any of 26 hours, so they are refused."""

from collections.abc import Mapping, Sequence

from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.ledger import Ledger
from procmine.assemble.mapping import StudyFile
from procmine.assemble.mapping.columns import time_columns
from procmine.assemble.reading import Export
from procmine.assemble.reasons import NO_ZONE
from procmine.assemble.rows import CELL, ROW, file_of, row_in_file
from procmine.errors import ExportError


def refuse_naive_times(
    ledger: Ledger,
    candidates: Mapping[str, Table],
    rows: Mapping[str, Table],
    study: StudyFile,
    exports: Mapping[str, Sequence[Export]],
) -> None:
    """The error of `naive_time` for the first time without an offset, where the ledger counts any."""
    totals = ledger.totals
    for name, source in study.sources.items():
        count = totals.loc[(totals["name"] == name) & (totals["reason"] == NO_ZONE), "rows"].sum()
        if count:
            naive = candidates[name].filter(_.problem == NO_ZONE)
            naive = naive.agg(row=_.source_row.min(), system=_.system.argmin(_.source_row))
            place = engine.collect(naive.mutate(file=file_of(_.row), in_file=row_in_file(_.row))).iloc[0]
            cells = engine.collect(rows[name].filter(_[ROW] == int(place["row"]))).iloc[0]
            time = next(cells[CELL + name] for name in time_columns(source) if isinstance(cells[CELL + name], str))
            where = f"{exports[name][place['file']].where}, row {place['in_file']}"
            system = place["system"] if isinstance(place["system"], str) else None
            raise naive_time(time, system, where=where, rows=int(count))


def naive_time(time: str, system: str | None, *, where: str, rows: int) -> ExportError:
    """What is wrong with a `time` of `system` without an offset; `rows` of its source have one."""
    whose = f"system {system!r}" if system else "a system, and name that as the system of its source"
    return ExportError(
        f"time {time!r} has no offset, and no time zone is declared (rows like this: {rows})",
        where=where,
        expected=f"Declare the time_zone of {whose} in study.yaml, such as Asia/Shanghai",
    )
