"""Read OCEL 2.0 from an SQLite database, a batch in memory at a time."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from procmine.errors import LogError
from procmine.exchange.ocel_names import quoted
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
_ROWS = 10_000


def read_sqlite(parts: OcelParts) -> None:
    """Fill `parts` from its file, which is opened to be read only.

    Errors: `LogError` where it is no SQLite database, is damaged, or lacks a table or column that OCEL 2.0 requires.
    """
    try:
        with closing(sqlite3.connect(f"{parts.path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            reader = _Reader(database, parts)
            for table, columns in _TABLES.items():
                reader.require(table, columns)
            for rows, table in (
                (parts.events, "event"),
                (parts.objects, "object"),
                (parts.event_objects, "event_object"),
                (parts.object_objects, "object_object"),
            ):
                for row in reader.rows(table, _TABLES[table]):
                    rows.add(*map(_text, row))
            reader.event_types()
            reader.object_types()
        parts.finish()
    except (sqlite3.DatabaseError, UnicodeError) as error:
        raise LogError(
            f"SQLite cannot read it: {error}", where=parts.path, expected="A whole OCEL 2.0 database in UTF-8"
        ) from error


class _Reader:
    def __init__(self, database: sqlite3.Connection, parts: OcelParts) -> None:
        self.database, self.parts = database, parts

    def event_types(self) -> None:
        """Read the table of each type of events."""
        for kind, table in self._types("event"):
            types = self.require(table, ["ocel_id", _TIME], why=f"the type {kind!r} is mapped to it")
            attributes = {name: word for name, word in types.items() if name not in ("ocel_id", _TIME)}
            self.parts.declare_event_type(attributes)
            for key, time, *values in self.rows(table, ["ocel_id", _TIME, *attributes]):
                given = zip(attributes, map(_text, values), strict=True)
                self.parts.event_values.add(_text(key), _text(time), attributes=given)

    def object_types(self) -> None:
        """Read the table of each type of objects: a row has an object's first values, or a field that changed. Some
        tools leave out the columns that say so where nothing changes.
        """
        for kind, table in self._types("object"):
            types = self.require(table, ["ocel_id"], why=f"the type {kind!r} is mapped to it")
            attributes = {name: word for name, word in types.items() if name not in ("ocel_id", _TIME, _CHANGED)}
            self.parts.declare_object_type(kind, attributes)
            absent = dict.fromkeys({_TIME, _CHANGED} - types.keys())
            present = [name for name in types if name != "ocel_id"]
            for key, *cells in self.rows(table, ["ocel_id", *present]):
                row = absent | dict(zip(present, cells, strict=True))
                for name in attributes:
                    if row[name] is not None and row[_CHANGED] in (None, name):
                        self.parts.object_values.add(_text(key), name, _text(row[_TIME]), _text(row[name]))

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """The rows of a table in its order."""
        chosen = ", ".join(quoted(name) for name in columns)
        cursor = self.database.execute(f"SELECT {chosen} FROM {quoted(table)}")
        while batch := cursor.fetchmany(_ROWS):
            yield from batch

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
        for kind, mapped in list(self.rows(f"{what}_map_type", _TABLES[f"{what}_map_type"])):
            yield str(kind), f"{what}_{mapped}"


def _text(value: Any) -> str | None:
    """A value as text; ids may be numbers, and binary values are taken for text in UTF-8."""
    if value is None:
        return None
    return value.decode() if isinstance(value, bytes) else text_of(value)
