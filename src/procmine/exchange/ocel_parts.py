"""What a reader of OCEL 2.0 hands on: the file's tables, stored as they come, all values as text."""

import functools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.expr.types import Table

from procmine import engine

ROWS = 50_000
"""Rows in memory at a time."""


class Rows:
    """Rows of text, numbered 1…: the `fixed` columns, and a column for each attribute as it comes.

    `columns` gives the stored name of each attribute: attributes may differ in case only, columns of the engine may
    not.
    """

    def __init__(self, folder: Path, fixed: tuple[str, ...]) -> None:
        folder.mkdir()
        self.folder, self.fixed = folder, fixed
        self.columns: dict[str, str] = {}
        self.count = 0
        self._begin()

    def add(self, *values: str | None, attributes: Iterable[tuple[str, str | None]] = ()) -> None:
        """Add a row. Of an attribute given twice, the last counts."""
        for column, value in zip(self._fixed, values, strict=True):
            column.append(value)
        for name, given in attributes:
            if given is not None:
                self._given.setdefault(name, {})[self._rows] = given
        self._rows += 1
        if self._rows == ROWS:
            self.store()

    def declare(self, name: str) -> None:
        """Have a column for an attribute, also where no row has a value of it."""
        self.columns.setdefault(name, f"v{len(self.columns)}")

    @functools.cached_property
    def table(self) -> Table:
        """The stored rows: `number`, the fixed columns, and those of `columns`."""
        names = [*self.fixed, *self.columns.values()]
        files = sorted(self.folder.glob("*.parquet"))
        if not files:
            return engine.table(pa.schema([("number", pa.int64()), *((n, pa.string()) for n in names)]).empty_table())
        stored = engine.read_parquet(files)
        return stored.mutate(**{name: ibis.null("string") for name in names if name not in stored.columns})

    def _begin(self) -> None:
        self._rows = 0
        self._fixed: list[list[str | None]] = [[] for _ in self.fixed]
        self._given: dict[str, dict[int, str]] = {}

    def store(self) -> None:
        """Store the rows that are in memory."""
        if not self._rows:
            return
        columns = {"number": pa.array(range(self.count + 1, self.count + self._rows + 1), pa.int64())}
        columns |= {name: pa.array(values, pa.string()) for name, values in zip(self.fixed, self._fixed, strict=True)}
        for name, given in self._given.items():
            self.declare(name)
            columns[self.columns[name]] = pa.array(map(given.get, range(self._rows)), pa.string())
        pq.write_table(pa.table(columns), self.folder / f"{self.count:012}.parquet", compression="lz4")
        self.count += self._rows
        self._begin()


@dataclass
class OcelParts:
    """The tables of one file. Each of `Rows` has the columns named here, and `number`, its place in the file.

    `events`: id, type. `event_values`: id, time and attributes. `objects`: id, type. `object_values`: a value of an
    attribute from a moment on: id, name, time, value. `event_objects`: event, object. `object_objects`: source, target.
    `types_of_events` and `types_of_objects` give the XES types that an attribute was declared with, those of objects by
    type of object.
    """

    path: Path
    folder: Path
    types_of_events: dict[str, set[str]] = field(default_factory=dict)
    types_of_objects: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin the tables."""
        self.events = Rows(self.folder / "events", ("id", "type"))
        self.event_values = Rows(self.folder / "event_values", ("id", "time"))
        self.objects = Rows(self.folder / "objects", ("id", "type"))
        self.object_values = Rows(self.folder / "object_values", ("id", "name", "time", "value"))
        self.event_objects = Rows(self.folder / "event_objects", ("event", "object"))
        self.object_objects = Rows(self.folder / "object_objects", ("source", "target"))

    def finish(self) -> None:
        """Store what is still in memory."""
        values = (self.event_values, self.object_values)
        for rows in (self.events, self.objects, *values, self.event_objects, self.object_objects):
            rows.store()

    def declare_event_type(self, attributes: Mapping[str, str]) -> None:
        """Take note of the attributes of a type of events, and of the words for their types."""
        for name, word in attributes.items():
            self.types_of_events.setdefault(name, set()).add(xes_word(word))
            self.event_values.declare(name)

    def declare_object_type(self, kind: str, attributes: Mapping[str, str]) -> None:
        """Take note of a type of objects, its attributes, and the words for their types."""
        self.types_of_objects.setdefault(kind, {}).update({name: xes_word(word) for name, word in attributes.items()})


def xes_word(word: str) -> str:
    """The type of XES that a file's word for a type means, whatever the tool that wrote it calls it."""
    lower = word.lower()
    meanings = {"date": "date", "time": "date", "bool": "boolean", "int": "int", "float": "float", "double": "float"}
    return next((kind for part, kind in (meanings | {"real": "float"}).items() if part in lower), "string")


def text_of(value: str | float) -> str:
    """A value as the text that its type is read from."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isinf(value):
        return "INF" if value > 0 else "-INF"
    return value if isinstance(value, str) else repr(value)
