"""What reading an object-centric log refuses, and what it tells of what is not, or more than once, in the log."""

import warnings

from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.errors import LogError, nearest
from procmine.exchange.lifecycle import SetAsideWarning
from procmine.exchange.ocel_flatten import Flattening


class FlatteningWarning(UserWarning):
    """Events that flattening repeats (convergence), and repetitions that it makes seem to be some (divergence)."""


def require_sound(flattening: Flattening) -> None:
    """Refuse, with a `LogError`, ids that are there twice, times that are none, and a type that has no events."""
    parts = flattening.parts
    for what, rows in (("event", parts.events), ("object", parts.objects), ("event", parts.event_values)):
        twice = rows.table.group_by("id").aggregate(rows=_.count(), first=_.number.min()).filter(_.rows > 1)
        found = engine.collect(twice.order_by("first").limit(1))
        if len(found):
            raise LogError(
                f"the id {found['id'][0]!r} is that of {found['rows'][0]} {what}s",
                where=parts.path,
                expected="An id each",
            )
    _require_type(flattening)
    untimed = flattening.events.filter(_.timestamp.isnull()).order_by("number").select("event", "time").limit(1)
    for row in engine.collect_arrow(untimed).to_pylist():
        raise LogError(
            f"the event {row['event']!r} has the time {row['time']!r}",
            where=parts.path,
            expected="A time such as 2024-01-31T09:30:00.000+08:00",
        )


def tell(flattening: Flattening) -> None:
    """Say once what of the file is not in the log, and once what flattening repeats."""
    path, kind = flattening.parts.path, flattening.object_type
    pairs = flattening.pairs
    aside = (
        (_count(flattening.events.anti_join(pairs, "event")), f"events without an object of type {kind}"),
        (_count(flattening.cases.anti_join(pairs, "case")), f"objects of type {kind} without events"),
        (_earlier_values(flattening), f"earlier values of attributes of objects of type {kind}"),
        (_values_of_others(flattening), "values of attributes of objects of other types"),
        (_dangling(flattening), "relations to events or objects that the file does not have"),
    )
    if said := "; ".join(f"{count} {what}" for count, what in aside if count):
        warnings.warn(f"{path}: not in the log: {said}", SetAsideWarning, stacklevel=3)
    if said := "; ".join([*_convergence(flattening), *_divergence(flattening)]):
        warnings.warn(f"{path}: flattened on {kind}: {said}", FlatteningWarning, stacklevel=3)


def _require_type(flattening: Flattening) -> None:
    if _count(flattening.cases) == 0:
        types = [
            *flattening.parts.types_of_objects,
            *engine.collect(flattening.objects.select("type"))["type"].unique(),
        ]
        raise LogError(
            f"it has no object of type {flattening.object_type!r}",
            where=flattening.parts.path,
            expected=f"Give another object_type. {nearest(flattening.object_type, set(types))}",
        )
    if _count(flattening.pairs) == 0:
        raise LogError(
            f"no event has an object of type {flattening.object_type!r}",
            where=flattening.parts.path,
            expected="Give another object_type",
        )


def _convergence(flattening: Flattening) -> list[str]:
    of_event = flattening.pairs.group_by("event").aggregate(cases=_.count()).filter(_.cases > 1)
    found = engine.collect(of_event.aggregate(events=_.count(), cases=_.cases.sum().fill_null(0))).iloc[0]
    if not found["events"]:
        return []
    more = found["cases"] - found["events"]
    return [f"{found['events']} events belong to several cases, and are {more} rows more (convergence)"]


def _divergence(flattening: Flattening) -> list[str]:
    """For each other type: how often an activity occurs again in a case, but for another object of that type."""
    activities = flattening.events.select("event", "activity")
    done = flattening.of_events.inner_join(activities, "event").group_by("case", "activity", "type")
    several = done.aggregate(events=_.event.nunique(), objects=_.object.nunique())
    counted = several.filter((_.events > 1) & (_.objects > 1)).group_by("type").aggregate(times=_.count())
    return [
        f"{row['times']} times an activity is repeated in a case for another {row['type']} (divergence)"
        for row in engine.collect_arrow(counted.order_by("type")).to_pylist()
    ]


def _earlier_values(flattening: Flattening) -> int:
    values = flattening.parts.object_values.table.rename(case="id").semi_join(flattening.cases, "case")
    return _count(values) - _count(values.select("case", "name").distinct())


def _values_of_others(flattening: Flattening) -> int:
    return _count(flattening.parts.object_values.table.rename(case="id").anti_join(flattening.cases, "case"))


def _dangling(flattening: Flattening) -> int:
    events = flattening.parts.events.table.select(event="id")
    objects = flattening.parts.objects.table.select(object="id")
    relations = flattening.parts.event_objects.table
    known = relations.semi_join(events, "event").semi_join(objects, "object")
    own = flattening.parts.object_objects.table
    known_own = own.semi_join(objects.rename(source="object"), "source").semi_join(
        objects.rename(target="object"), "target"
    )
    values = flattening.parts.event_values.table.rename(event="id").anti_join(events, "event")
    return _count(relations) - _count(known) + _count(own) - _count(known_own) + _count(values)


def _count(table: Table) -> int:
    return int(engine.scalar(table.count()))
