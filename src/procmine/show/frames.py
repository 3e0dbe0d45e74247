"""What a picture takes: a finished table, as a pandas frame with the columns that the picture needs."""

import re
from collections.abc import Sequence

import pandas as pd
from ibis.expr.types import Table

from procmine import engine
from procmine.errors import ProcmineError

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def finished(table: Table | pd.DataFrame, *columns: str, picture: str) -> pd.DataFrame:
    """`table` collected, where it has `columns`; else an error that names the missing ones."""
    frame = table if isinstance(table, pd.DataFrame) else engine.collect(table)
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise ProcmineError(
            f"the table has no column {', '.join(missing)}",
            where=picture,
            expected=f"It takes a table with the columns {', '.join(columns)}",
        )
    return frame


def printable(name: object) -> str:
    """A name out of the data as one line of text; characters that XML cannot hold become "�"."""
    return " ".join(_UNPRINTABLE.sub("\ufffd", str(name)).split()) or "␣"


def ordered(names: Sequence[object], first: Sequence[object]) -> list[object]:
    """`names` without repetition: those of `first` in its order, then the rest sorted by their text."""
    known = set(names)
    return [name for name in first if name in known] + sorted(known - set(first), key=str)
