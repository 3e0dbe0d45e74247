"""CSV that a spreadsheet shows and does not compute."""

import re
from collections.abc import Sequence
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import WriteOptions, write_csv

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""
_QUOTE = '"'


def write_header(file: IO[bytes], names: Sequence[str]) -> None:
    """The first line: UTF-8, with the mark by which spreadsheets know it."""
    header = ",".join(f'"{_harmless(name).replace(_QUOTE, _QUOTE * 2)}"' for name in names)
    file.write(f"\ufeff{header}\n".encode())


def write_rows(file: IO[bytes], part: pa.Table) -> None:
    """The rows of `part`: times as ISO 8601 in UTC, a list's items joined by " → ", an apostrophe before a text that
    a spreadsheet would take for a formula.
    """
    columns = [_as_text(column) for column in part.columns]
    write_csv(pa.table(columns, names=part.column_names), file, WriteOptions(include_header=False))


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(column.type):
        return pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_list(column.type):
        column = pc.binary_join(column.cast(pa.list_(pa.string())), " → ")
    if not pa.types.is_string(column.type):
        return column
    formula = pc.match_substring_regex(column, f"^[{re.escape(''.join(FORMULA))}]")
    return pc.if_else(formula, pc.binary_join_element_wise("'", column, ""), column)


def _harmless(name: str) -> str:
    return f"'{name}" if name.startswith(FORMULA) else name
