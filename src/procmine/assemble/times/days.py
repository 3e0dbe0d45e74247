"""Times that are only dates: how they are recognised, and where in their day such an event is placed."""

from collections.abc import Mapping, Sequence
from typing import cast

import ibis
from ibis import _
from ibis.expr.types import BooleanValue, StringValue, Table, TimestampValue, Value

from procmine import engine
from procmine.assemble.cell_values import TIME_CELL, time_of
from procmine.assemble.mapping import EventForm, Source, StudyFile
from procmine.assemble.mapping.values import COUNTED, EXCEL
from procmine.assemble.rows import ROW, cell
from procmine.schema import RESOLUTION, START_RESOLUTION, TIME

DAY, DAY_END = "day", "day_end"
"""Beside an event whose time is a date: the date, and the moment at which that day ends where it was recorded."""
_LONGEST_DATE = len("2024-01-31")
_TIME_OF_DAY = ("%H", "%-H", "%I", "%-I", "%c", "%X")
_OF_DAY = r"\.\d*[1-9]"
"""A part of a day, where days are counted."""
_LAST = 2**31
"""The rank of an event whose system has none: it comes after all others."""


def is_date(text: StringValue, form: EventForm, source: Source) -> BooleanValue:
    """Whether a time column of `form` holds a date there: because the study says so, or the cell has no time of day."""
    if form.resolution == "day":
        return text.notnull()
    if source.time_format is None:
        return text.length() <= _LONGEST_DATE
    if source.time_format == EXCEL:
        by_format = text.notnull() & ~text.re_search(_OF_DAY)
    else:
        by_format = text.notnull() if is_date_format(source.time_format) else ibis.literal(False)
    if source.format != "excel":
        return by_format
    return cast(BooleanValue, text.re_search(TIME_CELL).ifelse(text.length() <= _LONGEST_DATE, by_format))


def is_date_format(form: str) -> bool:
    """Whether a time format reads no time of day."""
    return form not in COUNTED and not any(directive in form for directive in _TIME_OF_DAY)


def dated_columns(study: StudyFile, rows: Mapping[str, Table]) -> list[str]:
    """Which of `RESOLUTION` and `START_RESOLUTION` the log of `study` needs: those of which some time is a date.

    `rows` are those of each source.
    """
    found = []
    for name, source in study.sources.items():
        sides = [
            (resolution, column, form)
            for form in source.forms
            for resolution, column in ((RESOLUTION, form.timestamp), (START_RESOLUTION, form.start))
            if column
        ]
        if sides:
            maybe = engine.collect(_maybe_dates(rows[name], sides, source)).iloc[0]
            for place, (resolution, column, form) in enumerate(sides):
                if maybe[str(place)] and resolution not in found and _any_date(rows[name], column, form, source, study):
                    found.append(resolution)
    return sorted(found)


def of_times(
    events: Table,
    recorded: Mapping[str, tuple[TimestampValue, BooleanValue]],
    *,
    zone: str | None,
    dated: Sequence[str],
) -> dict[str, Value]:
    """The columns of candidates that dates change or need.

    - timestamp, start: of a date, the beginning of its day in `zone`; else as `events` have them, clocks set right
    - DAY, DAY_END: of a `timestamp` that is a date, the date and when that day ends; else null
    - those of `dated`: ``day`` where the time is a date, null where it is exact

    `recorded` has, under `timestamp` and under `start` if the export gives one, the time as the export has it, and
    whether it is a date. Clocks are not set right for dates, which are of the day that the system showed.
    """
    zone = zone or "UTC"
    found: dict[str, Value] = {}
    for name, resolution in (("timestamp", RESOLUTION), ("start", START_RESOLUTION)):
        if name in recorded:
            moment, is_date = recorded[name]
            dates = is_date & moment.notnull()
            midnight = engine.utc_to_local(moment, zone).truncate("D")
            found[name] = dates.ifelse(engine.local_to_utc(midnight, zone), events[name]).cast(TIME)
        else:
            dates = ibis.literal(False)
            found[name] = events[name]
        if resolution in dated:
            found[resolution] = dates.ifelse("day", ibis.null("string"))
        if name == "timestamp":
            after = engine.local_to_utc(midnight + ibis.interval(days=1), zone)
            found[DAY] = dates.ifelse(midnight.date(), ibis.null("date"))
            found[DAY_END] = dates.ifelse(after, ibis.null(TIME)).cast(TIME)
    return found


def placed(events: Table, *, study: StudyFile) -> Table:
    """`events` with a moment for each date, and without `DAY` and `DAY_END`.

    A date is placed after the events of its order that lower-ranked systems recorded that day, at the time of the last
    of them; where there are none, at the beginning of the day. It is never placed before its own start, nor before a
    date of a lower rank on that day, nor outside the study's window. Dates of one rank share their moment, so that the
    tie breakers of `sequencing` put them in order.
    """
    ranked = events.mutate(rank=_["rank"].cast("int64").fill_null(_LAST))
    dates = ranked.filter(_[DAY].notnull())
    exact = ranked.filter(_[DAY].isnull()).select(order="case_id", before="rank", moment="timestamp")
    begun = ibis.ifelse(_.start < _[DAY_END], _.start, None)
    days = dates.group_by("case_id", DAY, "rank").agg(
        begin=ibis.greatest(_.timestamp.max(), begun.max()), first=_.timestamp.min(), end=_[DAY_END].max()
    )
    same_day = [
        days.case_id == exact.order,
        days["rank"] > exact.before,
        days["first"] <= exact.moment,
        days.end > exact.moment,
    ]
    latest = days.left_join(exact, same_day).group_by("case_id", DAY, "rank")
    moments = latest.agg(moment=ibis.greatest(_.begin.max(), _.moment.max()))
    so_far = ibis.cumulative_window(group_by=["case_id", DAY], order_by="rank")
    moments = moments.mutate(moment=_within_window(_.moment.max().over(so_far), study))
    moved = dates.join(moments, ["case_id", DAY, "rank"]).mutate(timestamp=_.moment.cast(TIME))
    told = [name for name in events.columns if name not in {DAY, DAY_END}]
    back = {"rank": _["rank"].nullif(_LAST)}
    together = ibis.union(ranked.filter(_[DAY].isnull()).select(told), moved.select(told))
    return together.mutate(**back)


def _within_window(moment: TimestampValue, study: StudyFile) -> TimestampValue:
    first, last = study.window.bounds() if study.window else (None, None)
    moment = moment if first is None else ibis.greatest(moment, ibis.literal(first, TIME))
    return moment if last is None else ibis.least(moment, ibis.literal(last, TIME))


def _maybe_dates(rows: Table, sides: Sequence[tuple[str, str, EventForm]], source: Source) -> Table:
    """Whether each of the time columns has a cell that looks like a date: one look at all, which parses nothing."""
    here = rows[ROW].notnull()  # a form of times that has no hours is no column of the export
    looks = {
        str(place): here & is_date(cell(rows, column), form, source) for place, (_at, column, form) in enumerate(sides)
    }
    return rows.agg(**{place: look.any().fill_null(False) for place, look in looks.items()})


def _any_date(rows: Table, column: str, form: EventForm, source: Source, study: StudyFile) -> bool:
    text = cell(rows, column)
    reads = time_of(text, source, study).notnull()
    return bool(engine.scalar(rows.filter(is_date(text, form, source)).filter(reads).count() > 0))
