"""Which lines of a CSV file are its rows, where some of them are broken.

A row is a line, or the run of lines over which a quoted cell goes. Where a quote does not end as it should, its line
alone is refused, and reading goes on in the next: one broken quote costs one row, not the rest of the file.

Where two lines have a broken quote each, the lines from the one to the other look like one quoted cell. They are told
from a true one, such as an address, by what rows have in common (`_are_rows`): each line has the header's number of
cells, and one column is alike in all lines but for its figures, at least `_FIGURES`; or, of three lines and more, two
columns have the same kinds of signs in all lines, figures among them, and one of the two has several groups of figures.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from procmine.assemble.reading import text
from procmine.assemble.reasons import QUOTE, TOO_LONG

_FIGURE = re.compile(r"\d")
_FIGURES = 4
"""Figures that the cells of a column must have, all in the same places, to tell rows: times and most keys have more."""
_FIGURE_RUN, _LETTER_RUN = re.compile(r"\d+"), re.compile(r"[^\W\d_]+")
_LEAST_WITHIN = 3
"""Lines that a run has, at least, where one stands between its first and its last: that line is of one row or of one
cell, and a cell has the header's number of cells by chance only."""
_DOUBTFUL = re.compile(f'["\0{text.ESCAPED}]')


@dataclass(slots=True)
class CsvRow:
    """A row as it stands: the number of its first line, its text without the line end, and its cells or its problem."""

    line: int
    text: str
    cells: int = 0
    problem: str | None = None


class CsvRows:
    """The rows of a CSV file, one after the other, from its lines, of which the first has the number `first`.

    An empty line is a row of one cell. Where the `width` of the header is given, no row swallows others.
    """

    def __init__(self, lines: Iterator[str], delimiter: str, *, first: int = 1, width: int | None = None) -> None:
        self._lines = enumerate(lines, first)
        self._width = width
        self._again: deque[tuple[int, str]] = deque()
        self._delimiter = delimiter
        mark, quoted = re.escape(delimiter), r'[^"]*+(?:""[^"]*+)*+'
        self._plain = re.compile(rf'(?! ?")[^{mark}]*')
        self._quoted = re.compile(rf' ?"{quoted}" *(?={mark}|\Z)')
        self._end_of_quoted = re.compile(rf'{quoted}" *(?={mark}|\Z)')
        self._open = re.compile(rf' ?"{quoted}\Z')
        self._still_open = re.compile(rf"{quoted}\Z")

    def __iter__(self) -> Iterator[CsvRow]:
        while (found := self._next()) is not None:
            line, ended = found
            bare = ended.rstrip("\r\n")
            if text.is_too_long(bare):
                yield CsvRow(line, bare, problem=TOO_LONG)
            elif _DOUBTFUL.search(bare):
                yield self._doubtful(line, ended)
            else:
                yield CsvRow(line, bare, cells=bare.count(self._delimiter) + 1)

    def _next(self) -> tuple[int, str] | None:
        return self._again.popleft() if self._again else next(self._lines, None)

    def _doubtful(self, line: int, first: str) -> CsvRow:
        """The row that begins in a line with a quote or with what is no text; a quoted cell may go on in the next."""
        parts, ahead, size = [first], [], len(first)
        cells, is_open = self._scan(first, cells=0, is_open=False)
        while is_open and size < text.LONGEST_ROW and (more := self._next()) is not None:
            ahead.append(more)
            parts.append(more[1])
            size += len(more[1])
            cells, is_open = self._scan(more[1], cells=cells, is_open=True)
        if is_open or cells == 0 or self._are_rows(parts):
            self._again.extendleft(reversed(ahead))
            return CsvRow(line, first.rstrip("\r\n"), problem=text.flaw(first) or QUOTE)
        row = "".join(parts).rstrip("\r\n")
        return CsvRow(line, row, cells, problem=text.flaw(row))

    def _are_rows(self, lines: list[str]) -> bool:
        """Whether the lines over which a quoted cell goes are rows, its quotes being signs in two of them."""
        return self._width is not None and len(lines) > 1 and _are_rows(lines, self._delimiter, self._width)

    def _scan(self, line: str, *, cells: int, is_open: bool) -> tuple[int, bool]:
        """The row's cells with those that end in `line`, 0 where a quote ends wrongly; whether a quoted one is open."""
        bare, place = line.rstrip("\r\n"), 0
        while place <= len(bare):
            if is_open:
                end = self._end_of_quoted.match(bare, place)
            else:
                end = self._quoted.match(bare, place) or self._plain.match(bare, place)
            if end is None:
                goes_on = (self._still_open if is_open else self._open).match(bare, place) is not None
                return (cells, True) if goes_on else (0, False)
            cells, is_open, place = cells + 1, False, end.end() + 1
        return cells, False


def may_swallow_rows(lines: Iterator[str], delimiter: str, *, width: int) -> bool:
    """Whether the rows of a file have to be looked at one by one, lest two broken quotes make one of several.

    Looks at the runs of lines between two with an odd number of quotes. Quoted cells of several lines are such runs;
    where such a line does not even begin a quoted cell, nothing is known of what follows.
    """
    opening = re.compile(rf'(?:\A|{re.escape(delimiter)}) ?"')
    run: list[str] = []
    size = 0
    for line in lines:
        is_odd = line.count('"') % 2 == 1
        if is_odd and not run and not opening.search(line):
            return True
        if is_odd or run:
            run.append(line)
            size += len(line)
        if is_odd and len(run) > 1:
            if _are_rows(run, delimiter, width):
                return True
            run, size = [], 0
        if size > text.LONGEST_ROW:
            return True
    return bool(run)


def _are_rows(lines: list[str], delimiter: str, width: int) -> bool:
    rows = [line.rstrip("\r\n").split(delimiter) for line in lines]
    if any(len(row) != width for row in rows):
        return False
    columns = [[cell.strip() for cell in column] for column in zip(*rows, strict=True)]
    forms = ({_FIGURE.sub("0", cell) for cell in column} for column in columns)
    if any(len(form) == 1 and form.pop().count("0") >= _FIGURES for form in forms):
        return True
    shapes = [{_shape(cell) for cell in column} for column in columns]
    alike = [figures for shape in shapes if len(shape) == 1 and (figures := shape.pop().count("0"))]
    return len(lines) >= _LEAST_WITHIN and len(alike) > 1 and max(alike) > 1


def _shape(cell: str) -> str:
    """The kinds of signs that a cell has, in their order, without how many: ``a-0`` of ``A-17`` as of ``BC-3``."""
    return _FIGURE_RUN.sub("0", _LETTER_RUN.sub("a", cell))
