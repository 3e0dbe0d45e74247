"""The legend below a map: a sample of each mark with its rule, then notes in plain sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lxml import etree

from procmine.show import theme, typeface

SVG = "{http://www.w3.org/2000/svg}"
NARROWEST = 460.0
"""A legend is at least this wide, however narrow its map."""
_SIZE = 10.0
_SAMPLE = 34.0
_GAP = 8.0
_STEP = _SIZE * typeface.LINE


@dataclass(frozen=True)
class Entry:
    """One mark and what it means."""

    mark: Literal["arc", "box"]
    text: str
    colour: str
    dashed: bool = False
    word: str = ""
    """What a box says."""
    fill: str = theme.PAPER
    thick: float = 1.0


def lay_out(entries: Sequence[Entry], notes: Sequence[str], *, width: float) -> tuple[Any, float]:
    """The legend as an SVG group whose top left corner is (0, 0), and its height."""
    group = etree.Element(f"{SVG}g", {"class": "legend", "font-size": f"{_SIZE:g}", "fill": theme.INK})
    y = 0.0
    for entry in entries:
        _mark(group, entry, y)
        y = _lines(group, entry.text, _SAMPLE + _GAP, y, width) + 3
    for note in notes:
        y = _lines(group, note, 0.0, y + 1, width) + 2
    return group, y


def text(parent: Any, content: str, x: float, y: float, **attributes: str) -> None:
    """Add one line of text whose baseline starts at (`x`, `y`)."""
    element = etree.SubElement(parent, f"{SVG}text", {"x": f"{x:.2f}", "y": f"{y:.2f}", **attributes})
    element.text = content


def _lines(group: Any, content: str, x: float, y: float, width: float) -> float:
    for line in typeface.wrap(content, _SIZE, width - x):
        y += _STEP
        text(group, line, x, y - 0.3 * _SIZE)
    return y


def _mark(group: Any, entry: Entry, y: float) -> None:
    middle = y + _STEP / 2
    if entry.mark == "arc":
        dash = {"stroke-dasharray": "5,2"} if entry.dashed else {}
        line = {"d": f"M0,{middle:.1f}H{_SAMPLE - 6:g}", "stroke": entry.colour, "stroke-width": "2", "fill": "none"}
        etree.SubElement(group, f"{SVG}path", line | dash)
        head = f"{_SAMPLE - 7:g},{middle - 3.5:.1f} {_SAMPLE:g},{middle:.1f} {_SAMPLE - 7:g},{middle + 3.5:.1f}"
        etree.SubElement(group, f"{SVG}polygon", {"points": head, "fill": entry.colour})
    else:
        box = {"x": "1", "y": f"{y + 1:.1f}", "width": f"{_SAMPLE - 2:g}", "height": f"{_STEP - 1:.1f}", "rx": "2"}
        look = {"fill": entry.fill, "stroke": entry.colour, "stroke-width": f"{entry.thick:g}"}
        etree.SubElement(group, f"{SVG}rect", box | look)
        text(group, entry.word, _SAMPLE / 2, y + _STEP - 3.2, **{"text-anchor": "middle", "font-size": "8.5"})
