"""Turn the rows of an export into candidate events: what happened, when, and what is wrong with it."""

from collections.abc import Sequence

import ibis
from ibis.expr.types import StringValue, Table, TimestampValue, Value

from procmine.assemble.cell_values import attribute, attribute_type, time_of, time_zone, value_of, whole
from procmine.assemble.mapping import (
    Attribute,
    ColumnEvents,
    EventForm,
    RowEvents,
    Source,
    StudyFile,
    TimeColumn,
)
from procmine.assemble.mapping.columns import time_columns
from procmine.assemble.naming import owner_of, renamed
from procmine.assemble.reasons import (
    AFTER_WINDOW,
    BEFORE_WINDOW,
    NO_ACTIVITY,
    NO_STEP,
    NO_TIME,
    NO_ZONE,
    UNKNOWN_STATUS,
    UNREADABLE_START,
    UNREADABLE_TIME,
)
from procmine.assemble.rows import JOINED, ORDER, PROBLEM, ROW, cell
from procmine.assemble.times import clock, days
from procmine.assemble.zones import parts_of_one_zone, system_of
from procmine.schema import EVENT_ATTRIBUTE, LINE, TIME
from procmine.schema import JOINED as JOINED_EVENT

_COMPLETED, _STARTED = "completed", "started"
_READ, _IS_DATE = "read ", "is date "
"""Before the name of a column of times as the export has them: its moments, and which of them are dates."""
_UNREADABLE = {"timestamp": UNREADABLE_TIME, "start": UNREADABLE_START}


def candidates(rows: Table, source: Source, study: StudyFile, *, dated: Sequence[str] = ()) -> Table:
    """One row for each event that a row of `rows` may give. `dated` is what `days.dated_columns` gives.

    `rows` has `ROW`, `ORDER`, `PROBLEM` and the source's columns. The result has `source_row`, `case_id`,
    the event's columns but `source`, the tie breakers `rank`, `sequence` and `place`, the `event:` attributes of all
    sources, and `problem`: null for an event, else the reason why it is none. Where some time of the study is a date
    it has the columns of `days.of_times` too, and the timestamp of a date is the beginning of its day.
    """
    return ibis.union(*(_of_one_zone(*part, study, dated=dated) for part in parts_of_one_zone(rows, source, study)))


def _of_one_zone(rows: Table, source: Source, study: StudyFile, *, dated: Sequence[str]) -> Table:
    forms = [
        _recorded(rows, form, source, study, place=place, dated=bool(dated)) for place, form in enumerate(source.forms)
    ]
    return _timed(ibis.union(*forms), source, study, dated=dated)


def unreadable_cells(rows: Table, source: Source, study: StudyFile) -> list[tuple[str, Value]]:
    """For each column with a declared type, and each of several time columns: its name, and where it does not read."""
    given = [*source.order_attributes.values(), *(one for form in source.forms for one in form.attributes.values())]
    typed = {one.column: attribute(rows, one, source, study) for one in given if isinstance(one, Attribute)}
    if isinstance(source.events, ColumnEvents):
        typed |= {column: time_of(cell(rows, column), source, study) for column in time_columns(source)}
    for form in source.forms:
        if not isinstance(form, TimeColumn) and form.sequence:
            typed[form.sequence] = whole(cell(rows, form.sequence))
    return [(column, _unread(cell(rows, column), value)) for column, value in typed.items()]


def _recorded(rows: Table, form: EventForm, source: Source, study: StudyFile, *, place: int, dated: bool) -> Table:
    """The candidates that one form gives, with their times as the export has them, and what is wrong but for those.

    `_COMPLETED` and `_STARTED` are texts; where `dated`, columns of `_IS_DATE` say which of them are dates.
    """
    activity, no_activity = _activity(rows, form)
    sequence = None if isinstance(form, TimeColumn) else form.sequence
    completed = cell(rows, form.timestamp)
    started = cell(rows, form.start) if form.start else ibis.null("string")
    dates = {
        _IS_DATE + _COMPLETED: days.is_date(completed, form, source),
        _IS_DATE + _STARTED: days.is_date(started, form, source) if form.start else ibis.literal(False),
    }
    return rows.select(
        source_row=rows[ROW],
        case_id=rows[ORDER],
        activity=activity,
        system=system_of(rows, source),
        department=value_of(rows, form.department),
        resource=value_of(rows, form.resource),
        sequence=whole(cell(rows, sequence)) if sequence else ibis.null("int64"),
        place=ibis.literal(place, "int64"),
        problem=ibis.cases((rows[PROBLEM].notnull(), rows[PROBLEM]), *no_activity, else_=None).cast("string"),
        **{_COMPLETED: completed, _STARTED: started},
        **(dates if dated else {}),
        **({JOINED_EVENT: rows[JOINED]} if JOINED in rows.columns else {}),
        **({LINE: cell(rows, source.line) if source.line else ibis.null("string")} if study.has_lines else {}),
        **_event_attributes(rows, form, source, study),
    )


