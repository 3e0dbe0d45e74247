"""Guess how the times of a column are written."""

import datetime
from dataclasses import dataclass
from typing import cast

import ibis
import pandas as pd
from ibis import _
from ibis.expr.types import StringColumn, Table, TimestampValue

from procmine import engine
from procmine.assemble.mapping.values import COUNTED, EXCEL
from procmine.assemble.rows import cell
from procmine.assemble.times import clock
from procmine.assemble.times.days import is_date_format

_ISO = None
_DAYS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y年%m月%d日", "%Y.%m.%d", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y")
_OF_DAY = (" %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", "")
_YEAR_FIRST = ("%Y-%m-%d", "%Y/%m/%d", "%Y年%m月%d日")
_OF_HALF_A_DAY = (" %I:%M:%S %p", " %I:%M %p", " %p%I:%M:%S", " %p%I:%M", " %p %I:%M:%S", " %p %I:%M")
FORMATS = tuple(
    dict.fromkeys(
        [
            *(f"{day}{time}" for day in _DAYS for time in _OF_DAY),
            *(f"{day}{time}" for day in _YEAR_FIRST for time in _OF_HALF_A_DAY),
            *("%Y%m%d%H%M%S", "%Y%m%d", *COUNTED),
        ]
    )
)
"""What is tried where times are not ISO 8601."""
_MOST = 0.95
_DATE_ONLY = r"^[^ T:]+$"
_SOME_DAYS = 3


@dataclass(frozen=True)
class Times:
    """The times of a column: their format (None: ISO 8601), and what they say."""

    form: str | None
    others: tuple[str, ...]
    """Formats that read as many of them, such as month first for day first."""
    has_offset: bool
    is_date: bool
    """No cell has a time of day."""
    is_midnight: bool
    """All have one, but it is midnight for all of several days."""
    unread: int
    example: str
    first: datetime.datetime | None


def times_of(rows: Table, column: str, *, filled: int) -> Times | None:
    """The times in a column of `rows` of which `filled` cells have a value; None where no format reads nearly all."""
    text = cell(rows, column)
    iso = engine.scalar(clock.moment(text, form=_ISO, zone="UTC").count())
    if iso >= _MOST * filled:
        return _described(rows, column, None, others=(), read=int(iso), filled=filled)
    counted = engine.collect(
        rows.agg(**{str(place): _plausible(text, form).count() for place, form in enumerate(FORMATS)})
    )
    reads = dict(zip(FORMATS, counted.iloc[0].astype("int64"), strict=True))
    best = max(FORMATS, key=lambda form: reads[form])
    if reads[best] < _MOST * filled:
        return None
    others = tuple(form for form in FORMATS if form != best and reads[form] == reads[best])
    return _described(rows, column, best, others=others, read=reads[best], filled=filled)


def _plausible(text: StringColumn, form: str) -> TimestampValue:
    parsed = clock.wall_time(text, form=form)
    year = parsed.year()
    plausible = year.between(2000, 2099) if form in COUNTED else year >= 1970
    return cast(TimestampValue, plausible.ifelse(parsed, None))


def _described(rows: Table, column: str, form: str | None, *, others: tuple[str, ...], read: int, filled: int) -> Times:
    text = cell(rows, column)
    moment = clock.moment(text, form=form, zone="UTC")
    wall = clock.wall_time(text, form=form)
    naive = clock.is_naive(text) if form is None else text.notnull() & ibis.literal(not clock.has_offset(form))
    told = engine.collect(
        rows.agg(
            naive=naive.sum(),
            dates=text.re_search(_DATE_ONLY).sum(),
            midnights=(wall == wall.truncate("D")).sum().fill_null(0),
            days=wall.date().nunique(),
            first=moment.min(),
            example=text.min(),
        )
    ).iloc[0]
    if form is None:
        is_date = bool(told["dates"] >= filled)
    else:
        is_date = is_date_format(form) or (form == EXCEL and bool(told["midnights"] >= filled))
    return Times(
        form,
        others,
        has_offset=bool(told["naive"] == 0),
        is_date=is_date,
        is_midnight=not is_date and bool(told["midnights"] >= filled) and bool(told["days"] >= _SOME_DAYS),
        unread=filled - read,
        example=told["example"],
        first=None if pd.isna(told["first"]) else told["first"].to_pydatetime(),
    )


def precedes(rows: Table, first: str, second: str, *, form: str | None) -> float:
    """The share of rows with both times in which that of `first` is not the later one; 0 where there is no such row."""
    one, other = (clock.moment(cell(rows, column), form=form, zone="UTC") for column in (first, second))
    both = rows.select(first=one, second=other).filter(_.first.notnull() & _.second.notnull())
    share = engine.scalar((both.first <= both.second).mean())
    return 0.0 if pd.isna(share) else float(share)
