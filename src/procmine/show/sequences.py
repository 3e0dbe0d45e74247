"""The variants chart: the most frequent sequences of activities, side by side."""

from typing import TYPE_CHECKING, Any

import pandas as pd
from ibis.expr.types import Table

from procmine.show import theme, typeface
from procmine.show.frames import finished, printable
from procmine.show.words import Language, count, phrase, share

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LONGEST = 30
"""Events drawn of a sequence; longer ones end in how many more there are."""
_POINT = 0.18


def variants_chart(variants: Table | pd.DataFrame, *, top: int = 10, language: Language = "en") -> "Axes":
    """Which ways do orders take: the `top` variants, a row each, with its share of the orders and its count.

    `variants` is the measure of that name. Every activity has a number, in its blocks and in the key below; its colour
    repeats after eight, its number does not.
    """
    frame = finished(variants, "activities", "count", "share", picture="variants_chart")
    frame = frame.sort_values("count", ascending=False, kind="stable")
    rows = frame.head(top)
    sequences = [[printable(name) for name in names] for names in rows["activities"]]
    number = {name: place for place, name in enumerate(dict.fromkeys(name for names in sequences for name in names), 1)}
    said = [f"{share(part)} ({count(orders)})" for part, orders in zip(rows["share"], rows["count"], strict=True)]
    columns = min(max(map(len, sequences), default=1), _LONGEST)
    with theme.charts():
        import matplotlib.pyplot as plt

        key = _key(number, max(columns * 26.0, 420.0))
        size = (max(columns * 0.37, 5.8) + 1.6, 0.9 + 0.36 * len(sequences) + 0.2 * len(key))
        _, ax = plt.subplots(figsize=size, layout="constrained")
        for y, names in enumerate(sequences):
            for x, name in enumerate(names[:_LONGEST]):
                _block(ax, x, y, number[name])
            if len(names) > _LONGEST:
                ax.text(_LONGEST + 0.15, y, f"+ {count(len(names) - _LONGEST)}", va="center")
        ax.set_xlim(-0.1, max(columns + 1.2, 5))
        ax.set_ylim(max(len(sequences), 1) - 0.5, -0.5)
        ax.set_yticks(range(len(sequences)), said)
        ax.set_xticks([])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set_title(_title(frame, len(rows), language), fontsize=10)
        ax.set_xlabel("\n".join(key), loc="left", fontsize=9, color=theme.INK, linespacing=1.5)
    return ax


def _title(frame: pd.DataFrame, shown: int, language: Language) -> str:
    rest = frame.iloc[shown:]
    title = phrase("variants_shown", language).format(count(shown), share(float(frame["share"].iloc[:shown].sum())))
    return title + (phrase("variants_rest", language).format(count(len(rest))) if len(rest) else "")


def _key(number: dict[str, int], wide: float) -> list[str]:
    """The activities with their numbers, as many on a line as fit."""
    lines = [""]
    for name, place in number.items():
        entry = f"{place} {typeface.wrap(name, 9, 260, lines=1)[0]}"
        if lines[-1] and typeface.width(lines[-1] + "    " + entry, 9) > wide:
            lines.append("")
        lines[-1] += ("    " if lines[-1] else "") + entry
    return lines


def _block(ax: Any, x: int, y: int, place: int) -> None:
    from matplotlib.patches import Polygon

    low, high, end = y - 0.36, y + 0.36, x + 0.94
    corners = [(x, low), (end, low), (end + _POINT, y), (end, high), (x, high), (x + _POINT, y)]
    colour = theme.SERIES[(place - 1) % len(theme.SERIES)]
    ax.add_patch(Polygon(corners, closed=True, facecolor=colour, edgecolor=theme.PAPER, linewidth=0.8))
    ax.text(x + 0.55, y, str(place), ha="center", va="center", fontsize=9, color=theme.ink_on(colour))
