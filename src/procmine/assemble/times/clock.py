"""Read the times of an export: as moments in UTC, each by its own offset or by the zone of its system."""

import datetime
import zoneinfo
from collections.abc import Iterable, Iterator
from typing import cast

import ibis
from ibis.expr.types import BooleanValue, StringValue, TimestampValue

from procmine import engine
from procmine.assemble.mapping.values import COUNTED, EXCEL
from procmine.schema import TIME

_NAMED = r"([Zz]|UTC|GMT|[A-Z][A-Za-z_]+/[A-Za-z_/+-]+)$"
"""Zones by a name that means one thing; CST is China's standard time and Chicago's."""
_OFFSET = rf":\d\d?([.,]\d*)?\s*([+-]\d\d(:?\d\d(:\d\d)?)?|{_NAMED})$"
_BASIC_OFFSET = r"(Z|[+-]([01]\d|2[0-3])(:?[0-5]\d)?)"
_BASIC = rf"^(\d{{4}})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)([.,]\d+)?({_BASIC_OFFSET}?)$"
_COMMA = r"^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d),(\d+)"
_NO_SECONDS = r"^(\S+[ T]\d\d?:\d\d)\s*([Zz+-])"
_SPACED_OFFSET = r"(:[\d.,]+)\s+([Zz]|[+-][\d:]+)$"
_NUMBER = r"^-?\d+(\.\d*)?$"
_EXCEL_TO_1970 = 25_569
"""The day that a spreadsheet counts for 1 January 1970."""
_MICROSECONDS = 1_000_000
_PER_SECOND = {"epoch_s": 1, "epoch_ms": 1_000, "epoch_us": _MICROSECONDS, EXCEL: 1 / 86_400}
_YEAR_1, _YEAR_9999 = -62_135_596_800, 253_370_764_800
"""Seconds since 1970 at the beginning of the years."""
_FIRST_DAY, _DAY_1970, _LAST_DAY = (
    day.toordinal() for day in (datetime.date.min, datetime.date(1970, 1, 1), datetime.date.max)
)
"""Days as Python numbers them."""


def moment(text: StringValue, *, form: str | None, zone: str | None) -> TimestampValue:
    """`text` in UTC: by its own offset where it has one, else as wall time of `zone`, or of UTC. Null if unreadable.

    `form` is a strptime format, or one of `COUNTED`; without one the text is ISO 8601, with or without seconds, in the
    extended form or, with seconds, in the basic one: ``20240305T100000Z``. A ``%z`` that ends a format reads ``Z`` too.
    A wall time that a change of the clock skips is moved on by the change; of one that occurs twice the second is
    meant.
    """
    if form is not None:
        parsed = _parsed(text, form)
        return parsed.cast(TIME) if has_offset(form) else engine.local_to_utc(parsed, zone or "UTC").cast(TIME)
    iso = _iso(text)
    offset = iso.try_cast(TIME).coalesce(_completed(text).try_cast(TIME))
    if zone in {None, "UTC"}:
        return offset
    local = engine.local_to_utc(_local(text), zone or "UTC")
    return ibis.ifelse(_states_offset(text), offset, local.cast(TIME)).cast(TIME)


def wall_time(text: StringValue, *, form: str | None) -> TimestampValue:
    """`text` as the clock on the wall showed it; null where it states an offset, or does not read."""
    if form is not None:
        return _parsed(text, form)
    return cast(TimestampValue, _states_offset(text).ifelse(ibis.null("timestamp"), _local(text)))


def is_naive(text: StringValue) -> BooleanValue:
    """Whether an ISO time has no offset of its own."""
    return text.notnull() & ~_states_offset(text)


def has_offset(form: str | None) -> bool:
    """Whether times of that form say themselves what they are in UTC, by an offset, a zone or counting from 1970."""
    return form is not None and ("%z" in form or "%Z" in form or (form in COUNTED and form != EXCEL))


def clock_changes(zone: str, days: Iterable[int]) -> Iterator[tuple[datetime.datetime, datetime.datetime]]:
    """The stretches of wall time, [from, to), that `zone` skips or runs through twice on `days` or next to them.

    Days are counted from 1970. At the ends of the calendar, with no day beyond to compare, there is no change.
    """
    info = zoneinfo.ZoneInfo(zone)
    step = datetime.timedelta(days=1)
    near = {_DAY_1970 + day + shift for day in days for shift in (-1, 0, 1)}
    for number in sorted(number for number in near if _FIRST_DAY < number < _LAST_DAY - 1):
        day = datetime.datetime.fromordinal(number).replace(tzinfo=datetime.UTC)
        if _offset(info, day) != _offset(info, day + step):
            change = _change(info, day, day + step)
            before, after = (
                change + _offset(info, change + shift) for shift in (-datetime.timedelta(seconds=1), step * 0)
            )
            yield min(before, after).replace(tzinfo=None), max(before, after).replace(tzinfo=None)


