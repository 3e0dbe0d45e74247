"""Records that exports state again when they change: the row that says it last stands."""

from collections.abc import Sequence

import ibis
from ibis.expr.types import Table

from procmine.assemble.lineage import with_place
from procmine.assemble.mapping import Source
from procmine.assemble.reading import Export
from procmine.assemble.reasons import SUPERSEDED
from procmine.assemble.rows import CELL, ROW, UNREAD

_LAST = "procmine:last"


def without_superseded(rows: Table, source: Source) -> Table:
    """All rows of a source of records; one that a later row supersedes has no cells left, and `UNREAD` says why.

    A record is what the columns of `newest` name together; a row in which one of them is empty stands for itself.
    """
    dated = _with_last(rows, source)
    is_old = dated[ROW] < dated[_LAST]
    cells = {name: is_old.ifelse(ibis.null("string"), dated[name]) for name in rows.columns if name.startswith(CELL)}
    return dated.mutate(**cells, **{UNREAD: is_old.ifelse(SUPERSEDED, dated[UNREAD])}).drop(_LAST)


def superseding(rows: Table, source: Source, exports: Sequence[Export]) -> Table:
    """For each row of a source of records that is superseded: `source_row`, and which export and row stand, `kept`."""
    dated = _with_last(rows, source)
    old = with_place(dated.filter(dated[ROW] < dated[_LAST]), exports, row=_LAST, place="kept")
    return old.select(source_row=old[ROW], kept=old.kept)


def _with_last(rows: Table, source: Source) -> Table:
    keys = [CELL + column for column in source.newest]
    is_named = ibis.and_(*(rows[key].notnull() for key in keys), rows[UNREAD].isnull())
    last = is_named.ifelse(rows[ROW], ibis.null("int64")).max().over(group_by=keys)
    return rows.mutate(**{_LAST: is_named.ifelse(last, rows[ROW])})
