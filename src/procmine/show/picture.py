"""Maps as pictures: DOT in, a self-contained SVG out, with its text laid out, its glyphs embedded and its legend."""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from lxml import etree

from procmine.errors import ProcmineError
from procmine.show import legend, theme, typeface
from procmine.show.legend import SVG

_MARGIN = 12.0
_JOINER = "\N{WORD JOINER}"
"""Set after a backslash in DOT, and taken out of the SVG, so that Graphviz sees no escape sequence."""
_DRAWING = threading.Lock()
"""Graphviz holds its state in globals."""


@dataclass(frozen=True, repr=False)
class Map:
    """A finished map. A notebook shows it by itself; `svg` is complete, with nothing loaded from elsewhere."""

    svg: str
    dot: str
    hidden_share: float
    """Share of the orders that take at least one arc that is not shown."""
    description: str
    """What the map shows, in a sentence or two: its text alternative."""

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Map: {self.description}>"

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the map to `path`, as SVG (`.svg`) or DOT (`.dot`, `.gv`), and return the path."""
        target = Path(path)
        content = {".svg": self.svg, ".dot": self.dot, ".gv": self.dot}.get(target.suffix.lower())
        if content is None:
            raise ProcmineError(
                f"a map cannot be saved as {target.suffix or 'a file without an ending'}",
                where=target,
                expected="A name that ends in .svg, .dot or .gv",
            )
        if not target.parent.is_dir():
            raise ProcmineError("its folder does not exist", where=target, expected="A path in an existing folder")
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".saving-") as folder:
            beside = Path(folder) / target.name
            beside.write_text(content, encoding="utf-8")
            return beside.replace(target)


def label(lines: Sequence[tuple[str, float]], *, fill: str = theme.PAPER, pad: float = 3.0) -> str:
    """A DOT label of `lines`, each a text and its size: an HTML-like table as wide as the typeface needs."""
    wide = max(typeface.width(text, size) for text, size in lines) + 2 * pad
    rows = "".join(
        f'<TR><TD WIDTH="{wide:.0f}" HEIGHT="{size * typeface.LINE:.0f}"><FONT POINT-SIZE="{size:g}">'
        f"{_literal(text)}</FONT></TD></TR>"
        for text, size in lines
    )
    return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" BGCOLOR="{fill}">{rows}</TABLE>>'


def _literal(text: str) -> str:
    """`text` for an HTML-like label: markup can be escaped there, a code of Graphviz such as the node's name cannot."""
    return escape(text).replace("\\", "\\" + _JOINER)


def draw(
    dot: str, *, description: str, tips: Mapping[str, str], entries: Sequence[legend.Entry], notes: Sequence[str]
) -> str:
    """Lay `dot` out and return it as SVG.

    `tips` gives the tooltip of a node or an arc by its DOT `id`. Labels come from `label`; their text is centred here
    in the box that was reserved for it, since Graphviz measures with whatever fonts it finds. The labels of arcs and
    the names of clusters come last, on their own ground: no arc runs through them. `entries` and `notes` become the
    legend below the map.
    """
    root = _graphviz(dot)
    graph = root.find(f"{SVG}g")
    for title in graph.findall(f".//{SVG}title"):
        title.getparent().remove(title)
    labels = etree.Element(f"{SVG}g")
    for group in graph.findall(f"{SVG}g"):
        box = next((shape for shape in group.findall(f"{SVG}polygon") if shape.get("stroke") == "none"), None)
        texts = group.findall(f"{SVG}text")
        tip = tips.get(group.attrib.pop("id", ""), "")
        _tip(group, tip)
        if box is None:
            continue
        _centre(texts, box)
        if group.get("class") == "node":
            group.remove(box)
            continue
        above = etree.SubElement(labels, f"{SVG}g", {"class": "label"})
        above.extend([box, *texts])
        _tip(above, tip)
        if group.get("class") == "edge":
            _inset(box, float(group.find(f"{SVG}path").get("stroke-width", "1")) / 2)
            if box.get("fill") != theme.PAPER:
                box.set("stroke", theme.ALARM)
    graph.append(labels)
    return _framed(root, graph, description, entries, notes)


