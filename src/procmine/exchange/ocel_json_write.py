"""Write OCEL 2.0 as JSON: an object or an event a line, made by the engine, a batch in memory at a time."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

import ibis
from ibis.expr.types import StringValue, Table, Value

from procmine import engine
from procmine.engine import json_string
from procmine.exchange.log_order import batches_in_order
from procmine.exchange.ocel_model import EVENT_ID, ORDER_ID, OcelLog
from procmine.exchange.ocel_names import INITIAL, ORDER
from procmine.exchange.xes_types import write_value

_TYPES = {"string": "string", "date": "time", "int": "integer", "float": "float", "boolean": "boolean"}
"""OCEL's words for the types of XES."""
_ROWS = 20_000


def write_json(ocel: OcelLog, rows: Table, path: Path) -> None:
    """Write `ocel` to the new file `path`, events from `rows`, which are those of its log in their order."""
    with path.open("xb") as file:
        file.write(b'{"objectTypes":')
        file.write(_dump(_object_types(ocel)))
        file.write(b',\n"eventTypes":')
        file.write(_dump(_event_types(ocel)))
        file.write(b',\n"objects":[\n')
        _write_lines(file, _object_lines(ocel))
        file.write(b'\n],\n"events":[\n')
        lines = _event_lines(ocel, rows)
        _write_lines(file, (batch["line"].to_pylist() for batch in batches_in_order(lines, _ROWS)))
        file.write(b"\n]}\n")


def _write_lines(file: IO[bytes], batches: Iterable[list[str]]) -> None:
    separator = ""
    for lines in batches:
        file.write((separator + ",\n".join(lines)).encode())
        separator = ",\n"


def _object_types(ocel: OcelLog) -> list[dict[str, object]]:
    columns = {ORDER: ocel.of_order, **{kind: {} for kind in ocel.objects}}
    return [{"name": kind, "attributes": _declared(ocel.log, own, own)} for kind, own in columns.items()]


def _event_types(ocel: OcelLog) -> list[dict[str, object]]:
    return [
        {"name": activity, "attributes": _declared(ocel.log, ocel.of_event, names)}
        for activity, names in ocel.event_types.items()
    ]


def _declared(log: Table, columns: Mapping[str, str], names: Iterable[str]) -> list[dict[str, str]]:
    return [{"name": name, "type": _TYPES[write_value(log[columns[name]])[0]]} for name in names]


def _object_lines(ocel: OcelLog) -> Iterator[list[str]]:
    orders = ocel.orders()
    attributes = [_attribute(orders, name, column, time=INITIAL) for name, column in ocel.of_order.items()]
    relations = [_relation(orders[f"ocel:{kind}"], kind) for kind in ocel.of_case]
    order = _line(id=orders[ORDER_ID], type=ibis.literal(ORDER), attributes=attributes, relationships=relations)
    others = ocel.other_objects()
    for lines in (orders.select(line=order), others.select(line=_line(id=others.id, type=others.type))):
        for batch in engine.batches(lines, rows=_ROWS):
            yield batch["line"].to_pylist()


def _event_lines(ocel: OcelLog, rows: Table) -> Table:
    events = ocel.events(rows)
    line = _line(
        id=events[EVENT_ID],
        type=events.activity,
        time=write_value(events.timestamp)[1],
        attributes=[_attribute(events, name, column) for name, column in ocel.of_event.items()],
        relationships=[
            _relation(events[ORDER_ID], ORDER),
            *(_relation(events[f"ocel:{kind}"], kind) for kind in ocel.objects),
        ],
    )
    return events.select("case_id", "position", line=line)


def _line(**members: StringValue | list[StringValue]) -> StringValue:
    """A JSON object; a list is an array of what is not null of it."""
    pieces: list[StringValue | str] = []
    for name, value in members.items():
        pieces.append(f'{"," if pieces else "{"}"{name}":')
        if isinstance(value, list):
            pieces += ["[", ibis.array(value).join(",") if value else "", "]"]
        else:
            pieces.append(json_string(value))
    return ibis.array([*pieces, "}"]).join("")


def _attribute(table: Table, name: str, column: str, *, time: str | None = None) -> StringValue:
    """One attribute, or null. OCEL wants every value as text."""
    since = "" if time is None else f',"time":"{time}"'
    kind, text = write_value(table[column])
    value = json_string(text) if kind == "string" else '"' + text + '"'
    return ibis.literal(f'{{"name":{json.dumps(name, ensure_ascii=False)},"value":') + value + (since + "}")


def _relation(object_id: Value, qualifier: str) -> StringValue:
    named = json.dumps(qualifier, ensure_ascii=False)
    return ibis.literal('{"objectId":') + json_string(object_id) + f',"qualifier":{named}}}'


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
