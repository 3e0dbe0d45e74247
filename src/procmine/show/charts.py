"""Bar charts of finished tables: rework, deviations, the ledger. Each returns the matplotlib Axes that it drew on."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
from ibis.expr.types import Table

from procmine.schema import USED_ROWS
from procmine.show import theme, typeface
from procmine.show.frames import finished, printable
from procmine.show.words import Language, count, phrase, share, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HATCHES = ("", "////", "....", "xxxx", "----", "\\\\\\\\", "oo", "++")
_ROW = 0.36
"""Height of a bar with its gap, in inches."""


def rework_chart(rework: Table | pd.DataFrame, *, top: int = 15, language: Language = "en") -> "Axes":
    """Which activities are done again, how, and by whom: a bar an activity, the `top` ones by count.

    `rework` is the measure of that name.
    """
    frame = finished(rework, "activity", "kind", "by", "count", picture="rework_chart")
    colon = "：" if language == "zh" else ": "
    part = [
        f"{spoken(k, language)}{colon}{spoken(b, language)}" for k, b in zip(frame["kind"], frame["by"], strict=True)
    ]
    bars = pd.DataFrame({"name": frame["activity"], "part": part, "number": frame["count"]})
    return _stacked(bars, top=top, axis=phrase("repeats", language), language=language)


def deviations_chart(deviations: Table | pd.DataFrame, *, top: int = 15, language: Language = "en") -> "Axes":
    """On which activities do orders leave the designed flow, and how: a bar an activity, the `top` ones by number.

    `deviations` has one row a deviation: its `kind` and `activity`.
    """
    frame = finished(deviations, "kind", "activity", picture="deviations_chart")
    part = [printable(spoken(str(kind), language)) for kind in frame["kind"]]
    bars = pd.DataFrame({"name": frame["activity"], "part": part, "number": 1})
    return _stacked(bars, top=top, axis=phrase("deviations", language), language=language)


def ledger_chart(ledger: Table | pd.DataFrame, *, language: Language = "en") -> "Axes":
    """What became of every exported row: a bar a source of the rows set aside, by reason; under its name, those kept.

    `ledger` has `source`, `reason` and `rows`; rows kept are those whose reason is one of `schema.USED_ROWS`.
    """
    frame = finished(ledger, "source", "reason", "rows", picture="ledger_chart")
    total = frame.groupby("source")["rows"].sum()
    used = frame["reason"].isin(USED_ROWS)
    kept = frame[used].groupby("source")["rows"].sum().reindex(total.index, fill_value=0)
    said = {
        source: phrase("kept", language).format(count(events), count(rows), share(events / max(rows, 1)))
        for source, rows, events in zip(total.index, total, kept, strict=True)
    }
    part = [printable(spoken(str(reason), language)) for reason in frame["reason"]]
    bars = pd.DataFrame({"name": frame["source"], "part": part, "number": frame["rows"].where(~used, 0)})
    return _stacked(bars, top=len(total), axis=phrase("set_aside", language), language=language, below=said)


def _stacked(
    bars: pd.DataFrame, *, top: int, axis: str, language: Language, below: Mapping[Any, str] | None = None
) -> "Axes":
    """Horizontal bars of `number` a `name`, stacked by `part` with a hatch beside its hue; the total at each end.

    `below` gives a line to write below a name.
    """
    total = bars.groupby("name")["number"].sum().sort_index().sort_values(ascending=False, kind="stable")
    names = total.index.tolist()[:top]
    parts = (
        bars[bars["number"] > 0]
        .groupby("part")["number"]
        .sum()
        .sort_index()
        .sort_values(ascending=False, kind="stable")
    )
    kinds = parts.index.tolist()
    table = bars.pivot_table(index="name", columns="part", values="number", aggfunc="sum", fill_value=0)
    with theme.charts():
        import matplotlib.pyplot as plt
        from matplotlib.ticker import MaxNLocator

        _, ax = plt.subplots(figsize=(8, 1.1 + _ROW * max(len(names), 1)), layout="constrained")
        left = pd.Series(0, index=names)
        for place, kind in enumerate(kinds):
            long = table[kind].reindex(names, fill_value=0)
            look: dict[str, Any] = {
                "color": theme.SERIES[place % 8],
                "hatch": _HATCHES[place % 8],
                "edgecolor": theme.PAPER,
            }
            ax.barh(range(len(names)), long, left=left, label=kind, height=0.75, linewidth=0.5, **look)
            left += long
        for place, name in enumerate(names):
            ax.annotate(count(total[name]), (total[name], place), (4, 0), textcoords="offset points", va="center")
        said = ["\n".join(typeface.wrap(printable(name), 10, 190, lines=1 if below else 2)) for name in names]
        said = [f"{line}\n{below[name]}" for line, name in zip(said, names, strict=True)] if below else said
        ax.set_yticks(range(len(names)), said, linespacing=1.4)
        ax.set_ylim(max(len(names), 1) - 0.5, -0.5)
        ax.set_xlabel(axis)
        ax.set_xlim(0, max(1, float(total.max()) if names else 1) * 1.1)
        ax.xaxis.set_major_locator(MaxNLocator(5, integer=True, steps=[1, 2, 5, 10]))
        ax.xaxis.set_major_formatter(lambda number, _: count(number))
        if len(total) > top:
            ax.set_title(phrase("more_rows", language).format(count(len(total) - top)), fontsize=9, color=theme.QUIET)
        if kinds:
            ax.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False)
    return ax
