"""Write OCEL 2.0 as an SQLite database, in one transaction, a batch in memory at a time."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import ibis.expr.datatypes as dt
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types import Table, Value

from procmine import engine
from procmine.engine import sql_name
from procmine.errors import LogError
from procmine.exchange.log_order import batches_in_order
from procmine.exchange.ocel_model import EVENT_ID, ORDER_ID, OcelLog
from procmine.exchange.ocel_names import INITIAL, ORDER
from procmine.exchange.xes_types import write_value

_FIXED = ("ocel_id", "ocel_time", "ocel_changed_field")
_ROWS = 20_000
_TABLES = """
CREATE TABLE "event_map_type" ("ocel_type" TEXT PRIMARY KEY, "ocel_type_map" TEXT);
CREATE TABLE "object_map_type" ("ocel_type" TEXT PRIMARY KEY, "ocel_type_map" TEXT);
CREATE TABLE "event" ("ocel_id" TEXT PRIMARY KEY, "ocel_type" TEXT REFERENCES "event_map_type" ("ocel_type"));
CREATE TABLE "object" ("ocel_id" TEXT PRIMARY KEY, "ocel_type" TEXT REFERENCES "object_map_type" ("ocel_type"));
CREATE TABLE "event_object" (
    "ocel_event_id" TEXT REFERENCES "event" ("ocel_id"), "ocel_object_id" TEXT REFERENCES "object" ("ocel_id"),
    "ocel_qualifier" TEXT, PRIMARY KEY ("ocel_event_id", "ocel_object_id", "ocel_qualifier")) WITHOUT ROWID;
CREATE TABLE "object_object" (
    "ocel_source_id" TEXT REFERENCES "object" ("ocel_id"), "ocel_target_id" TEXT REFERENCES "object" ("ocel_id"),
    "ocel_qualifier" TEXT, PRIMARY KEY ("ocel_source_id", "ocel_target_id", "ocel_qualifier")) WITHOUT ROWID;
