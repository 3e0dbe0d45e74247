"""What DuckDB can compute and Ibis has no name for."""

from typing import cast

import ibis
import ibis.expr.datatypes as dt
from ibis.expr.types import FloatingValue, IntegerValue, StringValue, TimestampValue, Value

_WIDE = ("\xa0", "\u200b", "\u3000", "\ufeff")
_BEGINS = " OR ".join(f"(cell >= '{space}' AND cell < '{chr(ord(space) + 1)}')" for space in _WIDE)
_LEADS = f"cell < '!' OR (cell >= '{_WIDE[0]}' AND ({_BEGINS}))"
_TRAILS = " OR ".join(f"ends_with(cell, '{space}')" for space in (" ", "\t", "\r", "\n", *_WIDE))
_SPACE = "".join((" \t\n\r\v\f", *_WIDE))
BARE = f"""
    CREATE TEMP MACRO procmine_bare(cell) AS
    CASE WHEN {_LEADS} OR {_TRAILS} THEN nullif(trim(cell, '{_SPACE}'), '') ELSE cell END
"""
"""A cell without the space around it. Looked at first: trimming is dear, and few cells need it. Exports put a tab after
long numbers, lest a spreadsheet round them, and Chinese ones pad with the wide space; what was copied from a page, or
put together of several files, has signs without width, which would make another order of the same number. A macro,
since writing this out for every column of every export takes longer than reading small ones."""

_WHOLE, _DIGITS = 1e21, dt.Decimal(38, 0)
_NAIVE = dt.Timestamp()
_UTC = dt.Timestamp(timezone="UTC")
_epoch_us = ibis.udf.scalar.builtin(lambda moment: None, name="epoch_us", signature=((_UTC,), dt.int64))
_make_timestamp = ibis.udf.scalar.builtin(lambda us: None, name="make_timestamp", signature=((dt.int64,), _NAIVE))
_timezone = ibis.udf.scalar.builtin(lambda zone, naive: None, name="timezone", signature=((dt.string, _NAIVE), _UTC))
_wall = ibis.udf.scalar.builtin(lambda zone, moment: None, name="timezone", signature=((dt.string, _UTC), _NAIVE))
_edit_distance = ibis.udf.scalar.builtin(
    lambda one, other: None, name="damerau_levenshtein", signature=((dt.string, dt.string), dt.int64)
)
_strlen = ibis.udf.scalar.builtin(lambda text: None, name="strlen", signature=((dt.string,), dt.int64))
_quoted = ibis.udf.scalar.builtin(lambda text: None, name="to_json", signature=((dt.string,), dt.json))
_bare = ibis.udf.scalar.builtin(lambda text: None, name="procmine_bare", signature=((dt.string,), dt.string))
_try_strptime = ibis.udf.scalar.builtin(
    lambda text, form: None, name="try_strptime", signature=((dt.string, dt.string), _NAIVE)
)
_decode = ibis.udf.scalar.builtin(lambda data: None, name="decode", signature=((dt.binary,), dt.string))
_hex = ibis.udf.scalar.builtin(lambda data: None, name="hex", signature=((dt.binary,), dt.string))
_try_text = ibis.udf.scalar.builtin(lambda text: None, name="try", signature=((dt.string,), dt.string))

_mixed = ibis.udf.scalar.builtin(lambda value: None, name="hash", signature=((dt.uint64,), dt.uint64))


@ibis.udf.scalar.builtin(name="to_json")  # type: ignore[untyped-decorator]
def _to_json(value) -> dt.json:  # type: ignore[no-untyped-def]
    """A signature of its own could not say that it takes values of any type."""


@ibis.udf.scalar.builtin(name="hash")  # type: ignore[untyped-decorator]
def _hash(one, other) -> dt.uint64:  # type: ignore[no-untyped-def]
    """As `_to_json`."""


def hash_of(one: Value, other: Value) -> IntegerValue:
    """A hash of two values in this order, 0 to 2⁶⁴ − 1; Ibis's own is cast twice on the way.

    DuckDB's hash of two values is one of the first, moved, xor one of the second. It is hashed again, so that the xor
    of several such hashes tells which pairs of values there were.
    """
    return cast(IntegerValue, _mixed(_hash(one, other)))


def bare(text: StringValue) -> StringValue:
    """`text` without space around it, null where nothing is left."""
    return cast(StringValue, _bare(text))


def edit_distance(one: StringValue, other: StringValue) -> IntegerValue:
    """How many bytes of UTF-8 to insert, drop, replace or swap with their neighbour (Damerau-Levenshtein)."""
    return cast(IntegerValue, _edit_distance(one, other))


def bytes_of(text: StringValue) -> IntegerValue:
    """The length of `text` in bytes of UTF-8."""
    return cast(IntegerValue, _strlen(text))


def text_of_bytes(data: Value) -> StringValue:
    """Bytes as the UTF-8 text that they are; those that are none as hexadecimal digits in lower case."""
    return cast(StringValue, _try_text(_decode(data)).coalesce(_hex(data).lower()))


def float_text(value: Value) -> StringValue:
    """A float as text that reads back as it, without decimals or an exponent where it is whole and below 1e21."""
    number, text = cast(FloatingValue, value), value.cast("string")
    is_whole = (number.abs() < _WHOLE) & (number % 1 == 0)
    return cast(StringValue, is_whole.ifelse(text.cast(_DIGITS).cast("string"), text))


def json_text(value: Value) -> StringValue:
    """Any value, also a list or a struct, as JSON."""
    return cast(StringValue, _to_json(value).cast("string"))


def json_string(text: StringValue) -> StringValue:
    """`text` as a JSON string, quoted and escaped."""
    return cast(StringValue, _quoted(text).cast("string"))


def microseconds(moment: TimestampValue) -> IntegerValue:
    """Microseconds since 1970 in UTC: differences of them are exact, and ten times as fast as those of timestamps."""
    return cast(IntegerValue, _epoch_us(moment))


def after_1970(microseconds: IntegerValue) -> TimestampValue:
    """The naive time so many microseconds after the beginning of 1970."""
    return cast(TimestampValue, _make_timestamp(microseconds))


def naive_utc(moment: TimestampValue) -> TimestampValue:
    """What a clock in UTC showed at a moment: a naive time. A cast would ask the rules of time zones for each value."""
    return after_1970(microseconds(moment))


def local_to_utc(naive: TimestampValue, zone: str) -> TimestampValue:
    """A naive time, read as wall time of the IANA `zone`, in UTC."""
    return cast(TimestampValue, _timezone(zone, naive))


def utc_to_local(moment: TimestampValue, zone: str) -> TimestampValue:
    """What the clock on the wall of the IANA `zone` showed at a moment: a naive time."""
    return cast(TimestampValue, _wall(zone, moment))


def parse_time(text: StringValue, form: str) -> TimestampValue:
    """A naive time read with a strptime format; null where it does not fit."""
    return cast(TimestampValue, _try_strptime(text, form))
