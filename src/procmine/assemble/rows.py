"""The rows of an export, as reading leaves them and correlating completes them: the names of their columns.

A table of rows has `cell:<column>` for each column of the export that the study uses, text, null where empty, and
beside them columns of ours, whose names no export's column can take.
"""

from ibis.expr.types import StringColumn, Table

ROW = "procmine:row"
"""1 for the first row below the header, wherever that stands (in a file without one, the first row). A line that cannot
be read counts too; an empty one does not, but in a sheet every row counts: there it is the row of the sheet less the
source's `header_row`."""
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
CELL = "cell:"
"""Before the name of an export's column, so that no name there can be taken for one of ours."""


def cell(rows: Table, column: str) -> StringColumn:
    """The cells of an export's `column`."""
    return rows[f"{CELL}{column}"]
