"""Read any XES as XML: the careful way, a tag at a time, for what `xes_plain` leaves and for saying what is wrong."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.parsers import expat

import numpy as np
import polars as pl

from procmine.errors import LogError
from procmine.exchange.xes_part import TYPES, Attributes, Part, widen
from procmine.exchange.xes_pieces import whole_traces

BLOCK = 1 << 20
EVENTS = 50_000
"""Events a part holds, at least, before it is handed on."""

_NESTING = ("list", "container")
_TRUNCATED = "the file ends too early: it is cut off"


def open_xes(path: Path) -> IO[bytes]:
    """The bytes of an .xes or .xes.gz file."""
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]


def parsed_parts(stream: IO[bytes], path: Path, *, typed: bool) -> Iterator[Part]:
    """The parts of the file, in its order; `typed` is that of `widen`."""
    return whole_traces(_pieces(stream, path, typed=typed))


def _pieces(stream: IO[bytes], path: Path, *, typed: bool) -> Iterator[Part]:
    """The parts, and the pieces of traces that are not yet at their end."""
    reader = _Reader(path)
    try:
        while block := stream.read(BLOCK):
            reader.parser.Parse(block)
            if len(reader.trace_of_event) >= EVENTS:
                yield reader.part(typed=typed)
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise LogError(
            f"this is not well-formed XML: {expat.ErrorString(error.code)}",
            where=f"{path}, line {error.lineno}, column {error.offset + 1}",
            expected="Export the log again, or mend the file there",
        ) from error
    except (ValueError, LookupError) as error:
        raise LogError(f"its text cannot be decoded: {error}", where=path, expected="Save the file as UTF-8") from error
    yield reader.part(typed=typed)


class _Collected:
    """The attributes of traces or of events, as they come."""

    def __init__(self) -> None:
        self.owner: list[int] = []
        self.type: list[int] = []
        self.key: list[int] = []
        self.value: list[str | None] = []
        self.keys: dict[str, int] = {}

    def add(self, owner: int, given: dict[str, tuple[str, str | None]]) -> None:
        for key, (name, value) in given.items():
            self.owner.append(owner)
            self.type.append(TYPES.index(name))
            self.key.append(self.keys.setdefault(key, len(self.keys)))
            self.value.append(value)

    def attributes(self) -> Attributes:
        return Attributes(
            np.array(self.owner, dtype=np.int64),
            np.array(self.type, dtype=np.uint8),
            np.array(self.key, dtype=np.uint32),
            pl.Series(self.value, dtype=pl.String),
            list(self.keys),
        )


class _Reader:
    """Follows the tags: `path` is the open elements, `given` the attributes so far of the open trace and event."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.open: list[str] = []
        self.keys: list[str] = []
        self.ignored = 0
        self.of_trace: dict[str, tuple[str, str | None]] = {}
        self.of_event: dict[str, tuple[str, str | None]] = {}
        self._begin_part()
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype

    @property
    def in_trace(self) -> bool:
        return len(self.open) > 1

    def part(self, *, typed: bool) -> Part:
        """What was read since the last part; the attributes of a trace that is open come with its end."""
        traces = self.traces + self.in_trace
        part = Part(
            traces,
            np.array(self.trace_of_event, dtype=np.int64),
            widen(self.traces_given.attributes(), traces, typed=typed),
            widen(self.events_given.attributes(), len(self.trace_of_event), typed=typed),
            self.events_without_trace,
            open=self.in_trace,
        )
        self._begin_part()
        return part

    def _begin_part(self) -> None:
        self.traces, self.events_without_trace = 0, 0
        self.trace_of_event: list[int] = []
        self.traces_given, self.events_given = _Collected(), _Collected()

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if self.ignored or not self._known(name):
            self.ignored += 1
            return
        if name in TYPES or name in _NESTING:
            self._attribute(name, attributes)
        self.open.append(name)

    def _known(self, name: str) -> bool:
        """Whether the element is read: a trace of the log, an event of a trace, an attribute of either."""
        parent = self.open[-1] if self.open else None
        if parent is None:
            if name != "log":
                raise self._error(f"this is not XES: its root element is <{name}>", "An XES file is one <log> element")
            return True
        if parent == "log":
            self.events_without_trace += name == "event"
            return name == "trace"
        if name == "event":
            return parent == "trace"
        return name in TYPES or name in _NESTING or (name == "values" and parent == "list")

    def _attribute(self, name: str, attributes: dict[str, str]) -> None:
        key = attributes.get("key")
        if key is None:
            raise self._error(f"an attribute <{name}> has no key", "Every attribute of XES has a key and a value")
        given = self.of_event if "event" in self.open else self.of_trace
        nested = bool(self.keys)
        self.keys.append(key)
        if name in _NESTING:
            return
        whole, value = ".".join(self.keys), attributes.get("value")
        if nested and whole in given:
            value = "|".join(text for text in (given[whole][1], value) if text is not None)
            name = "string"
        given[whole] = (name, value)

    def _end(self, tag: str) -> None:
        if self.ignored:
            self.ignored -= 1
            return
        name = self.open.pop()
        if name in TYPES or name in _NESTING:
            self.keys.pop()
        elif name == "event":
            self.events_given.add(len(self.trace_of_event), self.of_event)
            self.trace_of_event.append(self.traces)
            self.of_event = {}
        elif name == "trace":
            self.traces_given.add(self.traces, self.of_trace)
            self.traces += 1
            self.of_trace = {}

    def _refuse_doctype(self, *_: object) -> None:
        raise self._error(
            "it declares a document type (<!DOCTYPE …>), which can hide entities",
            "XES needs none: remove the declaration",
        )

    def _error(self, found: str, expected: str) -> LogError:
        return LogError(found, where=f"{self.file}, line {self.parser.CurrentLineNumber}", expected=expected)


READ_ERRORS = (EOFError, gzip.BadGzipFile, zlib.error, OSError)


def read_error(error: Exception, path: Path) -> LogError:
    """What to say where the bytes themselves cannot be read."""
    if isinstance(error, EOFError):
        return LogError(_TRUNCATED, where=path, expected="Copy or export the file again")
    if isinstance(error, gzip.BadGzipFile | zlib.error):
        return LogError(
            f"it is not, or not wholly, compressed with gzip ({error})",
            where=path,
            expected="Copy or export the file again",
        )
    return LogError(f"it cannot be read: {error}", where=path, expected="A readable .xes or .xes.gz file")
