"""Read OCEL 2.0 in JSON an object or event at a time, and say where it is not as it should be."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from procmine.errors import LogError
from procmine.exchange import ocel_parts
from procmine.exchange.json_stream import BrokenJsonError, JsonStream
from procmine.exchange.ocel_parts import Given, OcelParts, text_of

_LONGEST = 1 << 26
"""Characters that one object or event may have."""
_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


def read_parsed(parts: OcelParts) -> None:
    """Fill `parts` from its file.

    Errors: `LogError` for text that is not JSON or not UTF-8, is cut off, or is not as OCEL 2.0 says.
    """
    seen = set()
    try:
        with parts.path.open(encoding="utf-8-sig", newline="") as file:
            reader = JsonStream(file, decoder=_DECODER, longest=_LONGEST)
            for key in reader.members():
                seen.add(key)
                if key in _DECLARED:
                    for number, item in enumerate(reader.items(), 1):
                        _give(partial(_DECLARED[key], parts), item, f"{parts.path}, {key}, item {number}")
                elif key in _TAKEN:
                    _take_all(_TAKEN[key](parts), reader.items(), f"{parts.path}, {key}")
                else:
                    reader.value()
            reader.end()
        parts.finish()
    except BrokenJsonError as error:
        raise LogError(
            f"this is not whole and well-formed JSON: {error.found}",
            where=f"{parts.path}, character {error.character}",
            expected="Export the log again, or mend the file there",
        ) from error
    except UnicodeError as error:
        raise LogError(f"its text cannot be decoded: {error}", where=parts.path, expected="Save it as UTF-8") from error
    except OSError as error:
        raise LogError(f"it cannot be read: {error.strerror}", where=parts.path) from error
    if not {"events", "objects"} <= seen:
        found = ", ".join(sorted(seen)[:5]) or "nothing"
        raise LogError(
            f"this is not OCEL 2.0: it has {found}",
            where=parts.path,
            expected="An object with the arrays eventTypes, objectTypes, events and objects",
        )


def _take_all(take: "_Events | _Objects", items: Iterator[Any], where: str) -> None:
    for number, item in enumerate(items, 1):
        _give(take, item, f"{where}, item {number}")
        if number % ocel_parts.ROWS == 0:
            take.store()
    take.store()


def _give(take: Callable[[Any], None], item: Any, where: str) -> None:
    try:
        take(item)
    except KeyError as error:
        raise LogError(f"it has no {error.args[0]}", where=where, expected="An item as OCEL 2.0 says") from None
    except (TypeError, AttributeError, ValueError):
        raise LogError(f"{json.dumps(item)[:80]} is not as OCEL 2.0 says", where=where) from None


def _declare_event_type(parts: OcelParts, item: Any) -> None:
    parts.declare_event_type(declared(item))


def _declare_object_type(parts: OcelParts, item: Any) -> None:
    attributes = declared(item)
    parts.declare_object_type(_text(item["name"]), attributes)


def declared(item: Any) -> dict[str, str]:
    """The attributes that a type of events or objects declares, and the word for the type of each."""
    return {_text(given["name"]): _text(given["type"]) for given in item.get("attributes", [])}


@dataclass
class _Columns:
    """Rows of text, each of an item, as they come."""

    owner: list[int] = field(default_factory=list)
    rows: list[tuple[str | None, ...]] = field(default_factory=list)

    def add(self, owner: int, *texts: str | None) -> None:
        self.owner.append(owner)
        self.rows.append(texts)

    def given(self, columns: int) -> Given:
        """The rows as so many columns."""
        texts = zip(*self.rows, strict=True) if self.rows else [[]] * columns
        return Given(np.array(self.owner, np.int64), tuple(pa.array(list(column), pa.string()) for column in texts))


@dataclass
class _Items:
    """What events and objects have in common: each item is taken by a call; `store` stores those taken since the last
    time in `parts`.
    """

    parts: OcelParts
    items: _Columns = field(default_factory=_Columns)
    values: _Columns = field(default_factory=_Columns)
    objects: _Columns = field(default_factory=_Columns)

    def related(self, item: Any, place: int) -> None:
        for given in item.get("relationships") or []:
            self.objects.add(place, _text(given["objectId"]))

    def clear(self) -> None:
        self.items, self.values, self.objects = _Columns(), _Columns(), _Columns()


class _Events(_Items):
    def __call__(self, item: Any) -> None:
        place = len(self.items.owner)
        key, kind = _text(item["id"]), _text(item["type"])
        for given in item.get("attributes") or []:
            self.values.add(place, _text(given["name"]), _value(given["value"]))
        self.items.add(place, key, kind, _text(item["time"]))
        self.related(item, place)

    def store(self) -> None:
        ids, types, times = self.items.given(3).texts
        self.parts.add_events(ids, types, times, self.values.given(2), self.objects.given(1))
        self.clear()


class _Objects(_Items):
    def __call__(self, item: Any) -> None:
        place = len(self.items.owner)
        self.items.add(place, _text(item["id"]), _text(item["type"]))
        for given in item.get("attributes") or []:
            value, since = _value(given["value"]), given.get("time")
            if value is not None:
                self.values.add(place, _text(given["name"]), value, None if since is None else _text(since))
        self.related(item, place)

    def store(self) -> None:
        ids, types = self.items.given(2).texts
        self.parts.add_objects(ids, types, self.values.given(3), self.objects.given(1))
        self.clear()


_DECLARED = {"eventTypes": _declare_event_type, "objectTypes": _declare_object_type}
_TAKEN: dict[str, type[_Events] | type[_Objects]] = {"events": _Events, "objects": _Objects}


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise TypeError
    return given


def _value(given: Any) -> str | None:
    """The value of an attribute; the schema wants text, but other tools write numbers, too."""
    if isinstance(given, dict | list):
        return json.dumps(given, ensure_ascii=False)
    return None if given is None else text_of(given)
