"""Read the events of an XES file as the rows of an export."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import polars as pl
import pyarrow as pa
from ibis.expr.types import Table

from procmine.assemble.mapping import Source
from procmine.assemble.reading.cell_text import float_text
from procmine.assemble.reading.presence import require_columns, require_file
from procmine.assemble.reading.spool import spooled
from procmine.assemble.rows import CELL
from procmine.errors import ExportError, LogError
from procmine.exchange.xes_parser import READ_ERRORS, open_xes, parsed_parts, read_error
from procmine.exchange.xes_part import NotPlainError, Part
from procmine.exchange.xes_plain import plain_parts
from procmine.exchange.xes_read import Reader
from procmine.schema import CASE


def read(path: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    """The events of the file, in its order: `case:<key>` are attributes of the event's trace, `<key>` of the event.

    Values are text as the file has them, so that a time has the offset that it has there; those of an attribute that is
    always a float are as `cell_text` says. The children of an attribute are `<key>.<child>`. An event outside of any
    trace is a row without cells, after all others. `ROW` is the event's number in the file.

    Errors: `ExportError` for a file that is missing, cut off, not XML or not XES, that declares a document type, has no
    event, or no event with one of the attributes.
    """
    require_file(path)
    try:
        try:
            return _rows(plain_parts, path, columns, scratch)
        except NotPlainError:
            return _rows(parsed_parts, path, columns, scratch)
    except READ_ERRORS as error:
        raise _as_export_error(read_error(error, path)) from error
    except LogError as error:
        raise _as_export_error(error) from error


def _rows(reader: Reader, path: Path, columns: Sequence[str], scratch: ExitStack) -> Table:
    known: set[str] = set()
    with ExitStack() as attempt, open_xes(path) as stream:
        rows = spooled(_blocks(reader(stream, path, typed=False), columns, known), columns, attempt)
        if not known:
            raise ExportError("this log has no events", where=path, expected="At least one event")
        require_columns(columns, sorted(known), path)
        scratch.push(attempt.pop_all())
    return rows


def _blocks(parts: Iterator[Part], columns: Sequence[str], known: set[str]) -> Iterator[dict[str, pa.Array]]:
    """The cells of each part; the attributes that any event, or the trace of one, has are added to `known`."""
    outside = 0
    for part in parts:
        of_traces, of_events = part.of_traces.columns, part.of_events.columns
        events = len(part.trace_of_event)
        outside += part.events_without_trace
        if events:
            cells = {name: of_events[name] for name in of_events.columns}
            cells |= {CASE + name: of_traces[name].gather(part.trace_of_event) for name in of_traces.columns}
            known.update(cells)
            absent = pl.Series([None], dtype=pl.String).new_from_index(0, events)
            floats = {name for name, types in part.of_events.types.items() if types == {"float"}}
            floats |= {CASE + name for name, types in part.of_traces.types.items() if types == {"float"}}
            cells |= {name: _float_texts(cells[name]) for name in floats.intersection(columns)}
            yield {CELL + name: cells.get(name, absent).to_arrow() for name in columns}
    if outside:
        yield {CELL + name: pa.nulls(outside, pa.large_string()) for name in columns}


def _float_texts(written: pl.Series) -> pl.Series:
    return pl.Series([None if text is None else float_text(text) for text in written], dtype=pl.String)


def _as_export_error(error: LogError) -> ExportError:
    return ExportError(error.found, where=error.where, expected=error.expected)
