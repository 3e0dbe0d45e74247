"""Guess below which titles the header of a file stands: exports often begin with a name, or when they were made."""

import re
from collections.abc import Mapping, Sequence

_FIGURE = re.compile(r"[\d\s.,:/+%年月日时分秒TZ-]*")
_TITLE = 0.5
"""The most of the columns that a row above the header may fill."""


def header_of(rows: Mapping[int, Sequence[str]]) -> int:
    """Which of the first `rows` of a file, by number, names the columns: where in doubt, the first.

    Another does where it names every column that the rows below it fill, each once and none by a figure or a time, and
    the rows above it fill at most half as many cells, or one.
    """
    filled = {number: [place for place, cell in enumerate(row) if cell.strip()] for number, row in rows.items()}
    numbers = sorted(rows)
    for place, number in enumerate(numbers):
        names = [rows[number][column].strip() for column in filled[number]]
        below = {column for other in numbers[place + 1 :] for column in filled[other]}
        above = max((len(filled[other]) for other in numbers[:place]), default=0)
        is_named = len(names) == len(set(names)) > 1 and not any(map(_FIGURE.fullmatch, names))
        if is_named and below and below <= set(filled[number]) and above <= max(1, _TITLE * len(names)):
            return number
    return min(numbers, default=1)
