"""Reading tables of SQLite and DuckDB files: what a value becomes, in which order, and what is said of broken files."""

import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from types import ModuleType

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procmine import engine
from procmine.assemble.mapping import Source
from procmine.assemble.reading import duckdb_file, sqlite
from procmine.assemble.rows import CELL, ROW
from procmine.errors import ExportError

BOTH = pytest.mark.parametrize("name", ["crm.sqlite", "crm.duckdb"])
ORDERS = ["CREATE TABLE orders (no BIGINT, step TEXT)", "INSERT INTO orders VALUES (1, 'Accept'), (2, '安装')"]


def database(path: Path, *statements: str) -> Path:
    with closing(sqlite3.connect(path) if path.suffix == ".sqlite" else duckdb.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


def read(path: Path, *columns: str, table: str | None = None) -> list[tuple[object, ...]]:
    """The cells that are read, row by row."""
    source = Source.model_validate({"file": path.name, "table": table, "keys": {"order": "no"}})
    reader: ModuleType = sqlite if source.format == "sqlite" else duckdb_file
    with ExitStack() as scratch:
        rows = reader.read(path, source, columns, scratch)
        cells = engine.collect_arrow(rows).to_pylist()
    assert [row.get(ROW, place) for place, row in enumerate(cells, 1)] == list(range(1, len(cells) + 1))
    return [tuple(row[CELL + name] for name in columns) for row in cells]


def refusal(path: Path, *columns: str, table: str | None = None) -> str:
    with pytest.raises(ExportError) as caught:
        read(path, *(columns or ("no",)), table=table)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert len(message) < 500
    return message


@BOTH
def test_the_only_table(tmp_path, name):
    assert read(database(tmp_path / name, *ORDERS), "no", "step") == [("1", "Accept"), ("2", "安装")]


@BOTH
def test_a_table_by_name(tmp_path, name):
    path = database(tmp_path / name, *ORDERS, "CREATE TABLE clients (no INTEGER)", "CREATE VIEW v AS SELECT 1 AS no")
    assert read(path, "step", table="orders") == [("Accept",), ("安装",)]
    assert "2 tables, and none is named. Name one as table in study.yaml: clients, orders." in refusal(path)
    assert "no table 'order'. Did you mean 'orders'? Known: clients, orders." in refusal(path, table="order")
    assert "no table 'v'. Known: clients, orders." in refusal(path, table="v")
    assert "table 'orders': no column 'steps'. Did you mean 'step'?" in refusal(path, "steps", table="orders")
    assert "no column 'NO'" in refusal(path, "NO", table="orders")


@BOTH
def test_names_are_data(tmp_path, name):
    table, column = """a "b" 'c'; DROP TABLE x --""", """it's "quoted"; --"""
    quoted = [text.replace('"', '""') for text in (table, column)]
    path = database(
        tmp_path / name,
        "CREATE TABLE x (no INTEGER)",
        f'CREATE TABLE "{quoted[0]}" ("{quoted[1]}" TEXT, "procmine:row" TEXT)',
        f"INSERT INTO \"{quoted[0]}\" VALUES ('7', '8')",
    )
    assert read(path, column, "procmine:row", table=table) == [("7", "8")]
    assert read(path, "no", table="x") == []
    assert "no table 'x; DROP TABLE x'" in refusal(path, table="x; DROP TABLE x")


@BOTH
def test_the_order_of_rows_is_that_of_the_table(tmp_path, name):
    path = database(
        tmp_path / name,
        "CREATE TABLE orders (no INTEGER, step TEXT)",
        "INSERT INTO orders VALUES (3, 'c'), (1, 'a'), (2, 'b'), (0, 'x')",
        "CREATE INDEX by_step ON orders (step, no)",
        "DELETE FROM orders WHERE no = 1",
        "INSERT INTO orders VALUES (1, 'a')",
    )
    assert read(path, "no", "step") == [("3", "c"), ("2", "b"), ("0", "x"), ("1", "a")]
    assert read(path, "step") == [("c",), ("b",), ("x",), ("a",)]


@BOTH
def test_more_rows_than_a_block(tmp_path, name):
    rows = ", ".join(f"({number}, 's')" for number in range(70_000))
    path = database(tmp_path / name, ORDERS[0], f"INSERT INTO orders VALUES {rows}")
    assert read(path, "no") == [(str(number),) for number in range(70_000)]


@BOTH
def test_a_file_is_read_twice_and_left_as_it_was(tmp_path, name):
    path = database(tmp_path / name, *ORDERS)
    before = path.read_bytes()
    source = Source.model_validate({"file": path.name, "keys": {"order": "no"}})
    reader: ModuleType = sqlite if source.format == "sqlite" else duckdb_file
    with ExitStack() as scratch:
        first, second = (reader.read(path, source, ["no"], scratch) for _ in range(2))
        assert engine.scalar(first.count()) == engine.scalar(second.count()) == 2
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    database(path, "INSERT INTO orders VALUES (3, 'c')")


@BOTH
def test_files_that_are_no_database(tmp_path, name):
    path = tmp_path / name
    assert "no such file. Known: none." in refusal(path)
    path.write_bytes(b"")
    assert "the file is empty" in refusal(path)
    path.write_bytes(b"no,step\n1,Accept\n" * 1000)
    assert "DuckDB database" in refusal(path) or "SQLite database" in refusal(path)
    assert "Name its format in study.yaml." in refusal(path)


@BOTH
def test_a_database_without_tables(tmp_path, name):
    path = database(tmp_path / name, "CREATE TABLE x (no INTEGER)", "DROP TABLE x")
    assert "there is no table in it" in refusal(path)


@BOTH
def test_a_file_that_is_cut_off_anywhere(tmp_path, name):
    rows = ", ".join(f"({number}, 'some step')" for number in range(20_000))
    whole = database(tmp_path / name, ORDERS[0], f"INSERT INTO orders VALUES {rows}").read_bytes()
    cut = tmp_path / f"cut{Path(name).suffix}"
    for size in range(1, len(whole), len(whole) // 23):
        cut.write_bytes(whole[:size])
        assert "database" in refusal(cut)


# SQLite


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (7, "7"),
        (2**63 - 1, "9223372036854775807"),
        (-(2**63), "-9223372036854775808"),
        (7.0, "7"),
        (0.1, "0.1"),
        (1 / 3, "0.3333333333333333"),
        (1e300, "1e+300"),
        (float("inf"), "inf"),
        ("007", "007"),
        ("1e5", "1e5"),
        ("  padded ", "  padded "),
        ("安装", "安装"),
        ("", None),
        (None, None),
        (b"\x00\xffab", "00ff6162"),
    ],
)
def test_what_an_sqlite_value_becomes(tmp_path, value, told):
    path = tmp_path / "crm.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE orders (no)")
        connection.execute("INSERT INTO orders VALUES (?)", [value])
        connection.commit()
    assert read(path, "no") == [(told,)]


