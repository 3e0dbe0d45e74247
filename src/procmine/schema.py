"""The columns of a log: their names, their types, and the check that a table has them.

A log is a plain `ibis.Table`, one row an event. `EVENT` columns are what was recorded, `ORDER` columns what assembling
derived from the order of the events; `case:<name>` are attributes of the order, `event:<name>` of the event.
"""

from typing import Literal, get_args

import ibis.expr.datatypes as dt
from ibis.expr.types import Table

from procmine.errors import LogError

CASE = "case:"
EVENT_ATTRIBUTE = "event:"
STATUS = "case:status"
"""Order status by the study's rules: finished, open, cancelled or cut; absent where the study states no rule."""

RESOLUTION, START_RESOLUTION = "event:resolution", "event:start_resolution"
"""`day` where the event's `timestamp`, or its `start`, is known as a date only; columns of logs with such times."""
JOINED = "event:joined"
"""`recovered` where the event came to its order by the study's declared evidence, not by a key; a column of logs with
such events only."""
LINE = "event:order_line"
"""Which line of its order the event is about, null where it is about the whole; a column of logs with such lines."""
DERIVED_ATTRIBUTES = (RESOLUTION, START_RESOLUTION, JOINED, LINE)
"""The event attributes that assembling adds, so that no export's may have their names."""

Owner = Literal["system", "department", "resource"]
"""A column that can own an event, and so hand an order over."""
OWNERS: tuple[Owner, ...] = get_args(Owner)

TIME = dt.Timestamp(timezone="UTC", scale=6)

EVENT: dict[str, dt.DataType] = {
    "case_id": dt.string,
    "activity": dt.string,
    "timestamp": TIME,
    "start": TIME,
    "system": dt.string,
    "department": dt.string,
    "resource": dt.string,
    "source": dt.string,
    "source_row": dt.int64,
}
NEXT = ("activity", "timestamp", "start", *OWNERS)
"""Columns whose value at the order's following event is stored beside each event as `next_<name>`."""
ORDER: dict[str, dt.DataType] = {
    "position": dt.int64,
    **{f"next_{name}": EVENT[name] for name in NEXT},
    "occurrence": dt.int64,
}
LOG = {**EVENT, **ORDER}


USED_ROWS = ("event", "link", "order attributes")
"""The ledger's reasons of rows that gave something; every other reason set the row aside."""


def attributes(table: Table, prefix: str) -> list[str]:
    """The `case:` or `event:` columns of `table`, in their order."""
    return [name for name in table.columns if name.startswith(prefix)]


def require_log(table: Table) -> Table:
    """`table` itself where it is a log; else a `LogError` that says what it is, or names the missing columns."""
    if not isinstance(table, Table):
        raise LogError(
            f"a {type(table).__name__} is not a log",
            expected="Give the table that study.log() or read_xes() returns, before .to_pandas()",
        )
    missing = [name for name in LOG if name not in table.columns]
    if missing:
        raise LogError(
            f"this table is not a log: it has no column {', '.join(missing)}",
            expected="A log comes from study.log(), read_xes() or a filter of procmine.filters",
        )
    return table


def require_owner(owner: str) -> str:
    """`owner` itself where it names an owner column; else a `LogError`."""
    if owner not in OWNERS:
        raise LogError(f"no owner column {owner!r}", where="owner", expected=f"One of {', '.join(OWNERS)}")
    return owner
