"""The types of XES attributes: how their text is read, and how a column of the log is written."""

from collections.abc import Iterable
from typing import cast

import ibis
import ibis.expr.datatypes as dt
from ibis.expr.types import StringValue, TimestampValue, Value

from procmine import engine
from procmine.schema import TIME

_FORM = {
    "date": r"^\s*\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.]\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?\s*$",
    "int": r"^\s*[+-]?\d+\s*$",
    "float": r"^\s*([+-]?(\d+[.]?\d*|[.]\d+)([eE][+-]?\d+)?|[+-]?INF|NaN)\s*$",
    "boolean": r"^\s*(true|false|0|1)\s*$",
}
"""What the text of a type looks like: XML Schema's forms, and those that are common beside them."""

_TYPE = {"date": TIME, "int": dt.int64, "float": dt.float64, "boolean": dt.boolean}


def one_type(seen: Iterable[str]) -> str:
    """The type of a column whose values have been declared as `seen`: `string` where they differ, and for `id`."""
    types = set(seen)
    return types.pop() if len(types) == 1 and types <= set(_TYPE) else "string"


def read_value(text: Value, name: str) -> Value:
    """`text` read as an XES type; null where it does not fit. A date without offset is UTC. Values stay what they
    are.
    """
    if name == "string" or not text.type().is_string():
        return text
    fits = text.re_search(_FORM[name])
    return fits.ifelse(text.strip(), ibis.null(str)).try_cast(_TYPE[name])


def write_value(value: Value) -> tuple[str, StringValue]:
    """The XES type of a column of the log, and its values as text that needs no escaping except for strings."""
    kind = value.type()
    if kind.is_boolean():
        return "boolean", cast(StringValue, value.cast(str))
    if kind.is_integer():
        return "int", cast(StringValue, value.cast(str))
    if kind.is_numeric():
        text = value.cast("float64").cast(str)
        return "float", text.cases(("inf", "INF"), ("-inf", "-INF"), ("nan", "NaN"), else_=text)
    if kind.is_timestamp() or kind.is_date():
        text = engine.naive_utc(cast(TimestampValue, value.cast(TIME))).cast(str)
        return "date", text.replace(" ", "T") + "+00:00"
    return "string", cast(StringValue, value.cast(str))
