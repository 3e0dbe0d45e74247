"""Which lines of a CSV file are its rows, where some of them are broken.

A row is a line, or the run of lines over which a quoted cell goes. Where a quote does not end as it should, its line
alone is refused, and reading goes on in the next: one broken quote costs one row, not the rest of the file.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from procmine.assemble.reading import text
from procmine.assemble.reasons import QUOTE, TOO_LONG

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

    An empty line is a row of one cell.
    """

    def __init__(self, lines: Iterator[str], delimiter: str, *, first: int = 1) -> None:
        self._lines = enumerate(lines, first)
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
        if is_open or cells == 0:
            self._again.extendleft(reversed(ahead))
            return CsvRow(line, first.rstrip("\r\n"), problem=text.flaw(first) or QUOTE)
        row = "".join(parts).rstrip("\r\n")
        return CsvRow(line, row, cells, problem=text.flaw(row))

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
