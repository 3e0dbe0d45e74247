"""Read a log from XES."""

import tempfile
import warnings
from collections.abc import Iterator
from os import PathLike
from pathlib import Path
from typing import IO, Literal, Protocol

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.errors import LogError
from procmine.exchange.files import require_file, stored
from procmine.exchange.lifecycle import COMPLETE, STANDARD, START, SetAsideWarning, pairs, steps
from procmine.exchange.xes_parser import READ_ERRORS, open_xes, parsed_parts, read_error
from procmine.exchange.xes_part import MixedTypesError, NotPlainError, Part, Parts
from procmine.exchange.xes_plain import plain_parts
from procmine.exchange.xes_table import XesTable
from procmine.schema import CASE, EVENT_ATTRIBUTE, OWNERS, TIME, attributes
from procmine.sequencing import sequence

ENDINGS = (".xes", ".xes.gz")


class Reader(Protocol):
    """`plain_parts` and `parsed_parts`."""

    def __call__(self, stream: IO[bytes], path: Path, /, *, typed: bool) -> Iterator[Part]:
        """The parts of the file, in its order."""


class MergedTracesWarning(UserWarning):
    """Traces of a file that have the same name, and so became one order."""


def read_xes(path: str | PathLike[str], *, lifecycle: Literal["pairs", "all"] = "pairs") -> Table:
    """The log in an XES file, `.xes` or `.xes.gz`.

    **Columns.** Those of `schema.LOG`. The trace's concept:name is `case_id`; of an event, concept:name is
    `activity`, time:timestamp `timestamp`, org:resource `resource`, org:group `department`. `source` is the file's
    name and `source_row` the event's number in it, 1…; a file that procmine wrote gives these two and `system` back
    as they were, and the columns that had no value. Every other attribute becomes a column ``case:<key>`` or
    ``event:<key>``. Other attributes of the log itself, its globals and classifiers are not read.

    **Types.** date (UTC, µs; without offset it is read as UTC, as pm4py and r4pm do), int, float, boolean and string
    stay what they are; id becomes text. A key is text where its elements differ in type or a value does not fit its
    type. An attribute that is absent is null. The children of an attribute, also of a list or container, become
    ``key.child``; values of one such name are joined by ``|``. Of a key given twice in one event, the last counts.
    Keys that differ in case only are told apart by a number: ``event:Cost``, ``event:cost (2)``.

    **Rows.** With ``lifecycle="pairs"``, in a log with events that `complete` (in upper or lower case), the row is
    the completion, with the timestamp of its start as `start` where it has one (`lifecycle.pairs` says which) and
    with the attributes that only the start has. Events of other transitions of the standard lifecycle model are left
    out, and counted in a `SetAsideWarning`; events of transitions that are not in it are rows. Without any
    completion, and with ``lifecycle="all"``, each event is a row. ``event:lifecycle:transition`` is kept unless it is
    `complete` in all rows.

    **Order.** By time, and where that is equal by place in the file. An event without time stays behind the one
    before it.

    Traces without events, and events without concept:name or trace, are left out and counted in a `SetAsideWarning`.
    Traces of the same name become one order, said in a `MergedTracesWarning`; of several values of an attribute of
    the order it has the smallest.

    Raises `LogError` where the file is missing, cut off, not XML or not XES, where it declares a document type (it
    could hide entities), where a trace with events has no name, a timestamp is no date, or there is no event.

    The rows are stored in a temporary file for as long as any table uses them.
    """
    if lifecycle not in ("pairs", "all"):
        raise LogError(f"no way {lifecycle!r} to read the lifecycle", where="lifecycle", expected="One of pairs, all")
    file = require_file(Path(path), ENDINGS, kind="an XES file")
    with tempfile.TemporaryDirectory(prefix="procmine-") as folder:
        table = XesTable(_stored_parts(file, Path(folder)), lifecycle)
        logs = _Logs(table)
        log = stored(logs)
        _tell(table, paired=logs.paired)
        return log


