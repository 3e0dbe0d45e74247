"""A text file read line by line, where some lines cannot be: all its rows written again as one clean CSV file.

The engine reads that copy. A row that could not be read has no cells there, but why, in which line, and what it says.
"""

import csv
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.reading import text
from procmine.assemble.rows import CELL, LINE, ROW, TEXT, UNREAD
from procmine.errors import ExportError

_END = "\r\n"
"""With it the writer quotes cells with either of the two."""
_OURS = (ROW, UNREAD, LINE, TEXT)


class Sifted:
    """The rows of `path` as they are found: those that were read by `add`, the others by `refuse`; `table()` has all.

    Use as a context; the table is there after it and lives as long as `scratch`.
    """

    def __init__(self, path: Path, *, delimiter: str, width: int, scratch: ExitStack) -> None:
        self.path, self.delimiter, self.width = path, delimiter, width
        self.rows = self.refused = 0
        self.first = ""
        self._copy = text.scratch_file(scratch, "sifted.csv")

    def __enter__(self) -> "Sifted":
        self._out = self._copy.open("w", encoding="utf-8", newline="", buffering=1 << 20)
        self._cells = csv.writer(self._out, delimiter=self.delimiter, lineterminator=_END)
        self._cells.writerow([*_OURS, *range(self.width)])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.close()

    def add(self, cells: str) -> None:
        """A row that was read, `cells` being the text of its cells as a CSV file has it, without a line end."""
        self.rows += 1
        self._out.write(f"{self.rows}{self.delimiter * 4}{cells}{_END}")

    def add_cells(self, cells: Sequence[str]) -> None:
        """A row that was read, by its cells."""
        self.rows += 1
        self._cells.writerow([self.rows, "", "", "", *cells])

    def refuse(self, reason: str, *, line: int, stands: str, detail: str | None = None) -> None:
        """A row that could not be read, and why: `stands` in `line`. `detail` says more, for where most rows are so."""
        self.rows += 1
        self.refused += 1
        self.first = self.first or f"in line {line}: {detail or reason}"
        self._cells.writerow([self.rows, reason, line, text.shown(stands), *[""] * self.width])

    def table(self, columns: dict[str, int], *, advice: str) -> Table:
        """All rows: `ROW`, `UNREAD`, `LINE`, `TEXT`, and `cell:<column>` for each of `columns` at its place in `add`.

        Errors: `ExportError` with `advice` where more than half of the rows could not be read: then it is not they that
        are wrong, but how they are read.
        """
        if self.refused * 2 > self.rows:
            found = f"{self.refused:,} of {self.rows:,} rows cannot be read; the first {self.first}"
            raise ExportError(found, where=self.path, expected=advice)
        places = [*_OURS, *(f"c{place}" for place in range(self.width))]
        found = engine.csv(self._copy, columns=places, delimiter=self.delimiter, longest_row=2 * text.LONGEST_ROW)
        return found.select(*_OURS, **{f"{CELL}{name}": found[f"c{place}"] for name, place in columns.items()}).cast(
            {ROW: "int64", LINE: "int64"}
        )
