"""Find the exports in a folder, and open each with what can be guessed of how it is written."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import ibis
from ibis.expr.types import Table
from pydantic import ValidationError

from procmine import engine
from procmine.assemble.findings.deliveries import delivered_again
from procmine.assemble.mapping import Source
from procmine.assemble.mapping.formats import Format, with_format
from procmine.assemble.mapping.values import NOTHING
from procmine.assemble.reading import excel, read_export, text
from procmine.assemble.reading.dispatch import rows_in, write_rows
from procmine.assemble.reading.presence import MissingColumnError, UnnamedTableError
from procmine.assemble.reading.workbook import text_format
from procmine.assemble.rows import cell
from procmine.draft.charset import first_rows
from procmine.draft.columns import columns_of
from procmine.draft.restated import Restated, newest_rows, restated
from procmine.draft.sampling import CSV, HEAD, has_an_object_a_line, how_written, sampled
from procmine.draft.series import pattern_of, series_of
from procmine.draft.titles import header_of
from procmine.draft.yaml_text import shown
from procmine.errors import ExportError

_TEXT: tuple[Format, ...] = ("csv", "tsv", "json_lines")
_TABLES = (".csv", ".tsv")
"""Endings of text that is a table, even of one column."""
_NO_COLUMN = "\0"
"""No export has a column of this name: asked for it, a reader opens the export and says which columns there are."""


_LOOKED_AT = 31
"""How many files of one series are looked at: the first, and the last, whose columns are the present ones."""


@dataclass(frozen=True)
class Export:
    """An export that can be read: the keys of its source that say how, its rows, and what was seen of it."""

    given: dict[str, str | int]
    stored: Path
    """Its rows as `reading.dispatch.write_rows` leaves them; of several files those of the one with most columns."""
    columns: list[str]
    rows: Table
    notes: list[str] = field(default_factory=list)
    nothing: list[str] = field(default_factory=list)
    """What its cells say where they hold nothing, such as NULL."""
    again: int = 0
    """How many rows equal one of an earlier of its files."""
    record: Restated | None = None
    """How its files state records again; then `rows` are the last ones of each record."""

    @property
    def file(self) -> str:
        """Its file, under `exports/`, or the pattern of its files."""
        return str(self.given["file"])


def exports_in(folder: Path, scratch: ExitStack) -> tuple[list[Export], list[ExportError]]:
    """Every table of every file under `folder`, in the order of names, and why the other files are none.

    Files of which the names differ in a date or number only, and that have the same columns, are one export with a
    pattern for a file. Hidden files are passed over. The rows live as long as `scratch`.
    """
    names = [
        "/".join(parts)
        for path in folder.rglob("*")
        for parts in [path.relative_to(folder).parts]
        if not path.is_dir() and not any(part.startswith((".", "~$")) for part in parts)
    ]
    found: list[Export] = []
    refused: list[ExportError] = []
    for series in series_of(names):
        pattern = pattern_of(series, {*names}.difference(series)) if len(series) > 1 else None
        for table in _of_series(series, pattern, folder, scratch):
            if isinstance(table, Export):
                found.append(table)
            else:
                refused.append(table)
    return found, refused


def _of_series(
    series: Sequence[str], pattern: str | None, folder: Path, scratch: ExitStack
) -> Iterator[Export | ExportError]:
    """The tables of files of which the names belong together: each once if all files have it, else each file's own."""
    opened: dict[str, list[Export | ExportError]] = {}
    looked_at = series if pattern is None else [series[0], *series[1:][1 - _LOOKED_AT :]]
    for name in looked_at:
        opened[name] = [*_tables(folder / name, name, scratch)]
    if pattern is not None:
        together = _together(pattern, series, [*opened.values()], scratch)
        if together:
            yield from together
            return
    for name in series:
        for table in opened[name] if name in opened else _tables(folder / name, name, scratch):
            if isinstance(table, Export):
                yield table
            else:
                yield ExportError(table.found, where=name, expected=table.expected)


def _together(
    pattern: str, series: Sequence[str], opened: Sequence[Sequence[Export | ExportError]], scratch: ExitStack
) -> list[Export]:
    """The tables that all files have, written alike and with the columns of the one that has most; none if they differ.

    An earlier file may lack columns, since they are added half-way.
    """
    alike: dict[str, list[Export]] = {}
    for table in (table for tables in opened for table in tables):
        if not isinstance(table, Export):
            return []
        alike.setdefault(str(sorted({**table.given, "file": pattern}.items())), []).append(table)
    together = []
    for tables in alike.values():
        most = max(tables, key=lambda table: len(table.columns))
        if len(tables) < len(opened) or any(not {*table.columns} <= {*most.columns} for table in tables):
            return []
        few = f", of which {len(opened)} were looked at" if len(opened) < len(series) else ""
        notes = [f"{len(series)} files, {series[0]} to {series[-1]}{few}", *dict.fromkeys(most.notes)]
        later = [name for name in most.columns if any(name not in table.columns for table in tables)]
        notes += [f"not in all of them: {', '.join(later)}"] if later else []
        rows = scratch.enter_context(engine.materialized(rows_in([table.stored for table in tables])))
        record = restated(rows, columns_of(rows, most.columns))
        if record is not None:
            rows = scratch.enter_context(engine.materialized(newest_rows(rows, record.by)))
        again = int(engine.scalar(delivered_again(rows).again.sum()) or 0)
        nothing = sorted({word for table in tables for word in table.nothing})
        given = {**most.given, "file": pattern}
        together.append(Export(given, most.stored, most.columns, rows, notes, nothing, again, record))
    return together


