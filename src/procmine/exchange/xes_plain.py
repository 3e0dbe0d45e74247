"""Read XES as most tools write it, column-wise: attributes without children, key before value, double quotes.

Text is split at its quotes, a block of traces at a time. Every piece must be one of the few that plain XES is
made of, else `NotPlainError`: then `xes_parser` reads the file. What is read here is read there to the same parts.
"""

import os
import re
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, cast
from xml.parsers import expat

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from procmine.exchange.xes_part import TYPES, Attributes, NotPlainError, Part, widen
from procmine.exchange.xes_pieces import whole_traces

BLOCK = 4 << 20
"""Bytes read at a time."""
_TRACE = b"<trace"

_OPEN_TRACE, _CLOSE_TRACE, _OPEN_EVENT, _CLOSE_EVENT = range(10, 14)
"""Kinds of tag, above those of attributes: their type, as its place in `TYPES`."""
_ITSELF, _NONE = 20, 30
_STRUCTURE = {"trace": _OPEN_TRACE, "/trace": _CLOSE_TRACE, "event": _OPEN_EVENT, "/event": _CLOSE_EVENT}
_VALUED = "|".join(TYPES)
_S = r"[ \t\r\n]"
_BETWEEN = re.compile(
    rf"(?P<closed>{_S}*/>|{_S}*>{_S}*</(?P<closing>{_VALUED}){_S}*>)?"
    rf"(?P<structure>(?:{_S}*</?(?:trace|event){_S}*>)*){_S}*"
    rf"(?:<(?P<type>{_VALUED}){_S}+key{_S}*={_S}*)?"
)
_NAME = re.compile(r"<(/?\w+)")
_EQUALS = re.compile(rf"{_S}+value{_S}*={_S}*")
_FOLLOWS = {
    (_OPEN_TRACE, _OPEN_EVENT),
    (_OPEN_TRACE, _CLOSE_TRACE),
    (_OPEN_EVENT, _CLOSE_EVENT),
    (_CLOSE_EVENT, _OPEN_EVENT),
    (_CLOSE_EVENT, _CLOSE_TRACE),
    (_CLOSE_TRACE, _OPEN_TRACE),
}
_REFERENCE = re.compile(r"&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9a-fA-F]{1,6}));|&")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


def plain_parts(stream: IO[bytes], _path: Path, *, typed: bool) -> Iterator[Part]:
    """The parts of the file, in its order, as `xes_parser.parsed_parts`."""
    return whole_traces(_pieces(stream, typed=typed))


def _pieces(stream: IO[bytes], *, typed: bool) -> Iterator[Part]:
    """The parts, and the pieces of long traces. Blocks are read ahead, one a processor."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ahead: deque[Future[Part]] = deque()
        try:
            for block, is_open in _blocks(stream):
                ahead.append(pool.submit(plain_part, block, is_open=is_open, typed=typed))
                if len(ahead) > (os.cpu_count() or 1):
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for waiting in ahead:
                waiting.cancel()


def _blocks(stream: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Traces, a block of them at a time, and whether the last one is open: goes on in the next block. A trace that is
    longer than a block is closed, and opened again, after one of its events.

    What is before the first and after the last trace goes to an XML parser.
    """
    frame = _Frame()
    text = stream.read(BLOCK)
    while (begin := text.find(_TRACE)) < 0:
        frame.feed(text[: -len(_TRACE)])
        more = stream.read(BLOCK)
        _require(bool(more))
        text = text[-len(_TRACE) :] + more
    frame.feed(text[:begin])
    frame.require_open_log()
    rest, opened = text[begin:], b""
    while True:
        if end := _end(rest, b"</trace>"):
            yield opened + rest[:end], False
            rest, opened = rest[end:], b""
        elif len(rest) >= BLOCK and (end := _end(rest, b"</event>")):
            yield opened + rest[:end] + b"</trace>", True
            rest, opened = rest[end:], b"<trace>"
        more = stream.read(BLOCK)
        if not more:
            break
        rest += more
    _require(not opened)
    frame.feed(rest, last=True)


def _end(text: bytes, tag: bytes) -> int:
    """Where the last `tag` in `text` ends; 0 where it has none."""
    found = text.rfind(tag)
    return 0 if found < 0 else found + len(tag)


