"""A log seen as OCEL 2.0: its types of events and objects, their attributes, and the relations between them."""

from collections.abc import Mapping
from dataclasses import dataclass

import ibis
from ibis import _
from ibis.expr.types import StringValue, Table

from procmine import engine
from procmine.errors import LogError, nearest
from procmine.exchange.empty_columns import without_values
from procmine.exchange.ocel_names import ATTRIBUTES, ORDER, line_key
from procmine.schema import CASE, EVENT_ATTRIBUTE, LINE, OWNERS, attributes

EVENT_ID, ORDER_ID = "ocel:event", "ocel:order"


@dataclass(frozen=True)
class OcelLog:
    """A log and what its columns are in OCEL.

    `objects` gives the column of each object type but the order's, `of_event` and `of_order` the column of each
    attribute, `event_types` the attributes that an activity declares.
    """

    log: Table
    objects: dict[str, str]
    of_event: dict[str, str]
    of_order: dict[str, str]
    event_types: dict[str, list[str]]

    @property
    def of_case(self) -> dict[str, str]:
        """The object types that belong to an order as a whole, not to one of its events."""
        return {kind: column for kind, column in self.objects.items() if column.startswith(CASE)}

    def events(self, log: Table) -> Table:
        """`log` with the ids of each event, of its order, and under ``ocel:<type>`` of its other objects, or null."""
        return log.mutate(
            **{
                EVENT_ID: log.case_id + "/" + log.position.cast("string"),
                ORDER_ID: _object_id(ORDER, log.case_id),
                **{f"ocel:{kind}": _object_id(kind, _key(log, name)) for kind, name in self.objects.items()},
            }
        )

    def orders(self) -> Table:
        """The first event of each order, as `events` gives it."""
        return self.events(self.log.filter(_.position == 1))

    def other_objects(self) -> Table:
        """One row an object that is no order, sorted: `id` and `type`."""
        kinds = [
            self.log.select(id=_object_id(kind, _key(self.log, column)), type=ibis.literal(kind))
            for kind, column in self.objects.items()
        ]
        if not kinds:
            return self.log.select(id=_.case_id, type=_.case_id).limit(0)
        return ibis.union(*kinds).filter(_.id.notnull()).distinct().order_by("type", "id")


def ocel_log(log: Table, objects: Mapping[str, str]) -> OcelLog:
    """`log` as OCEL, with the object types that `objects` names; a column without any object is an attribute.

    Errors: `LogError` for a type or column that cannot be one, for names that would be told apart no more, and for
    events without an order, activity or time.
    """
    _require_objects(log, objects)
    idle = without_values(log, objects.values())
    objects = {kind: column for kind, column in objects.items() if column not in idle}
    taken = set(objects.values())
    of_event = dict(ATTRIBUTES)
    for name in attributes(log, EVENT_ATTRIBUTE):
        if name not in taken:
            key = name.removeprefix(EVENT_ATTRIBUTE)
            if key.lower() in ATTRIBUTES:
                _refuse(name, ATTRIBUTES[key.lower()])
            of_event[key] = name
    of_order = {name.removeprefix(CASE): name for name in attributes(log, CASE) if name not in taken}
    for kind, column in objects.items():
        read_as = (CASE if column.startswith(CASE) else EVENT_ATTRIBUTE) + kind
        if read_as in log.columns and read_as not in taken:
            _refuse(read_as, f"the object type {kind}")
    return OcelLog(log, objects, of_event, of_order, _event_types(log, of_event))


def _require_objects(log: Table, objects: Mapping[str, str]) -> None:
    allowed = [*attributes(log, EVENT_ATTRIBUTE), *attributes(log, CASE), *OWNERS]
    seen: dict[str, str] = {}
    for kind, column in objects.items():
        if column not in allowed:
            raise LogError(
                f"no column {column!r} to take objects from",
                where=f"objects, {kind}",
                expected=nearest(column, allowed),
            )
        if kind == ORDER:
            raise LogError(
                "orders are objects already", where=f"objects, {kind}", expected="Give the type another name"
            )
        if not kind or ":" in kind:
            raise LogError(
                f"{kind!r} cannot name a type of objects", where="objects", expected="A name without a colon"
            )
        if (other := seen.setdefault(column, kind)) != kind:
            raise LogError(f"{column} gives the objects of {other} and of {kind}", where="objects")


def _refuse(column: str, other: str) -> None:
    raise LogError(
        f"the column {column} would be written under the same name as {other}",
        where="log",
        expected=f"Rename or drop {column}",
    )


def _event_types(log: Table, of_event: Mapping[str, str]) -> dict[str, list[str]]:
    """The attributes that each activity has a value of, and columns ``event:`` that no event has one of, which each
    activity declares; in one pass that also sees what OCEL cannot have.
    """
    incomplete = ibis.or_(log.case_id.isnull(), log.activity.isnull(), log.timestamp.isnull())
    names = {f"has {place}": name for place, name in enumerate(of_event)}
    counted = log.group_by("activity").aggregate(
        incomplete=incomplete.cast("int64").sum(),
        **{has: log[of_event[name]].notnull().any() for has, name in names.items()},
    )
    rows = engine.collect_arrow(counted.order_by("activity")).to_pylist()
    if lacking := sum(row["incomplete"] for row in rows):
        raise LogError(
            f"{lacking} events have no order, no activity or no time",
            where="log",
            expected="OCEL has no events without: filter them out first",
        )
    given = {has for row in rows for has in names if row[has]}
    empty = {has for has, name in names.items() if has not in given and of_event[name].startswith(EVENT_ATTRIBUTE)}
    return {row["activity"]: [name for has, name in names.items() if row[has] or has in empty] for row in rows}


def _key(log: Table, column: str) -> StringValue:
    """What names an object among those of its type: of an order's line, the order too, for each order has a line 1."""
    value = log[column].cast("string")
    return line_key(log.case_id, value) if column == LINE else value


def _object_id(kind: str, key: StringValue) -> StringValue:
    return ibis.literal(f"{kind}:") + key
