"""An object-centric log flattened on one type of objects: the log of the cases that its objects are.

Flattening repeats an event in the case of each object that it has (convergence), puts events one behind the other that
belong to different objects of another type (divergence), and leaves out events without such an object (deficiency):
van der Aalst, Object-Centric Process Mining: Dealing with Divergence and Convergence in Event Data, SEFM 2019.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import ibis
import polars as pl
from ibis import _
from ibis.expr.types import Table, Value

from procmine import engine
from procmine.exchange.column_names import distinct_names
from procmine.exchange.ocel_names import LINE_TYPE, columns_of, line_of
from procmine.exchange.ocel_parts import OcelParts
from procmine.exchange.ocel_values import Wide, event_values, keys_by_type, latest_values
from procmine.exchange.runs import Runs
from procmine.schema import CASE, EVENT, EVENT_ATTRIBUTE
from procmine.sequencing import sequence_all

_BETWEEN = "|"
"""Stands between the objects of one type where an event or a case has several."""


@dataclass(frozen=True)
class Flattening:
    """The parts of a file, and the type of objects that are to be its cases.

    What several questions are asked of is computed once, and kept until `scratch` is closed.
    """

    parts: OcelParts
    object_type: str
    scratch: engine.Scratch

    @functools.cached_property
    def objects(self) -> Table:
        """One row an object: number, id, type and key, which is the id without ``<type>:`` where all ids of its type
        begin so, as those that `write_ocel` writes do.
        """
        objects = self.parts.objects.table
        begins = objects.id.startswith(objects.type + ":")
        joined = objects.inner_join(objects.group_by("type").aggregate(prefixed=begins.all()), "type")
        key = joined.prefixed.ifelse(joined.id.substr(joined.type.length() + 1), joined.id)
        return self.scratch.materialized(joined.select("number", "id", "type", key=key))

    @functools.cached_property
    def values(self) -> Wide:
        """The times and attributes of the events."""
        return event_values(self.parts)

    @functools.cached_property
    def events(self) -> Table:
        """One row an event: event (its number in the file), activity, timestamp, its time as text, and attributes."""
        values = self.values.table
        if self.parts.owners == "numbers":
            return values.rename(event="number", activity="type")
        events = self.parts.events.table.select("id", event="number", activity="type")
        return events.left_join(values.drop("number"), "id").drop("id_right")

    @functools.cached_property
    def cases(self) -> Table:
        """One row an object of the type: case (its number) and case_id."""
        return self.objects.filter(_.type == self.object_type).select(case="number", case_id="key")

    @functools.cached_property
    def relations(self) -> Table:
        """One row an event and object that it has, both in the file, however often that says so: event and object
        (numbers), type, key.
        """
        named = self.parts.owned(self.parts.event_objects, self.parts.events)
        return self.scratch.materialized(self._of_known(named, "event"))

    @functools.cached_property
    def pairs(self) -> Table:
        """One row an event and case that it belongs to: event, case, case_id."""
        return self.relations.filter(_.type == self.object_type).select("event", case="object", case_id="key")

    @functools.cached_property
    def of_cases(self) -> Table:
        """One row a case and an object that it names itself: case, object, type, key."""
        own = self.parts.owned(self.parts.object_objects, self.parts.objects)
        return self.scratch.materialized(self._of_known(own, "case").semi_join(self.cases, "case"))

    @functools.cached_property
    def of_events(self) -> Table:
        """One row an event, its case, and an object of another type that the case does not name: event, case, object,
        type, key.
        """
        others = self.relations.filter(_.type != self.object_type)
        related = self.pairs.inner_join(others, "event")
        key = (related.type == LINE_TYPE).ifelse(line_of(related.case_id, related.key), related.key)
        chosen = related.select("event", "case", "object", "type", key=key)
        return self.scratch.materialized(chosen.anti_join(self.of_cases, ["case", "object"]))

    def logs(self) -> Iterator[Table]:
        """The flattened log, events in the order of their times, and where these are equal of the file. One table a
        range of cases.
        """
        (folder := self.parts.folder / "log").mkdir()
        runs = Runs(folder, "case_id")
        for batch in engine.batches(self._rows()):
            runs.add(cast(pl.DataFrame, pl.from_arrow(batch)))
        runs.finish()
        orders = self._orders()
        for rows in runs.ranges():
            yield sequence_all(rows, orders.semi_join(rows, "case_id"), by=("timestamp", "number"))

    def _rows(self) -> Table:
        """One row an event and case that it belongs to: number, and the columns of a log that are the event's and need
        no order.
        """
        rows = self.pairs.inner_join(self.events, "event").rename(number="event")
        of_event = keys_by_type(self.of_events.rename(number="event"), ("number", "case"), "eo", _BETWEEN)
        rows = _joined(rows, of_event, ["number", "case"])
        own = columns_of({key: kind for key, (_column, kind) in self.values.columns.items()})
        values = self.values.values(rows)
        recorded = {name: values.pop(key) for key, name in own.items()}
        if not {"source", "source_row"} & recorded.keys():
            recorded |= {"source": ibis.literal(self.parts.path.name), "source_row": rows.number}
        given = {
            name: recorded.get(name, rows[name] if name in rows.columns else ibis.null(EVENT[name])) for name in EVENT
        }
        return rows.select(
            "number", **given, **_named(EVENT_ATTRIBUTE, [*values.items(), *of_event.values(rows).items()])
        )

    def _orders(self) -> Table:
        """One row a case: case_id and the attributes of an order."""
        of_case = keys_by_type(self.of_cases, ("case",), "co", _BETWEEN)
        attributes = latest_values(self.parts, self.object_type, self.cases, self.scratch)
        rows = _joined(_joined(self.cases, of_case, ["case"]), attributes, ["case"])
        named = _named(CASE, [*attributes.values(rows).items(), *of_case.values(rows).items()])
        return self.scratch.materialized(rows.select("case_id", **named))

    def _of_known(self, related: Table, owner: str) -> Table:
        """One row an owner and an object of the file that `related` names for it: `owner`, object, type, key."""
        known = self.objects.select("number", object="id")
        numbers = related.drop("number").inner_join(known, "object").select("owner", object="number").distinct()
        told = self.objects.select("type", "key", object="number")
        return numbers.inner_join(told, "object").select("object", "type", "key", **{owner: "owner"})


def _joined(rows: Table, wide: Wide, by: list[str]) -> Table:
    return rows.left_join(wide.table, by).drop(*(f"{name}_right" for name in by)) if wide.columns else rows


def _named(prefix: str, values: list[tuple[str, Value]]) -> dict[str, Value]:
    names = distinct_names(prefix, [key for key, _value in values])
    return {name: value for name, (_key, value) in zip(names, values, strict=True)}
