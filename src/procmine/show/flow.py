"""The designed flow as a map, its lanes apart, with what orders did otherwise written beside each step."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import graphviz
import pandas as pd
from ibis.expr.types import Table

from procmine.errors import FlowError
from procmine.show import theme, typeface
from procmine.show.direction import returning
from procmine.show.frames import finished, printable
from procmine.show.legend import Entry
from procmine.show.picture import Map, draw, label
from procmine.show.words import Language, count, phrase, spoken

_NAME_WIDTH = 110.0
_NAME, _FIGURE = 11.0, 9.0
_SIGN = {"exclusiveGateway": "×", "parallelGateway": "+", "inclusiveGateway": "○", "eventBasedGateway": "◎"}
_Counts = dict[str, Counter[str]]


class DesignedFlow(Protocol):
    """What this picture reads of a designed flow: see `procmine.mine.read_flow`."""

    @property
    def nodes(self) -> Iterable[Any]:
        """Elements: id, kind, name, lane; scope, attached_to and checkpoint where they have them."""

    @property
    def edges(self) -> Iterable[Any]:
        """Flows: source and target are ids of nodes; name."""


def flow_map(flow: DesignedFlow, deviations: Table | pd.DataFrame | None = None, *, language: Language = "en") -> Map:
    """How should orders flow, and at which steps do they do otherwise?

    The designed flow or a discovered model, top to bottom, a band a lane; checkpoints have a thick border and say so.
    With `deviations` (one row a deviation: `kind`, `activity`), each step shows how many of each kind fall on it;
    activities that the flow does not have stand in a band of their own. An element's name is shown as it is.
    """
    nodes, edges = list(flow.nodes), list(flow.edges)
    if not nodes:
        raise FlowError("the designed flow has no elements", where="flow_map", expected="A flow from read_flow(path)")
    found = _counted(deviations)
    known = {node.name for node in nodes}
    foreign = {name: kinds for name, kinds in found.items() if name not in known}
    dot, tips = _dot(nodes, edges, found, foreign, language)
    lanes = {node.lane for node in nodes if node.lane}
    steps = sum(_is_step(node) for node in nodes)
    description = phrase("flow_map", language).format(steps, len(lanes))
    checkpoints = any(getattr(node, "checkpoint", False) for node in nodes)
    svg = draw(dot, description=description, tips=tips, entries=_entries(checkpoints, found, language), notes=[])
    return Map(svg=svg, dot=dot, hidden_share=0.0, description=description)


def _counted(deviations: Table | pd.DataFrame | None) -> _Counts:
    found: _Counts = {}
    if deviations is not None:
        frame = finished(deviations, "kind", "activity", picture="flow_map(deviations)").dropna(subset=["activity"])
        for kind, activity in zip(frame["kind"], frame["activity"], strict=True):
            found.setdefault(str(activity), Counter())[str(kind)] += 1
    return found


def _dot(
    nodes: Sequence[Any], edges: Sequence[Any], found: _Counts, foreign: _Counts, language: Language
) -> tuple[str, dict[str, str]]:
    graph = graphviz.Digraph("flow_map")
    graph.attr(
        rankdir="TB", nodesep="0.25", ranksep="0.35", bgcolor="transparent", newrank="true", outputorder="edgesfirst"
    )
    graph.attr("node", shape="box", style="rounded,filled", fillcolor=theme.PAPER, color=theme.STEP, margin="0.06,0.04")
    graph.attr("edge", color=theme.LINE, arrowsize="0.6")
    ids = {node.id: f"n{place}" for place, node in enumerate(nodes)}
    tips = {}
    for place, lane in enumerate(dict.fromkeys(node.lane for node in nodes)):
        with _band(graph, f"cluster_{place}", lane) as band:
            for node in nodes:
                if node.lane == lane:
                    _element(band, ids[node.id], node, found.get(node.name, Counter()), language)
                    tips[ids[node.id]] = _tip(node.name or node.kind, found.get(node.name, Counter()), language)
    if foreign:
        with _band(graph, "cluster_foreign", phrase("foreign", language)) as band:
            for place, (name, kinds) in enumerate(sorted(foreign.items(), key=lambda item: -item[1].total())):
                _step(band, f"u{place}", name, kinds, language)
                tips[f"u{place}"] = _tip(name, kinds, language)
    back = returning((edge.source, edge.target) for edge in edges)
    for place, edge in enumerate(edges):
        if edge.source in ids and edge.target in ids:
            words = [(line, _FIGURE) for line in typeface.wrap(printable(edge.name), _FIGURE, 80)] if edge.name else []
            named = {"label": label(words)} if words else {}
            # Left to itself, Graphviz leads an arc back across lanes through the steps between.
            aside = {"tailport": "e", "headport": "e"} if (edge.source, edge.target) in back else {}
            graph.edge(ids[edge.source], ids[edge.target], id=f"e{place}", **named, **aside)
    for outer, inner in _held(nodes, edges):
        graph.edge(ids[outer], ids[inner], style="dotted", arrowhead="none")
    return graph.source, tips


def _band(graph: Any, name: str, lane: str | None) -> Any:
    if lane is None:
        return graph.subgraph()
    title = label([(line, _NAME) for line in typeface.wrap(printable(lane), _NAME, 200)], fill=theme.LANE_TINT)
    attributes = {
        "label": title,
        "labeljust": "l",
        "style": "filled",
        "fillcolor": theme.LANE_TINT,
        "color": theme.GRID,
    }
    return graph.subgraph(name=name, graph_attr=attributes)


def _held(nodes: Sequence[Any], edges: Sequence[Any]) -> list[tuple[str, str]]:
    """Pairs of an element and what belongs to it without a flow: events on its edge, and where its inside begins."""
    known, entered = {node.id for node in nodes}, {edge.target for edge in edges}
    held: list[tuple[str, str]] = []
    for node in nodes:
        attached, scope = getattr(node, "attached_to", None), getattr(node, "scope", None)
        if attached in known:
            held.append((str(attached), node.id))
        elif scope in known and node.id not in entered:
            held.append((str(scope), node.id))
    return held


def _is_step(node: Any) -> bool:
    kind = node.kind.lower()
    return kind.endswith(("task", "activity", "subprocess")) or (
        kind in ("transaction", "transition") and bool(node.name)
    )


def _element(band: Any, key: str, node: Any, kinds: Counter[str], language: Language) -> None:
    kind = node.kind[:1].lower() + node.kind[1:]
    if _is_step(node):
        _step(band, key, node.name or node.kind, kinds, language, checkpoint=getattr(node, "checkpoint", False))
    elif kind.endswith("Gateway"):
        sign = _SIGN.get(kind, "◇")
        name = [(line, _FIGURE) for line in typeface.wrap(printable(node.name), _FIGURE, 70)] if node.name else []
        shape = {"shape": "hexagon" if name else "diamond", "style": "filled", "margin": "0.0"}
        band.node(key, label([(sign, 14.0), *name], pad=0.0), id=key, color=theme.QUIET, **shape)
    elif kind == "transition":
        band.node(key, "", id=key, width="0.08", height="0.3", style="filled", fillcolor=theme.QUIET, color=theme.QUIET)
    else:
        ends = kind.endswith("endEvent")
        name = [(line, _FIGURE) for line in typeface.wrap(printable(node.name), _FIGURE, 70)] if node.name else []
        small = {} if name else {"width": "0.28", "height": "0.28"}
        pen = "2.4" if ends else "1.0"
        shape = {"shape": "ellipse" if name else "circle", "style": "filled", "penwidth": pen, "color": theme.INK}
        band.node(key, label(name) if name else "", id=key, margin="0.01", **shape, **small)


def _step(band: Any, key: str, name: str, kinds: Counter[str], language: Language, *, checkpoint: bool = False) -> None:
    fill = theme.ALARM_TINT if kinds else theme.tint(0.3)
    lines = [(line, _NAME) for line in typeface.wrap(printable(name), _NAME, _NAME_WIDTH, lines=4)]
    if checkpoint:
        lines.append((phrase("checkpoint", language), _FIGURE))
    lines += [(f"{printable(spoken(kind, language))} {count(number)}", _FIGURE) for kind, number in kinds.most_common()]
    pen = {"penwidth": "3.5" if checkpoint else "1.2", "color": theme.INK if checkpoint else theme.STEP}
    band.node(key, label(lines, fill=fill), id=key, fillcolor=fill, **pen)


def _tip(name: str, kinds: Counter[str], language: Language) -> str:
    words = [f"{printable(spoken(kind, language))} {count(number)}" for kind, number in kinds.most_common()]
    return ": ".join(filter(None, (printable(name), ", ".join(words))))


def _entries(checkpoints: bool, found: _Counts, language: Language) -> list[Entry]:
    entries = [Entry("box", phrase("step", language), theme.STEP, fill=theme.tint(0.3))]
    if checkpoints:
        entries.append(Entry("box", phrase("checkpoint_rule", language), theme.INK, fill=theme.tint(0.3), thick=3.0))
    if found:
        entries.append(Entry("box", phrase("deviating", language), theme.STEP, fill=theme.ALARM_TINT))
    return entries
