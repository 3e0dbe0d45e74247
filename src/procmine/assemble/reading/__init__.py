"""Read exports: every row of a file or table, its cells as text, numbered as they stand there.

`exports` says which files or table a source stands for, `source_rows` makes one table of them, `row_cache` holds what
was read for the next time, and `dispatch` reads one export.

A module a format, each with one function `read(path, source, columns, scratch) -> Table`: every row of the export, in
its order, with `cell:<column>` text for exactly the columns asked for, as they are written and null where empty, and
`ROW` unless the table's own order is to number them. The table may be lazy; `scratch` ends what it lives on. Where the
engine itself may refuse the rows, a module also has `after(error, …) -> Table`, that reads them in another way or says
what is wrong. May use `engine`, `schema`, `errors`, `exchange` and the modules of `assemble` that state the mapping.
"""

from procmine.assemble.reading.dispatch import read_export
from procmine.assemble.reading.exports import Export, exports_of, exports_of_study
from procmine.assemble.reading.row_cache import RowCache
from procmine.assemble.reading.source_rows import SourceRows, read_source

__all__ = [
    "Export",
    "RowCache",
    "SourceRows",
    "exports_of",
    "exports_of_study",
    "read_export",
    "read_source",
]