def _change(info: zoneinfo.ZoneInfo, low: datetime.datetime, high: datetime.datetime) -> datetime.datetime:
    """The first second of the new offset between two moments in UTC."""
    old = _offset(info, low)
    while high - low > datetime.timedelta(seconds=1):
        middle = low + datetime.timedelta(seconds=(high - low) // datetime.timedelta(seconds=2))
        low, high = (middle, high) if _offset(info, middle) == old else (low, middle)
    return high


def _offset(info: zoneinfo.ZoneInfo, utc: datetime.datetime) -> datetime.timedelta:
    offset = utc.astimezone(info).utcoffset()
    assert offset is not None
    return offset


def _parsed(text: StringValue, form: str) -> TimestampValue:
    if form in COUNTED:
        return _counted(text, form)
    if "%p" in form:
        text = text.replace("上午", "AM").replace("下午", "PM")
    if form.endswith("%z"):
        text = text.right(1).isin(["Z", "z"]).ifelse(text.left(text.length() - 1) + "+00:00", text)
    return engine.parse_time(text, form)


def _counted(text: StringValue, form: str) -> TimestampValue:
    """A number as the time that it counts to; days to the millisecond, for they are written with what digits fit."""
    number = text.re_search(_NUMBER).ifelse(text, ibis.null("string")).try_cast("float64")
    if form == EXCEL:
        number = number - _EXCEL_TO_1970
    per_second = _PER_SECOND[form]
    known = number.between(_YEAR_1 * per_second, _YEAR_9999 * per_second).ifelse(number, None)
    step = 1_000 if form == EXCEL else 1
    return engine.after_1970((known * (_MICROSECONDS / per_second / step)).round() * step)


def _iso(text: StringValue) -> StringValue:
    """`text` where it begins like a year and ends like a time: the engine would also take infinity, 24 for the year 24,
    and guess what an abbreviated zone means. It would look for an offset behind a space among the names of all zones,
    which takes hundreds of times as long as to read a time.
    """
    told = _begins_like_a_year(text) & _ends_like_a_time(text) & ~_has_space_before_sign(text)
    return cast(StringValue, told.ifelse(text, ibis.null("string")))


def _begins_like_a_year(text: StringValue) -> BooleanValue:
    return cast(BooleanValue, (text >= "0") & (text < ":") & text.substr(4, 1).isin(["-", "/"]))


def _ends_like_a_time(text: StringValue) -> BooleanValue:
    last = text.right(1)
    return cast(BooleanValue, ((last >= "0") & (last < ":")) | text.re_search(_NAMED))


def _has_space_before_sign(text: StringValue) -> BooleanValue:
    return text.contains(" +") | text.contains(" -")


def _is_basic(text: StringValue) -> BooleanValue:
    """Whether the time of day begins where it does in the form without separators."""
    return cast(BooleanValue, text.substr(8, 1) == "T")


def _states_offset(text: StringValue) -> BooleanValue:
    basic = text.re_search(rf"T\d{{6}}([.,]\d+)?{_BASIC_OFFSET}$") | text.re_search(_OFFSET)
    return cast(BooleanValue, _is_basic(text).ifelse(basic, text.re_search(_OFFSET)))


def _local(text: StringValue) -> TimestampValue:
    """What the clock on the wall showed, where `text` states no offset."""
    return cast(TimestampValue, _iso(text).try_cast("timestamp").coalesce(_completed(text).try_cast("timestamp")))


def _completed(text: StringValue) -> StringValue:
    """Forms of ISO 8601 that the engine does not read, in one that it does: without separators, with a decimal comma,
    no seconds before an offset, a space before it. Null where `text` is none.

    Each step is used once: the engine would compute what is used twice for all rows, also those that need no such step.
    """
    extended = text.re_replace(_COMMA, r"\1.\2").re_replace(_NO_SECONDS, r"\1:00\2").re_replace(_SPACED_OFFSET, r"\1\2")
    separated = text.re_replace(_BASIC, r"\1-\2-\3T\4:\5:\6\7\8").re_replace(_COMMA, r"\1.\2")
    is_extended = (
        _begins_like_a_year(text)
        & _ends_like_a_time(text)
        & (~_has_space_before_sign(text) | text.re_search(_SPACED_OFFSET))
    )
    return ibis.cases((is_extended, extended), (text.re_search(_BASIC), separated), else_=None)
