"""The one palette and the one look of charts and maps.

The hues are those of Okabe and Ito's palette (2008), which readers with any kind of colour vision tell apart; every
mark that has a hue has a second sign as well (a dash, a word, a shape), so that a grey print loses nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from procmine.show import typeface

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#1a1a1a"
QUIET = "#595959"
LINE = "#7a7a7a"
GRID = "#dddddd"
PAPER = "#ffffff"
STEP = "#0072b2"
ALARM = "#d55e00"
BACK = "#8a3a72"
ALARM_TINT = "#fde6d5"
LANE_TINT = "#f4f6f8"
SERIES = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#999999")
"""Hues for unordered groups, in the order of use."""


def tint(strength: float) -> str:
    """A tint of the steps' blue, from almost white (0) to one that dark ink is still easy to read on (1)."""
    light, strong = (0xF3, 0xF8, 0xFC), (0x9C, 0xCB, 0xE8)
    part = min(max(strength, 0.0), 1.0)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in zip(light, strong, strict=True))


def ink_on(colour: Any) -> str:
    """The ink, dark or white, that is read best on `colour`."""
    from matplotlib.colors import to_rgb

    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in to_rgb(colour))
    return INK if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 else PAPER


def name_axis(ax: "Axes", name: str) -> None:
    """Name the vertical axis in upright letters, which Chinese needs, above its upper end."""
    ax.annotate(name, (0, 1), (-6, 6), xycoords="axes fraction", textcoords="offset points", ha="right")
    ax.set_ylabel("")


@contextmanager
def charts() -> Iterator[None]:
    """A context in which new Axes look like procmine's; what is drawn in it needs no font on the machine."""
    import matplotlib as mpl
    import seaborn as sns
    from cycler import cycler
    from matplotlib import font_manager

    if typeface.FAMILY not in {entry.name for entry in font_manager.fontManager.ttflist}:
        font_manager.fontManager.addfont(typeface.path())
    look = sns.axes_style("white") | sns.plotting_context("notebook", font_scale=0.85)
    look |= {
        "font.family": [typeface.FAMILY, "DejaVu Sans"],
        "axes.prop_cycle": cycler(color=SERIES),
        "axes.edgecolor": LINE,
        "axes.labelcolor": INK,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlelocation": "left",
        "axes.unicode_minus": False,
        "grid.color": GRID,
        "text.color": INK,
        "xtick.color": QUIET,
        "ytick.color": INK,
    }
    with mpl.rc_context(look):
        yield
        shown_at_once = mpl.is_interactive()
    mpl.interactive(shown_at_once)  # a notebook's first figure turns it on, and leaving the context must not undo it
