"""The cells that a JSON object gives: its values as they are written, but for floats that are whole."""

import json
from collections.abc import Sequence
from typing import Any

from procmine.assemble.reading import text
from procmine.assemble.reading.cell_text import float_text
from procmine.assemble.reasons import NO_OBJECT, NO_TEXT, ZEROS

_KNOWN = 1_000
"""How many names of columns an error can choose the nearest from."""


class _Number(str):
    """A number as it is written: 12345678901234567890 and 1.10 keep their digits."""


class _Float(_Number):
    """A number with decimals or an exponent."""


DECODER = json.JSONDecoder(parse_float=_Float, parse_int=_Number, parse_constant=_Number)
"""Its values give cells."""


class Columns:
    """The columns asked for; `unseen` are those of them that no object has had so far, `others` what names objects had
    until then.

    A column is a key, or the way to one in nested objects, `customer.tier`.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self.ways = {column: column.split(".") for column in columns}
        self.unseen = list(columns)
        self.others: dict[str, None] = {}

    def cells(self, found: Any) -> tuple[list[str], str | None]:
        """Their cells in a value of `DECODER`, empty where it has none; or why it gives none.

        Numbers, true and false are their text, floats as `cell_text.float_text` says; an object or a list is its JSON.
        """
        if not isinstance(found, dict):
            return [], NO_OBJECT
        values = {column: _value(found, column, way) for column, way in self.ways.items()}
        if self.unseen:
            self.unseen = [column for column in self.unseen if values[column] is _ABSENT]
            if len(self.others) < _KNOWN:
                self.others |= dict.fromkeys(_names(found))
        try:
            cells = [_cell(value) for value in values.values()]
        except RecursionError:
            return [], NO_OBJECT
        return cells, _no_text("".join(cells))


_ABSENT = object()


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
    if isinstance(value, _Float):
        return float_text(value)
    return value if isinstance(value, str) else json_of(value)


def json_of(value: Any) -> str:
    """A value as JSON, numbers as they were written."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json_of(key)}:{json_of(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(json_of, value)) + "]"
    return value if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)


def _names(found: dict[str, Any]) -> list[str]:
    inner = [f"{key}.{name}" for key, value in found.items() if isinstance(value, dict) for name in _names(value)]
    return [*found, *inner]


def _no_text(cells: str) -> str | None:
    """What of the cells no text can hold: JSON can write zero bytes and halves of characters as escapes."""
    if "\0" in cells:
        return ZEROS
    return None if cells.isascii() or not text.has_surrogates(cells) else NO_TEXT
