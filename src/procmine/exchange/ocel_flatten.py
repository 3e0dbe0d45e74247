"""An object-centric log flattened on one type of objects: the log of the cases that its objects are.

Flattening repeats an event in the case of each object that it has (convergence), puts events one behind the other that
belong to different objects of another type (divergence), and leaves out events without such an object (deficiency):
van der Aalst, Object-Centric Process Mining: Dealing with Divergence and Convergence in Event Data, SEFM 2019.
"""

import functools
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import cast

import ibis
import polars as pl
from ibis import _
from ibis.expr.types import Table, Value

from procmine import engine
from procmine.exchange.column_names import distinct_names
from procmine.exchange.ocel_names import columns_of
from procmine.exchange.ocel_parts import OcelParts
from procmine.exchange.ocel_values import Wide, event_values, keys_by_type, latest_values
from procmine.exchange.runs import Runs
from procmine.schema import CASE, EVENT, EVENT_ATTRIBUTE
from procmine.sequencing import sequence

_BETWEEN = "|"
"""Stands between the objects of one type where an event or a case has several."""


@dataclass(frozen=True)
class Flattening:
    """The parts of a file, and the type of objects that are to be its cases.

    What several questions are asked of is computed once, and kept until `scratch` is closed.
    """

    parts: OcelParts
    object_type: str
    scratch: ExitStack

    @functools.cached_property
    def objects(self) -> Table:
        """One row an object: id, type and key, which is the id without ``<type>:`` where all ids of its type begin so,
        as those that `write_ocel` writes do.
        """
        objects = self.parts.objects.table.select("id", "type")
        begins = objects.id.startswith(objects.type + ":")
        joined = objects.inner_join(objects.group_by("type").aggregate(prefixed=begins.all()), "type")
        key = joined.prefixed.ifelse(joined.id.substr(joined.type.length() + 1), joined.id)
        return self._kept(joined.select("id", "type", key=key))

    @functools.cached_property
    def values(self) -> Wide:
        """The times and attributes of the events."""
        return event_values(self.parts)

    @functools.cached_property
    def events(self) -> Table:
        """One row an event: event (its id), number (in the file), activity, timestamp, and the attributes."""
        events = self.parts.events.table.select("number", event="id", activity="type")
        return events.left_join(self.values.table, "event").drop("event_right")

    @functools.cached_property
    def cases(self) -> Table:
        """One row an object of the type: case (its id) and case_id."""
        return self.objects.filter(_.type == self.object_type).select(case="id", case_id="key")

    @functools.cached_property
    def relations(self) -> Table:
        """One row an event and object that it has, however often the file says so: event and object."""
        return self.parts.event_objects.table.select("event", "object").distinct()

    @functools.cached_property
    def pairs(self) -> Table:
        """One row an event and case that it belongs to: event, case, case_id."""
        of_case = self.relations.rename(case="object").inner_join(self.cases, "case")
        return self._kept(of_case.semi_join(self.parts.events.table.select(event="id"), "event"))

    @functools.cached_property
    def of_cases(self) -> Table:
        """One row a case and an object that it names itself: case, object, type, key."""
        own = self.parts.object_objects.table.select(case="source", object="target").distinct()
        return self._kept(own.semi_join(self.cases, "case").inner_join(self.objects.rename(object="id"), "object"))

    @functools.cached_property
    def of_events(self) -> Table:
        """One row an event, its case, and an object of another type that the case does not name: event, case, object,
        type, key.
        """
        others = self.objects.filter(_.type != self.object_type).rename(object="id")
        related = self.pairs.inner_join(self.relations.inner_join(others, "object"), "event")
        chosen = related.select("event", "case", "object", "type", "key")
        return self._kept(chosen.anti_join(self.of_cases, ["case", "object"]))

    def logs(self) -> Iterator[Table]:
        """The flattened log, events in the order of their times, and where these are equal of the file. One table a
        range of cases.
        """
        (folder := self.parts.folder / "log").mkdir()
        runs = Runs(folder, "case_id")
        for batch in engine.batches(self._rows()):
            runs.add(cast(pl.DataFrame, pl.from_arrow(batch)))
        runs.finish()
        for rows in runs.ranges():
            yield sequence(rows, by=("timestamp", "number"))

    def _rows(self) -> Table:
        """One row an event and case that it belongs to: number, and the columns of a log that need no order."""
        rows = self.pairs.inner_join(self.events, "event")
        of_event = keys_by_type(self.of_events, ("event", "case"), "eo", _BETWEEN)
        of_case = keys_by_type(self.of_cases, ("case",), "co", _BETWEEN)
        attributes_of_case = latest_values(self.parts, self.object_type, self.cases)
        for wide, by in ((of_event, ["event", "case"]), (of_case, ["case"]), (attributes_of_case, ["case"])):
            rows = rows.left_join(wide.table, by).drop(*(f"{name}_right" for name in by))
        own = columns_of({key: kind for key, (_column, kind) in self.values.columns.items()})
        values = self.values.values(rows)
        recorded = {name: values.pop(key) for key, name in own.items()}
        if not {"source", "source_row"} & recorded.keys():
            recorded |= {"source": ibis.literal(self.parts.path.name), "source_row": rows.number}
        given = {
            name: recorded.get(name, rows[name] if name in rows.columns else ibis.null(EVENT[name])) for name in EVENT
        }
        return rows.select(
            "number",
            **given,
            **_named(CASE, [*attributes_of_case.values(rows).items(), *of_case.values(rows).items()]),
            **_named(EVENT_ATTRIBUTE, [*values.items(), *of_event.values(rows).items()]),
        )

    def _kept(self, table: Table) -> Table:
        return self.scratch.enter_context(engine.materialized(table))


def _named(prefix: str, values: list[tuple[str, Value]]) -> dict[str, Value]:
    names = distinct_names(prefix, [key for key, _value in values])
    return {name: value for name, (_key, value) in zip(names, values, strict=True)}
