"""The distribution of durations."""

from typing import TYPE_CHECKING

import pandas as pd
from ibis.expr.types import Table

from procmine.schema import STATUS
from procmine.show import theme
from procmine.show.frames import finished
from procmine.show.words import FEWEST, Language, count, duration, phrase

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def duration_chart(cases: Table | pd.DataFrame, *, language: Language = "en") -> "Axes":
    """How long do orders take: the distribution of the time from first to last event, with its median.

    `cases` is the measure of that name. Where the log tells the orders' status, only finished ones are counted: the
    time of an open order is not known yet. The axis ends at the 98 % quantile; how many orders lie beyond is said.
    """
    frame = finished(cases, "duration_s", picture="duration_chart")
    counted = frame[frame[STATUS] == "finished"] if STATUS in frame.columns else frame
    seconds = counted["duration_s"].dropna().astype(float)
    title = phrase("orders_counted", language).format(count(len(seconds)))
    if len(frame) > len(seconds):
        title += phrase("orders_left_out", language).format(count(len(frame) - len(seconds)))
    with theme.charts():
        import matplotlib.pyplot as plt
        import seaborn as sns
        from matplotlib.ticker import MaxNLocator

        _, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
        ax.set_xlabel(phrase("duration", language))
        if len(seconds) < FEWEST:
            few = phrase("too_few", language).format(count(len(seconds)))
            ax.text(0.5, 0.5, few, transform=ax.transAxes, ha="center", va="center")
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            ax.set_title(title, fontsize=10)
            return ax
        end = float(seconds.quantile(0.98)) or 1.0
        beyond = int((seconds > end).sum())
        if beyond:
            title += phrase("beyond", language).format(count(beyond), duration(end, language=language))
        sns.histplot(x=seconds[seconds <= end], bins=40, color=theme.STEP, edgecolor=theme.PAPER, ax=ax)
        theme.name_axis(ax, phrase("orders", language))
        middle = float(seconds.median())
        ax.axvline(middle, color=theme.ALARM, linestyle="--")
        word = phrase("median", language).format(duration(middle, language=language))
        late = middle > 0.6 * end
        ax.annotate(
            word,
            (middle, 1),
            xycoords=("data", "axes fraction"),
            xytext=(-4 if late else 4, -2),
            textcoords="offset points",
            ha="right" if late else "left",
            va="top",
            color=theme.ALARM,
        )
        ax.set_xlim(0, end)
        ticks = _time_ticks(end)
        ax.set_xticks(ticks, [duration(tick, language=language) for tick in ticks])
        ax.yaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
        ax.yaxis.set_major_formatter(lambda number, _: count(number))
        ax.set_title(title, fontsize=10)
    return ax


def _time_ticks(end: float) -> list[float]:
    """At most seven round times from zero up to `end`."""
    minute, hour, day = 60, 3_600, 86_400
    steps = [1, 5, 10, 30, minute, 5 * minute, 10 * minute, 30 * minute, hour, 2 * hour, 6 * hour, 12 * hour]
    steps += [n * day * 10**power for power in range(6) for n in (1, 2, 5)]
    step = next((step for step in steps if end / step <= 6), steps[-1])
    return [float(step * n) for n in range(int(end // step) + 1)]
