"""Text that stands in a query."""

import os
import re
from pathlib import Path


def sql_text(text: str) -> str:
    """`text` as the inside of an SQL string literal."""
    return text.replace("'", "''")


def sql_name(name: str) -> str:
    """`name` as an SQL identifier, which no text in it can leave."""
    return '"' + name.replace('"', '""') + '"'


def sql_path(path: Path) -> str:
    """A path as an SQL string literal that names one file."""
    return f"'{sql_text(one_file(path))}'"


def one_file(path: Path) -> str:
    """A path as that of one file: the engine takes ``orders[1].csv`` for a pattern, and reads ``orders1.csv``."""
    return re.sub(r"([*?\[])", r"[\1]", os.fspath(path))
