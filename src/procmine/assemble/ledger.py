"""The ledger: every exported row, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.mapping import ColumnEvents, Source, StudyFile
from procmine.assemble.reading import Export
from procmine.assemble.reasons import ATTRIBUTE_ROW, EVENT_ROW, LINK_AGAIN, LINK_ROW, NO_EVENTS, NO_TIME
from procmine.assemble.rows import CELL, ORDER, PROBLEM, ROW, file_of, row_in_file
from procmine.errors import LogError

COLUMNS = ["source", "reason", "rows", "events", "first_row"]
"""Of the ledger: an export's name, what became of rows of it, how many they are, the events that they gave, and the
number of the first of them, as an example to look up."""


@dataclass(frozen=True)
class Ledger:
    """The account of every row, each once and all together.

    - accounts: for each source, by its name in the study, what became of each of its rows: `source_row`, `reason`
      ("event" for a row that became one event or more), `events`, how many it gave
    - totals: one row per export and reason: the `name` of its source in the study, and `COLUMNS`
    """

    accounts: Mapping[str, Table]
    totals: pd.DataFrame


def ledger_of(
    study: StudyFile,
    candidates: Mapping[str, Table],
    rows: Mapping[str, Table],
    orders: Table,
    exports: Mapping[str, Sequence[Export]],
) -> Ledger:
    """The ledger of a study, by the `candidates` of its sources of events, and the `rows` of its other sources."""
    accounts = {
        name: _of_events(candidates[name], source)
        if name in candidates
        else _without_events(rows[name], source, orders)
        for name, source in study.sources.items()
    }
    return Ledger(accounts, _totals(accounts, exports))


def _of_events(candidates: Table, source: Source) -> Table:
    """What became of each row of a source of events.

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
        wrong=_.problem.argmin(_.place, where=_.problem != NO_TIME),
    )
    reason = ibis.ifelse(_.events > 0, EVENT_ROW, _.wrong.fill_null(NO_TIME))
    return by_row.select("source_row", reason=reason, events=_.events)


def _without_events(rows: Table, source: Source, orders: Table) -> Table:
    """What became of each row of a source that gives links or order attributes only.

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


def _totals(accounts: Mapping[str, Table], exports: Mapping[str, Sequence[Export]]) -> pd.DataFrame:
    parts = [
        table.group_by("reason", file=file_of(_.source_row))
        .agg(rows=_.count(), events=_.events.sum(), first_row=row_in_file(_.source_row).min())
        .mutate(name=ibis.literal(name))
        for name, table in accounts.items()
    ]
    found = engine.collect(ibis.union(*parts))
    named = [exports[name][file].name for name, file in zip(found["name"], found["file"], strict=True)]
    ledger = found.assign(source=pd.Series(named, dtype="str")).astype(
        dict.fromkeys(("rows", "events", "first_row"), "int64")
    )
    return ledger.sort_values(["source", "reason"], ignore_index=True)[["name", *COLUMNS]]


def refuse_no_events(ledger: Ledger, study: StudyFile) -> None:
    """A `LogError` with what became of the rows, where none of them gives an event."""
    if not ledger.totals["events"].sum():
        counted = ledger.totals.groupby(["name", "reason"], sort=False, as_index=False)["rows"].sum().itertuples()
        reasons = "; ".join(f"{row.rows} rows of {study.sources[row.name].export}: {row.reason}" for row in counted)
        raise LogError(f"no row of the exports gives an event ({reasons or 'they have no rows'})", where=study.title)