def test_each_value_counts_by_its_own_type_not_the_columns(tmp_path):
    path = database(
        tmp_path / "crm.sqlite",
        "CREATE TABLE orders (no INTEGER)",
        "INSERT INTO orders VALUES (7), (7.5), ('seven'), (x'07'), (NULL)",
    )
    assert read(path, "no") == [("7",), ("7.5",), ("seven",), ("07",), (None,)]


@settings(deadline=None)  # a busy machine takes longer now and then
@given(st.lists(st.floats(allow_nan=False)))
def test_no_real_is_rounded(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("reals") / "crm.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE orders (no REAL)")
        connection.executemany("INSERT INTO orders VALUES (?)", [[value] for value in values])
        connection.commit()
    assert [float(text) for (text,) in read(path, "no")] == values


def test_columns_that_take_the_names_of_the_rowid(tmp_path):
    path = database(
        tmp_path / "crm.sqlite",
        "CREATE TABLE orders (rowid TEXT, _ROWID_ TEXT)",
        "INSERT INTO orders VALUES ('z', 'y'), ('a', 'b')",
    )
    assert read(path, "rowid", "_ROWID_") == [("z", "y"), ("a", "b")]


def test_a_table_without_rowid_is_read_by_its_primary_key(tmp_path):
    path = database(
        tmp_path / "crm.sqlite",
        "CREATE TABLE orders (step TEXT, no INTEGER, PRIMARY KEY (no, step)) WITHOUT ROWID",
        "INSERT INTO orders VALUES ('z', 2), ('b', 1), ('a', 1)",
    )
    assert read(path, "step", "no") == [("a", "1"), ("b", "1"), ("z", "2")]


