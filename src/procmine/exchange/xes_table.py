"""The stored parts of an XES file as tables of the engine, with the types of the log."""

import functools
from dataclasses import dataclass
from typing import Literal

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import Table, Value

from procmine import engine
from procmine.errors import LogError
from procmine.exchange.column_names import distinct_names
from procmine.exchange.lifecycle import COMPLETE, STANDARD
from procmine.exchange.xes_empty import declared_empty
from procmine.exchange.xes_keys import COLUMNS, INSTANCE, NAME, OWN, PAIR, TIMESTAMP, TRANSITION
from procmine.exchange.xes_part import Parts
from procmine.exchange.xes_types import one_type, read_value
from procmine.schema import CASE, EVENT_ATTRIBUTE


@dataclass(frozen=True)
class XesTable:
    """The events of one file. Every table here has `number`, an event's place in the file, 1…

    `events` and `with_attributes` take some of the stored rows, what is told of a file is told of all.
    """

    parts: Parts
    lifecycle: Literal["pairs", "all"]

    def events(self, rows: Table) -> Table:
        """What orders and pairs the events that have an activity: the columns of `schema.EVENT` that XES has words for,
        `transition` in lower case, `instance` and `pair`.
        """
        return self._named(rows).select("number", **self._steps(rows))

    def with_attributes(self, rows: Table) -> Table:
        """`events` with `source`, `source_row`, and the `case:` and `event:` columns."""
        consumed = {*COLUMNS.values(), PAIR} | (set() if self._keeps_transition else {TRANSITION})
        of_trace = {key: column for key, column in self.parts.of_trace.items() if key != NAME}
        of_event = {key: column for key, column in self.parts.of_event.items() if key not in consumed}
        ours = OWN["source_row"] in self.parts.of_event or OWN["source"] in self.parts.of_event
        typed = self._typed(rows, CASE, of_trace) | self._typed(rows, EVENT_ATTRIBUTE, of_event)
        known = set(map(str.lower, typed))
        empty = {name: null for name, null in self.empty.items() if name.lower() not in known}
        return self._named(rows).select(
            "number",
            **self._steps(rows),
            source=self._text(rows, OWN["source"]) if ours else ibis.literal(self.parts.path.name),
            source_row=read_value(self._text(rows, OWN["source_row"]), "int") if ours else rows.number,
            **typed,
            **empty,
        )

    @functools.cached_property
    def empty(self) -> dict[str, Value]:
        """The columns that the file tells to be without values."""
        return declared_empty(self.parts.path)

    @functools.cached_property
    def raw(self) -> Table:
        """All stored rows."""
        return self.parts.rows.table

    @functools.cached_property
    def transitions(self) -> dict[str | None, int]:
        """How many events have a transition, in lower case; None counts those without."""
        counted = self.events(self.raw).group_by("transition").aggregate(events=_.count())
        return {row["transition"]: row["events"] for row in engine.collect_arrow(counted).to_pylist()}

    @property
    def pairing(self) -> bool:
        """Whether completions are rows, and starts belong to them."""
        return self.lifecycle == "pairs" and (COMPLETE in self.transitions or PAIR in self.parts.of_event)

    @property
    def nameless(self) -> int:
        """Events without an activity."""
        return self.parts.events - sum(self.transitions.values())

    @functools.cached_property
    def shared_names(self) -> list[str]:
        """The names that more than one trace has."""
        traces = self.raw.select("trace", name=self.raw[self.parts.of_trace[NAME]]).distinct()
        shared = traces.group_by("name").aggregate(first=_.trace.min(), traces=_.count()).filter(_.traces > 1)
        return [str(name) for name in engine.collect(shared.order_by("first"))["name"]]

    @property
    def _keeps_transition(self) -> bool:
        """Whether some row of the log can have another transition than `complete`."""
        others = set(self.transitions) - {COMPLETE}
        return bool(others - (STANDARD if self.pairing else set()))

    @functools.cached_property
    def _types(self) -> dict[str, str]:
        """The type of each stored column: that of its elements where they agree and every value fits, else string."""
        declared = {name: one_type(seen) for name, seen in self.parts.types.items()}
        typed = {
            name: kind for name, kind in declared.items() if kind != "string" and self.raw[name].type().is_string()
        }
        if not typed:
            return declared
        unfit = self.raw.aggregate(
            **{
                name: (self.raw[name].notnull() & read_value(self.raw[name], kind).isnull()).any()
                for name, kind in typed.items()
            }
        )
        found = engine.collect(unfit).iloc[0]
        return {name: "string" if name in typed and found[name] else kind for name, kind in declared.items()}

    @functools.cached_property
    def timed(self) -> bool:
        """Whether every event has a timestamp. A `LogError` names the first event whose timestamp is no date."""
        if TIMESTAMP not in self.parts.of_event:
            return False
        text = self._text(self.raw, TIMESTAMP)
        wrong = text.notnull() & read_value(text, "date").isnull()
        found = engine.collect(self.raw.aggregate(absent=text.isnull().any(), wrong=self.raw.number.min(where=wrong)))
        if pd.isna(found["wrong"][0]):
            return not found["absent"][0]
        first = self.raw.filter(self.raw.number == int(found["wrong"][0])).select(text=text)
        raise LogError(
            f"event {found['wrong'][0]:.0f} of the file has the {TIMESTAMP} {engine.collect(first)['text'][0]!r}",
            where=self.parts.path,
            expected="A date such as 2024-01-31T09:30:00.000+08:00",
        )

    def _named(self, rows: Table) -> Table:
        return rows.filter(self._text(rows, NAME).notnull())

    def _steps(self, rows: Table) -> dict[str, Value]:
        texts = {name: key for name, key in COLUMNS.items() if name not in ("timestamp", "source", "source_row")}
        return {
            "case_id": rows[self.parts.of_trace[NAME]],
            **{name: self._text(rows, key) for name, key in texts.items()},
            "timestamp": read_value(self._text(rows, TIMESTAMP), "date"),
            "transition": self._text(rows, TRANSITION).lower(),
            "instance": self._text(rows, INSTANCE),
            "pair": self._text(rows, PAIR),
        }

    def _typed(self, rows: Table, prefix: str, columns: dict[str, str]) -> dict[str, Value]:
        names = distinct_names(prefix, columns)
        stored = zip(names, columns.values(), strict=True)
        return {name: read_value(rows[column], self._types[column]) for name, column in stored}

    def _text(self, rows: Table, key: str) -> Value:
        column = self.parts.of_event.get(key)
        return ibis.null(str) if column is None else rows[column]
