"""Turn the rows of an export into candidate events: what happened, when, and what is wrong with it."""

from collections.abc import Mapping

import ibis
import ibis.expr.datatypes as dt
from ibis.expr.types import StringValue, Table, TimestampValue, Value

from procmine import engine
from procmine.assemble.mapping import (
    Attribute,
    AttributeType,
    Cell,
    ColumnEvents,
    Constant,
    RowEvents,
    Source,
    StatusEvents,
    StudyFile,
    TimeColumn,
)
from procmine.schema import CASE, EVENT_ATTRIBUTE, TIME

NO_ACTIVITY = "no activity"
NO_STEP = "status is no step"
UNKNOWN_STATUS = "status not in the study"
NO_TIME = "no time"
UNREADABLE_TIME = "time not readable"
UNREADABLE_ATTRIBUTE = "attribute not readable"
NO_ZONE = "time without zone"
BEFORE_WINDOW = "before the window"
AFTER_WINDOW = "after the window"

_TYPES: dict[AttributeType, dt.DataType] = {
    "string": dt.string,
    "integer": dt.int64,
    "number": dt.float64,
    "boolean": dt.boolean,
    "time": TIME,
}
_OFFSET = r":\d\d(\.\d+)?\s*([Zz]|[+-]\d\d(:?\d\d)?)$"


def columns_read(source: Source) -> list[str]:
    """The columns of the export that the mapping of `source` uses, each once."""
    used = list(source.keys.values())
    for form in _forms(source):
        used += [form.timestamp, *_columns(form.department, form.resource, form.start, *form.attributes.values())]
        if isinstance(form, RowEvents):
            used += _columns(form.activity, form.system, form.sequence)
        elif isinstance(form, StatusEvents):
            used += _columns(form.status, form.sequence)
    used += _columns(*source.order_attributes.values())
    return list(dict.fromkeys(used))


def time_columns(source: Source) -> list[str]:
    """The columns of the export that hold the times of events."""
    return [column for form in _forms(source) for column in (form.timestamp, form.start) if column]


def candidates(rows: Table, source: Source, study: StudyFile) -> Table:
    """One row for each event that a row of `rows` may give.

    `rows` has `source_row`, `case_id`, `key_problem` and the source's columns. The result has `source_row`, `case_id`,
    the event's columns but `source`, the tie breakers `rank`, `sequence` and `place`, the `event:` attributes of all
    sources, the `case:` attributes of this one, and `problem`: null for an event, else the reason why it is none.
    """
    forms = [_candidate(rows, form, place, source, study) for place, form in enumerate(_forms(source))]
    return ibis.union(*forms) if len(forms) > 1 else forms[0]


def order_attributes(rows: Table, source: Source, study: StudyFile) -> dict[str, Value]:
    """The `case:` columns that `source` gives, row by row."""
    cells = source.order_attributes.items()
    return {f"{CASE}{name}": attribute(rows, cell, source, study) for name, cell in cells}


def attribute(rows: Table, cell: str | Attribute, source: Source, study: StudyFile) -> Value:
    """An attribute's value with its declared type; null where it is empty or does not read as that type."""
    if isinstance(cell, str):
        return rows[cell]
    if cell.type == "time":
        return _time(rows[cell.column], source, study)
    return rows[cell.column].try_cast(_TYPES[cell.type])


def attribute_type(cell: str | Attribute) -> dt.DataType:
    """The column type that an attribute is declared with."""
    return dt.string if isinstance(cell, str) else _TYPES[cell.type]


def unreadable_cells(rows: Table, source: Source, study: StudyFile) -> list[tuple[str, Value]]:
    """For each column with a declared type, and each of several time columns: its name, and where it does not read."""
    cells = [*source.order_attributes.values(), *(cell for form in _forms(source) for cell in form.attributes.values())]
    typed = {cell.column: attribute(rows, cell, source, study) for cell in cells if isinstance(cell, Attribute)}
    if isinstance(source.events, ColumnEvents):
        typed |= {column: _time(rows[column], source, study) for column in time_columns(source)}
    for form in _forms(source):
        if not isinstance(form, TimeColumn) and form.sequence:
            typed[form.sequence] = rows[form.sequence].try_cast("int64")
    return [(column, _unread(rows[column], value)) for column, value in typed.items()]


def _forms(source: Source) -> list[RowEvents | TimeColumn | StatusEvents]:
    if source.events is None:
        return []
    return [*source.events.columns] if isinstance(source.events, ColumnEvents) else [source.events]


def _columns(*cells: Cell | Attribute | None) -> list[str]:
    named = [cell.column if isinstance(cell, Attribute) else cell for cell in cells]
    return [cell for cell in named if isinstance(cell, str)]


