"""Name activities and departments as the log does, whatever an export calls them, and from when to when."""

from datetime import datetime

import ibis
from ibis.expr.types import BooleanValue, StringValue, TimestampValue

from procmine.assemble.mapping.period import Names, Naming
from procmine.schema import TIME


def renamed(name: StringValue, names: Names, *, at: TimestampValue, zone: str | None) -> StringValue:
    """The log's name for `name` at the moment `at`; `zone` is that of the days which `names` speak of."""
    return _looked_up(name, names, at=at, zone=zone, otherwise=name) if names else name


def owner_of(activity: StringValue, owners: Names, *, at: TimestampValue, zone: str | None) -> StringValue:
    """The department that owns `activity` at the moment `at`; null where none does."""
    nobody = ibis.null("string")
    return _looked_up(activity, owners, at=at, zone=zone, otherwise=nobody) if owners else nobody


def _looked_up(
    name: StringValue, names: Names, *, at: TimestampValue, zone: str | None, otherwise: StringValue
) -> StringValue:
    cases: list[tuple[BooleanValue, StringValue | str]] = []
    for exported, called in names.items():
        same = name == exported
        if isinstance(called, str):
            cases.append((same, called))
        else:
            cases += [(same & _holds(one, at, zone), one.name) for one in called]
    return ibis.cases(*cases, else_=otherwise)


def _holds(naming: Naming, at: TimestampValue, zone: str | None) -> BooleanValue:
    first, last = naming.bounds(zone)
    sides = [] if first is None else [at >= _literal(first)]
    sides += [] if last is None else [at <= _literal(last)]
    return ibis.and_(*sides)


def _literal(moment: datetime) -> TimestampValue:
    return ibis.literal(moment, TIME)
