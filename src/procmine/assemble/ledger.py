"""The ledger: every exported row, and what became of it."""

from collections.abc import Mapping

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble import events as ev
from procmine.assemble.mapping import ColumnEvents, Source, StudyFile
from procmine.assemble.sequence import TIE_BREAKERS
from procmine.errors import ExportError

EVENT_ROW = "event"
LINK_ROW = "link"
ATTRIBUTE_ROW = "order attributes"
USED = (EVENT_ROW, LINK_ROW, ATTRIBUTE_ROW)
"""The reasons of rows that gave something; every other reason set the row aside."""


def account(candidates: Table, source: Source) -> Table:
    """What became of each row of a source of events: `source_row`, `reason` ("event" for a kept row), `events`.

    A row with several time columns is an event row where at least one of them gives an event; where none does, its
    reason is the first that is not just an empty cell.
    """
    if not isinstance(source.events, ColumnEvents):
        kept = candidates.problem.isnull()
        return candidates.select(
            "source_row", reason=candidates.problem.fill_null(EVENT_ROW), events=kept.cast("int64")
        )
    by_row = candidates.group_by("source_row").agg(
        events=_.problem.isnull().sum(),
        wrong=_.problem.argmin(_.place, where=_.problem != ev.NO_TIME),
    )
    reason = ibis.ifelse(_.events > 0, EVENT_ROW, _.wrong.fill_null(ev.NO_TIME))
    return by_row.select("source_row", reason=reason, events=_.events)


def account_without_events(rows: Table, source: Source) -> Table:
    """What became of each row of a source that gives links or order attributes only; columns as in `account`."""
    columns = list(source.keys.values())
    use = ATTRIBUTE_ROW if source.order_attributes else LINK_ROW
    incomplete = ibis.or_(*(rows[column].isnull() for column in columns))
    problem = ibis.cases((incomplete, "link incomplete" if len(columns) > 1 else "no order key"), else_=None)
    if len(columns) > 1 and not source.order_attributes:
        first = ibis.row_number().over(group_by=columns, order_by=rows.source_row) == 0
        problem = problem.coalesce(ibis.ifelse(first, ibis.null("string"), "link repeated"))
    reason = problem.coalesce(rows.key_problem).fill_null(use)
    return rows.select("source_row", reason=reason, events=ibis.literal(0, "int64"))


def totals(accounts: Mapping[str, Table]) -> pd.DataFrame:
    """The ledger: one row per source (the export's file name) and reason, with `rows` and the `events` they gave."""
    parts = [
        table.group_by("reason").agg(rows=_.count(), events=_.events.sum()).mutate(source=ibis.literal(name))
        for name, table in accounts.items()
    ]
    ledger = engine.collect(ibis.union(*parts) if len(parts) > 1 else parts[0])
    ordered = ledger.astype({"rows": "int64", "events": "int64"})[["source", "reason", "rows", "events"]]
    return ordered.sort_values(["source", "reason"], ignore_index=True)


def refuse_naive_times(candidates: Table, rows: Table, source: Source, place: object) -> None:
    """An `ExportError` that shows the first time of `source` that has no offset while its system names no zone."""
    naive = candidates.filter(_.problem == ev.NO_ZONE).agg(rows=_.count(), first=_.source_row.min())
    found = engine.collect(naive).iloc[0]
    if not found["rows"]:
        return
    row = engine.collect(rows.filter(_.source_row == int(found["first"]))).iloc[0]
    shown = next(row[column] for column in ev.time_columns(source) if isinstance(row[column], str))
    raise ExportError(
        f"time {shown!r} has no offset, and no time zone is declared ({found['rows']} such rows)",
        where=f"{place}, row {found['first']}",
        expected=f"Declare time_zone (such as Asia/Shanghai) for system {source.system!r} in study.yaml"
        if source.system
        else "Give the source a system with a time_zone in study.yaml",
    )


def findings(study: StudyFile, raw: Mapping[str, Table], events: Table) -> pd.DataFrame:
    """What a reader of the log should know of it: `finding`, `source`, `rows`, `example`; no row where all is well."""
    found = [_ties(events).mutate(finding=ibis.literal("order decided only by the row in the export"))]
    for name, source in study.sources.items():
        for column, unread in ev.unreadable_cells(raw[name], source, study):
            rows = raw[name].filter(unread)
            found.append(
                rows.agg(rows=_.count(), example=_[column].min())
                .filter(_.rows > 0)
                .mutate(source=ibis.literal(source.file), finding=ibis.literal(f"{column} does not read as declared"))
            )
    columns = ["finding", "source", "rows", "example"]
    table = ibis.union(*(part.select(columns) for part in found)) if len(found) > 1 else found[0].select(columns)
    return engine.collect(table).sort_values(columns, ignore_index=True)


def _ties(events: Table) -> Table:
    """How many events only the export's row put in order: per source, `rows` and an `example` order.

    They agree with another event of their order in time, rank of the system and sequence number, and come from another
    row. Every group of n such events counts n − 1.
    """
    deciding = list(TIE_BREAKERS[: TIE_BREAKERS.index("source")])
    groups = events.group_by("case_id", *deciding).agg(
        events=_.count(),
        source=_.source.min(),
        several=(_.source_row.min() != _.source_row.max()) | (_.source.min() != _.source.max()),
    )
    tied = groups.filter((_.events > 1) & _.several)
    return tied.group_by("source").agg(rows=(_.events - 1).sum(), example=_.case_id.min())
