"""One order's way: its events down the page, and from column to column as owners hand it on."""

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pandas as pd
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.errors import LogError
from procmine.schema import Owner, require_log, require_owner
from procmine.show import theme, typeface
from procmine.show.frames import printable
from procmine.show.words import Language, duration, phrase

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINE, _LETTER = 0.3, 9
"""Inches a line takes, and the size of letters in points."""
_NOBODY = "–"


def order_chart(
    log: Table, case_id: str, *, owner: Owner = "system", time_zone: str = "UTC", language: Language = "en"
) -> "Axes":
    """Which way did one order take: a line an event, a column each `owner`, first come first.

    Left of each event stand when it completed, on the clock of `time_zone`, and the time since the one before.

    Errors: `LogError` for an order that the log does not have.
    """
    events = engine.collect(require_log(log).filter(_.case_id == case_id).order_by("position"))
    if events.empty:
        raise LogError(f"no order {case_id!r} in this log", where="case_id", expected="Name a case_id of the log")
    names = events[require_owner(owner)].map(lambda name: _NOBODY if pd.isna(name) else printable(name))
    columns = {name: place for place, name in enumerate(dict.fromkeys(names))}
    steps = [printable(name) for name in events["activity"]]
    wide = max(max(typeface.width(text, _LETTER) for text in (*steps, *columns)) / 72 + 0.35, 1.1)
    with theme.charts():
        import matplotlib.pyplot as plt

        size = (2.6 + wide * len(columns), 0.9 + _LINE * len(steps))
        _figure, ax = plt.subplots(figsize=size, layout="constrained")
        across = [columns[name] for name in names]
        for place in columns.values():
            ax.axvline(place, color=theme.GRID, linewidth=1, zorder=0)
        turns = [(x, y + half) for y, x in enumerate(across) for half in (-0.5, 0.5)][1:-1]
        way = [(across[0], 0), *turns, (across[-1], len(across) - 1)]
        ax.plot(*zip(*way, strict=True), color=theme.LINE, linewidth=1.2, zorder=1)
        ax.scatter(across, range(len(steps)), s=42, color=theme.STEP, edgecolor=theme.PAPER, zorder=2)
        for y, (x, step) in enumerate(zip(across, steps, strict=True)):
            ax.annotate(step, (x, y), (8, 0), textcoords="offset points", va="center", fontsize=_LETTER)
        ax.set_xlim(-0.15, len(columns) - 0.05)
        ax.set_ylim(len(steps) - 0.4, -0.6)
        ax.set_xticks(list(columns.values()), list(columns), ha="left", va="baseline")
        ax.xaxis.tick_top()
        ax.set_yticks(range(len(steps)), _times(events["timestamp"], time_zone))
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        title = phrase("order_chart", language).format(printable(case_id), len(steps))
        ax.set_title(title, fontsize=10)
    return ax


def _times(completed: "pd.Series[pd.Timestamp]", time_zone: str) -> list[str]:
    """When each event completed, after the time since the one before."""
    local = completed.dt.tz_convert(ZoneInfo(time_zone))
    since = completed.diff().dt.total_seconds()
    return [
        f"{'' if pd.isna(gap) else f'+ {duration(gap)}'}    {when:%Y-%m-%d %H:%M}"
        for when, gap in zip(local, since, strict=True)
    ]
