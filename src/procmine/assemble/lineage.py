"""From a row's number in its source to its file and its number there, and from a file to its source."""

from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.datatypes as dt
import pandas as pd
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.mapping import StudyFile
from procmine.assemble.reading import Export
from procmine.assemble.rows import file_of, row_in_file

_NUMBER, _NAME, _OTHER = "procmine:number", "procmine:name", "procmine:other"


def with_export(table: Table, exports: Sequence[Export], *, row: str, export: str) -> Table:
    """`table` with the number in the source that `row` has turned into that in its export, and the export's name as
    `export`. `exports` are those of the source.
    """
    if len(exports) == 1:
        return table.mutate(**{export: ibis.literal(exports[0].name)})
    names = pd.DataFrame({_NUMBER: range(len(exports)), _NAME: [one.name for one in exports]})
    known = engine.table(names, {_NUMBER: dt.int64, _NAME: dt.string})
    joined = table.inner_join(known, file_of(table[row]) == known[_NUMBER])
    return joined.mutate(**{row: row_in_file(joined[row]), export: joined[_NAME]}).drop(_NUMBER, _NAME)


def with_place(table: Table, exports: Sequence[Export], *, row: str, place: str) -> Table:
    """`table` with `place`, where to find the row that `row` numbers in its source: ``boss_orders.csv, row 17``.

    `exports` are those of the source; `row` becomes the number in the export.
    """
    told = with_export(table, exports, row=row, export=place)
    return told.mutate(**{place: told[place] + ", row " + told[row].cast("string")})


def by_source(table: Table, study: StudyFile, exports: Mapping[str, Sequence[Export]]) -> Table:
    """`table` with its `source` as `export`, and as `source` the pattern that the export matches, where there is one.

    What is usual is usual for all exports of a kind: a day's file alone is too small to tell.
    """
    names = {
        export.name: source.export
        for name, source in study.sources.items()
        if source.has_files
        for export in exports[name]
    }
    if not names:
        return table.mutate(export=table.source)
    known = engine.table(pd.DataFrame({_NAME: names.keys(), _OTHER: names.values()}, dtype="str"))
    joined = table.left_join(known, table.source == known[_NAME])
    return joined.mutate(export=_.source, source=_[_OTHER].coalesce(_.source)).drop(_NAME, _OTHER)
