"""Checks of sources whose exports come one by one: what a later one says again, and what an earlier one has not."""

from collections.abc import Iterator, Mapping, Sequence

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine.assemble.findings.finding import Check, tally, words
from procmine.assemble.lineage import with_place
from procmine.assemble.mapping import StudyFile
from procmine.assemble.reading import Export, SourceRows
from procmine.assemble.rows import CELL, ROW, UNREAD, file_of

AGAIN = Check(
    "row delivered again", "Each is an event again: declare doubles: set_aside, or newest, or export each row once"
)
RESTATED = Check(
    "event in several exports",
    "It is an event again in each: name the key of such records under newest, or export each event once",
)
NOT_ALL = Check(
    "column missing in some exports", "It is read as empty there: export these again, if their rows should have it"
)


def of_deliveries(
    study: StudyFile, read: Mapping[str, SourceRows], exports: Mapping[str, Sequence[Export]]
) -> Iterator[Table]:
    """The findings of sources of several files. `read` are their rows, `exports` their files."""
    for name, source in study.sources.items():
        yield from _not_in_all(read[name], exports[name], source.export)
        is_told = source.doubles == "set_aside" or source.newest
        if source.events and len(exports[name]) > 1 and not is_told:
            yield _again(read[name].rows, exports[name], source.export)


def restated(log: Table) -> Table:
    """Events of one order, activity and time that several exports of a source have.

    Each state of a record that changes says again what was already done. `log` has `export` beside `source`.
    """
    alike = log.group_by("source", "case_id", "activity", "timestamp")
    alike = alike.agg(again=_.count() - 1, exports=_.export.nunique()).filter(_.exports > 1)
    return tally(alike, RESTATED, example=words(alike.case_id, alike.activity), rows=_.again.sum())


def delivered_again(rows: Table) -> Table:
    """Rows of a source that equal one of an earlier file in every cell, one row for all that are equal to each other.

    Equal rows of one file are not counted: they may truly be equal, as order lines are.

    - again: how many of them are in later files than the first
    - row: where the last of these files has it, by its number in the source
    """
    cells = [column for column in rows.columns if column.startswith(CELL)]
    by_file = rows.filter(rows[UNREAD].isnull()).group_by(*cells, file=file_of(_[ROW]))
    by_file = by_file.agg(rows=_.count(), row=_[ROW].min())
    alike = by_file.group_by(cells).agg(again=_.rows.sum() - _.rows.argmin(_.file), row=_.row.max())
    return alike.filter(_.again > 0).select("again", "row")


def _again(rows: Table, exports: Sequence[Export], source: str) -> Table:
    again = with_place(delivered_again(rows), exports, row="row", place="place").mutate(source=ibis.literal(source))
    return tally(again, AGAIN, example=again.place, rows=_.again.sum(), orders=ibis.literal(0))


def _not_in_all(read: SourceRows, exports: Sequence[Export], source: str) -> Iterator[Table]:
    for column, places in read.absent.items():
        rows = read.rows.filter(file_of(read.rows[ROW]).isin(places)).mutate(source=ibis.literal(source))
        yield tally(rows, NOT_ALL, example=words(column, exports[places[0]].name), orders=ibis.literal(0))
