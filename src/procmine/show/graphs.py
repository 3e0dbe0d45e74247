"""The process map: how orders really flow, out of the finished tables `follows` and `variants`."""

from collections import Counter
from dataclasses import dataclass

import graphviz
import pandas as pd
from ibis.expr.types import Table

from procmine.errors import ProcmineError
from procmine.show import theme, typeface
from procmine.show.direction import ranks
from procmine.show.fold import Arc, Folding, fold, traversals
from procmine.show.frames import finished, printable
from procmine.show.legend import Entry
from procmine.show.picture import Map, draw, label
from procmine.show.words import Language, count, duration, phrase, share

_NAME_WIDTH = 150.0
_NAME, _FIGURE = 12.0, 10.0


@dataclass(frozen=True)
class _Marks:
    """What the arcs of a map are marked for."""

    taken: Counter[Arc]
    back: frozenset[Arc]
    slow: frozenset[Arc]
    slow_from_s: float | None
    elapsed: dict[Arc, float]


def process_map(
    follows: Table | pd.DataFrame,
    variants: Table | pd.DataFrame,
    *,
    coverage: float = 0.9,
    most_arcs: int = 40,
    slow_quantile: float = 0.8,
    language: Language = "en",
) -> Map:
    """How do orders really flow?

    One node an activity, with its count; one arc a pair of consecutive activities, wider where it is taken more often,
    with its count and its median elapsed time; a start and an end. Three rules, stated in the legend:

    - *folded*: arcs are shown by frequency until at least `coverage` of the orders are shown whole, but not more than
      `most_arcs`; the orders that take a folded arc are hidden (their share is `Map.hidden_share`), yet the figures on
      what is shown count all orders. Every activity shown is on a way from the start to the end.
    - *goes back* (dashed): at least half of the times the arc was taken, its target had come before its source in the
      order; a self-loop always goes back.
    - *slow handoff* (boxed label): the owner changes at least half of the times, and the median elapsed time is above
      zero and not below the `slow_quantile` of the medians of such arcs on the map.

    `follows` and `variants` are the measures of that name, of the same log and whole. A `ProcmineError` says where they
    do not agree, or which argument is out of range.
    """
    _require(coverage=coverage, slow_quantile=slow_quantile, most_arcs=most_arcs)
    pairs = finished(
        follows, "activity", "next_activity", "count", "handoffs", "elapsed_median_s", picture="process_map(follows)"
    )
    paths = finished(variants, "activities", "count", picture="process_map(variants)")
    sequences = [
        (tuple(map(str, names)), int(orders)) for names, orders in zip(paths["activities"], paths["count"], strict=True)
    ]
    if not sequences:
        raise ProcmineError("there is no order to show", where="process_map(variants)", expected="At least one variant")
    folding = fold(sequences, coverage=coverage, most_arcs=most_arcs)
    marks = _marks(pairs, sequences, folding, slow_quantile)
    events: Counter[str] = Counter()
    for names, orders in sequences:
        for name in names:
            events[name] += orders
    orders = sum(number for _, number in sequences)
    dot, tips = _dot(folding, marks, events, orders, language)
    description = phrase("process_map", language).format(count(orders), len(events), len(marks.taken))
    hidden = _hidden(folding, events, language)
    svg = draw(
        dot,
        description=f"{description} {hidden}",
        tips=tips,
        entries=_entries(marks, slow_quantile, language),
        notes=[hidden],
    )
    return Map(svg=svg, dot=dot, hidden_share=folding.hidden_share, description=f"{description} {hidden}")


def _require(*, coverage: float, slow_quantile: float, most_arcs: int) -> None:
    for name, value in (("coverage", coverage), ("slow_quantile", slow_quantile)):
        if not 0 <= value <= 1:
            raise ProcmineError(f"{value!r} is no share", where=name, expected="A number from 0 to 1")
    if most_arcs < 1:
        raise ProcmineError(f"{most_arcs!r} arcs make no map", where="most_arcs", expected="A whole number from 1")


def _marks(
    pairs: pd.DataFrame, sequences: list[tuple[tuple[str, ...], int]], folding: Folding, slow_quantile: float
) -> _Marks:
    taken, back = traversals(sequences)
    elapsed: dict[Arc, float] = {}
    counted: Counter[Arc] = Counter()
    handoffs: dict[Arc, float] = {}
    columns = ("activity", "next_activity", "count", "elapsed_median_s", "handoffs")
    for source, target, number, median, handed_over in zip(*(pairs[name] for name in columns), strict=True):
        pair = (str(source), str(target))
        counted[pair], elapsed[pair], handoffs[pair] = int(number), float(median), float(handed_over)
    for arc in {arc for arc in taken if None not in arc} | set(counted):
        if taken[arc] != counted[arc]:
            raise ProcmineError(
                f"follows counts {arc[0]!r} to {arc[1]!r} {counted[arc]} times, the variants {taken[arc]} times",
                where="process_map",
                expected="Both tables whole, and of the same log",
            )
    between = [arc for arc in folding.shown if arc in elapsed]
    handed = [arc for arc in between if handoffs[arc] >= counted[arc] / 2 and elapsed[arc] > 0]
    bound = float(pd.Series([elapsed[arc] for arc in handed]).quantile(slow_quantile)) if handed else None
    return _Marks(
        taken=taken,
        back=frozenset(arc for arc in between if arc[0] == arc[1] or back[arc] >= taken[arc] / 2),
        slow=frozenset(arc for arc in handed if bound is not None and elapsed[arc] >= bound),
        slow_from_s=bound,
        elapsed=elapsed,
    )


