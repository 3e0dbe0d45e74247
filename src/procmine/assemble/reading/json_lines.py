"""JSON lines: an object a line."""

import json
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ibis.expr.types import Table

from procmine.assemble.mapping import Source
from procmine.assemble.reading import text
from procmine.assemble.reading.presence import MissingColumnError
from procmine.assemble.reading.sifted import Sifted
from procmine.assemble.reasons import NO_OBJECT, NO_TEXT, TOO_LONG, ZEROS

_KNOWN = 1_000
"""How many names of columns an error can choose the nearest from."""


class _Number(str):
    """A number as it is written: 12345678901234567890 and 1.10 keep their digits."""


_DECODER = json.JSONDecoder(parse_float=_Number, parse_int=_Number, parse_constant=_Number)


def read(path: Path, source: Source, columns: Sequence[str], scratch: ExitStack) -> Table:
    """The values of the objects at `path`, each as it is written: numbers, true and false as their text, null as null.

    A column is a key, or the way to one in nested objects, `customer.tier`; an object or a list is its JSON. A key that
    a line has not is null there. Empty lines are no rows. Lines that cannot be read are there without cells, as
    `Sifted` says: no JSON object, bytes of another encoding or of zero, over `LONGEST_ROW`.

    A file without a line has no rows: the form has no header that would be left of an export that found nothing.

    Errors: `ExportError` for a file that is missing, cut off, in which no line has one of `columns`, or of which more
    than half of the lines cannot be read.
    """
    plain = text.unpacked(path, scratch)
    wanted = _Columns(columns)
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
    table = sifted.table(places, advice="A file of JSON lines has one object a line")
    if wanted.unseen and sifted.rows:
        raise MissingColumnError(wanted.unseen[0], wanted.others, where=path, among=" in any line")
    return table


class _Columns:
    """The columns asked for, those of them that no object has had so far, and what names objects had until then."""

    def __init__(self, columns: Sequence[str]) -> None:
        self.ways = {column: column.split(".") for column in columns}
        self.unseen = list(columns)
        self.others: dict[str, None] = {}

    def of(self, found: dict[str, Any]) -> list[Any]:
        """Their values in an object, `_ABSENT` where it has none."""
        values = {column: _value(found, column, way) for column, way in self.ways.items()}
        if self.unseen:
            self.unseen = [column for column in self.unseen if values[column] is _ABSENT]
            if len(self.others) < _KNOWN:
                self.others |= dict.fromkeys(_names(found))
        return list(values.values())


_ABSENT = object()


def _cells(line: str, bare: str, wanted: _Columns) -> tuple[list[str], str | None]:
    """The cells that a line gives, or why it gives none."""
    problem = TOO_LONG if text.is_too_long(line) else text.flaw(bare)
    if problem is not None:
        return [], problem
    try:
        found = _DECODER.decode(bare)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return [], NO_OBJECT
    cells = [_cell(value) for value in wanted.of(found)]
    return cells, _no_text("".join(cells)) if "\\u" in bare else None


def _value(found: dict[str, Any], column: str, way: list[str]) -> Any:
    if column in found or len(way) == 1:
        return found.get(column, _ABSENT)
    value: Any = found
    for key in way:
        if not isinstance(value, dict) or key not in value:
            return _ABSENT
        value = value[key]
    return value


def _cell(value: Any) -> str:
    if value is None or value is _ABSENT:
        return ""
    return value if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    """A value as JSON, numbers as they were written."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(key)}:{_json(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return value if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)


def _names(found: dict[str, Any]) -> list[str]:
    inner = [f"{key}.{name}" for key, value in found.items() if isinstance(value, dict) for name in _names(value)]
    return [*found, *inner]


def _no_text(cells: str) -> str | None:
    """What of the cells no text can hold: JSON can write zero bytes and halves of characters as escapes."""
    if "\0" in cells:
        return ZEROS
    return None if cells.isascii() or not text.has_surrogates(cells) else NO_TEXT
