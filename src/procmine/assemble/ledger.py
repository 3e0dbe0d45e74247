"""The ledger: every exported row, and what became of it."""

from collections.abc import Mapping
from pathlib import Path

import ibis
import ibis.expr.datatypes as dt
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble import clock
from procmine.assemble import events as ev
from procmine.assemble.mapping import ColumnEvents, Source, StudyFile
from procmine.assemble.orders import SEVERAL
from procmine.assemble.read import CELL, ORDER, PROBLEM, ROW, cell
from procmine.errors import ExportError
from procmine.schema import CASE, USED_ROWS, attributes
from procmine.sequencing import TIE_BREAKERS

EVENT_ROW, LINK_ROW, ATTRIBUTE_ROW = USED_ROWS
LINK_AGAIN = "link repeated"
NO_EVENTS = "order without events"


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


def account_without_events(rows: Table, source: Source, orders: Table) -> Table:
    """What became of each row of a source that gives links or order attributes only; columns as in `account`.

    `orders` has the `case_id` of every order with an event: attributes of any other are set aside, since the log has no
    place for them.
    """
    if source.is_link:
        keys = [CELL + column for column in source.keys.values()]
        first = ibis.row_number().over(group_by=keys, order_by=rows[ROW]) == 0
        reason = ibis.coalesce(rows[PROBLEM], ibis.ifelse(first, LINK_ROW, LINK_AGAIN))
        return rows.select(source_row=rows[ROW], reason=reason, events=ibis.literal(0, "int64"))
    told = rows.select(source_row=_[ROW], case_id=_[ORDER], problem=_[PROBLEM])
    seen = told.left_join(orders.select(with_events="case_id"), [("case_id", "with_events")])
    reason = ibis.cases((_.problem.notnull(), _.problem), (_.with_events.notnull(), ATTRIBUTE_ROW), else_=NO_EVENTS)
    by_row = seen.select("source_row", reason=reason).group_by("source_row")
    used = by_row.agg(least=_.reason.min(), used=(_.reason == ATTRIBUTE_ROW).any())
    return used.select(
        "source_row", reason=ibis.ifelse(_.used, ATTRIBUTE_ROW, _.least), events=ibis.literal(0, "int64")
    )


def totals(accounts: Mapping[str, Table]) -> pd.DataFrame:
    """The ledger: one row per source (the export's file name) and reason, with `rows` and the `events` they gave."""
    parts = [
        table.group_by("reason").agg(rows=_.count(), events=_.events.sum()).mutate(source=ibis.literal(name))
        for name, table in accounts.items()
    ]
    ledger = engine.collect(ibis.union(*parts) if len(parts) > 1 else parts[0])
    ordered = ledger.astype({"rows": "int64", "events": "int64"})[["source", "reason", "rows", "events"]]
    return ordered.sort_values(["source", "reason"], ignore_index=True)


def refuse_naive_times(
    totals: pd.DataFrame, found: Mapping[str, Table], raw: Mapping[str, Table], study: StudyFile, exports: Path
) -> None:
    """An `ExportError` that shows the first time without an offset in a source whose system names no zone."""
    for name, source in study.sources.items():
        rows = totals.loc[(totals["source"] == source.file) & (totals["reason"] == ev.NO_ZONE), "rows"].sum()
        if rows:
            first = int(engine.scalar(found[name].filter(_.problem == ev.NO_ZONE).source_row.min()))
            cells = engine.collect(raw[name].filter(_[ROW] == first)).iloc[0]
            shown = next(cells[CELL + name] for name in ev.time_columns(source) if isinstance(cells[CELL + name], str))
            whose = f"system {source.system!r}" if source.system else f"the system of source {name!r}"
            raise ExportError(
                f"time {shown!r} has no offset, and no time zone is declared (rows like this: {rows})",
                where=f"{exports / source.file}, row {first}",
                expected=f"Declare the time_zone of {whose} in study.yaml, such as Asia/Shanghai",
            )


def findings(
    study: StudyFile, raw: Mapping[str, Table], events: Table, values: Table | None, log: Table
) -> pd.DataFrame:
    """What a reader of the log should know of it: `finding`, `source`, `rows`, `example`; no row where all is well."""
    found = [
        _ties(events, log).mutate(finding=ibis.literal("order decided only by the row in the export")),
        _backward(log).mutate(finding=ibis.literal("start later than completion")),
        *_idle_rules(study, log),
    ]
    for name, source in study.sources.items():
        found += _unreadable(study, source, raw[name])
        found += _clock_changes(study, source, raw[name])
    if values is not None:
        found += [_several_values(values, name) for name in attributes(values, CASE)]
    columns = ["finding", "source", "rows", "example"]
    table = ibis.union(*(part.select(columns) for part in found)) if len(found) > 1 else found[0].select(columns)
    return engine.collect(table).sort_values(columns, ignore_index=True)


