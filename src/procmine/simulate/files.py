"""Write rows of text as a file of one of the forms in which systems export. Equal rows give equal bytes."""

import csv
import datetime as dt
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import xlsxwriter

from procmine.errors import SimulationError

Rows = Iterable[Sequence[str]]
SHEET_ROWS = 1_048_575
"""How many rows below its header an Excel sheet holds."""


def write_rows(path: Path, columns: Sequence[str], rows: Rows, *, encoding: str = "utf-8") -> None:
    """Write `rows` below `columns`, in the form that the ending of `path` says; an empty cell is a missing value.

    Errors: `SimulationError` for more rows than an Excel sheet holds.
    """
    if path.suffix == ".xlsx":
        _write_sheet(path, columns, rows)
    elif path.suffix == ".sqlite":
        _write_table(path, columns, rows)
    elif path.suffix == ".jsonl":
        _write_objects(path, columns, rows)
    else:
        with path.open("w", encoding=encoding, newline="") as lines:
            writer = csv.writer(lines, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)


def _write_objects(path: Path, columns: Sequence[str], rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as lines:
        for row in rows:
            told = {column: cell or None for column, cell in zip(columns, row, strict=True)}
            lines.write(json.dumps(told, ensure_ascii=False) + "\n")


def _write_table(path: Path, columns: Sequence[str], rows: Rows) -> None:
    """One table, named like the file. The version of SQLite that wrote it is taken out of the file."""
    names = ", ".join(f'"{column}" TEXT' for column in columns)
    marks = ", ".join("?" * len(columns))
    database = sqlite3.connect(path)
    try:
        database.execute(f'CREATE TABLE "{path.stem}" ({names})')
        cells = ([cell or None for cell in row] for row in rows)
        database.executemany(f'INSERT INTO "{path.stem}" VALUES ({marks})', cells)
        database.commit()
    finally:
        database.close()
    with path.open("r+b") as file:
        file.seek(96)
        file.write(bytes(4))


def _write_sheet(path: Path, columns: Sequence[str], rows: Rows) -> None:
    """One sheet; times as Excel's own. Stored without compression, whose bytes differ between systems."""
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed, {"in_memory": True}) as book:
        book.set_properties({"created": dt.datetime(2000, 1, 1)})
        day, moment = (book.add_format({"num_format": form}) for form in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"))
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, columns)
        for number, row in enumerate(rows, start=1):
            if number > SHEET_ROWS:
                raise SimulationError(
                    f"more rows than the {SHEET_ROWS:,} of an Excel sheet",
                    where=path.name,
                    expected="Ask for fewer orders",
                )
            for place, cell in enumerate(row):
                when = _time(cell)
                if when is not None:
                    sheet.write_datetime(number, place, when, day if len(cell) == len("2025-01-31") else moment)
                elif cell:
                    sheet.write_string(number, place, cell)
    with zipfile.ZipFile(packed) as given, zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as stored:
        for part in given.infolist():
            stored.writestr(zipfile.ZipInfo(part.filename), given.read(part))


def _time(cell: str) -> dt.datetime | None:
    try:
        return dt.datetime.fromisoformat(cell) if cell[:1].isdigit() and cell[4:5] == "-" else None
    except ValueError:
        return None