class _Frame:
    """The file without its traces: XML of one open ``log`` element, in UTF-8 and without a document type."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = lambda _: self.open.pop()
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.XmlDeclHandler = self._declared

    def feed(self, text: bytes, *, last: bool = False) -> None:
        try:
            self.parser.Parse(text, last)
        except (expat.ExpatError, ValueError) as error:
            raise NotPlainError from error

    def require_open_log(self) -> None:
        if self.open != ["log"]:
            raise NotPlainError

    def _start(self, name: str, _attributes: object) -> None:
        _require(len(self.open) != 1 or name.rpartition(":")[2] not in ("trace", "event"))
        self.open.append(name)

    def _refuse(self, *_: object) -> None:
        raise NotPlainError

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "us-ascii"):
            raise NotPlainError


def plain_part(block: bytes, *, is_open: bool, typed: bool) -> Part:
    """The part that `block`, traces each with its end, holds.

    Split at its quotes, the text repeats ``tags key= · key · value= · value``; the tags are few, and taken apart once.
    """
    try:
        text = block.decode()
    except UnicodeDecodeError as error:
        raise NotPlainError from error
    pieces = cast(pl.Series, pl.from_arrow(pc.split_pattern(pa.array([text], pa.large_string()), '"').flatten()))
    tags, keys, equals, values = (pieces.gather_every(4, offset) for offset in range(4))
    _require(len(tags) == len(values) + 1)
    _require(all(_EQUALS.fullmatch(piece) for piece in equals.unique()))
    kind = _kinds(tags)
    trace, event, in_event = _nesting(kind)
    valued = kind < len(TYPES)
    of_event = in_event[valued]
    key, names = _coded_keys(keys)
    value = _unescaped(values)

    def attributes(chosen: npt.NDArray[np.bool_], owner: npt.NDArray[np.int64]) -> Attributes:
        places = np.flatnonzero(valued)[chosen]
        return Attributes(owner[places], kind[places], key[chosen], value.filter(pl.Series(chosen)), names)

    traces, trace_of_event = int((kind == _OPEN_TRACE).sum()), trace[kind == _OPEN_EVENT]
    return Part(
        traces,
        trace_of_event,
        widen(attributes(~of_event, trace), traces, typed=typed),
        widen(attributes(of_event, event), len(trace_of_event), typed=typed),
        open=is_open,
    )


def _kinds(tags: pl.Series) -> npt.NDArray[np.uint8]:
    """The kinds of all tags, in their order, from the text between one value and the next key."""
    code, pieces = _coded(tags)
    found = [_tags(piece) for piece in pieces]
    closed = np.array([closing for closing, _ in found], dtype=np.uint8)[code]
    longest = max(len(kinds) for _, kinds in found)
    kinds = np.array([kinds + [_NONE] * (longest - len(kinds)) for _, kinds in found], dtype=np.uint8)[code]
    last = np.array([kinds[-1] if kinds else _NONE for _, kinds in found], dtype=np.uint8)[code]
    _require(closed[0] == _NONE and last[-1] >= len(TYPES))
    _require(bool((last[:-1] < len(TYPES)).all()))
    _require(bool(((closed[1:] == _ITSELF) | (closed[1:] == last[:-1])).all()))
    return np.extract(kinds != _NONE, kinds)


def _tags(piece: str) -> tuple[int, list[int]]:
    """How the attribute before is closed (`_ITSELF`, the type of its closing tag, `_NONE` where none is before), and
    the kinds of the tags that open or close after it.
    """
    match = _BETWEEN.fullmatch(piece)
    if match is None:
        raise NotPlainError
    kinds = [_STRUCTURE[name] for name in _NAME.findall(match["structure"])]
    if match["type"]:
        kinds.append(TYPES.index(match["type"]))
    if match["closing"]:
        return TYPES.index(match["closing"]), kinds
    return (_ITSELF if match["closed"] else _NONE), kinds


def _coded_keys(keys: pl.Series) -> tuple[npt.NDArray[np.uint32], list[str]]:
    code, distinct = _coded(keys)
    names = _unescaped(distinct).to_list()
    _require(len(set(names)) == len(names))
    return code, names


def _coded(texts: pl.Series) -> tuple[npt.NDArray[np.uint32], pl.Series]:
    """Texts as places in the list of those that differ, which are in the order that they first have."""
    coded = texts.to_arrow().cast(pa.large_string()).dictionary_encode()
    return coded.indices.to_numpy().astype(np.uint32), pl.Series(coded.dictionary, dtype=pl.String)


def _nesting(
    kind: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """The trace and the event that each tag is in or after, and whether it is inside the event."""
    structure = kind[(kind >= _OPEN_TRACE) & (kind <= _CLOSE_EVENT)]
    _require(len(structure) > 0 and structure[0] == _OPEN_TRACE and structure[-1] == _CLOSE_TRACE)
    pairs = np.unique(structure[:-1].astype(np.int64) * 256 + structure[1:])
    _require(all(divmod(int(pair), 256) in _FOLLOWS for pair in pairs))
    traces, events = np.cumsum(kind == _OPEN_TRACE), np.cumsum(kind == _OPEN_EVENT)
    between_traces = traces == np.cumsum(kind == _CLOSE_TRACE)
    _require(bool((kind[between_traces] == _CLOSE_TRACE).all()))
    return traces - 1, events - 1, events > np.cumsum(kind == _CLOSE_EVENT)


def _unescaped(column: pl.Series) -> pl.Series:
    """Attribute values as XML means them. Those with white space that XML would normalize are not plain."""
    special = column.filter(column.str.contains(r"[\x00-\x1f\x{fffe}\x{ffff}<&]")).unique()
    if not len(special):
        return column
    _require(not special.str.contains(r"[\x00-\x1f\x{fffe}\x{ffff}<]").any())
    return column.replace(special, pl.Series([_REFERENCE.sub(_character, text) for text in special], dtype=pl.String))


def _character(reference: re.Match[str]) -> str:
    name, decimal, hexadecimal = reference.groups()
    if name:
        return _NAMED[name]
    code = int(decimal or hexadecimal or "0", 10 if decimal else 16)
    if not (code in (0x9, 0xA, 0xD) or 0x20 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or 0x10000 <= code < 0x110000):
        raise NotPlainError
    return chr(code)


def _require(holds: bool) -> None:
    if not holds:
        raise NotPlainError
