"""Guess how a text file is written, from its beginning: its encoding, its delimiter, and where its header stands."""

import codecs
import csv
import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from procmine.assemble.reading.header import FIRST
from procmine.draft.titles import header_of

DELIMITERS = (",", ";", "\t", "|")
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_TRIED = ("utf-8", "gb18030")
_MOST = 0.9
"""The share of lines that must decode: fewer are another encoding, the others are broken lines."""
_COMMON = 0.8
_LINES = 200


@dataclass(frozen=True)
class Encoding:
    """An encoding, or None where none fits, and why."""

    name: str | None
    why: str


def encoding_of(head: bytes) -> Encoding:
    """The encoding of a file that begins with `head`, whole lines of it.

    Its byte order mark; else UTF-8 or GB18030, the first in which at least nine in ten lines decode to plausible text;
    else a Western code page without control characters. Nearly any bytes are some GB18030: only where four in five of
    the characters beyond ASCII are among the 3,755 common ones of GB 2312 is it taken for that.
    """
    for mark, name in _MARKS.items():
        if head.startswith(mark):
            return Encoding(name, "it begins with its byte order mark")
    if b"\0" in head:
        return Encoding(None, "there are zero bytes in it: UTF-16 without a mark, or no text")
    lines = head.splitlines() or [b""]
    for name in _TRIED:
        texts = [text for line in lines if (text := _decoded(line, name)) is not None]
        if len(texts) >= _MOST * len(lines) and (name == "utf-8" or _is_chinese(texts)):
            wrong = len(lines) - len(texts)
            broken = "" if not wrong else f"; {wrong:,} of {len(lines):,} lines do not decode, and will be set aside"
            return Encoding(name, f"its text decodes{broken}")
    if (western := _decoded(head, "cp1252")) is not None and not any(0x80 <= ord(sign) < 0xA0 for sign in western):
        return Encoding("cp1252", "it is neither UTF-8 nor GB18030, and has no control characters in this code page")
    return Encoding(None, "it is neither UTF-8, GB18030 nor Western")


def delimiter_of(head: str) -> str:
    """The delimiter that cuts the most rows at the beginning of a file to the header's number of cells, at least two.

    Of two that do, the one with more cells; a comma where none does.
    """
    scores = {mark: _score(head, mark) for mark in DELIMITERS}
    best = max(DELIMITERS, key=lambda mark: (scores[mark], -DELIMITERS.index(mark)))
    return best if scores[best] > (0, 0) else ","


def first_rows(head: str, mark: str) -> dict[int, list[str]]:
    """The cells of the first rows of a file that begins with `head`, by the line in which each begins."""
    return dict(itertools.islice(_rows(head, mark), FIRST))


def _score(head: str, mark: str) -> tuple[float, int]:
    top = header_of(first_rows(head, mark))
    widths = [len(row) for line, row in _rows(head, mark) if row and line >= top]
    if not widths or widths[0] < 2:
        return (0, 0)
    return (round(widths.count(widths[0]) / len(widths), 1), widths[0])


def _rows(head: str, mark: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first lines, with the line in which each begins; a cell without text where one is broken."""
    reader = csv.reader(itertools.islice(io.StringIO(head, newline=""), _LINES), delimiter=mark)
    while True:
        line = reader.line_num + 1
        try:
            yield line, next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, [""]


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_chinese(texts: list[str]) -> bool:
    signs = [sign for text in texts for sign in text if ord(sign) > 0x7F]
    return sum(map(_is_common, signs)) >= _COMMON * len(signs)


def _is_common(sign: str) -> bool:
    """Whether a character is a full-width sign or in level 1 of GB 2312, whose rows 16 to 55 are its common ones."""
    try:
        row = sign.encode("gb2312")[0] - 0xA0
    except UnicodeEncodeError:
        return False
    return row <= 3 or 16 <= row <= 55