def _tables(path: Path, file: str, scratch: ExitStack) -> Iterator[Export | ExportError]:
    """The tables or sheets of a file, or why there is none."""
    try:
        form: Format = with_format({"file": file})["format"]
    except ValueError:
        yield ExportError("its ending is of no format that can be read")
        return
    kind = "sheet" if form == "excel" else "table"
    given: dict[str, str | int] = {"file": file}
    if form == "json" and has_an_object_a_line(path):
        form = given["format"] = "json_lines"
    try:
        if form == "excel" and (written_as := text_format(path)) is not None:
            form = given["format"] = written_as
        sample, written, notes = sampled(path, form, scratch) if form in _TEXT else (path, {}, [])
        if form == "json" and path.suffix.lower() != ".gz":
            written, notes = how_written(path, form)
        given |= written
        yield _opened(sample, *_below_titles(sample, form, given, notes), scratch)
    except UnnamedTableError as several:
        for name in several.names:
            try:
                yield _opened(path, *_below_titles(path, form, {**given, kind: name}, []), scratch)
            except ExportError as error:
                yield ExportError(f"{kind} {name!r}: {error.found}", expected=error.expected)
    except ExportError as error:
        yield error


def _below_titles(
    path: Path, form: Format, given: dict[str, str | int], notes: list[str]
) -> tuple[dict[str, str | int], list[str]]:
    """The keys and notes of a file or sheet, with those of its titles where its header stands below some."""
    if form == "excel":
        rows, word = excel.first_rows(path, _source(given)), "row"
    elif form in CSV:
        rows, word = _first_rows(path, given), "line"
    else:
        return given, notes
    number = header_of(rows)
    titles = [cell for row in sorted(rows) if row < number for cell in rows[row] if cell.strip()]
    if number == 1:
        return given, notes
    above = f"above it stands {shown(titles[0])}" if titles else "what is above it is empty"
    return {**given, "header_row": number}, [*notes, f"{word} {number} is taken for the header: {above}"]


def _first_rows(path: Path, given: dict[str, str | int]) -> dict[int, list[str]]:
    source = _source(given)
    with text.opened(path, source.encoding, strict=False) as file:
        return first_rows(file.read(HEAD).removeprefix("\ufeff"), source.delimiter)


def _source(given: dict[str, str | int], *, column: str = _NO_COLUMN) -> Source:
    try:
        return Source.model_validate({**given, "keys": {"any": column}})
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ExportError(message, where=str(given["file"])) from error


def _opened(path: Path, given: dict[str, str | int], notes: list[str], scratch: ExitStack) -> Export:
    source = _source(given)
    known: list[str] = []
    try:
        read_export(path, source, [_NO_COLUMN], scratch)
    except MissingColumnError as error:
        known = [name for name in error.known if name and not any(one.startswith(f"{name}.") for one in error.known)]
    twice = list(dict.fromkeys(name for name in known if known.count(name) > 1))
    known = [name for name in known if name not in twice]
    columns = list({name.lower(): name for name in reversed(known)}.values())[::-1]
    if not columns:
        raise ExportError("there are no columns in it")
    if len(columns) == 1 and source.format in CSV and path.suffix.lower() not in _TABLES:
        raise ExportError("it is text, not a table: it has one column")
    alike = [f"{name}: left out, several columns have this name" for name in twice]
    alike += [
        f"{name}: left out, another differs only in upper and lower case" for name in known if name not in columns
    ]
    stored = text.scratch_file(scratch, "rows.parquet")
    write_rows(path, source, columns, stored)
    nothing = _nothing_in(rows_in([stored]), columns)
    if nothing:
        write_rows(path, source.model_copy(update={"empty": nothing}), columns, stored)
    return Export(given, stored, columns, rows_in([stored]), [*notes, *alike], nothing)


def _nothing_in(rows: Table, columns: Sequence[str]) -> list[str]:
    """Which words for nothing, as databases and spreadsheets write them, stand in some cell."""
    values = rows.select(value=ibis.array([cell(rows, column) for column in columns]).unnest())
    return sorted(engine.collect(values.filter(values.value.isin(NOTHING)).distinct())["value"])