def _candidate(
    rows: Table, form: RowEvents | TimeColumn | StatusEvents, place: int, source: Source, study: StudyFile
) -> Table:
    activity, no_activity = _activity(rows, form)
    activity = _renamed(activity, study.activities)
    owner = activity.cases(*study.owners.items(), else_=None) if study.owners else ibis.null("string")
    department = _renamed(_cell(rows, form.department), study.departments).coalesce(owner)
    system = _cell(rows, form.system) if isinstance(form, RowEvents) and form.system else ibis.null("string")
    system = system.coalesce(ibis.literal(source.system, "string"))
    timestamp = _time(rows[form.timestamp], source, study)
    start = _time(rows[form.start], source, study) if form.start else ibis.null(TIME)
    sequence = None if isinstance(form, TimeColumn) else form.sequence
    times = [rows[name] for name in (form.timestamp, form.start) if name]
    zone = source.system and study.systems[source.system].time_zone
    reads = {UNREADABLE_TIME: _unread(rows[form.timestamp], timestamp)}
    if form.start:
        reads["start " + UNREADABLE_TIME] = _unread(rows[form.start], start)
    problem = ibis.cases(
        (rows.key_problem.notnull(), rows.key_problem),
        *no_activity,
        (rows[form.timestamp].isnull(), NO_TIME),
        *((wrong, reason) for reason, wrong in reads.items()),
        *([] if zone or _carries_zone(source) else [(ibis.or_(*(_naive(time) for time in times)), NO_ZONE)]),
        *_outside(timestamp, study),
        else_=None,
    )
    return rows.select(
        "source_row",
        "case_id",
        activity=activity,
        timestamp=timestamp.cast(TIME),
        start=start.cast(TIME),
        system=system,
        department=department,
        resource=_cell(rows, form.resource),
        rank=_ranks(system, study),
        sequence=rows[sequence].try_cast("int64") if sequence else ibis.null("int64"),
        place=ibis.literal(place, "int64"),
        problem=problem.cast("string"),
        **_event_attributes(rows, form, source, study),
        **order_attributes(rows, source, study),
    )


def _activity(
    rows: Table, form: RowEvents | TimeColumn | StatusEvents
) -> tuple[StringValue, list[tuple[Value, str]]]:
    """The activity as the export names it, and the cases in which there is none."""
    if isinstance(form, TimeColumn):
        return ibis.literal(form.activity), []
    if isinstance(form, RowEvents):
        activity = _cell(rows, form.activity)
        return activity, [(activity.isnull(), NO_ACTIVITY)]
    status = rows[form.status]
    steps = [(name, step) for name, step in form.activities.items() if step is not None]
    activity = status.cases(*steps, else_=None)
    unknown = status.notin(list(form.activities))
    return activity, [(status.isnull(), NO_ACTIVITY), (unknown, UNKNOWN_STATUS), (activity.isnull(), NO_STEP)]


def _cell(rows: Table, cell: Cell | None) -> StringValue:
    if cell is None:
        return ibis.null("string")
    return ibis.literal(cell.value) if isinstance(cell, Constant) else rows[cell]


def _renamed(name: StringValue, names: Mapping[str, str]) -> StringValue:
    return name.cases(*names.items(), else_=name) if names else name


def _ranks(system: StringValue, study: StudyFile) -> Value:
    return system.cases(*((name, declared.rank) for name, declared in study.systems.items()), else_=None)


def _time(text: StringValue, source: Source, study: StudyFile) -> TimestampValue:
    """The text as a moment: its own offset where it has one, else the system's zone. Null where it does not read."""
    zone = (source.system and study.systems[source.system].time_zone) or "UTC"
    if source.time_format is not None:
        parsed = engine.parse_time(text, source.time_format)
        return parsed.cast(TIME) if _carries_zone(source) else engine.local_to_utc(parsed, zone)
    offset = text.try_cast(TIME)
    if zone == "UTC":
        return offset
    return ibis.ifelse(text.re_search(_OFFSET), offset, engine.local_to_utc(text.try_cast("timestamp"), zone))


def _carries_zone(source: Source) -> bool:
    return source.time_format is not None and "%z" in source.time_format


def _naive(text: StringValue) -> Value:
    return text.notnull() & ~text.re_search(_OFFSET)


def _unread(text: StringValue, time: TimestampValue) -> Value:
    return text.notnull() & time.isnull()


def _outside(timestamp: TimestampValue, study: StudyFile) -> list[tuple[Value, str]]:
    first, last = study.window.bounds() if study.window else (None, None)
    before = [] if first is None else [(timestamp < ibis.literal(first, TIME), BEFORE_WINDOW)]
    after = [] if last is None else [(timestamp > ibis.literal(last, TIME), AFTER_WINDOW)]
    return [*before, *after]


def _event_attributes(
    rows: Table, form: RowEvents | TimeColumn | StatusEvents, source: Source, study: StudyFile
) -> dict[str, Value]:
    """Every `event:` column of the study, so that the candidates of all sources have the same columns."""
    declared = {
        name: attribute_type(cell)
        for other in study.sources.values()
        for part in _forms(other)
        for name, cell in part.attributes.items()
    }
    return {
        f"{EVENT_ATTRIBUTE}{name}": attribute(rows, form.attributes[name], source, study)
        if name in form.attributes
        else ibis.null(kind)
        for name, kind in declared.items()
    }
