"""Checks of cells and attributes: what an export left empty, wrote in another form, or says twice."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import cast

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import BooleanValue, Table, TimestampValue

from procmine import engine
from procmine.assemble import events as ev
from procmine.assemble.cell_values import time_zone
from procmine.assemble.findings.finding import Check, tally, words
from procmine.assemble.mapping import Source, StudyFile
from procmine.assemble.mapping.columns import time_columns
from procmine.assemble.orders import SEVERAL
from procmine.assemble.rows import CELL, ORDER, ROW, cell
from procmine.assemble.times import clock
from procmine.assemble.zones import parts_of_one_zone
from procmine.schema import CASE, EVENT_ATTRIBUTE, attributes

UNREADABLE = Check("cell does not read as declared", "Correct the type in study.yaml, or the cells in the system")
CLOCK = Check("time within a change of the clock", "Export times with their offset: these may be an hour off")
SEVERAL_VALUES = Check(
    "several values of an order attribute", "The smallest is taken: export the one that counts, or make it an event's"
)
MISSING = Check("value missing where it is usual", "Ask why it may be empty: measures by it leave these events out")
HIDDEN = Check("attribute holds times", "If it is a step of its own, map it to an event; else declare type: time")

Where = Callable[[Table], BooleanValue]
"""The rows of an export of which something is found."""

_USUAL = 0.5
_DAY_S = 86_400
_TIME = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}([ T]\d|$)")


def of_exports(study: StudyFile, standing: Mapping[str, Table], rows: Mapping[str, Table]) -> Iterator[Table]:
    """The findings of each export's own cells: its rows as they stand, and as `rows` with the order of each."""
    for name, source in study.sources.items():
        yield from _told(UNREADABLE, _unreadable(study, source, standing[name]), rows[name], source)
        of_zones = (parts_of_one_zone(table[name], source, study) for table in (standing, rows))
        for (own, of_system), (belonging, _same) in zip(*of_zones, strict=True):
            yield from _told(CLOCK, _clock_changes(study, of_system, own), belonging, source)


def _told(check: Check, columns: Sequence[tuple[str, Where]], rows: Table, source: Source) -> Iterator[Table]:
    for column, where in columns:
        cells = rows.filter(where(rows)).mutate(source=ibis.literal(source.export))
        cells = cells.mutate(case_id=cells[ORDER])
        yield tally(cells, check, example=words(column, cells[CELL + column]), rows=cells[ROW].nunique())


def _unreadable(study: StudyFile, source: Source, rows: Table) -> list[tuple[str, Where]]:
    """The columns with cells that do not read as the type that the study declares, found in one pass."""
    cells = ev.unreadable_cells(rows, source, study)
    if not cells:
        return []
    counted = engine.collect(rows.agg(**{column: unread.sum().fill_null(0) for column, unread in cells})).iloc[0]
    return [
        (column, partial(_wrong, place=place, source=source, study=study))
        for place, (column, _unread) in enumerate(cells)
        if counted[column] > 0
    ]


def _wrong(rows: Table, *, place: int, source: Source, study: StudyFile) -> BooleanValue:
    return cast(BooleanValue, ev.unreadable_cells(rows, source, study)[place][1])


def _clock_changes(study: StudyFile, source: Source, rows: Table) -> list[tuple[str, Where]]:
    """The time columns of a zone whose clock changed, with the times that the change skips or makes ambiguous."""
    zone = time_zone(source, study)
    if source.events is None or zone in {None, "UTC"} or clock.has_offset(source.time_format):
        return []

    def wall(table: Table, column: str) -> TimestampValue:
        return clock.wall_time(cell(table, column), form=source.time_format)

    columns = list(dict.fromkeys(time_columns(source)))
    days = ibis.union(*(rows.select(day=wall(rows, column).epoch_seconds() // _DAY_S) for column in columns)).distinct()
    changes = list(clock.clock_changes(str(zone), engine.collect(days.drop_null())["day"]))
    if not changes:
        return []
    return [(column, partial(_within, changes=changes, wall=partial(wall, column=column))) for column in columns]


def _within(
    table: Table, *, changes: Sequence[tuple[datetime, datetime]], wall: Callable[[Table], TimestampValue]
) -> BooleanValue:
    time = wall(table)
    return ibis.or_(*((time >= ibis.literal(begin)) & (time < ibis.literal(end)) for begin, end in changes))


def several_values(values: Table | None, orders: Table) -> list[Table]:
    """Order attributes of which an order of the log has several values; `orders` has the log's."""
    if values is None:
        return []
    whole = values.semi_join(orders, "case_id").mutate(source=ibis.null("string"))
    names = attributes(values, CASE)
    some = whole.agg(**{name: whole[f"{SEVERAL}{name}"].any().fill_null(False) for name in names})
    found = engine.collect(some).iloc[0]
    return [
        tally(whole.filter(whole[f"{SEVERAL}{name}"]), SEVERAL_VALUES, example=words(name, _.case_id))
        for name in names
        if found[name]
    ]


def missing(log: Table, usual: pd.DataFrame, *, declared: Sequence[str]) -> Iterator[Table]:
    """Events without a resource, department or start, though most events of this activity in the source have one.

    An activity that seldom has one is taken for a step that records none. `usual` has, by `source` and `activity`, the
    `events` and how many of them have each; columns that are `declared` to be filled are left to that rule (daqapo's
    `detect_missing_values`, by column and activity).
    """
    for column in sorted({"resource", "department", "start"} - {*declared}):
        filled = usual.groupby(["source", "activity"])[["events", f"with_{column}"]].sum().reset_index()
        partly = filled[
            (filled[f"with_{column}"] < filled["events"]) & (filled[f"with_{column}"] >= _USUAL * filled["events"])
        ]
        if len(partly):
            concerned = engine.table(partly[["source", "activity"]])
            empty = log.filter(_[column].isnull()).semi_join(concerned, ["source", "activity"])
            yield tally(empty, MISSING, example=words(column, _.case_id, _.activity))


def hidden_times(log: Table) -> Iterator[Table]:
    """Attributes read as text whose values are times: steps that were recorded beside another event, not as one.

    Pattern 4, scattered event, of Suriadi, Andrews, ter Hofstede and Wynn, Information Systems 64 (2017). The smallest
    and the largest value tell: where both are times, all are, for they begin with digits like those between them.
    """
    texts = [
        name for name in (*attributes(log, CASE), *attributes(log, EVENT_ATTRIBUTE)) if log[name].type().is_string()
    ]
    if not texts:
        return
    ends = {f"{end}{place}": getattr(log[name], end)() for place, name in enumerate(texts) for end in ("min", "max")}
    found = engine.collect(log.agg(**ends)).iloc[0]
    for place, name in enumerate(texts):
        values = found[f"min{place}"], found[f"max{place}"]
        if all(isinstance(value, str) and _TIME.match(value) for value in values):
            given = log.filter(_[name].notnull())
            yield tally(given, HIDDEN, example=words(name, _.case_id))
