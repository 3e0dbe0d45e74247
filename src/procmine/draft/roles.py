"""Guess what each column of an export gives: the events' activity, times and owners, and attributes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ibis import _

from procmine import engine
from procmine.assemble.mapping import AttributeType
from procmine.assemble.rows import cell
from procmine.draft.columns import Column
from procmine.draft.names import says
from procmine.draft.opening import Export
from procmine.draft.times import precedes
from procmine.schema import CASE

_LABELS = 200
"""The most labels that activities, statuses or departments have."""
_LENGTH = 60
_REPEATS = 1.2
_VARIES = 0.5
_FILLED = 0.95
_BEFORE = 0.85
"""The share of rows in which a start is not after the end: the clocks of some are wrong."""


@dataclass(frozen=True)
class EventTime:
    """A time column that makes events, and the column of who did it."""

    column: Column
    resource: str | None = None


@dataclass(frozen=True)
class Roles:
    """What the columns of an export give. `form` is that of its events, None where it has no times of any.

    Of rows and statuses there is one time, and `start` where the export has it; `activity` is None where no column
    names it. `line` tells the lines of an order apart. Attributes are columns with their types.
    """

    form: Literal["row", "status", "columns"] | None = None
    times: Sequence[EventTime] = ()
    time_format: str | None = None
    start: str | None = None
    activity: str | None = None
    labels: Sequence[str] = ()
    department: str | None = None
    line: str | None = None
    of_events: Mapping[str, AttributeType] = field(default_factory=dict)
    of_orders: Mapping[str, AttributeType] = field(default_factory=dict)
    notes: Sequence[str] = ()


def roles_of(export: Export, columns: Mapping[str, Column], keys: Iterable[str], *, many: Iterable[str]) -> Roles:
    """The parts of the columns of an export whose key columns are `keys`; of those in `many`, an order has several.

    An event's time is no plan by its name, and not the same in all rows of a key that comes in several. The activity is
    the column whose name says so, or else whose label differs most between the rows of a key; without one, each time
    column is an activity. A column that is the same in all rows of a key is an attribute of the order.
    """
    own = [columns[name] for name in keys]
    main = max(own, key=lambda column: (column.filled, column.distinct), default=None)
    repeats = main is not None and main.repeats >= _REPEATS
    variety = {} if main is None else _variety(export, main.name, list(columns))
    single = max((column for column in own if column.name not in set(many)), key=lambda one: one.filled, default=main)
    by_order = variety if single in (main, None) else _variety(export, single.name, list(columns))
    fixed = {name for name, labels in by_order.items() if max(labels, variety[name]) <= 1.0}
    others = {name: column for name, column in columns.items() if column not in own and column.filled}
    times, time_format, notes = _event_times(others.values(), fixed if repeats else set())
    if not times:
        return Roles(of_orders=_typed(others.values()), notes=notes)
    label = _activity(others.values(), main if repeats else None, variety, times)
    rest = {name: column for name, column in others.items() if not repeats or name not in fixed}
    line = _line(rest.values()) if repeats else None
    if label is None and len(times) > 1:
        return _of_columns(columns, others, times, time_format, line=line, notes=notes)
    end, start = _span(export, times, time_format)
    form: Literal["row", "status"] = "row" if label is None or not says(label, "status") else "status"
    plain = [column for column in others.values() if not column.name.startswith(CASE)]
    department = _owner(rest.values(), "department", without={label}) or _owner(plain, "department", without={label})
    used = {label, department}
    resource = _owner(rest.values(), "resource", without=used) or _owner(plain, "resource", without=used)
    used |= {end.name, start, resource, line}
    left = [column for column in others.values() if column.name not in used]
    of_orders = [column for column in left if repeats and column.name in fixed]
    return Roles(
        form,
        [EventTime(end, resource)],
        time_format,
        start,
        label,
        _labels(export, label) if form == "status" and label else (),
        department,
        line,
        of_events=_typed(column for column in left if column not in of_orders),
        of_orders=_typed(of_orders),
        notes=notes,
    )


def _variety(export: Export, key: str, names: Sequence[str]) -> dict[str, float]:
    """How many values a column has among the rows of a key, on average, an empty cell beside others being one more;
    1 or less where it never changes.
    """
    cells = [cell(export.rows, name) for name in names]
    each = export.rows.group_by(cell(export.rows, key).name("key")).agg(
        **{
            str(place): one.nunique() + ((one.count() > 0) & one.isnull().any()).cast("int64")
            for place, one in enumerate(cells)
        }
    )
    known = each.filter(_.key.notnull())
    facts = engine.collect(
        known.agg(
            **{f"mean {place}": known[str(place)].mean() for place in range(len(names))},
            **{f"most {place}": known[str(place)].max() for place in range(len(names))},
        )
    ).iloc[0]
    return {
        name: float(facts[f"mean {place}"]) if facts[f"most {place}"] > 1 else 1.0 for place, name in enumerate(names)
    }


def _event_times(others: Iterable[Column], fixed: set[str]) -> tuple[list[Column], str | None, list[str]]:
    """The time columns that make events, all of one format, that format, and what was left out."""
    moments = [column for column in others if column.times]
    done = [column for column in moments if not says(column.name, "plan")]
    events = [column for column in done if column.name not in fixed] or done or moments
    if not events:
        return [], None, []
    forms = [column.times.form for column in events if column.times]
    form = max(forms, key=lambda one: (forms.count(one), one is None))
    notes = [
        f"{column.name}: its format {column.times.form or 'ISO 8601'} differs; a source has one"
        for column in events
        if column.times and column.times.form != form
    ]
    events = [column for column in events if column.times and column.times.form == form]
    rivals = sorted({other for column in events if column.times for other in column.times.others})
    if rivals and form is not None:
        notes.append(f"{form} reads every time, and so does {', '.join(rivals)}: make sure")
    return events, form, notes


def _activity(
    others: Iterable[Column], main: Column | None, variety: Mapping[str, float], times: Sequence[Column]
) -> str | None:
    """The column of labels; `main` is the key, if it comes in several rows."""
    labels = [
        column for column in others if not column.times and column.filled >= _FILLED * column.rows and _is_label(column)
    ]
    named = [column for column in labels if says(column.name, "activity")]
    if main is None:
        return named[0].name if named and len(times) <= 2 else None
    varying = [column for column in labels if variety[column.name] > 1.0]
    changing = [column for column in varying if variety[column.name] >= _VARIES * main.repeats]
    plain = [
        column
        for column in changing
        if column.distinct > 1 and not any(says(column.name, part) for part in ("resource", "department", "person"))
    ]
    stated = [column for column in varying if says(column.name, "status")]
    for group in ([column for column in named if column in varying] or named, stated, plain):
        if group:
            return max(group, key=lambda column: (variety[column.name], -column.distinct)).name
    return None


def _is_label(column: Column) -> bool:
    return column.distinct <= _LABELS and column.length <= _LENGTH and not column.is_number


def _span(export: Export, times: Sequence[Column], form: str | None) -> tuple[Column, str | None]:
    """The time at which events complete, and the column of their start where two times are hardly ever reversed."""
    if len(times) == 1:
        return times[0], None
    ends = [column for column in times if says(column.name, "end") and not says(column.name, "start")]
    end = max(ends or times, key=lambda column: column.filled)
    begins = sorted((column for column in times if column is not end), key=lambda one: not says(one.name, "start"))
    for column in begins:
        if precedes(export.rows, column.name, end.name, form=form) >= _BEFORE:
            return end, column.name
    return end, None


def _of_columns(
    columns: Mapping[str, Column],
    others: Mapping[str, Column],
    times: Sequence[Column],
    form: str | None,
    *,
    line: str | None,
    notes: Sequence[str],
) -> Roles:
    """Events of several time columns: who did it stands between one time column and the next."""
    order = list(columns)
    moments = []
    for place, column in enumerate(times):
        end = order.index(times[place + 1].name) if place + 1 < len(times) else len(order)
        after = [columns[name] for name in order[order.index(column.name) + 1 : end] if name in others]
        moments.append(EventTime(column, _owner(after, "resource", without=set())))
    used = {moment.column.name for moment in moments} | {moment.resource for moment in moments} | {line}
    left = (column for name, column in others.items() if name not in used)
    return Roles("columns", moments, form, line=line, of_orders=_typed(left), notes=notes)


def _line(columns: Iterable[Column]) -> str | None:
    """The column that tells the lines of an order apart."""
    named = (column for column in columns if says(column.name, "line") and not column.times)
    return next((column.name for column in named if column.is_whole or column.is_identifier), None)


def _owner(
    columns: Iterable[Column], part: Literal["department", "resource"], *, without: set[str | None]
) -> str | None:
    named = [
        column for column in columns if says(column.name, part) and not column.times and column.name not in without
    ]
    return max(named, key=lambda column: column.filled).name if named else None


def _labels(export: Export, column: str) -> list[str]:
    values = export.rows.select(label=cell(export.rows, column)).drop_null().distinct().order_by("label")
    return [str(label) for label in engine.collect(values)["label"]]


def _typed(columns: Iterable[Column]) -> dict[str, AttributeType]:
    return {column.name: _type(column) for column in columns}


def _type(column: Column) -> AttributeType:
    if column.times and column.times.form is None:
        return "time"
    if column.is_whole:
        return "string" if says(column.name, "key") or column.length > 15 else "integer"
    return "number" if column.is_number else "string"
