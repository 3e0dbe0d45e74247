"""The typeface of every picture: Noto Sans CJK SC, which the package `noto-cjk-sans-otc` carries.

A map embeds the glyphs that it shows, a few kilobytes, so that it looks the same, Chinese included, on a machine
without any font; and since its glyphs are known, its labels are measured, not guessed.
"""

import base64
import functools
import hashlib
import io
import unicodedata
from pathlib import Path
from typing import Any

import noto_cjk_sans_otc

FAMILY = "Noto Sans CJK SC"
FALLBACK = f"'{FAMILY}', 'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', 'WenQuanYi Micro Hei', sans-serif"
"""What a viewer may use for a character that the embedded glyphs lack."""
FACE = 2
"""The place of `FAMILY` in the collection: 0 is Japanese, 1 Korean, 2 simplified Chinese."""
LINE = 1.3
"""Height of a line, in its font's size."""


def path() -> Path:
    """The font file."""
    return Path(str(noto_cjk_sans_otc.FONT_PATH))


@functools.cache
def _advances() -> tuple[dict[int, str], dict[str, tuple[int, int]], int]:
    with _open() as font:
        return font.getBestCmap(), font["hmtx"].metrics, font["head"].unitsPerEm


def _open() -> Any:
    from fontTools.ttLib import TTFont

    return TTFont(path(), fontNumber=FACE, lazy=True)


def has(character: str) -> bool:
    """Whether the typeface has a glyph for `character`."""
    return ord(character) in _advances()[0]


@functools.lru_cache(maxsize=4096)
def width(text: str, size: float) -> float:
    """Width of one line of `text` at `size`, in the unit of `size`."""
    glyphs, metrics, em = _advances()
    total = 0.0
    for character in text:
        glyph = glyphs.get(ord(character))
        if glyph is not None:
            total += metrics[glyph][0] / em
        elif not unicodedata.combining(character):
            total += 1.0
    return total * size


def wrap(text: str, size: float, limit: float, *, lines: int | None = None) -> list[str]:
    """`text` in lines of at most `limit` width, broken at spaces or beside a wide character; "…" ends what is cut off.

    A word that is too long for a line is broken where the line ends. `lines` is the most to give; None is all.
    """
    wrapped, line = [], ""
    for token in _tokens(text):
        if line and width(line + token.rstrip(), size) > limit:
            wrapped.append(line.rstrip())
            line = ""
        line += token
        while width(line.rstrip(), size) > limit and len(line) > 1:
            fitting = max((n for n in range(1, len(line)) if width(line[:n], size) <= limit), default=1)
            wrapped.append(line[:fitting])
            line = line[fitting:]
    wrapped.append(line.rstrip())
    if lines is None or len(wrapped) <= lines:
        return wrapped
    last = wrapped[lines - 1]
    while last and width(last + "…", size) > limit:
        last = last[:-1]
    return [*wrapped[: lines - 1], last.rstrip() + "…"]


def _tokens(text: str) -> list[str]:
    """`text` in the parts between which a line may break."""
    tokens = [""]
    for before, character in zip(" " + text, text, strict=False):
        closing = unicodedata.category(character) in ("Po", "Pe")
        if before == " " != character or ((_wide(before) or _wide(character)) and character != " " and not closing):
            tokens.append("")
        tokens[-1] += character
    return tokens


def _wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def embedded(text: str) -> tuple[str, str]:
    """A family name and the CSS `@font-face` rule that defines it with just the glyphs of `text`."""
    from fontTools import subset

    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.desubroutinize = True
    options.name_IDs = []
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx"]
    characters = "".join(sorted(set(text)))
    file = io.BytesIO()
    with _open() as font:
        subsetter = subset.Subsetter(options)
        subsetter.populate(text=characters)
        subsetter.subset(font)
        font.flavor = "woff"
        font.recalcTimestamp = False
        font.save(file)
    family = f"procmine-{hashlib.sha256(characters.encode()).hexdigest()[:12]}"
    data = base64.b64encode(file.getvalue()).decode("ascii")
    return family, f"@font-face {{font-family: '{family}'; src: url(data:font/woff;base64,{data}) format('woff');}}"