def test_generated_columns_are_columns(tmp_path):
    path = database(
        tmp_path / "crm.sqlite", "CREATE TABLE orders (no INTEGER, twice AS (no * 2))", "INSERT INTO orders VALUES (7)"
    )
    assert read(path, "twice") == [("14",)]


def test_text_that_is_not_utf8(tmp_path):
    path = database(
        tmp_path / "crm.sqlite", "CREATE TABLE orders (no)", "INSERT INTO orders VALUES (CAST(x'bdd3' AS TEXT))"
    )
    assert "text that is not UTF-8" in refusal(path)


def test_rows_that_are_still_in_the_log_beside_the_file(tmp_path):
    path = tmp_path / "crm.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("CREATE TABLE orders (no)")
        connection.commit()
        message = refusal(path)
    assert "rows of it are still in crm.sqlite-wal. Close the program that writes it, and copy it again." in message
    assert read(path, "no") == []


def test_a_page_that_is_damaged(tmp_path):
    rows = ", ".join(f"({number}, 'some step')" for number in range(5_000))
    path = database(tmp_path / "crm.sqlite", ORDERS[0], f"INSERT INTO orders VALUES {rows}")
    data = bytearray(path.read_bytes())
    data[4096 * 5 : 4096 * 6] = b"\xff" * 4096
    path.write_bytes(data)
    assert "the database is cut off or damaged" in refusal(path)


# DuckDB


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("7::BIGINT", "7"),
        ("7::DOUBLE", "7"),
        ("7.5::DOUBLE", "7.5"),
        ("10.0::FLOAT", "10"),
        ("1e300::DOUBLE", "1e+300"),
        ("1.7e12::DOUBLE", "1700000000000"),
        ("1e17::DOUBLE", "100000000000000000"),
        ("1e10::FLOAT", "10000000000"),
        ("'nan'::DOUBLE", "nan"),
        ("'-inf'::DOUBLE", "-inf"),
        ("1.50::DECIMAL(10, 2)", "1.50"),
        ("7.0::DECIMAL(10, 1)", "7.0"),
        ("170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727"),
        ("DATE '2025-03-04'", "2025-03-04"),
        ("TIMESTAMP '2025-03-04 09:30:00'", "2025-03-04 09:30:00"),
        ("TIMESTAMP '2025-03-04 09:30:00.25'", "2025-03-04 09:30:00.25"),
        ("TIMESTAMPTZ '2025-03-04 09:30:00+08:00'", "2025-03-04 01:30:00+00"),
        ("TIME '09:30:00'", "09:30:00"),
        ("true", "true"),
        ("'5.0'", "5.0"),
        ("''", None),
        ("NULL::INTEGER", None),
        ("'\\x00\\xFFab'::BLOB", "00ff6162"),
        ("'a'::ENUM ('a', 'b')", "a"),
        ("[1, 2]", "[1, 2]"),
        ("{'a': 1}", "{'a': 1}"),
        ("'10'::BIT", "10"),
        ("UUID '00000000-0000-0000-0000-000000000001'", "00000000-0000-0000-0000-000000000001"),
        ("MAP {'a': 1}", "{a=1}"),
        ("union_value(a := 1)", "1"),
        ("TIMETZ '09:30:00+08'", "09:30:00+08"),
    ],
)
def test_what_a_duckdb_value_becomes(tmp_path, value, told):
    path = database(tmp_path / "crm.duckdb", f"CREATE TABLE orders AS SELECT {value} AS no")
    assert read(path, "no") == [(told,)]


def test_a_table_of_another_schema(tmp_path):
    path = database(tmp_path / "crm.duckdb", *ORDERS, "CREATE SCHEMA oa", "CREATE TABLE oa.orders AS SELECT 9 AS no")
    assert read(path, "no", table="oa.orders") == [("9",)]
    assert read(path, "no", table="orders") == [("1",), ("2",)]


def test_a_database_that_someone_writes(tmp_path):
    path = database(tmp_path / "crm.duckdb", *ORDERS)
    with closing(duckdb.connect(path)):
        assert "the database is in use" in refusal(path)
    assert read(path, "no") == [("1",), ("2",)]
