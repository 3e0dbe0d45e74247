import json
import sqlite3
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from procmine.errors import SimulationError
from procmine.simulate import files
from procmine.simulate.files import write_rows

COLUMNS = ["编号", "日期", "备注"]
ROWS = [["B1", "2025-03-04", '一,"二"'], ["B2", "2025-03-04 09:12:33", ""]]


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.sqlite", "a.jsonl"])
def test_equal_rows_give_equal_bytes(tmp_path: Path, name: str) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write_rows(tmp_path / folder / name, COLUMNS, ROWS)
    assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_csv_in_its_encoding(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", COLUMNS, ROWS, encoding="gb18030")
    expected = '编号,日期,备注\nB1,2025-03-04,"一,""二"""\nB2,2025-03-04 09:12:33,\n'
    assert (tmp_path / "a.csv").read_bytes() == expected.encode("gb18030")


def test_json_lines(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.jsonl", COLUMNS, ROWS)
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == [
        {"编号": "B1", "日期": "2025-03-04", "备注": '一,"二"'},
        {"编号": "B2", "日期": "2025-03-04 09:12:33", "备注": None},
    ]


def test_sqlite_table_is_named_like_its_file(tmp_path: Path) -> None:
    write_rows(tmp_path / "eoms.sqlite", COLUMNS, ROWS)
    database = sqlite3.connect(tmp_path / "eoms.sqlite")
    assert database.execute("SELECT * FROM eoms").fetchall() == [
        ("B1", "2025-03-04", '一,"二"'),
        ("B2", "2025-03-04 09:12:33", None),
    ]
    database.close()


def test_excel_sheet_has_dates_and_times_of_its_own(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.xlsx", COLUMNS, ROWS)
    header, first, second = CalamineWorkbook.from_path(tmp_path / "a.xlsx").get_sheet_by_index(0).to_python()
    assert header == COLUMNS
    assert (first[0], str(first[1]), first[2]) == ("B1", "2025-03-04", '一,"二"')
    assert (second[0], str(second[1]), second[2]) == ("B2", "2025-03-04 09:12:33", "")


def test_more_rows_than_a_sheet_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SHEET_ROWS", 1)
    with pytest.raises(SimulationError) as error:
        write_rows(tmp_path / "a.xlsx", COLUMNS, ROWS)
    assert str(error.value) == "a.xlsx: more rows than the 1 of an Excel sheet. Ask for fewer orders."
    assert not (tmp_path / "a.xlsx").exists()
