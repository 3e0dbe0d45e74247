"""Write a log as XES."""

import gzip
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import IO, cast

import ibis
import numpy as np
import pyarrow as pa
from ibis import _
from ibis.expr.types import StringValue, Table, Value

from procmine import engine
from procmine.errors import LogError
from procmine.exchange.files import require_target, whole
from procmine.exchange.lifecycle import COMPLETE, START
from procmine.exchange.log_order import batches_in_order, write_in_order
from procmine.exchange.xes_empty import empty_columns
from procmine.exchange.xes_keys import COLUMNS, EMPTY, INSTANCE, NAME, PAIR, TRANSITION
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
_ROWS = 4_096
"""Events whose text is in memory at a time."""


def write_xes(log: Table, path: str | PathLike[str]) -> Path:
    """Write `log` to `path`, an `.xes` or `.xes.gz` file, and return the path. `read_xes` reads the same log again.

    `case_id`, `activity`, `timestamp`, `resource` and `department` are written as concept:name, time:timestamp,
    org:resource and org:group; `system`, `source` and `source_row` under ``procmine:`` keys of no declared extension;
    ``case:`` and ``event:`` columns under their own keys, with the XES type of their column (what XES has no type
    for, as text). Other columns are not written. Null is an absent attribute; a ``case:`` or ``event:`` column that is
    null everywhere is told in an attribute of the log, ``procmine:empty:<column>``. Times are UTC to the microsecond.

    A row with a `start` becomes two events: a `start` in its place in time, with activity, instance and owners, and the
    `complete`, both with the number ``procmine:start`` that makes them a pair. An event's transition is that of
    ``event:lifecycle:transition`` where the log has this column, else `complete`.

    Characters that XML 1.0 cannot write (controls such as U+0000) become U+FFFD.

    Raises `LogError` where `log` is not a log, has an attribute under a key that another column is written under, or
    `path` has another ending, is a folder, or cannot be written. The file appears when it is whole.
    """
    require_log(log)
    target = require_target(Path(path), ENDINGS, kind="an XES file")
    _require_own_keys(log)
    head = _HEAD + "".join(
        f'<string key="{_escaped_key(EMPTY + name)}" value="{kind}"/>\n' for name, kind in empty_columns(log).items()
    )
    if engine.scalar(log.start.notnull().any()):
        _write(engine.batches(_lines_with_starts(log), rows=_ROWS), target, head=head)
    else:
        write_in_order(log, lambda rows: _write(batches_in_order(_lines(rows), _ROWS), target, head=head))
    return target


def _write(batches: Iterator[pa.RecordBatch], target: Path, *, head: str) -> None:
    """Write the column `line`, a batch while the next is made."""
    with whole(target) as part, _opened(part, target) as file, ThreadPoolExecutor(1) as beside:
        written = beside.submit(file.write, head.encode())
        for batch in batches:
            written.result()
            written = beside.submit(file.write, _bytes(batch.column("line")))
        written.result()
        file.write(_FOOT.encode())


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
    return _joined(opened, _element("event", events, keys), "</event>", closed, "\n")


def _with_starts(events: Table, keys: dict[str, str]) -> Table:
    """`events` and, for each that has a start, an event of that time before it. Completions keep their order among
    themselves, whatever their times.
    """
    so_far = ibis.cumulative_window(group_by="case_id", order_by="position")
    completions = events.mutate(
        place=_.timestamp.max().over(so_far), late=1, pair=_.start.notnull().ifelse(_.position, ibis.null("int64"))
    )
    names = {key: name for name, key in keys.items()}
    transition = names[TRANSITION]
    told = ("activity", "timestamp", "resource", "department", transition, names.get(INSTANCE))
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
    return _joined(f"<{tag}>", *(_attribute(key, table[name]) for name, key in keys.items()))


def _joined(*texts: str | StringValue) -> StringValue:
    """The texts one behind the other, without those that are null."""
    return ibis.literal("").join(texts)


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
def _opened(part: Path, target: Path) -> Iterator[IO[bytes]]:
    """The new file `part`, compressed where `target` is to be."""
    with part.open("xb") as raw:
        if target.suffix.lower() == ".gz":
            with gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as packed:
                yield cast(IO[bytes], packed)
        else:
            yield raw
