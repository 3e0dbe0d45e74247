"""The same exports as text, workbooks and databases give the same log."""

import csv
import datetime
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import xlsxwriter

from procmine import engine

STUDY = """
title: Orders of the CRM, worked on in the OA
order: order
systems: {{crm: {{rank: 1, time_zone: Asia/Shanghai}}, oa: {{rank: 2, time_zone: Asia/Shanghai}}}}
sources:
  crm:
    file: crm.{ending}
    system: crm
    keys: {{order: number}}
    events: {{form: columns, columns: [
      {{activity: Accept, timestamp: accepted, department: {{value: Sales}}}}, {{activity: Bill, timestamp: billed}}]}}
    order_attributes: {{amount: {{column: amount, type: number}}, urgent: {{column: urgent, type: boolean}}}}
  oa:
    file: oa.{ending}
    system: oa
    keys: {{task: id}}
    events: {{form: row, activity: step, timestamp: done_at, resource: who}}
  link:
    file: link.{ending}
    keys: {{task: id, order: number}}
"""
Rows = list[tuple[object, ...]]
DAY, TIME = datetime.date, datetime.datetime
EXPORTS: dict[str, tuple[dict[str, str], Rows]] = {
    "crm": (
        {"number": "BIGINT", "accepted": "TIMESTAMP", "billed": "DATE", "amount": "DOUBLE", "urgent": "BOOLEAN"},
        [
            (1, TIME(2025, 3, 4, 9, 30), DAY(2025, 3, 7), 1.5, True),
            (2, TIME(2025, 3, 4, 9, 31), None, None, False),
            (3, None, None, 7.0, None),
        ],
    ),
    "oa": (
        {"id": "VARCHAR", "step": "VARCHAR", "done_at": "TIMESTAMP", "who": "VARCHAR"},
        [
            ("70000000000000001", "安装", TIME(2025, 3, 5, 10, 0, 0, 250_000), "Ann"),
            ("70000000000000002", "Test", TIME(2025, 3, 5, 10), None),
            ("70000000000000009", "Test", TIME(2025, 3, 5, 10), "Ben"),
        ],
    ),
    "link": ({"id": "VARCHAR", "number": "BIGINT"}, [("70000000000000001", 1), ("70000000000000002", 2)]),
}


def as_csv(path: Path, columns: dict[str, str], rows: Rows) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([list(columns), *rows])


def as_xlsx(path: Path, columns: dict[str, str], rows: Rows) -> None:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm:ss"}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([tuple(columns), *rows]):
            sheet.write_row(number, 0, row)


def as_sqlite(path: Path, columns: dict[str, str], rows: Rows) -> None:
    as_text = [[str(cell) if isinstance(cell, DAY) else cell for cell in row] for row in rows]
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"CREATE TABLE rows ({', '.join(columns)})")
        database.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * len(columns))})", as_text)
        database.commit()


def as_duckdb(path: Path, columns: dict[str, str], rows: Rows) -> None:
    with closing(duckdb.connect(path)) as database:
        database.execute(f"CREATE TABLE rows ({', '.join(map(' '.join, columns.items()))})")
        database.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * len(columns))})", rows)


@pytest.mark.parametrize(("ending", "write"), [("xlsx", as_xlsx), ("sqlite", as_sqlite), ("duckdb", as_duckdb)])
def test_the_log_does_not_depend_on_the_format(make_study, tmp_path, ending, write):
    def tables(ending: str, write: Callable[[Path, dict[str, str], Rows], None]) -> Iterator[pd.DataFrame]:
        study = make_study(STUDY.format(ending=ending), {})
        for name, export in EXPORTS.items():
            write(study.folder / "exports" / f"{name}.{ending}", *export)
        for table in (engine.collect(study.log()), study.ledger(), engine.collect(study.set_aside("oa"))):
            if "source" in table:
                table["source"] = table["source"].str.removesuffix(f".{ending}")
            yield table

    expected, found = list(tables("csv", as_csv)), list(tables(ending, write))
    assert len(expected[0]) == 5
    assert expected[1]["rows"].sum() == 8
    for one, other in zip(found, expected, strict=True):
        pd.testing.assert_frame_equal(one, other)
