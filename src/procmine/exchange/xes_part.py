"""What a reader of XES hands on: traces with their attributes, and the folder that collects them."""

from dataclasses import InitVar, dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from procmine.errors import LogError
from procmine.exchange.runs import Runs
from procmine.exchange.xes_keys import NAME, TEXT

TYPES = ("string", "date", "int", "float", "boolean", "id")
"""The XES elements that have a value; an attribute's type is its place here."""


class NotPlainError(Exception):
    """XES text that `xes_plain` does not read; it is left to `xes_parser`, which reads or refuses it."""


class MixedTypesError(Exception):
    """A key that has had one type in the parts so far has another: the file is to be read as text."""


@dataclass(frozen=True)
class Attributes:
    """Attributes in a column each: the trace or event that owns them (0… in the part), type, the key's place in `keys`,
    and the value as text.
    """

    owner: npt.NDArray[np.int64]
    type: npt.NDArray[np.uint8]
    key: npt.NDArray[np.uint32]
    value: pl.Series
    keys: list[str]


@dataclass(frozen=True)
class Wide:
    """A column a key, a row a trace or event, null where absent; and the types seen of each key. Values are text, or
    those of their type where that could be told at once.
    """

    columns: pl.DataFrame
    types: dict[str, set[str]]


@dataclass(frozen=True)
class Part:
    """Traces of a file, in its order. `trace_of_event` gives each event's trace, 0… in the part.

    The last trace of a piece that is `open` goes on in the next; the first trace of a part that `continues` is the last
    one of the part before.
    """

    traces: int
    trace_of_event: npt.NDArray[np.int64]
    of_traces: Wide
    of_events: Wide
    events_without_trace: int = 0
    open: bool = False
    continues: bool = False


def widen(attributes: Attributes, rows: int, *, typed: bool) -> Wide:
    """The attributes of `rows` owners, keys in the order of `keys`. Of a key given twice, the last counts. With
    `typed`, dates and ints in their usual form, which are most of what is not text, become values: that is the
    fastest here.
    """
    by_key = np.argsort(attributes.key, kind="stable")
    ends = np.cumsum(np.bincount(attributes.key, minlength=len(attributes.keys)))
    columns, types = [], {}
    for key, end, begin in zip(attributes.keys, ends, [0, *ends], strict=False):
        members = by_key[begin:end]
        if not len(members):
            continue
        place = np.full(rows, -1)
        place[attributes.owner[members]] = members
        given = pl.Series(place)
        types[key] = {TYPES[number] for number in np.unique(attributes.type[members])}
        column = attributes.value.gather(given.set(given < 0, None)).alias(key)
        columns.append(_values(column, types[key]) if typed and key not in TEXT else column)
    return Wide(pl.DataFrame(columns), types)


def _values(text: pl.Series, types: set[str]) -> pl.Series:
    """`text` as dates or ints, where it is all of one of these types and all in its usual form."""
    try:
        if types == {"date"} and ((text.str.slice(10, 1) == "T") & (text.str.slice(16, 1) == ":")).all():
            return pl.Series(text.name, text.to_arrow().cast(pa.large_string()).cast(pa.timestamp("us", "UTC")))
        if types == {"int"}:
            return text.cast(pl.Int64)
    except (pa.ArrowInvalid, pl.exceptions.InvalidOperationError):
        pass
    return text


@dataclass
class Parts:
    """The parts of one file, stored in `folder` as they come.

    A stored row is an event: `number` (1… in the file), `trace` (1… in the file), and a column for every key, whose
    name `of_trace` and `of_event` give: keys may differ in case only, columns of the engine may not.
    """

    path: Path
    folder: InitVar[Path]
    rows: Runs = field(init=False)
    events: int = 0
    traces: int = 0
    empty: int = 0
    """Traces without events."""
    events_without_trace: int = 0
    of_trace: dict[str, str] = field(default_factory=dict)
    of_event: dict[str, str] = field(default_factory=dict)
    types: dict[str, set[str]] = field(default_factory=dict)
    """The types seen of each stored column."""
    stored_as: dict[str, pl.DataType] = field(default_factory=dict)

    def __post_init__(self, folder: Path) -> None:
        """Begin the rows, which are sorted by the name of the trace."""
        self.rows = Runs(folder, self._column(self.of_trace, "t", NAME, set()))

    def add(self, part: Part) -> None:
        """Store the next part."""
        self.traces -= part.continues
        filled = np.unique(part.trace_of_event)
        if len(filled):
            self._require_names(part.of_traces, filled)
            self._store(part)
        self.empty += part.traces - len(filled)
        self.events_without_trace += part.events_without_trace
        self.traces += part.traces
        self.events += len(part.trace_of_event)

    def _store(self, part: Part) -> None:
        trace_of_event, of_traces, of_events = part.trace_of_event, part.of_traces, part.of_events
        frame = pl.DataFrame(
            {
                "number": np.arange(len(trace_of_event)) + self.events + 1,
                "trace": trace_of_event + self.traces + 1,
                **{
                    self._column(self.of_trace, "t", key, of_traces.types[key]): column.gather(trace_of_event)
                    for key, column in of_traces.columns.to_dict().items()
                },
                **{
                    self._column(self.of_event, "e", key, of_events.types[key]): column
                    for key, column in of_events.columns.to_dict().items()
                },
            }
        )
        for name, kind in frame.schema.items():
            if self.stored_as.setdefault(name, kind) != kind:
                raise MixedTypesError
        self.rows.add(frame)

    def _column(self, known: dict[str, str], prefix: str, key: str, types: set[str]) -> str:
        name = known.setdefault(key, f"{prefix}{len(known)}")
        self.types.setdefault(name, set()).update(types)
        return name

    def _require_names(self, of_traces: Wide, filled: npt.NDArray[np.int64]) -> None:
        if NAME not in of_traces.columns:
            nameless = filled
        else:
            nameless = filled[of_traces.columns[NAME].is_null().to_numpy()[filled]]
        if len(nameless):
            raise LogError(
                f"trace {nameless[0] + self.traces + 1} of the file has no {NAME}, so its events belong to no order",
                where=self.path,
                expected=f"Every trace names its order in an attribute {NAME}",
            )