def _graphviz(dot: str) -> Any:
    import pygraphviz

    with _DRAWING, _without_font_warnings():
        drawn = pygraphviz.AGraph(string=dot).draw(format="svg", prog="dot")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, huge_tree=True
    )
    return etree.fromstring(drawn, parser)


@contextmanager
def _without_font_warnings() -> Iterator[None]:
    """Keep off the standard error what Graphviz's fontconfig says about the machine's fonts, since none is needed."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as said:
        stderr = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            said.seek(0)
            for line in said:
                if not line.strip().startswith((b"Fontconfig", b"(process:")) and line.strip():
                    os.write(stderr, line)
            os.close(stderr)


def _centre(texts: Sequence[Any], box: Any) -> None:
    corners = _corners(box)
    middle = sum(x for x, _ in corners[:4]) / 4
    sizes = [float(text.get("font-size")) for text in texts]
    y = sum(y for _, y in corners[:4]) / 4 - sum(sizes) * typeface.LINE / 2
    for text, size in zip(texts, sizes, strict=True):
        y += size * typeface.LINE
        text.text = (text.text or "").replace("\\" + _JOINER, "\\")
        text.set("text-anchor", "middle")
        text.set("x", f"{middle:.2f}")
        text.set("y", f"{y - 0.3 * size:.2f}")
        text.attrib.pop("font-family", None)


def _corners(box: Any) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (corner.split(",") for corner in box.get("points").split())]


def _inset(box: Any, by: float) -> None:
    """Make a label's box narrower on both sides, so that it does not cut into its arc."""
    corners = _corners(box)
    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    box.set("points", " ".join(f"{left + by if x == left else right - by:.2f},{y:.2f}" for x, y in corners))


def _tip(group: Any, tip: str) -> None:
    if tip:
        title = etree.Element(f"{SVG}title")
        title.text = tip
        group.insert(0, title)


def _framed(root: Any, graph: Any, description: str, entries: Sequence[legend.Entry], notes: Sequence[str]) -> str:
    """The laid-out `graph` on its own page: below it the legend, in it the glyphs, on it the text alternative."""
    left, top, wide, high = map(float, root.get("viewBox").split())
    inner = max(wide, legend.NARROWEST)
    page = etree.Element(f"{SVG}svg", nsmap={None: SVG.strip("{}")})
    etree.SubElement(page, f"{SVG}title").text = description
    family, rule = typeface.embedded(
        " ".join([*graph.itertext(), *(entry.text + entry.word for entry in entries), *notes])
    )
    etree.SubElement(page, f"{SVG}style").text = rule
    etree.SubElement(page, f"{SVG}rect", {"width": "100%", "height": "100%", "fill": theme.PAPER})
    place = etree.SubElement(page, f"{SVG}g")
    place.set("transform", f"translate({_MARGIN + (inner - wide) / 2 - left:.2f} {_MARGIN - top:.2f})")
    place.append(graph)
    below, legend_high = legend.lay_out(entries, notes, width=inner)
    below.set("transform", f"translate({_MARGIN:g} {_MARGIN * 2 + high:.2f})")
    page.append(below)
    width, height = inner + 2 * _MARGIN, high + legend_high + 3 * _MARGIN
    page.set("viewBox", f"0 0 {width:.2f} {height:.2f}")
    page.set("width", f"{width:.0f}")
    page.set("height", f"{height:.0f}")
    page.set("role", "img")
    page.set("aria-label", description)
    page.set("font-family", f"'{family}', {typeface.FALLBACK}")
    etree.cleanup_namespaces(page)
    return str(etree.tostring(page, encoding="unicode"))