def _timed(recorded: Table, source: Source, study: StudyFile, *, dated: Sequence[str]) -> Table:
    """The candidates with their times read, and what is wrong with those.

    One step after the other, each by the columns of the one before it: an expression that is used again would be
    written out, planned and computed again.
    """
    zone = time_zone(source, study)
    sides = [(_COMPLETED, "timestamp")]
    if any(form.start for form in source.forms):
        sides.append((_STARTED, "start"))
    read = recorded.mutate(**{_READ + text: time_of(recorded[text], source, study) for text, _moment in sides})
    moments: dict[str, Value] = {"start": ibis.null(TIME)}
    moments |= {moment: _true_time(read[_READ + text], read.system, study) for text, moment in sides}
    if dated:
        read = read.mutate(**moments)
        recorded_times = {moment: (read[_READ + text], read[_IS_DATE + text]) for text, moment in sides}
        moments = days.of_times(read, recorded_times, zone=zone, dated=dated)
    timed = read.mutate(**moments)
    at = {"at": timed.timestamp, "zone": zone}
    timed = timed.mutate(
        activity=renamed(timed.activity, study.activities, **at),
        department=renamed(timed.department, study.departments, **at),
    )
    owner = owner_of(timed.activity, study.owners, at=timed.timestamp, zone=zone)
    naive = ibis.or_(*(clock.is_naive(timed[text]) for text, _moment in sides))
    problem = ibis.cases(
        (timed.problem.notnull(), timed.problem),
        (timed[_COMPLETED].isnull(), NO_TIME),
        *((_unread(timed[text], timed[_READ + text]), _UNREADABLE[moment]) for text, moment in sides),
        *([] if zone or clock.has_offset(source.time_format) else [(naive, NO_ZONE)]),
        *_outside(timed, study),
        else_=None,
    )
    kept = [name for name in timed.columns if name.startswith(EVENT_ATTRIBUTE)]
    return timed.select(
        "source_row",
        "case_id",
        "activity",
        "system",
        "resource",
        *moments,
        "sequence",
        "place",
        rank=_ranks(timed.system, study),
        problem=problem.cast("string"),
        department=timed.department.coalesce(owner),
        **{name: timed[name] for name in kept if name not in moments},
    )


def _activity(rows: Table, form: EventForm) -> tuple[StringValue, list[tuple[Value, str]]]:
    """The activity as the export or the mapping calls it, and the cases in which there is none."""
    if isinstance(form, TimeColumn):
        return ibis.literal(form.activity), []
    if isinstance(form, RowEvents):
        activity = value_of(rows, form.activity)
        return activity, [(activity.isnull(), NO_ACTIVITY)]
    status = cell(rows, form.status)
    no_step = [name for name, step in form.activities.items() if step is None]
    steps = [(name, step) for name, step in form.activities.items() if step is not None]
    known = [*form.activities]
    cases = [(status.isnull(), NO_ACTIVITY), (status.notin(known), UNKNOWN_STATUS), (status.isin(no_step), NO_STEP)]
    return status.cases(*steps, else_=None), cases


def _ranks(system: StringValue, study: StudyFile) -> Value:
    return system.cases(*((name, declared.rank) for name, declared in study.systems.items()), else_=None)


def _true_time(recorded: TimestampValue, system: StringValue, study: StudyFile) -> TimestampValue:
    """A recorded time without what the study says that the clock of its system is off."""
    off = {name: declared.clock_offset for name, declared in study.systems.items() if declared.clock_offset}
    times = [(name, recorded - ibis.interval(offset)) for name, offset in off.items()]
    return (system.cases(*times, else_=recorded) if times else recorded).cast(TIME)


def _unread(given: StringValue, read: Value) -> Value:
    return given.notnull() & read.isnull()


def _outside(timed: Table, study: StudyFile) -> list[tuple[Value, str]]:
    """When an event is outside the window: a moment that is, or a date of which no moment is inside."""
    first, last = study.window.bounds() if study.window else (None, None)
    at, is_date = timed.timestamp, timed[days.DAY].notnull() if days.DAY in timed.columns else None
    outside = []
    if first is not None:
        begin = ibis.literal(first, TIME)
        early = at < begin if is_date is None else is_date.ifelse(timed[days.DAY_END] <= begin, at < begin)
        outside.append((early, BEFORE_WINDOW))
    if last is not None:
        end = ibis.literal(last, TIME)
        outside.append((at > end if is_date is None else is_date.ifelse(at >= end, at > end), AFTER_WINDOW))
    return outside


def _event_attributes(rows: Table, form: EventForm, source: Source, study: StudyFile) -> dict[str, Value]:
    """Every `event:` column of the study, so that the candidates of all sources have the same columns."""
    declared = {
        name: attribute_type(given)
        for other in study.sources.values()
        for part in other.forms
        for name, given in part.attributes.items()
    }
    return {
        f"{EVENT_ATTRIBUTE}{name}": attribute(rows, form.attributes[name], source, study)
        if name in form.attributes
        else ibis.null(kind)
        for name, kind in declared.items()
    }
