"""What the columns of an export look like, found in two passes over its rows."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from ibis.expr.types import StringColumn, Table

from procmine import engine
from procmine.assemble.rows import cell
from procmine.draft.names import says
from procmine.draft.times import Times, times_of

_IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9_./:#-]{2,}$"
_WHOLE = r"^[+-]?(0|[1-9][0-9]*)([.]0+)?$"
_NUMBER = r"^[+-]?(0|[1-9][0-9]*)([.][0-9]+)?$"
_DIGIT, _LETTER = r"[0-9]", r"[A-Za-z]"
_TIME = (
    r"^([0-9]{4}[-/.年][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}([ T]|$)"
    r"|(19|20)[0-9]{6}($|[0-9]{6}$|T[0-9]{6}))"
)
_COUNTED = r"^(1[0-9]{9}([0-9]{3}){0,2}([.][0-9]+)?|[34][0-9]{4}([.][0-9]+)?)$"
"""Times since 1970, in any unit, and days as a spreadsheet counts them, of the years about this one."""
_MOST = 0.95
SHORT = 4
"""Digits of a number that may agree with another by chance, and of an order's lines as they are counted."""
_LONGEST = 80
"""Characters of a key, on average."""


@dataclass(frozen=True)
class Column:
    """A column of an export: how many cells are filled, with how many values, and what all of them are."""

    name: str
    rows: int
    filled: int
    distinct: int
    length: float
    is_whole: bool
    is_number: bool
    is_identifier: bool
    """Letters, digits and the signs of numbers, at least three; some digit in each."""
    has_letters: bool
    times: Times | None = None

    @property
    def is_unique(self) -> bool:
        """Whether hardly any value comes twice."""
        return self.filled > 1 and self.distinct >= 0.98 * self.filled

    @property
    def may_be_key(self) -> bool:
        """Whether its values could name things, by what they look like and what it is called."""
        return (
            self.times is None
            and self.filled > 0
            and self.length <= _LONGEST
            and (self.is_whole or not self.is_number)
            and not (self.is_whole and self.length < SHORT and says(self.name, "line"))
            and not any(says(self.name, part) for part in ("resource", "department", "activity", "status"))
        )

    @property
    def repeats(self) -> float:
        """How many cells there are for each value."""
        return self.filled / self.distinct if self.distinct else 0.0


def columns_of(rows: Table, names: list[str]) -> dict[str, Column]:
    """Each column of `rows` by its name."""
    facts = {f"{place} {fact}": value for place, name in enumerate(names) for fact, value in _facts(cell(rows, name))}
    found: pd.Series[Any] = engine.collect(rows.agg(rows=rows.count(), **facts)).iloc[0]
    columns = {}
    for place, name in enumerate(names):
        told = {fact: found[f"{place} {fact}"] for fact in _FACTS}
        filled = int(told["filled"])
        alike = {fact: filled > 0 and bool(told[fact] >= filled) for fact in ("whole", "number", "identifier")}
        looks = max(told["time"], told["counted"] if says(name, "time") else 0)
        is_time = filled > 0 and looks >= _MOST * filled
        columns[name] = Column(
            name,
            rows=int(found["rows"]),
            filled=filled,
            distinct=int(told["distinct"]),
            length=float(told["length"]) if filled else 0.0,
            is_whole=alike["whole"],
            is_number=alike["number"],
            is_identifier=alike["identifier"],
            has_letters=bool(told["letters"] > 0),
            times=times_of(rows, name, filled=filled) if is_time else None,
        )
    return columns


_FACTS = ("filled", "distinct", "length", "whole", "number", "identifier", "letters", "time", "counted")


def _facts(text: StringColumn) -> list[tuple[str, Any]]:
    matches = {"whole": _WHOLE, "number": _NUMBER, "letters": _LETTER, "time": _TIME, "counted": _COUNTED}
    return [
        ("filled", text.count()),
        ("distinct", text.nunique()),
        ("length", text.length().mean()),
        *((fact, text.re_search(pattern).sum().fill_null(0)) for fact, pattern in matches.items()),
        ("identifier", (text.re_search(_IDENTIFIER) & text.re_search(_DIGIT)).sum().fill_null(0)),
    ]