class _Logs:
    """The log, a range of orders at a time; `paired` counts the starts that became part of a row so far."""

    def __init__(self, table: XesTable) -> None:
        self.table, self.paired = table, 0
        self.timed = table.timed

    def __iter__(self) -> Iterator[Table]:
        for rows in self.table.parts.rows.ranges():
            for log in self._of(rows):
                yield _with_one_value(log) if self.table.shared_names else log

    def _of(self, rows: Table) -> Iterator[Table]:
        table = self.table
        events = table.with_attributes(rows)
        steps_only = events.filter(steps()) if table.pairing else events
        if not (table.pairing and START in table.transitions):
            yield _log(steps_only.mutate(start=ibis.null(TIME)), timed=self.timed)
            return
        with engine.materialized(pairs(_placed(table.events(rows), timed=self.timed))) as starts:
            self.paired += engine.scalar(starts.count())
            yield _log(_with_start(steps_only, starts, events), timed=self.timed)


def _log(events: Table, *, timed: bool) -> Table:
    return sequence(_placed(events, timed=timed), by=("known", "place", "number"))


def _with_one_value(log: Table) -> Table:
    """The log with one value of each attribute of an order, the smallest."""
    smallest = {name: _[name].min().over(group_by="case_id") for name in attributes(log, CASE)}
    return log.mutate(**smallest).order_by("case_id", "position") if smallest else log


def _placed(events: Table, *, timed: bool) -> Table:
    """`events` with what orders them: `place`, the time, or where there is none the last one known before it in the
    file, and `known`, whether there is such a time. Events of a log without any time stay as they are in the file.
    """
    if timed:
        return events.mutate(place=_.timestamp, known=True)
    so_far = ibis.cumulative_window(group_by="case_id", order_by="number")
    counted = events.mutate(times=_.timestamp.count().over(so_far))
    since = ibis.window(group_by=["case_id", "times"])
    return counted.mutate(place=_.timestamp.max().over(since), known=_.times > 0).drop("times")


def _with_start(rows: Table, starts: Table, events: Table) -> Table:
    """`rows` joined to their starts; owners and attributes that a row has not are taken from the start's event."""
    filled = (*OWNERS, *attributes(events, EVENT_ATTRIBUTE))
    of_start = events.select(start_number="number", **{f"start {name}": name for name in filled})
    joined = rows.left_join(starts, "number").drop("number_right").left_join(of_start, "start_number")
    return joined.mutate(**{name: joined[name].coalesce(joined[f"start {name}"]) for name in filled}).drop(
        "start_number", "start_number_right", *(f"start {name}" for name in filled)
    )


def _stored_parts(file: Path, folder: Path) -> Parts:
    """The parts of `file`, stored in `folder`: read the fast way first, and again where that turns out not to do."""
    read: Reader = plain_parts
    typed = True
    try:
        while True:
            try:
                parts = _collected(file, Path(tempfile.mkdtemp(dir=folder)), read, typed=typed)
                break
            except NotPlainError:
                read = parsed_parts
            except MixedTypesError:
                typed = False
    except READ_ERRORS as error:
        raise read_error(error, file) from error
    if not parts.events:
        raise LogError(f"this log has no events ({parts.traces} traces)", where=file, expected="At least one event")
    return parts


def _collected(file: Path, folder: Path, read: Reader, *, typed: bool) -> Parts:
    parts = Parts(file, folder)
    with open_xes(file) as stream:
        for part in read(stream, file, typed=typed):
            parts.add(part)
    parts.rows.finish()
    return parts


def _tell(table: XesTable, *, paired: int) -> None:
    """Say once what of the file is not in the log, and once what of it became one."""
    parts = table.parts
    aside = (
        {name: count for name, count in table.transitions.items() if name in STANDARD - {COMPLETE}}
        if table.pairing
        else {}
    )
    aside[START] = aside.get(START, 0) - paired
    counts = ", ".join(f"{count} {name}" for name, count in sorted(aside.items()) if count)
    said = (
        counts
        and f'{sum(aside.values())} events that complete nothing ({counts}; lifecycle="all" keeps each as a row)',
        table.nameless and f"{table.nameless} events without activity (concept:name)",
        parts.empty and f"{parts.empty} traces without events",
        parts.events_without_trace and f"{parts.events_without_trace} events outside of any trace",
    )
    if any(said):
        text = "; ".join(part for part in said if part)
        warnings.warn(f"{parts.path}: not in the log: {text}", SetAsideWarning, stacklevel=3)
    merged = table.shared_names
    if merged:
        text = f"{len(merged)} names are those of several traces (one is {merged[0]!r}); each became one order, "
        text += "with the smallest of its values of an attribute"
        warnings.warn(f"{parts.path}: {text}", MergedTracesWarning, stacklevel=3)
