"""The words of OCEL 2.0, and what the columns of a log are called in it."""

from collections.abc import Mapping
from typing import cast

import ibis.expr.datatypes as dt
from ibis.expr.types import StringValue

from procmine.exchange.xes_keys import COLUMNS
from procmine.schema import EVENT, EVENT_ATTRIBUTE, LINE, OWNERS

JSON, SQLITE = ".json", ".sqlite"
ORDER = "order"
"""The object type of the log's orders."""
LINE_TYPE = LINE.removeprefix(EVENT_ATTRIBUTE)
"""The object type of the lines of orders: each order has a line 1, so their keys begin with that of the order."""
INITIAL = "1970-01-01T00:00:00+00:00"
"""The time that the standard gives to the value that an attribute has from the beginning."""
ATTRIBUTES = {
    **{COLUMNS[name]: name for name in ("system", "department", "resource")},
    "start_timestamp": "start",
    **{COLUMNS[name]: name for name in ("source", "source_row")},
}
"""The attributes of an event that are columns of a log of their own: under the keys of XES, and pm4py's of a start."""
_COMMON = {name: name for name in (*OWNERS, "start")}
"""What files of other tools may call them."""


def line_key(order: StringValue, line: StringValue) -> StringValue:
    """The key of an order's line: ``<order>/<line>``, with a backslash before what is no such dash of the order."""
    return _escaped(order) + "/" + line


def line_of(order: StringValue, key: StringValue) -> StringValue:
    """The line of `order` that has this key; the key itself where it is not one that `line_key` made of the order."""
    begin = _escaped(order) + "/"
    return key.startswith(begin).ifelse(key.substr(begin.length()), key)


def _escaped(order: StringValue) -> StringValue:
    return cast(StringValue, order.replace("\\", "\\\\").replace("/", "\\/"))


def columns_of(kinds: Mapping[str, str]) -> dict[str, str]:
    """The column of a log that an event's attribute is, for those that have one of their own.

    `kinds` gives the XES type of every attribute; an attribute of another type than the column is not it.
    """
    ours = COLUMNS["source_row"] in kinds
    names = ATTRIBUTES if ours else _COMMON | ATTRIBUTES
    found = {column: key for key, column in names.items() if kinds.get(key) == xes_type(EVENT[column])}
    return {key: column for column, key in found.items()}


def xes_type(kind: dt.DataType) -> str:
    """The XES type that `xes_types` reads and writes a column of this type as."""
    if kind.is_timestamp():
        return "date"
    return "int" if kind.is_integer() else "string"
