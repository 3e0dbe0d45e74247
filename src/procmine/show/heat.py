"""The heat map of handoffs: who hands over to whom."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
from ibis.expr.types import Table

from procmine.errors import ProcmineError
from procmine.show import theme, typeface
from procmine.show.frames import finished, printable
from procmine.show.words import FEWEST, Language, count, duration, phrase

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_NAME, _WORD = 9, 8
"""Sizes of the owners' names and of what stands in the cells, in points, as all that follows."""
_LEVEL, _NARROWEST, _GAP = 72, 44, 8
"""How wide a column is whose name stands level, how wide any is, and how much is left free of it."""
_MOST_LEVEL = 12


def handoff_heat_map(
    handoffs: Table | pd.DataFrame,
    *,
    value: Literal["count", "elapsed_median_s"] = "count",
    most_owners: int = 15,
    language: Language = "en",
) -> "Axes":
    """Who hands over to whom, how often, or how long it takes (median elapsed time): senders down, receivers across.

    `handoffs` is the measure of that name. Owners beyond the `most_owners` busiest are taken together. A median of
    fewer than five handoffs is not shown.
    """
    if value not in ("count", "elapsed_median_s"):
        raise ProcmineError(f"no value {value!r}", where="handoff_heat_map", expected="count or elapsed_median_s")
    frame = finished(handoffs, "from_owner", "to_owner", "elapsed_s", picture="handoff_heat_map")
    busiest = (
        pd.concat([frame["from_owner"], frame["to_owner"]])
        .value_counts(sort=False)
        .sort_index(key=lambda n: n.map(str))
    )
    names = busiest.sort_values(ascending=False, kind="stable").index.tolist()
    merged = phrase("other_owners", language).format(count(len(names) - most_owners))
    shown = {name: printable(name) if place < most_owners else merged for place, name in enumerate(names)}
    order = list(dict.fromkeys(shown.values()))
    pairs = frame.assign(sender=frame["from_owner"].map(shown), receiver=frame["to_owner"].map(shown))
    cells = pairs.groupby(["sender", "receiver"])["elapsed_s"].agg(["size", "median"])
    number = cells["size"].unstack().reindex(index=order, columns=order)
    figure = number if value == "count" else cells["median"].unstack().reindex(index=order, columns=order)
    few = phrase("too_few", language)

    def say(n: float, median: float) -> str:
        if value == "count" or not n:
            return count(n) if n else ""
        return few.format(count(n)) if n < FEWEST else duration(median, language=language)

    lines = zip(number.fillna(0).to_numpy(), figure.to_numpy(), strict=True)
    said = [[say(n, median) for n, median in zip(*line, strict=True)] for line in lines]
    words = pd.DataFrame(said, index=order, columns=order)
    colour = figure.where(number >= FEWEST) if value == "elapsed_median_s" else figure
    return _heat(colour, words, phrase("handoffs" if value == "count" else value, language), language)


def _heat(colour: pd.DataFrame, words: pd.DataFrame, title: str, language: Language) -> "Axes":
    with theme.charts():
        import matplotlib.pyplot as plt
        import seaborn as sns

        side = len(colour)
        columns = [typeface.wrap(name, _NAME, _LEVEL - _GAP, lines=3) for name in words.columns]
        is_level = side <= _MOST_LEVEL and not any(lines[-1].endswith("…") for lines in columns)
        rows = [typeface.wrap(name, _NAME, 130, lines=2) for name in words.index]
        wide = _LEVEL if is_level else max(_NARROWEST, _widest(words.to_numpy().ravel(), _WORD) + _GAP)
        size = 125 + wide * side, 125 + 36 * side
        _, ax = plt.subplots(figsize=(size[0] / 72, size[1] / 72), layout="constrained")
        if side:
            # Only the light half of the hue: dark ink is read well on all of it.
            strongest = 1.8 * float(colour.fillna(0.0).to_numpy().max())
            look: dict[str, Any] = {"cmap": "Blues", "vmin": 0, "vmax": strongest or 1.0, "cbar": False}
            sns.heatmap(colour.astype(float), linewidths=0.5, linecolor=theme.GRID, ax=ax, **look)
            _write(ax, words)
        ax.set_xlabel(phrase("to_owner", language))
        theme.name_axis(ax, phrase("from_owner", language))
        slanted = [] if is_level else [typeface.wrap(name, _NAME, 150, lines=2) for name in words.columns]
        turned: dict[str, Any] = {"rotation": 45, "ha": "right", "va": "top", "rotation_mode": "anchor"}
        ax.set_xticks(
            ax.get_xticks(),
            ["\n".join(lines) for lines in slanted or columns],
            fontsize=_NAME,
            **(turned if slanted else {"rotation": 0}),
        )
        ax.set_yticks(ax.get_yticks(), ["\n".join(lines) for lines in rows], rotation=0, fontsize=_NAME)
        ax.set_title(title)
    return ax


def _widest(words: Iterable[str], size: float) -> float:
    return max((typeface.width(word, size) for word in words), default=0.0)


def _write(ax: "Axes", words: pd.DataFrame) -> None:
    for y, line in enumerate(words.to_numpy()):
        for x, word in enumerate(line):
            ax.text(x + 0.5, y + 0.5, word, ha="center", va="center", fontsize=_WORD)
