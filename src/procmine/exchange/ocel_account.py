"""What reading an object-centric log refuses, and what it tells of what is not, or more than once, in the log."""

import warnings

import pandas as pd
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
    again = [] if parts.events is parts.event_values else [("event", parts.event_values)]
    for what, rows in (("event", parts.events), ("object", parts.objects), *again):
        twice = rows.table.group_by("id").aggregate(rows=_.count(), first=_.number.min()).filter(_.rows > 1)
        found = engine.collect(twice.order_by("first").limit(1))
        if len(found):
            raise LogError(
                f"the id {found['id'][0]!r} is that of {found['rows'][0]} {what}s",
                where=parts.path,
                expected="An id each",
            )
    _require_type(flattening)
    untimed = flattening.events.filter(_.timestamp.isnull()).order_by("event").select("id", "time").limit(1)
    for row in engine.collect_arrow(untimed).to_pylist():
        raise LogError(
            f"the event {row['id']!r} has the time {row['time']!r}",
            where=parts.path,
            expected="A time such as 2024-01-31T09:30:00.000+08:00",
        )


def tell(flattening: Flattening) -> None:
    """Say once what of the file is not in the log, and once what flattening repeats."""
    parts, kind = flattening.parts, flattening.object_type
    pairs, path = flattening.pairs, parts.path
    cases = engine.collect(
        pairs.group_by("event").aggregate(cases=_.count()).group_by("cases").aggregate(events=_.count())
    )
    values, attributes = _values_of_cases(flattening)
    aside = (
        (parts.events.count - int(cases["events"].sum()), f"events without an object of type {kind}"),
        (_count(flattening.cases.anti_join(pairs, "case")), f"objects of type {kind} without events"),
        (values - attributes, f"earlier values of attributes of objects of type {kind}"),
        (parts.object_values.count - values, "values of attributes of objects of other types"),
        (_dangling(flattening), "relations to events or objects that the file does not have"),
    )
    if said := "; ".join(f"{count} {what}" for count, what in aside if count):
        warnings.warn(f"{path}: not in the log: {said}", SetAsideWarning, stacklevel=3)
    several = cases[cases["cases"] > 1]
    if said := "; ".join([*_convergence(several), *_divergence(flattening)]):
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


def _convergence(several: pd.DataFrame) -> list[str]:
    """Of `several`, how many events belong to so many cases."""
    if not len(several):
        return []
    more = ((several["cases"] - 1) * several["events"]).sum()
    return [f"{several['events'].sum()} events belong to several cases, and are {more} rows more (convergence)"]


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


def _values_of_cases(flattening: Flattening) -> tuple[int, int]:
    """How many values of attributes the cases have, and how many there are of one attribute of one case each."""
    parts = flattening.parts
    values = parts.owned(parts.object_values, parts.objects).rename(case="owner").semi_join(flattening.cases, "case")
    each = values.group_by("case", "name").aggregate(values=_.count())
    found = engine.collect(each.aggregate(values=_["values"].sum().fill_null(0), attributes=_.count())).iloc[0]
    return int(found["values"]), int(found["attributes"])


def _dangling(flattening: Flattening) -> int:
    parts = flattening.parts
    objects = flattening.objects.select(object="id")
    lost = 0
    for relations, owners in ((parts.event_objects, parts.events), (parts.object_objects, parts.objects)):
        lost += relations.count - _count(parts.owned(relations, owners).semi_join(objects, "object"))
    if parts.events is parts.event_values:
        return lost
    return lost + _count(parts.event_values.table.anti_join(parts.events.table, "id"))


def _count(table: Table) -> int:
    return int(engine.scalar(table.count()))