def _dot(
    folding: Folding, marks: _Marks, events: Counter[str], orders: int, language: Language
) -> tuple[str, dict[str, str]]:
    graph = graphviz.Digraph("process_map")
    graph.attr(rankdir="TB", nodesep="0.3", ranksep="0.35", bgcolor="transparent", outputorder="edgesfirst")
    graph.attr("node", shape="box", style="rounded,filled", color=theme.STEP, penwidth="1.2", margin="0.08,0.05")
    graph.attr("edge", arrowsize="0.7")
    tips: dict[str, str] = {}
    for mark in ("start", "end"):
        lines = [(phrase(mark, language), _NAME), (count(orders), _FIGURE)]
        graph.node(mark, label(lines), id=mark, shape="ellipse", fillcolor=theme.PAPER, color=theme.INK, margin="0.02")
    shown = dict.fromkeys(name for arc in folding.shown for name in arc if name is not None)
    ids = {name: f"n{place}" for place, name in enumerate(shown)}
    most = max(events[name] for name in shown)
    for name, node in ids.items():
        fill = theme.tint(events[name] / most)
        lines = [(line, _NAME) for line in typeface.wrap(printable(name), _NAME, _NAME_WIDTH, lines=3)]
        graph.node(node, label([*lines, (count(events[name]), _FIGURE)], fill=fill), id=node, fillcolor=fill)
        tips[node] = f"{printable(name)}: {count(events[name])}"
    widest = max(marks.taken[arc] for arc in folding.shown)
    ends = {
        (source, target): ("start" if source is None else ids[source], "end" if target is None else ids[target])
        for source, target in folding.shown
    }
    rank = ranks({ends[arc]: marks.taken[arc] for arc in folding.shown})
    for place, arc in enumerate(folding.shown):
        source, target = ends[arc]
        lines, tips[f"e{place}"] = _arc_text(arc, marks, language)
        slow, back = arc in marks.slow, arc in marks.back
        upward = rank[source] > rank[target]
        wide = 0.8 + 5.2 * (marks.taken[arc] / widest) ** 0.6
        graph.edge(
            # Written the other way round, an arc that leads up does not pull the ranks of the flow about.
            *((target, source) if upward else (source, target)),
            dir="back" if upward else "forward",
            label=label(lines, fill=theme.ALARM_TINT if slow else theme.PAPER, pad=wide / 2 + (4.0 if slow else 2.0)),
            id=f"e{place}",
            penwidth=f"{wide:.2f}",
            color=theme.ALARM if slow else theme.BACK if back else theme.LINE,
            style="dashed" if back else "solid",
            weight=str(1 if back else 1 + round(20 * marks.taken[arc] / widest)),
        )
    return graph.source, tips


def _arc_text(arc: Arc, marks: _Marks, language: Language) -> tuple[list[tuple[str, float]], str]:
    """The lines beside an arc, and its tooltip."""
    number = count(marks.taken[arc])
    source, target = (printable(name) if name is not None else "" for name in arc)
    name = f"{source or phrase('start', language)} → {target or phrase('end', language)}"
    if arc not in marks.elapsed:
        return [(number, _FIGURE)], f"{name}: {number}"
    time = duration(marks.elapsed[arc], language=language)
    words = [phrase(f"{mark}_arc", language) for mark in ("back", "slow") if arc in getattr(marks, mark)]
    lines = [(number, _FIGURE), (time, _FIGURE), *((word, 8.5) for word in words)]
    return lines, f"{name}: {number}, {phrase('median', language).format(time)}" + "".join(
        f", {word}" for word in words
    )


def _hidden(folding: Folding, events: Counter[str], language: Language) -> str:
    if not folding.folded:
        return phrase("fully", language)
    shown = {name for arc in folding.shown for name in arc}
    return phrase("folded", language).format(
        orders=share(folding.hidden_share),
        arcs=count(len(folding.folded)),
        activities=count(sum(name not in shown for name in events)),
    )


def _entries(marks: _Marks, slow_quantile: float, language: Language) -> list[Entry]:
    entries = [
        Entry("box", phrase("box", language), theme.STEP, fill=theme.tint(0.6)),
        Entry("arc", phrase("arc", language), theme.LINE),
    ]
    if marks.back:
        entries.append(Entry("arc", phrase("back", language), theme.BACK, dashed=True))
    if marks.slow and marks.slow_from_s is not None:
        rule = phrase("slow", language)
        bound = duration(marks.slow_from_s, language=language)
        text = rule.format(bound, share(1 - slow_quantile))
        entries.append(Entry("box", text, theme.ALARM, word=phrase("slow_arc", language), fill=theme.ALARM_TINT))
    return entries
