"""Traces that a reader of XES had to hand on in pieces, since they are longer than what it has in memory."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import polars as pl

from procmine.exchange.xes_part import MixedTypesError, Part, Wide


def whole_traces(pieces: Iterator[Part]) -> Iterator[Part]:
    """`pieces`, of which a trace that is `open` goes on in the next, as parts of which each has all attributes of its
    traces. A long trace is in several parts.

    Attributes of a trace may come after its events, so a trace that is open waits in a temporary folder for its end.

    Errors: `MixedTypesError` where a trace has an attribute twice, in pieces and of types that differ.
    """
    with tempfile.TemporaryDirectory(prefix="procmine-") as folder:
        waiting: _Waiting | None = None
        for piece in pieces:
            rest = piece
            if waiting:
                more, rest = _cut(rest, 1)
                waiting.add(more)
                if more.open:
                    continue
                yield from waiting.parts()
                waiting = None
            if rest.open:
                rest, begun = _cut(rest, rest.traces - 1)
                waiting = _Waiting(Path(tempfile.mkdtemp(dir=folder)))
                waiting.add(begun)
            if rest.traces or rest.events_without_trace:
                yield rest


def _cut(part: Part, trace: int) -> tuple[Part, Part]:
    """The traces before number `trace` (0…), and the others."""
    event = int(np.searchsorted(part.trace_of_event, trace))
    before = replace(
        part,
        traces=trace,
        trace_of_event=part.trace_of_event[:event],
        of_traces=_rows(part.of_traces, 0, trace),
        of_events=_rows(part.of_events, 0, event),
        open=part.open and trace == part.traces,
    )
    after = Part(
        part.traces - trace,
        part.trace_of_event[event:] - trace,
        _rows(part.of_traces, trace, None),
        _rows(part.of_events, event, None),
        open=part.open and trace < part.traces,
    )
    return before, after


def _rows(wide: Wide, begin: int, count: int | None) -> Wide:
    return Wide(wide.columns.slice(begin, count), wide.types)


@dataclass
class _Waiting:
    """One trace, its events in `folder`, as far as it was read."""

    folder: Path
    events: list[int] = field(default_factory=list)
    types_of_events: list[dict[str, set[str]]] = field(default_factory=list)
    given: dict[str, pl.Series] = field(default_factory=dict)
    types: dict[str, set[str]] = field(default_factory=dict)
    outside: int = 0

    def add(self, piece: Part) -> None:
        """Take the next piece of the trace."""
        for key, value in piece.of_traces.columns.to_dict().items():
            if value.null_count():
                continue
            if key in self.given and self.given[key].dtype != value.dtype:
                raise MixedTypesError
            self.given[key] = value
            self.types[key] = self.types.get(key, set()) | piece.of_traces.types[key]
        self.outside += piece.events_without_trace
        if len(piece.trace_of_event) or not self.events:
            piece.of_events.columns.write_ipc(self._file(len(self.events)))
            self.events.append(len(piece.trace_of_event))
            self.types_of_events.append(piece.of_events.types)

    def parts(self) -> Iterator[Part]:
        """The whole trace, a part a piece that has events; a trace without events is one part."""
        of_trace = Wide(pl.DataFrame(list(self.given.values())), self.types)
        filled = [place for place, events in enumerate(self.events) if events] or [0]
        for place in filled:
            yield Part(
                1,
                np.zeros(self.events[place], dtype=np.int64),
                of_trace,
                Wide(pl.read_ipc(self._file(place)), self.types_of_events[place]),
                events_without_trace=self.outside if place == filled[0] else 0,
                continues=place != filled[0],
            )

    def _file(self, place: int) -> Path:
        return self.folder / f"{place:06}.arrow"
