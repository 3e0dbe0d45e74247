import pandas as pd
import pytest

from procmine import measure
from procmine.errors import ReportError
from procmine.report import save_tables


def test_a_table_is_written_for_programs_and_for_spreadsheets(make_log, tmp_path):
    variants = measure.variants(make_log("a: 受理 安装 | b: 受理"))
    written = save_tables(tmp_path, variants=variants, nothing=None)
    assert written.to_dict("records") == [{"table": "variants", "rows": 2, "columns": 5}]
    assert sorted(path.name for path in (tmp_path / "tables").iterdir()) == ["variants.csv", "variants.parquet"]
    stored = pd.read_parquet(tmp_path / "tables" / "variants.parquet")
    assert [list(names) for names in stored["activities"]] == [["受理"], ["受理", "安装"]]
    text = (tmp_path / "tables" / "variants.csv").read_bytes()
    assert text.decode("utf-8").splitlines() == [
        '\ufeff"variant","activities","events","count","share"',
        '1,"受理",1,1,0.5',
        '2,"受理 → 安装",2,1,0.5',
    ]


def test_times_are_iso_in_utc_and_missing_cells_empty(make_log, tmp_path):
    save_tables(tmp_path, cases=measure.cases(make_log("a: X Y")))
    lines = (tmp_path / "tables" / "cases.csv").read_text("utf-8-sig").splitlines()
    assert lines[1] == '"a","2024-01-01T00:00:00.000000Z","2024-01-01T01:00:00.000000Z",3600,2,1,"Y",,'


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_that_a_spreadsheet_would_compute_is_made_harmless(tmp_path, text):
    frame = pd.DataFrame({"name": [text, "plain"], "minus": [-1, -2]})
    save_tables(tmp_path, names=frame.rename(columns={"minus": "=minus"}))
    shown = pd.read_csv(tmp_path / "tables" / "names.csv", dtype=str, keep_default_na=False)
    assert shown.columns.tolist() == ["name", "'=minus"]
    assert shown["name"].str.startswith("'").tolist() == [True, False]
    assert shown["'=minus"].tolist() == ["-1", "-2"]
    assert pd.read_parquet(tmp_path / "tables" / "names.parquet")["name"].tolist() == [text, "plain"]


def test_an_item_of_a_list_cannot_be_a_formula_either(tmp_path):
    save_tables(tmp_path, ways=pd.DataFrame({"activities": [["=1", "b"]]}))
    assert (tmp_path / "tables" / "ways.csv").read_text("utf-8-sig").splitlines()[1] == '"\'=1 → b"'


def test_a_column_without_any_value_is_written(tmp_path):
    save_tables(tmp_path, none=pd.DataFrame({"a": [1, 2], "b": [None, None]}))
    assert (tmp_path / "tables" / "none.csv").read_text("utf-8-sig").splitlines() == ['"a","b"', "1,", "2,"]


def test_quotes_and_lines_in_a_name_stay_one_cell(tmp_path):
    names = ['say "x"', "two\nlines", "a,b"]
    save_tables(tmp_path, names=pd.DataFrame({'the "name"': names}))
    shown = pd.read_csv(tmp_path / "tables" / "names.csv")
    assert shown['the "name"'].tolist() == names


def test_an_empty_table_has_its_header(tmp_path):
    save_tables(tmp_path, none=pd.DataFrame({"a": pd.Series(dtype="int64"), "b": pd.Series(dtype="str")}))
    assert (tmp_path / "tables" / "none.csv").read_text("utf-8-sig") == '"a","b"\n'
    assert len(pd.read_parquet(tmp_path / "tables" / "none.parquet")) == 0


def test_without_a_folder_nothing_is_written(make_log, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written = save_tables("", cases=measure.cases(make_log("a: X | b: X")))
    assert written["rows"].tolist() == [2]
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ReportError, match=r"nowhere: no such folder. A folder to write tables to, or none."):
        save_tables(tmp_path / "nowhere", a=pd.DataFrame({"a": [1]}))
