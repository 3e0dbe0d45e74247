"""Read OCEL 2.0 from an SQLite database, a batch in memory at a time."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from procmine.engine import sql_name
from procmine.errors import LogError
from procmine.exchange.ocel_parts import OcelParts, text_of

_TABLES = {
    "event_map_type": ("ocel_type", "ocel_type_map"),
    "object_map_type": ("ocel_type", "ocel_type_map"),
    "event": ("ocel_id", "ocel_type"),
    "object": ("ocel_id", "ocel_type"),
    "event_object": ("ocel_event_id", "ocel_object_id"),
    "object_object": ("ocel_source_id", "ocel_target_id"),
}
"""What the standard requires beside the tables of the types, and the columns that are read."""
_TIME, _CHANGED = "ocel_time", "ocel_changed_field"
_ROWS = 2_000
"""Rows that are fetched together; of more, each takes twice as long to turn into columns."""


def read_sqlite(path: Path, folder: Path) -> OcelParts:
    """The parts of the file at `path`, which is opened to be read only, stored in `folder`.

    Errors: `LogError` where it is no SQLite database, is damaged, or lacks a table or column that OCEL 2.0 requires.
    """
    parts = OcelParts(path, folder, owners="ids")
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            reader = _Reader(database, parts)
            for table, required in _TABLES.items():
                reader.require(table, required)
            for rows, table in (
                (parts.events, "event"),
                (parts.objects, "object"),
                (parts.event_objects, "event_object"),
                (parts.object_objects, "object_object"),
            ):
                for columns in reader.columns(table, _TABLES[table]):
                    rows.add(*columns)
            reader.event_types()
            reader.object_types()
        parts.finish()
    except (sqlite3.DatabaseError, UnicodeError) as error:
        raise LogError(
            f"SQLite cannot read it: {error}", where=path, expected="A whole OCEL 2.0 database in UTF-8"
        ) from error
    return parts


class _Reader:
    def __init__(self, database: sqlite3.Connection, parts: OcelParts) -> None:
        self.database, self.parts = database, parts

    def event_types(self) -> None:
        """Read the table of each type of events."""
        for kind, table in self._types("event"):
            types = self.require(table, ["ocel_id", _TIME], why=f"the type {kind!r} is mapped to it")
            attributes = {name: word for name, word in types.items() if name not in ("ocel_id", _TIME)}
            self.parts.declare_event_type(attributes)
            for key, time, *values in self.columns(table, ["ocel_id", _TIME, *attributes]):
                self.parts.event_values.add(key, time, attributes=dict(zip(attributes, values, strict=True)))

    def object_types(self) -> None:
        """Read the table of each type of objects: a row has an object's first values, or a field that changed. Some
        tools leave out the columns that say so where nothing changes.
        """
        for kind, table in self._types("object"):
            types = self.require(table, ["ocel_id"], why=f"the type {kind!r} is mapped to it")
            attributes = {name: word for name, word in types.items() if name not in ("ocel_id", _TIME, _CHANGED)}
            self.parts.declare_object_type(kind, attributes)
            present = [name for name in types if name != "ocel_id"]
            for key, *cells in self.columns(table, ["ocel_id", *present]):
                absent = pa.nulls(len(key), pa.string())
                row = {_TIME: absent, _CHANGED: absent} | dict(zip(present, cells, strict=True))
                for name in attributes:
                    self._add_values(key, name, row[_TIME], row[_CHANGED], row[name])

    def _add_values(self, key: pa.Array, name: str, time: pa.Array, changed: pa.Array, value: pa.Array) -> None:
        of_field = pc.fill_null(pc.equal(changed, name), True)
        told = pc.and_(of_field, value.is_valid())
        names = pa.repeat(pa.scalar(name), pc.sum(told).as_py() or 0)
        self.parts.object_values.add(key.filter(told), names, value.filter(told), time.filter(told))

    def columns(self, table: str, columns: Sequence[str]) -> Iterator[list[pa.Array]]:
        """The columns of a table as text, so many of its rows at a time, in its order."""
        for rows in self._batches(table, columns):
            yield [_texts(column) for column in zip(*rows, strict=True)]

    def _batches(self, table: str, columns: Sequence[str]) -> Iterator[list[tuple[Any, ...]]]:
        chosen = ", ".join(sql_name(name) for name in columns)
        cursor = self.database.execute(f"SELECT {chosen} FROM {sql_name(table)}")
        while batch := cursor.fetchmany(_ROWS):
            yield batch

    def require(self, table: str, columns: Sequence[str], *, why: str = "OCEL 2.0 requires it") -> dict[str, str]:
        """The types of the columns of `table`; a `LogError` where it is not there, or lacks one of `columns`."""
        found = self.database.execute("SELECT name, type FROM pragma_table_info(?)", (table,))
        types = {str(name): str(kind) for name, kind in found}
        if not types:
            raise LogError(f"it has no table {table}: {why}", where=self.parts.path, expected="An OCEL 2.0 database")
        if missing := [name for name in columns if name not in types]:
            raise LogError(
                f"its table {table} has no column {', '.join(missing)}",
                where=self.parts.path,
                expected=f"Found: {', '.join(types)}",
            )
        return types

    def _types(self, what: str) -> Iterator[tuple[str, str]]:
        for rows in self._batches(f"{what}_map_type", _TABLES[f"{what}_map_type"]):
            for kind, mapped in rows:
                yield str(kind), f"{what}_{mapped}"


def _texts(values: Sequence[Any]) -> pa.Array:
    """Values as text; those of most columns are texts, or whole numbers, all."""
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return pa.array(values, pa.string())
    if kinds == {int}:
        return pa.array(values, pa.int64()).cast(pa.string())
    return pa.array(list(map(_text, values)), pa.string())


def _text(value: Any) -> str | None:
    """A value as text; ids may be numbers, and binary values are taken for text in UTF-8."""
    if value is None:
        return None
    return value.decode() if isinstance(value, bytes) else text_of(value)
