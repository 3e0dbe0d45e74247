"""The rows of an export, as reading leaves them and correlating completes them: the names of their columns.

A table of rows has `cell:<column>` for each column of the export that the study uses, text, null where empty, and
beside them columns of ours, whose names no export's column can take.
"""

from typing import cast

from ibis.expr.types import IntegerValue, StringColumn, Table

ROW = "procmine:row"
"""The number of the row in its source: its number in its file and, in the bits above `FILE_BITS`, that of the file.

In a file it is 1 for the first row below the header, wherever that stands (in a file without one, for the first row).
A line that cannot be read counts too; an empty one does not, but in a sheet every row counts: there it is the row of
the sheet less the source's `header_row`. Files are numbered from 0 in the order of their names, so that in a source of
one file this is the row's number there."""
FILE_BITS = 40
UNREAD = "procmine:unread"
"""Why the row could not be read, null where it could. Such a row has no cells."""
LINE = "procmine:line"
"""Of a row that could not be read: the line of the file, its first being 1."""
TEXT = "procmine:text"
"""Of a row that could not be read: what stands in the line."""
ORDER = "procmine:order"
"""The order that the row belongs to."""
PROBLEM = "procmine:problem"
"""Why the row belongs to no order."""
REASON = "procmine:reason"
"""Why the row was set aside."""
NAMED = "procmine:named"
"""The order that the row's order key names, where several numbers are of one order."""
RECOVERED = "procmine:recovered"
"""The order that the study's evidence gives a row without keys."""
JOINED = "procmine:joined"
"""Which evidence brought the row to its order, null where its keys alone did."""
KEPT = "procmine:kept"
"""Of a row that is a double: the export and row that were kept."""
CANDIDATES = "procmine:candidates"
"""Of a row that could belong to several orders: an array of them, by name."""
FILE = "procmine:file"
"""Of a row that was set aside, in a source of several files: its file."""
CELL = "cell:"
"""Before the name of an export's column, so that no name there can be taken for one of ours."""


def cell(rows: Table, column: str) -> StringColumn:
    """The cells of an export's `column`."""
    return rows[f"{CELL}{column}"]


def file_of(row: IntegerValue) -> IntegerValue:
    """The number of the file that a row of a source stands in."""
    return cast(IntegerValue, row >> FILE_BITS)


def row_in_file(row: IntegerValue) -> IntegerValue:
    """The number that a row of a source has in its file."""
    return cast(IntegerValue, row & ((1 << FILE_BITS) - 1))


def row_of(file: IntegerValue, row: IntegerValue) -> IntegerValue:
    """The number in its source of the row that is number `row` in a file."""
    return cast(IntegerValue, (file << FILE_BITS) + row)
