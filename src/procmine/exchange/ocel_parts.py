"""What a reader of OCEL 2.0 hands on: the file's tables, stored as they come, all values as text."""

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import ibis
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.expr.types import Table

from procmine import engine

ROWS = 50_000
"""Rows in memory at a time, about."""
_NONE: Mapping[str, pa.Array] = MappingProxyType({})


class Rows:
    """Rows, numbered 1…: the `fixed` columns with their types, and a column of text for each attribute as it comes.

    `columns` gives the stored name of each attribute: attributes may differ in case only, columns of the engine may
    not.
    """

    def __init__(self, folder: Path, **fixed: pa.DataType) -> None:
        folder.mkdir()
        self.folder, self.fixed = folder, pa.schema(fixed)
        self.columns: dict[str, str] = {}
        self.count = 0
        self._waiting: list[pa.Table] = []

    def add(self, *fixed: pa.Array, attributes: Mapping[str, pa.Array] = _NONE) -> None:
        """Add rows by their columns. An attribute that is null everywhere gets no column by that."""
        given = {self.declare(name): cells for name, cells in attributes.items() if cells.null_count < len(cells)}
        self._waiting.append(pa.table(dict(zip(self.fixed.names, fixed, strict=True)) | given))
        self.count += len(self._waiting[-1])
        if sum(map(len, self._waiting)) >= ROWS:
            self.store()

    def declare(self, name: str) -> str:
        """Have a column for an attribute, also where no row has a value of it; its stored name."""
        return self.columns.setdefault(name, f"v{len(self.columns)}")

    @functools.cached_property
    def table(self) -> Table:
        """The stored rows: `number`, the fixed columns, and those of `columns`."""
        schema = pa.schema({"number": pa.int64(), **dict(zip(self.fixed.names, self.fixed.types, strict=True))})
        files = sorted(self.folder.glob("*.parquet"))
        stored = engine.read_parquet(files) if files else engine.table(schema.empty_table())
        absent = [name for name in self.columns.values() if name not in stored.columns]
        return stored.mutate(**{name: ibis.null("string") for name in absent})

    def store(self) -> None:
        """Store the rows that are in memory."""
        waiting, self._waiting = self._waiting, []
        if not (rows := sum(map(len, waiting))):
            return
        first = self.count - rows + 1
        numbers = pa.array(np.arange(first, self.count + 1))
        columns = pa.concat_tables(waiting, promote_options="default").add_column(0, "number", numbers)
        pq.write_table(columns, self.folder / f"{first:012}.parquet", compression="lz4")


@dataclass(frozen=True)
class Given:
    """What the items of a batch give, in a column each: the place of the item that gives it (0… in the batch), and
    texts.
    """

    owner: npt.NDArray[np.int64]
    texts: tuple[pa.Array, ...]


@dataclass
class OcelParts:
    """The tables of one file. Each of `Rows` has the columns named here, and `number`, its place in the file.

    `events`: id and type. `event_values`: id, time and attributes. `objects`: id, type. `object_values`: a value of an
    attribute from a moment on: owner, name, value, time. `event_objects` and `object_objects`: owner, object (an id).
    `owners` says whether an owner is known by its number, or by its id alone; where it is the number, an event is known
    with its values, and `events` and `event_values` are the same rows. `types_of_events` and `types_of_objects` give
    the XES types that an attribute was declared with, those of objects by type of object.
    """

    path: Path
    folder: Path
    owners: Literal["numbers", "ids"] = field(kw_only=True)
    types_of_events: dict[str, set[str]] = field(default_factory=dict)
    types_of_objects: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin the tables."""
        text = pa.string()
        owner = pa.int64() if self.owners == "numbers" else text
        if self.owners == "numbers":
            self.events = self.event_values = Rows(self.folder / "events", id=text, type=text, time=text)
        else:
            self.events = Rows(self.folder / "events", id=text, type=text)
            self.event_values = Rows(self.folder / "event_values", id=text, time=text)
        self.objects = Rows(self.folder / "objects", id=text, type=text)
        self.object_values = Rows(self.folder / "object_values", owner=owner, name=text, value=text, time=text)
        self.event_objects = Rows(self.folder / "event_objects", owner=owner, object=text)
        self.object_objects = Rows(self.folder / "object_objects", owner=owner, object=text)

    def finish(self) -> None:
        """Store what is still in memory."""
        values = (self.event_values, self.object_values)
        for rows in (self.events, self.objects, *values, self.event_objects, self.object_objects):
            rows.store()

    def add_events(self, ids: pa.Array, types: pa.Array, times: pa.Array, values: Given, objects: Given) -> None:
        """Take the next events, known by number, their attributes (name, value) and objects (id)."""
        before = self.events.count + 1
        self.events.add(ids, types, times, attributes=_widened(values, len(ids)))
        self.event_objects.add(pa.array(objects.owner + before), *objects.texts)

    def add_objects(self, ids: pa.Array, types: pa.Array, values: Given, objects: Given) -> None:
        """Take the next objects, known by number, the values of their attributes (name, value, time), and the objects
        that they name (id).
        """
        before = self.objects.count + 1
        self.objects.add(ids, types)
        known = values.texts[1].is_valid()
        given = (pa.array(values.owner + before), *values.texts)
        self.object_values.add(*(column.filter(known) for column in given))
        self.object_objects.add(pa.array(objects.owner + before), *objects.texts)

    def owned(self, rows: Rows, owners: Rows) -> Table:
        """`rows` by the number of their owner, which is one of `owners`; those of others are left out."""
        if self.owners == "numbers":
            return rows.table
        known = owners.table.select(owner="id", known="number")
        return rows.table.inner_join(known, "owner").drop("owner").rename(owner="known")

    def declare_event_type(self, attributes: Mapping[str, str]) -> None:
        """Take note of the attributes of a type of events, and of the words for their types."""
        for name, word in attributes.items():
            self.types_of_events.setdefault(name, set()).add(xes_word(word))
            self.event_values.declare(name)

    def declare_object_type(self, kind: str, attributes: Mapping[str, str]) -> None:
        """Take note of a type of objects, its attributes, and the words for their types."""
        self.types_of_objects.setdefault(kind, {}).update({name: xes_word(word) for name, word in attributes.items()})


def _widened(values: Given, rows: int) -> dict[str, pa.Array]:
    """The names and values of `rows` items as a column for each name. Of a name given twice, the last value counts."""
    known = np.flatnonzero(values.texts[1].is_valid().to_numpy(zero_copy_only=False))
    names, cells = (column.take(pa.array(known)) for column in values.texts)
    coded = names.dictionary_encode()
    codes = coded.indices.to_numpy()
    by_name = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes, minlength=len(coded.dictionary)))
    columns = {}
    for name, end, begin in zip(coded.dictionary.to_pylist(), ends, [0, *ends], strict=False):
        members = by_name[begin:end]
        place = np.full(rows, -1)
        place[values.owner[known[members]]] = members
        columns[name] = cells.take(pa.array(place, mask=place < 0))
    return columns


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
