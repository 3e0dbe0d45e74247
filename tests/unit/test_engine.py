"""The one place that executes: what goes in comes out, in its order and with its types."""

import gc
import tempfile
from pathlib import Path

import duckdb
import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from procmine import engine
from procmine.engine import running
from procmine.errors import ProcmineError
from procmine.schema import EVENT, TIME


def test_a_frame_comes_back_as_it_went_in():
    frame = pd.DataFrame({"n": [3, 1, 2], "s": ["x", None, "安"]})
    back = engine.collect(engine.table(frame))
    assert back["n"].tolist() == [3, 1, 2]
    assert back["s"].isna().tolist() == [False, True, False]
    assert engine.collect_arrow(engine.table(frame)).column("s").to_pylist() == ["x", None, "安"]


def test_a_declared_schema_holds():
    frame = pd.DataFrame({"timestamp": pd.to_datetime(["2024-01-01T08:00+08:00"], utc=True)})
    assert engine.table(frame, {"timestamp": TIME}).schema()["timestamp"] == EVENT["timestamp"]


def test_batches_have_at_most_so_many_rows():
    parts = list(engine.batches(engine.table(pd.DataFrame({"n": range(10_000)})), rows=2048))
    assert sum(part.num_rows for part in parts) == 10_000
    assert max(part.num_rows for part in parts) <= 2048
    assert [n for part in parts for n in part.column("n").to_pylist()] == list(range(10_000))


def test_a_materialized_table_lives_as_long_as_its_context():
    before = set(engine.connection().list_tables())
    with engine.materialized(engine.table(pd.DataFrame({"n": [1, 2]}))) as table:
        assert engine.scalar(table.n.sum()) == 3
    assert set(engine.connection().list_tables()) - before <= {
        name for name in engine.connection().list_tables() if "memtable" in name
    }


def test_nothing_is_left_of_an_expression_that_fails():
    before = {name for name in engine.connection().list_tables() if "procmine" in name}
    table = engine.table(pd.DataFrame({"s": ["1", "x"]}))
    with (
        pytest.raises(Exception, match="Could not convert"),
        engine.materialized(table.select(n=table.s.cast("int64"))),
    ):
        pass
    assert {name for name in engine.connection().list_tables() if "procmine" in name} == before


def test_a_stored_table_keeps_the_order_of_its_rows(tmp_path):
    table = engine.table(pd.DataFrame({"n": range(300_000)}))
    stored = engine.store(table.order_by(table.n.desc()), tmp_path / "it's.parquet")
    assert engine.collect(stored)["n"].tolist() == list(range(299_999, -1, -1))


def test_what_does_not_fit_into_memory_is_written_outside_the_users_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = engine.connection().raw_sql("SELECT current_setting('temp_directory')").fetchone()
    assert Path(said[0]).is_absolute()
    assert Path(said[0]).parent == Path(tempfile.gettempdir())


@pytest.fixture
def memory_limit(monkeypatch):
    """Makes a connection of its own under an environment, and says what memory it may take."""

    def limit(**environment: str) -> str:
        monkeypatch.delenv(engine.MEMORY, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        known = ibis.get_backend()
        try:
            own = engine.connection.__wrapped__()
            (said,) = own.raw_sql("SELECT current_setting('memory_limit')").fetchone()
            own.disconnect()
        finally:
            ibis.set_backend(known)
        return said

    return limit


def test_the_engine_takes_a_share_of_the_memory_or_what_it_is_given(memory_limit):
    number, unit = duckdb.connect().execute("SELECT current_setting('memory_limit')").fetchone()[0].split()
    whole = float(number) * {"MiB": 1, "GiB": 1024, "TiB": 1024**2}[unit]
    number, unit = memory_limit().split()
    share = float(number) * {"MiB": 1, "GiB": 1024, "TiB": 1024**2}[unit]
    assert share == pytest.approx(max(0.15 * whole, 1024), rel=0.05)
    assert memory_limit(PROCMINE_MEMORY="700MiB") == "700.0 MiB"


def test_a_size_of_memory_that_is_none(memory_limit):
    with pytest.raises(ProcmineError) as found:
        memory_limit(PROCMINE_MEMORY="lots")
    assert str(found.value) == "PROCMINE_MEMORY: no size of memory: 'lots'. A size such as 8GiB."


def test_nothing_is_installed_from_the_web():
    said = engine.connection().raw_sql("SELECT current_setting('autoinstall_known_extensions')").fetchone()
    assert said[0] is False


def kinds_of(table) -> dict[str, str]:
    described = f'SELECT column_name, column_type FROM (DESCRIBE "{table.get_name()}")'
    return dict(engine.connection().raw_sql(described).fetchall())


@pytest.fixture
def every_table_is_coded(monkeypatch):
    monkeypatch.setattr(running, "FEWEST_CODED", 0)
    monkeypatch.setattr(running, "ROWS_A_CODE", 1)


def test_coded_text_is_text_again_in_the_same_order(every_table_is_coded, tmp_path):
    words = ["b", "a", None, "安", "Z", "b", "", 'it\'s "so"']
    table = engine.table(pd.DataFrame({"s": words, "n": range(len(words)), "none": pd.Series([None] * 8, dtype="str")}))
    with engine.coded(table) as coded:
        kinds = kinds_of(coded)
        assert kinds["s"].startswith("ENUM")
        assert (kinds["n"], kinds["none"]) == ("BIGINT", "VARCHAR")
        assert coded.schema() == table.schema()
        stored = engine.store(coded.order_by(coded.s, coded.n), tmp_path / "words.parquet")
    assert pq.read_schema(tmp_path / "words.parquet").field("s").type == pa.string()
    assert stored.schema() == table.schema()
    # the order of code points, nulls last, as without codes
    expected = engine.collect(table.order_by(table.s, table.n))
    pd.testing.assert_frame_equal(engine.collect(stored), expected)
    assert expected["n"].tolist() == [6, 4, 1, 0, 5, 7, 3, 2]


def test_text_of_many_values_and_small_tables_are_not_coded(tmp_path):
    few = engine.table(pd.DataFrame({"s": ["a"] * 100}))
    with engine.coded(few) as same:
        assert same is few
    many = pd.DataFrame({"own": [f"row {n}" for n in range(60_000)], "few": ["x", "y", "z"] * 20_000})
    with engine.coded(engine.table(many)) as coded:
        kinds = kinds_of(coded)
        assert kinds == {"own": "VARCHAR", "few": "ENUM('x', 'y', 'z')"}
        pd.testing.assert_frame_equal(engine.collect(coded), many)


def test_no_code_outlives_its_context(every_table_is_coded):
    def made() -> set[str]:
        known = "SELECT type_name FROM duckdb_types() UNION SELECT view_name FROM duckdb_views()"
        return {name for (name,) in engine.connection().raw_sql(known).fetchall() if "procmine" in name}

    before = made()
    with engine.coded(engine.table(pd.DataFrame({"s": ["a", "a"]}))):
        assert len(made() - before) == 3
    assert made() == before
    table = engine.table(pd.DataFrame({"s": ["1", "x"]}))
    with (
        pytest.raises(Exception, match="Could not convert"),
        engine.coded(table.select(table.s, n=table.s.cast("int64"))) as coded,
    ):
        engine.collect(coded)
    assert made() == before


def test_the_collector_waits_and_then_goes_on_as_before():
    with engine.collector_paused():
        assert not gc.isenabled()
        with engine.collector_paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(KeyError), engine.collector_paused():
        raise KeyError
    assert gc.isenabled()
