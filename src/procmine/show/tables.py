"""A finished table for readers: durations in words, counts with separators, percentages, times in a stated zone."""

import hashlib
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from ibis.expr.types import Table

from procmine.errors import ProcmineError
from procmine.show import theme, typeface
from procmine.show.frames import finished, printable
from procmine.show.headings import heading
from procmine.show.words import NOTHING, Language, count, duration, share, spoken

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler
    from pandas.io.formats.style_render import CSSDict

_SHARES = ("share", "fitness")
_OWN = {"by", "case:status", "event:joined", "kind", "method", "only_in", "procmine:reason", "reason"}
"""Columns whose values are procmine's own words."""
_STYLE: "list[CSSDict]" = [
    {"selector": "", "props": f"border-collapse: collapse; color: {theme.INK}; font-family: {typeface.FALLBACK};"},
    {"selector": "caption", "props": "caption-side: top; text-align: left; font-weight: bold; padding: 4px 8px;"},
    {"selector": "th", "props": f"text-align: left; padding: 3px 8px; border-bottom: 2px solid {theme.LINE};"},
    {"selector": "td", "props": f"text-align: left; padding: 3px 8px; border-bottom: 1px solid {theme.GRID};"},
]


def table(
    frame: Table | pd.DataFrame, *, caption: str | None = None, zone: str = "UTC", language: Language = "en"
) -> "Styler":
    """`frame` as a styled table without an index.

    Columns ending in `_s` are durations in words; `share`, `fitness` and columns ending in `_share` are percentages;
    whole numbers have thousands separators, other numbers two decimals; times are to the minute in the IANA `zone`,
    which the heading names; a sequence is joined by arrows; what is missing is "–". Names are escaped. In
    Chinese, the values of procmine's own columns, such as the reasons of the ledger, are said in Chinese.
    """
    data = finished(frame, picture="table").reset_index(drop=True)
    try:
        local = ZoneInfo(zone)
    except (KeyError, ValueError) as error:
        raise ProcmineError(
            f"no time zone {zone!r}", where="zone", expected="An IANA name, as Asia/Shanghai"
        ) from error
    times = [pd.api.types.is_datetime64_any_dtype(data[name]) for name in data.columns]
    heads = [
        heading(str(name), language) + (f" ({zone})" if is_time else "")
        for name, is_time in zip(data.columns, times, strict=True)
    ]
    figures = [
        pd.api.types.is_numeric_dtype(data[name]) and not pd.api.types.is_bool_dtype(data[name]) for name in data
    ]
    words = pd.DataFrame(
        {place: data[name].map(_wording(str(name), data[name], local, language)) for place, name in enumerate(data)},
        dtype=object,
    )
    right = [place for place, is_figure in enumerate(figures) if is_figure]
    styler = words.style.hide(axis="index").format(lambda text: escape(str(text)))
    styler = styler.format_index(lambda place: escape(heads[int(str(place))]), axis="columns")
    told = hashlib.sha256(words.to_csv().encode() + "|".join(heads).encode()).hexdigest()[:12]
    styler = styler.set_uuid(told).set_table_styles([*_STYLE, *_aligned(right)])
    return styler if caption is None else styler.set_caption(escape(printable(caption)))


def _aligned(right: list[int]) -> "list[CSSDict]":
    return [{"selector": f".col{place}", "props": "text-align: right; white-space: nowrap;"} for place in right]


def _wording(name: str, column: pd.Series, zone: ZoneInfo, language: Language) -> Callable[[Any], str]:
    """What turns a value of the column into text."""
    if pd.api.types.is_datetime64_any_dtype(column):
        naive = column.dt.tz is None
        return lambda time: NOTHING if pd.isna(time) else _minute(time.tz_localize("UTC") if naive else time, zone)
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return lambda value: _text(_own(value, name) if language == "zh" else value)
    if name.endswith("_s"):
        return lambda seconds: NOTHING if pd.isna(seconds) else duration(float(seconds), language=language)
    if name in _SHARES or name.endswith(tuple(f"_{word}" for word in _SHARES)):
        return lambda part: NOTHING if pd.isna(part) else share(float(part))
    whole = bool((column.dropna() % 1 == 0).all())
    return lambda number: NOTHING if pd.isna(number) else count(number) if whole else f"{number:,.2f}"


def _minute(time: pd.Timestamp, zone: ZoneInfo) -> str:
    return f"{time.tz_convert(zone):%Y-%m-%d %H:%M}"


def _own(value: Any, name: str) -> Any:
    """A truth value, or one of procmine's own words, in Chinese; any other value as it is."""
    if isinstance(value, (bool, np.bool_)):
        return "是" if value else "否"
    return spoken(value, "zh") if name in _OWN and isinstance(value, str) else value


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple, np.ndarray)):
        return " → ".join(printable(part) for part in value)
    return NOTHING if pd.isna(value) else printable(value)
