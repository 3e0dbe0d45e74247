"""JSON lines: an object a line."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from ibis.expr.types import Table

from procmine.assemble.mapping import Source
from procmine.assemble.reading import text
from procmine.assemble.reading.json_cells import DECODER, Columns
from procmine.assemble.reading.presence import MissingColumnError
from procmine.assemble.reading.sifted import Sifted
from procmine.assemble.reasons import NO_OBJECT, TOO_LONG


def read(path: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    """The values of the objects at `path`, as `json_cells.Columns` says; what an object has not is null.

    Empty lines are no rows. Lines that cannot be read are there without cells, as `Sifted` says: no JSON object, bytes
    of another encoding or of zero, over `LONGEST_ROW`.

    A file without a line has no rows: the form has no header that would be left of an export that found nothing.

    Errors: `ExportError` for a file that is missing, cut off, in which no line has one of `columns`, or of which more
    than half of the lines cannot be read.
    """
    plain = text.unpacked(path, scratch)
    wanted = Columns(columns)
    sifted = Sifted(path, delimiter=",", width=len(columns), scratch=scratch)
    with text.opened(plain, source.encoding, strict=False) as file, sifted:
        for number, line in enumerate(text.lines(file), 1):
            bare = line.strip("\ufeff \t\r\n")
            if bare:
                cells, problem = _cells(line, bare, wanted)
                if problem is None:
                    sifted.add_cells(cells)
                else:
                    sifted.refuse(problem, line=number, stands=bare)
    places = {column: place for place, column in enumerate(columns)}
    table = sifted.table(places, advice="JSON lines have one object a line; where they are a list, the format is json")
    if wanted.unseen and sifted.rows:
        raise MissingColumnError(wanted.unseen[0], wanted.others, where=path, among=" in any line")
    return table


def _cells(line: str, bare: str, wanted: Columns) -> tuple[list[str], str | None]:
    """The cells that a line gives, or why it gives none."""
    problem = TOO_LONG if text.is_too_long(line) else text.flaw(bare)
    if problem is not None:
        return [], problem
    try:
        return wanted.cells(DECODER.decode(bare))
    except (ValueError, RecursionError):
        return [], NO_OBJECT
