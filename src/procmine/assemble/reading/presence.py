"""Whether what a study names is there: the file, the table in it, its columns."""

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from procmine.errors import ExportError, nearest


class MissingColumnError(ExportError):
    """An export has no `column` of that name; `known` are those that it has."""

    def __init__(self, column: str, known: Iterable[str], *, where: str | PathLike[str], among: str = "") -> None:
        self.column, self.known = column, list(known)
        super().__init__(f"no column {column!r}{among}", where=where, expected=nearest(column, self.known))


class UnnamedTableError(ExportError):
    """An export has several tables or sheets, `names`, and its source says not which."""

    def __init__(self, names: Iterable[str], *, where: str | PathLike[str], kind: str) -> None:
        self.names = list(names)
        listed = ", ".join(self.names) or "there is none"
        super().__init__(
            f"{len(self.names)} {kind}s, and none is named",
            where=where,
            expected=f"Name one as {kind} in study.yaml: {listed}",
        )


def require_columns(columns: Iterable[str], known: Iterable[str], where: str | PathLike[str]) -> None:
    """A `MissingColumnError` with the nearest known name, for the first of `columns` that an export does not have."""
    names = list(known)
    for column in columns:
        if column not in names:
            raise MissingColumnError(column, names, where=where)


def require_file(path: Path, *, may_be_empty: bool = False) -> None:
    """An `ExportError` where `path` is no file, with the nearest name beside it, where it is empty, or not readable."""
    try:
        with path.open("rb") as file:
            if not file.read(1) and not may_be_empty:
                raise ExportError("the file is empty", where=path, expected="Copy or export it again")
    except FileNotFoundError:
        names = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise ExportError("no such file", where=path, expected=nearest(path.name, names)) from None
    except OSError as error:
        raise ExportError(f"the file cannot be read: {error.strerror}", where=path) from error


def the_table(wanted: str | None, known: Iterable[str], where: str | PathLike[str]) -> str:
    """The table to read: the one that `wanted` names, else the only one there is.

    Errors: `ExportError` where there is none, none of that name, or several and none is named.
    """
    tables = sorted(known)
    if wanted is None and len(tables) == 1:
        return tables[0]
    if wanted in tables:
        return str(wanted)
    if not tables:
        raise ExportError("there is no table in it", where=where, expected="Export the rows as a table")
    if wanted is None:
        raise UnnamedTableError(tables, where=where, kind="table")
    raise ExportError(f"no table {wanted!r}", where=where, expected=nearest(wanted, tables))
