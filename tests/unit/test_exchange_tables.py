"""Events as Parquet, which comes back equal, and as CSV, which a spreadsheet may open."""

import ibis
import pandas as pd
import pytest

from conftest import rows
from procmine import engine
from procmine.errors import LogError
from procmine.exchange import read_events, tables, write_events
from procmine.exchange.log_order import UnorderedError, sorted_batches


@pytest.fixture
def log(make_log):
    return make_log(
        "b: X | a: X@sales/Ann Y",
        start=[None, None, pd.Timestamp("2024-01-01T00:30:00.000001Z")],
        **{"case:tier": ["B", "A", "A"], "event:note": ["=1+1", None, '订,"单\n'], "event:n": [1, 2, 3]},
    )


def test_parquet_comes_back_equal(log, tmp_path):
    again = read_events(write_events(log.order_by(log.case_id.desc()), tmp_path / "log.parquet"))
    assert again.schema() == log.schema()
    assert rows(again) == rows(log)
    assert list(engine.collect(again)["case_id"]) == ["a", "a", "b"]


@pytest.mark.parametrize("batch", [1, 2, 100])
@pytest.mark.parametrize("name", ["log.parquet", "log.csv"])
def test_rows_in_any_order_are_written_in_that_of_the_log(make_log, tmp_path, monkeypatch, name, batch):
    monkeypatch.setattr(tables, "_ROWS", batch)
    typed = make_log("b: X Y Z | a: X Y | é: X | B: X Y", **{"event:n": list(range(8))})
    ordered = [("B", 1), ("B", 2), ("a", 1), ("a", 2), ("b", 1), ("b", 2), ("b", 3), ("é", 1)]
    for log in (typed, typed.order_by(typed.case_id.desc(), "position"), typed.order_by("position", "case_id")):
        write_events(log, path := tmp_path / name)
        frame = pd.read_parquet(path) if name.endswith("parquet") else pd.read_csv(path)
        assert list(zip(frame["case_id"], frame["position"], strict=True)) == ordered
        assert [entry.name for entry in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["log.parquet", "log.csv"])
def test_a_log_in_its_order_is_not_sorted_again(log, tmp_path, monkeypatch, name):
    stored = engine.store(log, tmp_path / "stored.parquet")
    monkeypatch.setattr(type(stored), "order_by", lambda *_: pytest.fail("it was sorted"))
    write_events(stored, tmp_path / name)
    monkeypatch.undo()
    with pytest.raises(UnorderedError):
        tuple(sorted_batches(stored.order_by(stored.case_id.desc()), 2))


def test_rows_without_an_order_come_last(log, tmp_path):
    strange = log.mutate(case_id=log.case_id.nullif("a"))
    frame = pd.read_parquet(write_events(strange, tmp_path / "log.parquet"))
    assert [case for case in frame["case_id"] if not pd.isna(case)] == ["b"]
    assert frame["case_id"].isna().tolist() == [False, True, True]


def test_the_text_of_csv(log, tmp_path):
    text = write_events(log, tmp_path / "log.csv").read_bytes().decode("utf-8-sig")
    assert text == (
        '"case_id","activity","timestamp","start","system","department","resource","source","source_row","position",'
        '"occurrence","case:tier","event:note","event:n"\n'
        '"a","X","2024-01-01T00:00:00.000000Z",,,"sales","Ann","typed",2,1,1,"A",,2\n'
        '"a","Y","2024-01-01T01:00:00.000000Z","2024-01-01T00:30:00.000001Z",,,,"typed",3,2,1,"A","订,""单\n",3\n'
        '"b","X","2024-01-01T00:00:00.000000Z",,,,,"typed",1,1,1,"B","\'=1+1",1\n'
    )


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_cell_and_no_header_is_a_formula(make_log, tmp_path, text):
    log = make_log("a: X", **{"event:note": [text]}).mutate(activity=ibis.literal(text))
    frame = pd.read_csv(write_events(log, tmp_path / "log.csv"))
    assert frame.loc[0, ["activity", "event:note"]].tolist() == [f"'{text}", f"'{text}"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("log.csv", b"", "this is not the name of a Parquet file; events in CSV are a study's exports."),
        ("none.parquet", None, "there is no such file. A file ending in .parquet."),
        ("log.parquet", b"no parquet", "this is no whole Parquet file: "),
        ("log.parquet", b"PAR1 cut off", "this is no whole Parquet file: "),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LogError) as error:
        read_events(path)
    assert str(error.value).startswith(f"{path}: {message}")


def test_a_table_that_is_no_log(tmp_path):
    path = tmp_path / "other.parquet"
    pd.DataFrame({"a": [1]}).to_parquet(path)
    with pytest.raises(LogError, match="this table is not a log: it has no column case_id"):
        read_events(path)


def test_another_ending_is_refused(log, tmp_path):
    with pytest.raises(LogError, match=r"not the name of a table of events. A name ending in .parquet or .csv"):
        write_events(log, tmp_path / "log.xlsx")
    assert not list(tmp_path.iterdir())