"""


def write_sqlite(ocel: OcelLog, rows: Table, path: Path) -> None:
    """Write `ocel` to the new file `path`, events from `rows`, which are those of its log in their order.

    Errors: `LogError` for an attribute that cannot be a column of SQLite, and where the disk is full.
    """
    _require_columns([*ocel.of_event, *ocel.of_order])
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;" + _TABLES)
            tables = _type_tables(database, ocel)
            _write_objects(database, ocel, tables)
            _write_events(database, ocel, rows, tables)
            database.execute("COMMIT")
    except sqlite3.OperationalError as error:
        raise LogError(f"SQLite could not write it: {error}", where=path.parent) from error


def table_names(prefix: str, types: Iterable[str]) -> dict[str, str]:
    """What follows `prefix` in the name of each type's table: its letters and digits, numbered where that is taken.

    Names of SQLite do not differ in case only, and the standard has tables of these prefixes itself.
    """
    names: dict[str, str] = {}
    taken = {"map_type", "object"}
    for kind in types:
        plain = "".join(character if character.isalnum() else "_" for character in kind) or "_"
        name, count = plain, 1
        while name.lower() in taken:
            count += 1
            name = f"{plain}_{count}"
        taken.add(name.lower())
        names[kind] = name
    return {kind: f"{prefix}_{name}" for kind, name in names.items()}


def _type_tables(database: sqlite3.Connection, ocel: OcelLog) -> dict[str, dict[str, str]]:
    """Create the table of each type; returns their names, by "event" and "object"."""
    tables = {
        "event": table_names("event", ocel.event_types),
        "object": table_names("object", [ORDER, *ocel.objects]),
    }
    for what, names in tables.items():
        for kind, table in names.items():
            database.execute(f"INSERT INTO {what}_map_type VALUES (?, ?)", (kind, table.removeprefix(f"{what}_")))
            if what == "event":
                columns = {name: ocel.of_event[name] for name in ocel.event_types[kind]}
            else:
                columns = ocel.of_order if kind == ORDER else {}
            changed = ['"ocel_changed_field" TEXT'] if what == "object" else []
            own = [f"{sql_name(name)} {_stored_as(ocel.log[column])[0]}" for name, column in columns.items()]
            key = f'"ocel_id" TEXT{" PRIMARY KEY" if what == "event" else ""} REFERENCES "{what}" ("ocel_id")'
            definition = ", ".join([key, '"ocel_time" TIMESTAMP', *changed, *own])
            database.execute(f"CREATE TABLE {sql_name(table)} ({definition})")
    return tables


def _write_objects(database: sqlite3.Connection, ocel: OcelLog, tables: Mapping[str, dict[str, str]]) -> None:
    orders = ocel.orders()
    columns = [*ocel.of_order.values()]
    chosen = orders.select(
        ORDER_ID,
        **{f"v{place}": _stored_as(orders[name])[1] for place, name in enumerate(columns)},
        **{f"o{place}": orders[f"ocel:{kind}"] for place, kind in enumerate(ocel.of_case)},
    )
    for batch in engine.batches(chosen, rows=_ROWS):
        ids, *rest = (column.to_pylist() for column in _cast(batch, chosen).columns)
        values, related = rest[: len(columns)], rest[len(columns) :]
        _insert(database, "object", [ids, [ORDER] * len(ids)])
        _insert(database, tables["object"][ORDER], [ids, [INITIAL] * len(ids), [None] * len(ids), *values])
        _insert_relations(database, "object_object", ids, dict(zip(ocel.of_case, related, strict=True)))
    for batch in engine.batches(ocel.other_objects(), rows=_ROWS):
        ids, kinds = (column.to_pylist() for column in batch.columns)
        _insert(database, "object", [ids, kinds])
        for kind in dict.fromkeys(kinds):
            of_kind = [key for key, other in zip(ids, kinds, strict=True) if other == kind]
            times, changed = [INITIAL] * len(of_kind), [None] * len(of_kind)
            _insert(database, tables["object"][kind], [of_kind, times, changed])


def _write_events(
    database: sqlite3.Connection, ocel: OcelLog, rows: Table, tables: Mapping[str, dict[str, str]]
) -> None:
    events = ocel.events(rows)
    value = {name: f"v{place}" for place, name in enumerate(ocel.of_event)}
    related = {kind: f"ocel:{kind}" for kind in ocel.objects}
    chosen = events.select(
        *("case_id", "position", "activity", EVENT_ID, ORDER_ID, *related.values()),
        time=_stored_as(events.timestamp)[1],
        **{value[name]: _stored_as(events[column])[1] for name, column in ocel.of_event.items()},
    )
    for batch in batches_in_order(chosen, _ROWS):
        part = _cast(batch, chosen)
        ids = part[EVENT_ID].to_pylist()
        _insert(database, "event", [ids, part["activity"].to_pylist()])
        objects = {kind: part[name].to_pylist() for kind, name in related.items()}
        _insert_relations(database, "event_object", ids, {ORDER: part[ORDER_ID].to_pylist(), **objects})
        for activity in part["activity"].unique().to_pylist():
            of_type = part.filter(pc.equal(part["activity"], activity))
            names = [EVENT_ID, "time", *(value[name] for name in ocel.event_types[activity])]
            _insert(database, tables["event"][activity], [of_type[name].to_pylist() for name in names])


def _insert_relations(
    database: sqlite3.Connection, table: str, ids: Sequence[str], objects: Mapping[str, Sequence[str | None]]
) -> None:
    """The objects that `ids` have, by their type, which is the qualifier too; null is none."""
    for kind, keys in objects.items():
        pairs = [(own, key) for own, key in zip(ids, keys, strict=True) if key is not None]
        own, key = zip(*pairs, strict=True) if pairs else ((), ())
        _insert(database, table, [own, key, [kind] * len(pairs)])


def _insert(database: sqlite3.Connection, table: str, columns: Sequence[Sequence[object]]) -> None:
    places = ", ".join("?" * len(columns))
    database.executemany(f"INSERT INTO {sql_name(table)} VALUES ({places})", zip(*columns, strict=True))


def _stored_as(value: Value) -> tuple[str, Value]:
    """The type of a column of SQLite, and `value` as it takes it: times as ISO 8601, booleans as 0 and 1, and what it
    has no type for as text.
    """
    kind, text = write_value(value)
    if kind == "boolean":
        return "BOOLEAN", value.cast("int8")
    if kind == "float":
        return "REAL", value.cast("float64")
    if kind == "int" and value.type() != dt.uint64:
        return "INTEGER", value
    return "TIMESTAMP" if kind == "date" else "TEXT", text


def _cast(batch: pa.RecordBatch, rows: Table) -> pa.Table:
    """`batch` with the types of `rows`: where these say float, the engine may give decimals."""
    return pa.Table.from_batches([batch]).cast(rows.schema().to_pyarrow())


def _require_columns(names: Iterable[str]) -> None:
    for name in names:
        if name.lower() in _FIXED:
            raise LogError(f"{name!r} cannot be a column of SQLite", where="log", expected="Rename the attribute")
