"""Read OCEL 2.0 in JSON an object or event at a time, and say where it is not as it should be."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pyarrow as pa

from procmine.errors import LogError
from procmine.exchange import ocel_parts
from procmine.exchange.ocel_parts import Given, OcelParts, text_of

_BLOCK = 1 << 20
_LONGEST = 1 << 26
"""Characters that one object or event may have."""
_TOKEN = 16
"""Characters from the end within which a wrong token may be one that is cut off."""
_BLANK = " \t\r\n"


def read_parsed(parts: OcelParts) -> None:
    """Fill `parts` from its file.

    Errors: `LogError` for text that is not JSON or not UTF-8, is cut off, or is not as OCEL 2.0 says.
    """
    seen = set()
    try:
        with parts.path.open(encoding="utf-8-sig", newline="") as file:
            reader = _Reader(file, parts.path)
            for key in reader.members():
                seen.add(key)
                if key not in _TAKERS:
                    reader.value()
                    continue
                take = _TAKERS[key](parts)
                for number, item in enumerate(reader.items(), 1):
                    _give(take, item, f"{parts.path}, {key}, item {number}")
                    if number % ocel_parts.ROWS == 0:
                        take.store()
                take.store()
        parts.finish()
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


def _give(take: "_Taker", item: Any, where: str) -> None:
    try:
        take(item)
    except KeyError as error:
        raise LogError(f"it has no {error.args[0]}", where=where, expected="An item as OCEL 2.0 says") from None
    except (TypeError, AttributeError, ValueError):
        raise LogError(f"{json.dumps(item)[:80]} is not as OCEL 2.0 says", where=where) from None


@dataclass
class _Taker:
    """Takes the items of one array of a file, and stores what it took in `parts`."""

    parts: OcelParts

    def __call__(self, item: Any) -> None:
        """Take the next item."""
        raise NotImplementedError

    def store(self) -> None:
        """Store what was taken since the last time."""


class _EventTypes(_Taker):
    def __call__(self, item: Any) -> None:
        self.parts.declare_event_type(declared(item))


class _ObjectTypes(_Taker):
    def __call__(self, item: Any) -> None:
        attributes = declared(item)
        self.parts.declare_object_type(_text(item["name"]), attributes)


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
class _Items(_Taker):
    """What events and objects have in common."""

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


_TAKERS: dict[str, type[_Taker]] = {
    "eventTypes": _EventTypes,
    "objectTypes": _ObjectTypes,
    "events": _Events,
    "objects": _Objects,
}


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise TypeError
    return given


def _value(given: Any) -> str | None:
    """The value of an attribute; the schema wants text, but other tools write numbers, too."""
    if isinstance(given, dict | list):
        return json.dumps(given, ensure_ascii=False)
    return None if given is None else text_of(given)


class _Reader:
    """Reads a JSON text as it comes: what was read is forgotten."""

    def __init__(self, file: TextIO, path: Path) -> None:
        self.file, self.path = file, path
        self.text, self.place, self.before, self.ended = "", 0, 0, False
        self.decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)

    def members(self) -> Iterator[str]:
        """The keys of the object that the text is; whoever takes one reads its value before the next."""
        self._take("{")
        for _item in self._until("}"):
            key = self.value()
            self._take(":")
            yield str(key)
        if self._peek():
            raise self._error("there is more after its end")

    def items(self) -> Iterator[Any]:
        """The items of an array."""
        self._take("[")
        for _item in self._until("]"):
            yield self.value()

    def value(self) -> Any:
        """The next value, whole."""
        self._peek()
        while True:
            try:
                value, end = self.decoder.raw_decode(self.text, self.place)
                if end < len(self.text) or self.ended:
                    self.place = end
                    return value
            except json.JSONDecodeError as error:
                cut_off = error.pos > len(self.text) - _TOKEN or error.msg.startswith("Unterminated string")
                if self.ended or not cut_off:
                    raise self._error(error.msg, error.pos) from error
            except RecursionError as error:
                raise self._error("values are nested too deeply") from error
            if len(self.text) - self.place > _LONGEST:
                raise self._error(f"an item has more than {_LONGEST:,} characters")
            self._more()

    def _until(self, close: str) -> Iterator[None]:
        """Once before each item up to `close`, with a comma between two."""
        if self._peek() == close:
            self.place += 1
            return
        yield
        while self._peek() != close:
            self._take(",")
            yield
        self.place += 1

    def _take(self, wanted: str) -> None:
        found = self._peek()
        if found != wanted:
            raise self._error(f"{found!r} where {wanted!r} should be" if found else "the file ends too early")
        self.place += 1

    def _peek(self) -> str:
        """The next character that is not blank; nothing at the end."""
        while True:
            while self.place < len(self.text) and self.text[self.place] in _BLANK:
                self.place += 1
            if self.place < len(self.text) or self.ended:
                return self.text[self.place : self.place + 1]
            self._more()

    def _more(self) -> None:
        block = self.file.read(_BLOCK)
        self.ended = not block
        self.before += self.place
        self.text, self.place = self.text[self.place :] + block, 0

    def _error(self, found: str, place: int | None = None) -> LogError:
        character = self.before + (self.place if place is None else place) + 1
        return LogError(
            f"this is not whole and well-formed JSON: {found}",
            where=f"{self.path}, character {character}",
            expected="Export the log again, or mend the file there",
        )
