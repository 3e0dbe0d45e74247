"""Write a log as XES."""

import gzip
import re
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import IO, cast

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from ibis import _
from ibis.expr.types import StringValue, Table, Value

from procmine import engine
from procmine.errors import LogError
from procmine.exchange.lifecycle import COMPLETE, START
from procmine.exchange.xes_keys import COLUMNS, NAME, PAIR, TRANSITION
from procmine.exchange.xes_read import ENDINGS
from procmine.exchange.xes_types import write_value
from procmine.schema import CASE, EVENT_ATTRIBUTE, attributes, require_log

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="2.0" xes.features="" xmlns="http://www.xes-standard.org/">
<extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
<extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
<extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
<global scope="trace"><string key="concept:name" value="UNKNOWN"/></global>
<global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
<classifier name="Activity" keys="concept:name"/>
"""
_FOOT = "</log>\n"
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
_FORBIDDEN = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{fffe}\x{ffff}]"
"""What XML 1.0 has no way to write; U+FFFD stands for it."""
_SPECIAL = r"[&<>\x22\x00-\x1f\x{fffe}\x{ffff}]"
_ROWS = 20_000
"""Events whose text is in memory at a time."""


def write_xes(log: Table, path: str | PathLike[str]) -> Path:
    """Write `log` to `path`, an `.xes` or `.xes.gz` file, and return the path. `read_xes` reads the same log again.

    `case_id`, `activity`, `timestamp`, `resource` and `department` are written as concept:name, time:timestamp,
    org:resource and org:group; `system`, `source` and `source_row` under ``procmine:`` keys of no declared extension;
    ``case:`` and ``event:`` columns under their own keys, with the XES type of their column (what XES has no type
    for, as text). Other columns are not written. Null is an absent attribute. Times are UTC to the microsecond.

    A row with a `start` becomes two events: a `start` in its place in time, with activity and owners, and the
    `complete`, both with the number ``procmine:start`` that makes them a pair. An event's transition is that of
    ``event:lifecycle:transition`` where the log has this column, else `complete`.

    Characters that XML 1.0 cannot write (controls such as U+0000) become U+FFFD.

    Raises `LogError` where `log` is not a log, has an attribute under a key that another column is written under, or
    `path` has another ending, is a folder, or cannot be written. The file appears when it is whole.
    """
    require_log(log)
    target = _require_target(Path(path))
    _require_own_keys(log)
    if engine.scalar(log.start.notnull().any()):
        _write(_lines_with_starts(log), target)
        return target
    try:
        _write(_lines(log), target)
    except _UnorderedError:
        _write(_lines(log.order_by("case_id", "position")), target)
    return target


class _UnorderedError(Exception):
    """The engine did not give the rows of each order one behind the other."""


def _write(lines: Table, target: Path) -> None:
    """Write the column `line`. Where there are `case_id` and `position` too, rows must come in the order of the log:
    a stored log does, and not to sort it again keeps memory flat. A batch is written while the next is made.
    """
    before = None
    with _whole(target) as file, ThreadPoolExecutor(1) as beside:
        written = beside.submit(file.write, _HEAD.encode())
        for batch in engine.batches(lines, rows=_ROWS):
            if "position" in batch.schema.names:
                _require_order(batch, before)
                before = batch.slice(batch.num_rows - 1)
            written.result()
            written = beside.submit(file.write, _bytes(batch.column("line")))
        written.result()
        file.write(_FOOT.encode())


def _require_order(batch: pa.RecordBatch, before: pa.RecordBatch | None) -> None:
    rows = pa.Table.from_batches([batch] if before is None else [before, batch])
    position = rows["position"].to_numpy()
    same_case = pc.equal(rows["case_id"][1:], rows["case_id"][:-1]).to_numpy(zero_copy_only=False)
    follows = same_case & (position[1:] == position[:-1] + 1)
    if not ((before is not None or position[0] == 1) and np.all(follows | (position[1:] == 1))):
        raise _UnorderedError


def _lines(log: Table) -> Table:
    """One line an event, in the order of the rows, with its `case_id` and `position`."""
    events, keys = _with_transition(log)
    placed = events.mutate(first=_.position == 1, last=_.next_activity.isnull())
    return placed.select("case_id", "position", line=_line(placed, keys))


def _lines_with_starts(log: Table) -> Table:
    """One line an event, in the order of the file."""
    events, keys = _with_transition(log)
    placed = _with_starts(events, keys)
    return placed.select(line=_line(placed, keys | {"pair": PAIR}))


def _with_transition(log: Table) -> tuple[Table, dict[str, str]]:
    """`log` with the transition of each event, and the key of each column of an event."""
    keys = {**COLUMNS, **{name: name.removeprefix(EVENT_ATTRIBUTE) for name in attributes(log, EVENT_ATTRIBUTE)}}
    if TRANSITION in keys.values():
        return log, keys
    return log.mutate(transition=ibis.literal(COMPLETE)), keys | {"transition": TRANSITION}


def _line(events: Table, keys: dict[str, str]) -> StringValue:
    """The text of an event; the `first` of a trace opens it, the `last` closes it."""
    of_trace = {"case_id": NAME} | {name: name.removeprefix(CASE) for name in attributes(events, CASE)}
    opened = events.first.ifelse(_element("trace", events, of_trace), "")
    closed = events.last.ifelse("</trace>", "")
    return ibis.array([opened, _element("event", events, keys), "</event>", closed, "\n"]).join("")


def _with_starts(events: Table, keys: dict[str, str]) -> Table:
    """`events` and, for each that has a start, an event of that time before it. Completions keep their order among
    themselves, whatever their times.
    """
    so_far = ibis.cumulative_window(group_by="case_id", order_by="position")
    completions = events.mutate(
        place=_.timestamp.max().over(so_far), late=1, pair=_.start.notnull().ifelse(_.position, ibis.null("int64"))
    )
    transition = next(name for name, key in keys.items() if key == TRANSITION)
    told = ("activity", "timestamp", "resource", "department", transition)
    starts = completions.filter(_.start.notnull()).mutate(
        place=ibis.least(_.start, _.place.fill_null(_.start)),
        late=0,
        timestamp=_.start,
        **{transition: ibis.literal(START)},
        **{name: ibis.null(events[name].type()) for name in keys if name not in told},
    )
    in_file = {"group_by": "case_id", "order_by": ["known", "place", "position", "late"]}
    both = completions.union(starts.select(*completions.columns)).mutate(known=_.place.notnull())
    placed = both.mutate(
        first=ibis.row_number().over(ibis.window(**in_file)) == 0,
        last=_.late.lead().over(ibis.window(**in_file)).isnull(),
    )
    return placed.order_by("case_id", *in_file["order_by"])


def _element(tag: str, table: Table, keys: dict[str, str]) -> StringValue:
    """The opening tag and the attributes: columns of `table` under their keys, absent where null."""
    return ibis.array([f"<{tag}>", *(_attribute(key, table[name]) for name, key in keys.items())]).join("")


def _attribute(key: str, value: Value) -> StringValue:
    kind, text = write_value(value)
    safe = _escaped(text) if kind == "string" else text
    return f'<{kind} key="{_escaped_key(key)}" value="' + safe + '"/>'


def _escaped_key(key: str) -> str:
    writable = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", key)
    return "".join(_ESCAPES.get(character, character) for character in writable)


def _escaped(text: StringValue) -> StringValue:
    safe = text
    for character, reference in _ESCAPES.items():
        safe = safe.replace(character, reference)
    return text.re_search(_SPECIAL).ifelse(safe.re_replace(_FORBIDDEN, "\ufffd"), text)


def _bytes(lines: pa.Array) -> memoryview:
    """The text of `lines`, which lie one behind the other in memory."""
    _valid, offsets, text = lines.cast(pa.large_string()).buffers()
    ends = np.frombuffer(offsets, dtype=np.int64)[lines.offset :]
    return memoryview(text)[ends[0] : ends[len(lines)]]


def _require_target(path: Path) -> Path:
    if not path.name.lower().endswith(ENDINGS):
        raise LogError("this is not the name of an XES file", where=path, expected="A name ending in .xes or .xes.gz")
    if path.is_dir():
        raise LogError("this is a folder", where=path, expected="The name of a file to write")
    if not path.parent.is_dir():
        raise LogError("its folder does not exist", where=path, expected=f"Create {path.parent} first")
    return path


def _require_own_keys(log: Table) -> None:
    """The keys of attributes are not those that other columns are written under."""
    taken = {EVENT_ATTRIBUTE + key: name for name, key in COLUMNS.items()}
    taken |= {EVENT_ATTRIBUTE + PAIR: "start", CASE + NAME: "case_id"}
    for name in log.columns:
        if name in taken:
            raise LogError(
                f"the column {name} would be written under the same key as {taken[name]}",
                where="log",
                expected=f"Rename or drop {name}",
            )


@contextmanager
def _whole(target: Path) -> Iterator[IO[bytes]]:
    """A file to write beside `target`, which takes its name when it is whole and is removed when it is not."""
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with part.open("xb") as raw:
            if target.suffix.lower() == ".gz":
                with gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as packed:
                    yield cast(IO[bytes], packed)
            else:
                yield raw
        part.replace(target)
    except OSError as error:
        raise LogError(
            f"it cannot be written: {error.strerror}", where=target, expected="A folder one may write to"
        ) from error
    finally:
        part.unlink(missing_ok=True)
