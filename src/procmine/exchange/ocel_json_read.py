"""Read OCEL 2.0 in JSON: an object or event at a time, so that memory does not grow with the file."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from procmine.errors import LogError
from procmine.exchange.ocel_parts import OcelParts, text_of

_BLOCK = 1 << 20
_LONGEST = 1 << 26
"""Characters that one object or event may have."""
_TOKEN = 16
"""Characters from the end within which a wrong token may be one that is cut off."""
_BLANK = " \t\r\n"


def read_json(parts: OcelParts) -> None:
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
                for number, item in enumerate(reader.items(), 1):
                    _give(_TAKERS[key], parts, item, f"{parts.path}, {key}, item {number}")
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


def _give(take: Callable[[OcelParts, Any], None], parts: OcelParts, item: Any, where: str) -> None:
    try:
        take(parts, item)
    except KeyError as error:
        raise LogError(f"it has no {error.args[0]}", where=where, expected="An item as OCEL 2.0 says") from None
    except (TypeError, AttributeError, ValueError):
        raise LogError(f"{json.dumps(item)[:80]} is not as OCEL 2.0 says", where=where) from None


def _take_event_type(parts: OcelParts, item: Any) -> None:
    parts.declare_event_type({_text(given["name"]): _text(given["type"]) for given in item.get("attributes", [])})


def _take_object_type(parts: OcelParts, item: Any) -> None:
    attributes = {_text(given["name"]): _text(given["type"]) for given in item.get("attributes", [])}
    parts.declare_object_type(_text(item["name"]), attributes)


def _take_event(parts: OcelParts, item: Any) -> None:
    key = _text(item["id"])
    parts.events.add(key, _text(item["type"]))
    attributes = [(_text(given["name"]), _value(given["value"])) for given in item.get("attributes") or []]
    parts.event_values.add(key, _text(item["time"]), attributes=attributes)
    for given in item.get("relationships") or []:
        parts.event_objects.add(key, _text(given["objectId"]))


def _take_object(parts: OcelParts, item: Any) -> None:
    key = _text(item["id"])
    parts.objects.add(key, _text(item["type"]))
    for given in item.get("attributes") or []:
        value, since = _value(given["value"]), given.get("time")
        if value is not None:
            parts.object_values.add(key, _text(given["name"]), None if since is None else _text(since), value)
    for given in item.get("relationships") or []:
        parts.object_objects.add(key, _text(given["objectId"]))


_TAKERS = {
    "eventTypes": _take_event_type,
    "objectTypes": _take_object_type,
    "events": _take_event,
    "objects": _take_object,
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
