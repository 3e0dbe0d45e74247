"""Read OCEL 2.0 in JSON as most tools write it, blocks of whole items at a time, each parsed by Arrow at once.

A file is plain where its members are arrays of OCEL 2.0, every item has the texts that it must have, and the values of
attributes are texts, numbers or truth values: Arrow does not tell null from absent. What is anything else is left to
`ocel_json_parser`, which reads or refuses it.
"""

import io
import json
import re
from collections.abc import Iterator
from typing import IO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from procmine.exchange.ocel_json_parser import declared
from procmine.exchange.ocel_parts import Given, OcelParts

_BLOCK = 1 << 22
_LONGEST = 1 << 26
"""Bytes that one item may have."""
_DEEPEST = 64
"""Levels of nested values that Arrow's parser is asked to go down; it has no limit of its own."""
_OTHER, _OPENING, _CLOSING, _QUOTE = range(4)
_SIGN = {"{": _OPENING, "[": _OPENING, "}": _CLOSING, "]": _CLOSING, '"': _QUOTE}
_SIGNS = bytes(_SIGN.get(chr(byte), _OTHER) for byte in range(256))
_MEMBER = re.compile(rb'\s*([{,])\s*"(eventTypes|objectTypes|events|objects)"\s*:\s*\[')
_MARK = b"\xef\xbb\xbf"
_BARE = re.compile(
    rb'("value"\s*:\s*)(-?(?:0|[1-9][0-9]*)(?:[.][0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false)(?=[ \t\r\n]*[,}])'
)
"""A value that is no text. The key cannot be within a text, where its quotes would be escaped."""


def _items(**members: pa.DataType) -> pa.Schema:
    given = {"name": pa.string(), "value": pa.string()} | ({} if "time" in members else {"time": pa.string()})
    return pa.schema(
        {
            "items": pa.list_(
                pa.struct(
                    {
                        "id": pa.string(),
                        "type": pa.string(),
                        **members,
                        "attributes": pa.list_(pa.struct(given)),
                        "relationships": pa.list_(pa.struct({"objectId": pa.string()})),
                    }
                )
            )
        }
    )


_EVENTS, _OBJECTS = _items(time=pa.string()), _items()


class NotPlainError(Exception):
    """JSON that this module does not read."""


def read_plain(parts: OcelParts) -> None:
    """Fill `parts` from its file.

    Errors: `NotPlainError` where the file is not plain; what `parts` has then is of no use.
    """
    seen = set()
    with parts.path.open("rb") as file:
        for key, items in _blocks(file):
            seen.add(key)
            if key in ("events", "objects"):
                (_take_events if key == "events" else _take_objects)(parts, items)
            else:
                _take_types(parts, key, items)
    if not {"events", "objects"} <= seen:
        raise NotPlainError
    parts.finish()


def _blocks(file: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    """The members of the file and their items, as many whole ones at a time as a block has, with commas between."""
    rest, key, depth, follows = b"", "", 0, False
    while block := file.read(_BLOCK):
        rest = (rest + block).removeprefix(_MARK) if depth == 0 else rest + block
        places, steps = _brackets(rest)
        depths = depth + np.cumsum(steps)
        if depths.max(initial=0) > _DEEPEST:
            raise NotPlainError
        begins, ends, items = (
            places[(depths == level) & (steps == step)] for level, step in ((2, 1), (1, -1), (2, -1))
        )
        at = 0
        while True:
            if not key:
                if not len(begin := begins[begins >= at][:1]):
                    break
                key, depth, follows = _member(rest[at : begin[0] + 1], first=depth == 0), 2, False
                at = begin[0] + 1
            if len(end := ends[ends >= at][:1]):
                yield key, _bare(rest[at : end[0]], follows=follows, closes=True)
                at, key, depth = end[0] + 1, "", 1
            else:
                if len(items) and items[-1] >= at:
                    yield key, _bare(rest[at : items[-1] + 1], follows=follows, closes=False)
                    at, follows = items[-1] + 1, True
                break
        rest = rest[at:]
        if len(rest) > _LONGEST:
            raise NotPlainError
    if key or depth != 1 or rest.strip() != b"}":
        raise NotPlainError


def _brackets(text: bytes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where brackets stand that are in no text, and whether each opens (1) or closes (-1)."""
    if b"\\" in text:
        text = text.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")
    signs = np.frombuffer(text.translate(_SIGNS), np.int8)
    places = np.flatnonzero(signs != _OTHER)
    signs = signs[places]
    quotes = signs == _QUOTE
    outside = (np.cumsum(quotes, dtype=np.int32) & 1 == 0) & ~quotes
    return places[outside], np.where(signs[outside] == _OPENING, 1, -1)


def _member(text: bytes, *, first: bool) -> str:
    found = _MEMBER.fullmatch(text)
    if not found or (found[1] == b"{") != first:
        raise NotPlainError
    return found[2].decode()


def _bare(items: bytes, *, follows: bool, closes: bool) -> bytes:
    """`items` without the comma between them and those before."""
    bare = items.strip()
    if not follows or (closes and not bare):
        return bare
    if not bare.startswith(b",") or not (bare := bare[1:].lstrip()):
        raise NotPlainError
    return bare


def _take_types(parts: OcelParts, key: str, items: bytes) -> None:
    try:
        for item in json.loads(b"[" + items + b"]"):
            if key == "eventTypes":
                parts.declare_event_type(declared(item))
            else:
                parts.declare_object_type(item["name"], declared(item))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotPlainError from error


def _take_events(parts: OcelParts, items: bytes) -> None:
    found = _parsed(items, _EVENTS)
    ids, kinds, times = (_texts(found, name) for name in ("id", "type", "time"))
    values = _given(found, "attributes", ("name", "value"))
    parts.add_events(ids, kinds, times, values, _given(found, "relationships", ("objectId",)))


def _take_objects(parts: OcelParts, items: bytes) -> None:
    found = _parsed(items, _OBJECTS)
    ids, kinds = (_texts(found, name) for name in ("id", "type"))
    values = _given(found, "attributes", ("name", "value"), ("time",))
    parts.add_objects(ids, kinds, values, _given(found, "relationships", ("objectId",)))


def _parsed(items: bytes, schema: pa.Schema) -> pa.StructArray:
    """The items by their members; those that `schema` does not have are left out."""
    try:
        items.decode()
        try:
            found = _read(items, schema)
        except pa.ArrowInvalid:
            found = _read(_BARE.sub(rb'\1"\2"', items), schema)
    except (pa.ArrowInvalid, UnicodeError) as error:
        raise NotPlainError from error
    return found


def _read(items: bytes, schema: pa.Schema) -> pa.StructArray:
    text = b'{"items":[' + items + b"]}"
    read = pj.ReadOptions(use_threads=False, block_size=len(text) + 1)
    told = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    found = pj.read_json(io.BytesIO(text), read_options=read, parse_options=told)
    if len(found) != 1:
        raise NotPlainError
    return found["items"].chunk(0).flatten()


def _texts(items: pa.StructArray, name: str, *, needed: bool = True) -> pa.Array:
    column = pc.struct_field(items, name)
    if needed and column.null_count:
        raise NotPlainError
    return column


def _given(items: pa.StructArray, name: str, needed: tuple[str, ...], others: tuple[str, ...] = ()) -> Given:
    """What the lists `name` of the items have: the texts that are `needed`, and others, which may be null or absent."""
    lists = pc.struct_field(items, name)
    owner = pc.list_parent_indices(lists).to_numpy()
    flat = lists.flatten()
    return Given(owner, tuple(_texts(flat, one, needed=one in needed) for one in (*needed, *others)))
