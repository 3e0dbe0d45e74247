"""Where the columns of a file without a schema stand: the row of their names, which a title may stand above."""

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike

from procmine.assemble.reading.presence import require_columns
from procmine.errors import ExportError

FIRST = 20
"""How many rows from the beginning are looked at for a header that is not where it should be."""


class MisplacedHeaderError(ExportError):
    """The row that should name the columns does not, but another, `found_in`, does."""

    def __init__(self, column: str, *, row: int, found_in: int, where: str | PathLike[str], word: str) -> None:
        self.found_in = found_in
        super().__init__(
            f"no column {column!r} in {word} {row}, but {word} {found_in} reads like the header",
            where=where,
            expected=f"If it is, say header_row: {found_in} in study.yaml",
        )


def places(
    rows: Mapping[int, Sequence[str]], columns: Iterable[str], *, row: int, where: str | PathLike[str], word: str
) -> dict[str, int]:
    """Where each of `columns` stands in the header, which is in `row`. Columns without a name are passed over.

    `rows` are the first of the file by their number; `word` is what a number counts, "row" or "line".

    Errors: a `MisplacedHeaderError` where another of `rows` names more of the columns, and at least half of them; a
    `MissingColumnError` for one that is not there; an `ExportError` for a header that is empty, or where several
    columns have the name of one of `columns`.
    """
    wanted, names = list(columns), rows.get(row, ())
    best = max(rows, key=lambda number: (_named(rows[number], wanted), -number), default=row)
    missing = next((column for column in wanted if column not in names), None)
    if missing is not None and _named(rows.get(best, ()), wanted) > max(_named(names, wanted), (len(wanted) - 1) // 2):
        raise MisplacedHeaderError(missing, row=row, found_in=best, where=where, word=word)
    if not any(names):
        found = f"{word} {row} is empty, and should name the columns"
        raise ExportError(found, where=where, expected=f"Say as header_row in study.yaml which {word} does")
    require_columns(wanted, filter(None, names), where)
    alike = next((name for name in wanted if names.count(name) > 1), None)
    if alike is not None:
        raise ExportError(
            f"{names.count(alike)} columns are named {alike!r}",
            where=where,
            expected="Each column that the study reads needs a name of its own",
        )
    return {name: names.index(name) for name in wanted}


def _named(row: Sequence[str], columns: Sequence[str]) -> int:
    """How many of `columns` the row names."""
    return len({*row} & {*columns})
