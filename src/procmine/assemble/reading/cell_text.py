"""Values that a library gives as Python objects, as the text that an export would show.

A float that is whole is written as the integer it is, below 1e21, in every format that tells floats from text: pandas
writes a column of ids as floats where one is missing, and 1.0 of one system is the order 1 of another. For values that
stay in the engine, `engine.float_text` does the same.
"""

import datetime
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

_EXACT, _WHOLE = float(1 << 53), 1e21
"""Up to the first, every whole number is a float of its own; up to the second, they are written without an exponent,
with zeros for the digits that a float does not hold."""


def text_array(values: Sequence[Any]) -> pa.Array:
    """A column of cells as text; see `cell_text`."""
    try:
        return pa.array(values, pa.large_string())
    except (pa.ArrowTypeError, pa.ArrowInvalid):
        return pa.array([cell_text(value) for value in values], pa.large_string())


def cell_text(value: Any) -> str | None:
    """The value as text, without surprises.

    A whole number has no decimals (7.0 is ``7``), a truth value is ``true`` or ``false``; a date is ``2025-03-04``, a
    time of a day ``2025-03-04 09:30:00``, with a fraction where it has one; a length of time is hours, minutes and
    seconds.
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="milliseconds" if value.microsecond else "seconds")
    if isinstance(value, datetime.timedelta):
        return _length(value)
    return str(value)


def float_text(written: str) -> str:
    """A float as it is written, without decimals or an exponent where it is whole: 1.0 is ``1``, 1.10 is ``1.10``."""
    try:
        value = Decimal(written)
        return str(int(value)) if abs(value) < _WHOLE and value == value.to_integral_value() else written
    except InvalidOperation:  # of what is no number
        return written


def _number(value: float) -> str:
    if not value.is_integer():
        return repr(value)
    return str(int(value)) if abs(value) < _EXACT else float_text(repr(value))


def _length(value: datetime.timedelta) -> str:
    seconds = round(value.total_seconds())
    hours, rest = divmod(abs(seconds), 3600)
    return f"{'-' if seconds < 0 else ''}{hours:02}:{rest // 60:02}:{rest % 60:02}"