def _backward(log: Table) -> Table:
    """Events that end before they start: per source, `rows` and an `example` order."""
    return log.filter(_.start > _.timestamp).group_by("source").agg(rows=_.count(), example=_.case_id.min())


def _idle_rules(study: StudyFile, log: Table) -> list[Table]:
    """Activities that the study has rules for and no event has: `rows` 0, the activity as `example`."""
    rules = {"owners": [*study.owners]}
    if study.status is not None:
        rules |= {"status.finished": study.status.finished, "status.cancelled": study.status.cancelled}
    known = set(engine.collect(log.select("activity").distinct())["activity"])
    idle = [(f"{rule} names an activity that no event has", name) for rule, names in rules.items() for name in names]
    rows = [(finding, None, 0, name) for finding, name in idle if name not in known]
    kinds = {"finding": dt.string, "source": dt.string, "rows": dt.int64, "example": dt.string}
    return [engine.table(pd.DataFrame(rows, columns=list(kinds)), kinds)] if rows else []


def _unreadable(study: StudyFile, source: Source, rows: Table) -> list[Table]:
    """Cells that do not read as the type that the study declares: per column, `rows` and an `example`. One pass."""
    cells = ev.unreadable_cells(rows, source, study)
    if not cells:
        return []
    counted = engine.collect(rows.agg(**{column: unread.sum().fill_null(0) for column, unread in cells})).iloc[0]
    found = []
    for column, unread in cells:
        if counted[column] > 0:
            wrong = rows.filter(unread).agg(rows=_.count(), example=_[CELL + column].min())
            finding = ibis.literal(f"{column} does not read as declared")
            found.append(wrong.mutate(source=ibis.literal(source.file), finding=finding))
    return found


def _clock_changes(study: StudyFile, source: Source, rows: Table) -> list[Table]:
    """Times that a change of the clock skips, or that it makes ambiguous: per column, `rows` and an `example`."""
    zone = ev.time_zone(source, study)
    if source.events is None or zone in {None, "UTC"} or clock.has_offset(source.time_format):
        return []
    found = []
    for column in ev.time_columns(source):
        text = cell(rows, column)
        wall = clock.wall_time(text, form=source.time_format)
        first, last = engine.collect(rows.agg(first=wall.min(), last=wall.max())).iloc[0]
        changes = [] if pd.isna(first) else list(clock.clock_changes(str(zone), first, last))
        if changes:
            inside = ibis.or_(*((wall >= ibis.literal(begin)) & (wall < ibis.literal(end)) for begin, end in changes))
            doubtful = rows.filter(inside).agg(rows=_.count(), example=_[CELL + column].min()).filter(_.rows > 0)
            finding = ibis.literal(f"{column} falls into a change of the clock in {zone}")
            found.append(doubtful.mutate(source=ibis.literal(source.file), finding=finding))
    return found


def _several_values(values: Table, name: str) -> Table:
    differing = values.filter(values[f"{SEVERAL}{name}"])
    return (
        differing.agg(rows=_.count(), example=_.case_id.min())
        .filter(_.rows > 0)
        .mutate(source=ibis.null("string"), finding=ibis.literal(f"orders with several values of {name}"))
    )


def _ties(events: Table, log: Table) -> Table:
    """How many events only the export's row put in order: per source, `rows` and an `example` order.

    They agree with another event of their order in time, rank of the system and sequence number, and come from another
    row. Every group of n such events counts n − 1. The log says cheaply which times occur twice in an order.
    """
    twice = log.filter(_.timestamp == _.next_timestamp).select("case_id", "timestamp").distinct()
    events = events.semi_join(twice, ["case_id", "timestamp"])
    deciding = list(TIE_BREAKERS[: TIE_BREAKERS.index("source")])
    groups = events.group_by("case_id", *deciding).agg(
        events=_.count(),
        source=_.source.min(),
        several=(_.source_row.min() != _.source_row.max()) | (_.source.min() != _.source.max()),
    )
    tied = groups.filter((_.events > 1) & _.several)
    return tied.group_by("source").agg(rows=(_.events - 1).sum(), example=_.case_id.min())
