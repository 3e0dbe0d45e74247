"""Reading tables of a PostgreSQL server: a real one, started here on a loopback port with a data folder of its own."""

import csv
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
import yaml
from adbc_driver_postgresql import dbapi

from conftest import STUDIES
from procmine import engine
from procmine.assemble.mapping import Source
from procmine.assemble.reading import postgresql
from procmine.assemble.rows import CELL, ROW
from procmine.errors import ExportError
from procmine.study import Study, open_study

PASSWORD = "a secret 'of' \\ours"
VARIABLE = "ORDERS_PASSWORD"


@dataclass(frozen=True)
class Server:
    """A server that runs, with a user `procmine` who may do everything in its database `orders`."""

    port: int

    @property
    def database(self) -> dict[str, object]:
        return {"host": "127.0.0.1", "port": self.port, "name": "orders", "user": "procmine", "password": VARIABLE}

    def run(self, *statements: str, database: str = "orders") -> None:
        with self._cursor(database) as cursor:
            for statement in statements:
                cursor.execute(statement)

    def table(self, file: Path, name: str) -> None:
        """A table `name` of text with the rows of a CSV file, the last of them first."""
        with file.open(encoding="utf-8-sig", newline="") as lines:
            header, *rows = csv.reader(lines)
        cells = [pa.array(column, pa.string()) for column in zip(*reversed(rows), strict=True)]
        with self._cursor("orders") as cursor:
            cursor.adbc_ingest(name, pa.table(cells, names=header), mode="create")

    @contextmanager
    def _cursor(self, database: str) -> Iterator[dbapi.Cursor]:
        secret = PASSWORD.replace("\\", "\\\\").replace("'", "\\'")
        address = f"host=127.0.0.1 port={self.port} dbname={database} user=procmine password='{secret}'"
        with dbapi.connect(address, autocommit=True) as connection, connection.cursor() as cursor:
            yield cursor


def programs() -> Path:
    """The folder of PostgreSQL's server programs; Debian keeps them off the path."""
    found = shutil.which("postgres")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    whole = [folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()]
    if not whole:
        pytest.skip("PostgreSQL's server is not installed here: no initdb and postgres (Debian: postgresql)")
    return whole[0]


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def running() -> Iterator[Server]:
    """The server; it runs as an unprivileged user, since it refuses to run as root."""
    folder = programs()
    home = Path(tempfile.mkdtemp(prefix="procmine-postgresql-"))
    as_user: dict[str, object] = {"env": {"LC_ALL": "C", "PATH": os.environ["PATH"]}, "cwd": home}
    if os.geteuid() == 0:
        user = pwd.getpwnam("nobody")
        os.chown(home, user.pw_uid, user.pw_gid)
        as_user |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    secret, data, port = home / "password", home / "data", free_port()
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    initdb = [folder / "initdb", "-D", data, "-U", "procmine", "-A", "scram-sha-256", f"--pwfile={secret}"]
    server = None
    try:
        subprocess.run([*initdb, "-E", "UTF8", "--no-sync"], check=True, capture_output=True, **as_user)
        options = [f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen(
                [folder / "postgres", "-D", data, *(part for option in options for part in ("-c", option))],
                stdout=log,
                stderr=log,
                **as_user,
            )
        _wait_for(port, server, home / "log")
        running = Server(port)
        running.run("CREATE DATABASE orders", database="postgres")
        yield running
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)
            server.wait(30)
        shutil.rmtree(home)


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 60
    while b"ready to accept connections" not in log.read_bytes():
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < end, f"no server on port {port}: {log.read_text()}"
        time.sleep(0.05)


@pytest.fixture
def server(running: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    monkeypatch.setenv(VARIABLE, PASSWORD)
    running.run("DROP SCHEMA IF EXISTS public, oa CASCADE", "CREATE SCHEMA public")
    return running


def source_of(server: Server, table: str, **database: object) -> Source:
    where = {**server.database, **database}
    return Source.model_validate({"format": "postgresql", "database": where, "table": table, "keys": {"order": "no"}})


def read(server: Server, table: str, *columns: str, **database: object) -> list[tuple[object, ...]]:
    """The rows that are read: number, then cells."""
    with ExitStack() as scratch:
        rows = postgresql.read(Path("exports"), source_of(server, table, **database), columns, scratch)
        assert rows.columns == (*(CELL + name for name in columns), ROW)
        cells = engine.collect_arrow(rows).to_pylist()
    return [(row[ROW], *(row[CELL + name] for name in columns)) for row in cells]


def refusal(server: Server, table: str, *columns: str, **database: object) -> str:
    with pytest.raises(ExportError) as caught:
        read(server, table, *(columns or ("no",)), **database)
    told = "".join(traceback.format_exception(caught.value))
    for secret in (PASSWORD, PASSWORD.replace("\\", "\\\\"), "not the password"):
        assert secret not in told
    return str(caught.value)


def where(server: Server, name: str = "orders") -> str:
    return f"PostgreSQL database '{name}' at 127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("7::bigint", "7"),
        ("7::float8", "7"),
        ("1.7e15::float8", "1700000000000000"),
        ("1e21::float8", "1e+21"),
        ("'-0'::float8", "0"),
        ("'nan'::float8", "NaN"),
        ("1e10::float4", "10000000000"),
        ("0.1::float4", "0.1"),
        ("0.1::float8", "0.1"),
        ("1.0 / 3.0::float8", "0.3333333333333333"),
        ("1.50::numeric", "1.50"),
        ("12345678901234567890123::numeric", "12345678901234567890123"),
        ("true", "true"),
        ("'007'::text", "007"),
        ("'  padded '::text", "  padded "),
        ("'安装'::varchar", "安装"),
        ("''::text", None),
        ("NULL::int", None),
        ("date '2025-03-04'", "2025-03-04"),
        ("timestamp '2025-03-04 09:30:00'", "2025-03-04 09:30:00"),
        ("timestamptz '2025-03-04 09:30:00.25+08'", "2025-03-04 01:30:00.25+00"),
        ("interval '26 hours'", "26:00:00"),
        (r"'\x00ffab'::bytea", "00ffab"),
        ("'00000000-0000-0000-0000-000000000001'::uuid", "00000000-0000-0000-0000-000000000001"),
        ("array[1, 2]", "{1,2}"),
        ("'{\"a\": 1}'::jsonb", '{"a": 1}'),
    ],
)
def test_what_a_value_becomes(server, value, told):
    server.run(f"CREATE TABLE orders AS SELECT {value} AS no")
    server.run("ALTER DATABASE orders SET timezone = 'Asia/Shanghai'", "ALTER DATABASE orders SET datestyle = 'German'")
    try:
        assert read(server, "orders", "no") == [(1, told)]
    finally:
        server.run("ALTER DATABASE orders RESET ALL")


def test_rows_are_numbered_by_what_they_hold_not_by_where_they_lie(server):
    server.run("CREATE TABLE orders (no int, step text)", "INSERT INTO orders VALUES (2, 'b'), (10, 'a'), (NULL, 'é')")
    server.run("INSERT INTO orders VALUES (2, 'a'), (2, 'B'), (2, 'a')")
    expected = [("10", "a"), ("2", "B"), ("2", "a"), ("2", "a"), ("2", "b"), (None, "é")]
    first = read(server, "orders", "no", "step")
    assert first == [(row, *cells) for row, cells in enumerate(expected, 1)]
    server.run("CREATE TABLE turned AS SELECT * FROM orders ORDER BY step DESC, no DESC")
    assert read(server, "turned", "no", "step") == first


def test_more_rows_than_a_batch(server):
    server.run(
        "CREATE TABLE orders AS "
        "SELECT to_char(i, 'FM000000') AS no, repeat('x', 500) AS x FROM generate_series(1, 60000) i"
    )
    rows = read(server, "orders", "no", "x")
    assert [(row, no) for row, no, _x in rows] == [(row, f"{row:06}") for row in range(1, 60_001)]


def test_tables_of_other_schemas_views_and_empty_tables(server):
    server.run("CREATE SCHEMA oa", "CREATE TABLE oa.orders AS SELECT 1 AS no", "CREATE TABLE public.orders (no int)")
    server.run("CREATE VIEW oa.open AS SELECT no FROM oa.orders")
    server.run("CREATE TABLE parts (no int) PARTITION BY RANGE (no)")
    server.run("CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (1) TO (9)", "INSERT INTO parts VALUES (3)")
    assert read(server, "orders", "no") == read(server, "public.orders", "no") == []
    assert read(server, "oa.orders", "no") == read(server, "oa.open", "no") == [(1, "1")]
    assert read(server, "parts", "no") == [(1, "3")]


def test_names_are_data(server):
    table, column = """a "b" 'c'; DROP TABLE x --""", """it's "quoted"; \\ --"""
    quoted = [engine.sql_name(name) for name in (table, column)]
    server.run("CREATE TABLE x (no int)", f'CREATE TABLE {quoted[0]} ({quoted[1]} text, "Z" text)')
    server.run(f"INSERT INTO {quoted[0]} VALUES ('7', '8')")
    assert read(server, table, column, "Z") == [(1, "7", "8")]
    assert "no table 'x; DROP TABLE x'" in refusal(server, "x; DROP TABLE x")
    assert read(server, "x", "no") == []


def test_nothing_is_written(server):
    server.run("CREATE TABLE orders AS SELECT 1 AS no")
    server.run("CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'INSERT INTO orders VALUES (2) RETURNING no'")
    server.run("CREATE VIEW sly AS SELECT more() AS no")
    assert "cannot execute INSERT in a read-only transaction" in refusal(server, "sly")
    assert read(server, "orders", "no") == [(1, "1")]


def test_missing_tables_and_columns(server):
    server.run("CREATE TABLE orders (no int, step text)")
    assert (
        refusal(server, "order")
        == f"{where(server)}: no table 'order'. Did you mean 'orders'? Known: orders, public.orders."
    )
    assert refusal(server, "orders", "steps") == (
        f"{where(server)}, table 'orders': no column 'steps'. Did you mean 'step'? Known: no, step."
    )


def test_a_wrong_password(server, monkeypatch):
    monkeypatch.setenv(VARIABLE, "not the password")
    assert refusal(server, "orders") == (
        f"{where(server)}: the server refuses user 'procmine' with this password. "
        f"Check the user in study.yaml, and the password in {VARIABLE}."
    )
    assert "the server refuses user 'nobody' with this password" in refusal(server, "orders", user="nobody")


def test_no_password(server, monkeypatch):
    monkeypatch.delenv(VARIABLE)
    told = f"the environment variable {VARIABLE}, which holds the password, is not set. Set it where procmine runs."
    assert refusal(server, "orders") == f"{where(server)}: {told}"
    assert "Check the user in study.yaml, and name its password's variable." in refusal(server, "orders", password=None)


def test_a_database_that_is_not_there(server):
    assert refusal(server, "orders", name="no orders") == (
        f'{where(server, "no orders")}: database "no orders" does not exist. Check name and user in study.yaml.'
    )


def test_a_server_that_is_down(server):
    message = refusal(server, "orders", port=free_port())
    assert (
        "no connection: Connection refused. Check host and port in study.yaml, and whether the server runs." in message
    )
    assert "could not translate host name" in refusal(server, "orders", host="no-such-host.invalid")


def test_a_server_that_does_not_answer(server, monkeypatch):
    monkeypatch.setattr(postgresql, "CONNECT_TIMEOUT", 2)
    with closing(socket.socket()) as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        begin = time.monotonic()
        assert "no connection: timeout expired" in refusal(server, "orders", port=deaf.getsockname()[1])
        assert time.monotonic() - begin < 10


def test_a_table_that_the_user_may_not_read(server):
    server.run("CREATE TABLE orders (no int)", "DROP ROLE IF EXISTS guest")
    secret = PASSWORD.replace("'", "''")
    server.run(f"CREATE ROLE guest LOGIN PASSWORD '{secret}'", "GRANT USAGE ON SCHEMA public TO guest")
    assert "permission denied for table orders. Ask who runs the database." in refusal(server, "orders", user="guest")


@pytest.mark.parametrize("first", [1, 50_000])
def test_an_error_while_rows_come(server, first):
    server.run(f"CREATE VIEW orders AS SELECT no, 1 / (no - {first}) AS q FROM generate_series(1, 60000) no")
    message = refusal(server, "orders", "no", "q")
    assert (
        message == f"{where(server)}: the server could not give the rows: division by zero. Ask who runs the database."
    )


def test_the_state_of_a_table_changes_with_its_contents_only(server):
    def state() -> str:
        return postgresql.state(source_of(server, "orders"))

    server.run("CREATE TABLE orders (no int, t text)", "INSERT INTO orders VALUES (1, 'a'), (2, 'b'), (2, 'b')")
    states = [state()]
    for change in (
        "UPDATE orders SET t = 'c' WHERE no = 1",
        "INSERT INTO orders VALUES (NULL, NULL)",
        "DELETE FROM orders WHERE no = 2",
        "ALTER TABLE orders ADD COLUMN more int",
    ):
        server.run(change)
        states.append(state())
    assert len(set(states)) == 5
    server.run("CREATE TABLE turned AS SELECT * FROM orders ORDER BY no DESC", "DROP TABLE orders")
    server.run("ALTER TABLE turned RENAME TO orders")
    assert state() == states[-1]


STUDY = """
title: Orders of the CRM, worked on in the OA
order: order
systems: {crm: {rank: 1, time_zone: Asia/Shanghai}, oa: {rank: 2}}
sources:
  crm:
    file: crm.csv
    system: crm
    keys: {order: nr}
    events: {form: columns, columns: [
      {activity: Accept, timestamp: accepted, department: {value: Sales}}, {activity: Bill, timestamp: billed}]}
    order_attributes: {amount: {column: amount, type: number}, urgent: urgent}
  oa:
    file: oa.csv
    system: oa
    keys: {task: id}
    events: {form: row, activity: step, timestamp: at, resource: who}
  link:
    file: link.csv
    keys: {task: id, order: nr}
"""
CRM = """nr,accepted,billed,amount,urgent
1,2025-03-04 09:30:00,2025-03-07,1.50,true
2,2025-03-04 09:31:00,,,false
3,,,7,
"""
OA = """id,step,at,who
70000000000000001,安装,2025-03-05 10:00:00.25+08:00,Ann
70000000000000002,Test,2025-03-05 02:00:00+00:00,
70000000000000009,Test,2025-03-05 02:00:00+00:00,Ben
"""
LINK = "id,nr\n70000000000000001,1\n70000000000000002,2\n"
TABLES = (
    "CREATE TABLE crm (nr int, accepted timestamp, billed date, amount float8, urgent boolean)",
    "INSERT INTO crm VALUES (3, NULL, NULL, 7, NULL), (1, '2025-03-04 09:30:00', '2025-03-07', 1.5, true), "
    "(2, '2025-03-04 09:31:00', NULL, NULL, false)",
    "CREATE TABLE oa (id bigint, step text, at timestamptz, who text)",
    "INSERT INTO oa VALUES (70000000000000009, 'Test', '2025-03-05 02:00:00+00', 'Ben'), "
    "(70000000000000001, '安装', '2025-03-05 02:00:00.25+00', 'Ann'), "
    "(70000000000000002, 'Test', '2025-03-05 10:00:00+08', '')",
    "CREATE TABLE link AS SELECT 70000000000000001 AS id, 1 AS nr UNION ALL SELECT 70000000000000002, 2",
)


def of_tables(study: Study, server: Server, folder: Path) -> Study:
    """The study with each of its files replaced by the table that is named like its source."""
    definition = yaml.safe_load((study.folder / "study.yaml").read_text(encoding="utf-8"))
    for name, source in definition["sources"].items():
        del source["file"]
        source |= {"format": "postgresql", "database": server.database, "table": name}
    folder.mkdir()
    (folder / "study.yaml").write_text(yaml.safe_dump(definition, sort_keys=False), encoding="utf-8")
    return open_study(folder)


def events(study: Study) -> pd.DataFrame:
    """The log but for its lineage."""
    return engine.collect(study.log().drop("source", "source_row").order_by("case_id", "position"))


def accounts(study: Study) -> list[list[object]]:
    return sorted(study.ledger()[["reason", "rows", "events"]].values.tolist())


def test_the_same_small_study_from_tables_and_from_files(server, make_study, tmp_path):
    files = make_study(STUDY, {"crm.csv": CRM, "oa.csv": OA, "link.csv": LINK})
    server.run(*TABLES)
    tables = of_tables(files, server, tmp_path / "tables")
    assert len(events(files)) == 5
    pd.testing.assert_frame_equal(events(tables), events(files))
    assert accounts(tables) == accounts(files)
    assert set(tables.ledger()["source"]) == {"orders.crm", "orders.oa", "orders.link"}
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(written) > 5
    assert all(PASSWORD.encode() not in file.read_bytes() for file in written)


def test_a_change_in_a_table_is_a_change_of_the_log_of_a_study_opened_then(server, make_study, tmp_path):
    files = make_study(STUDY, {"crm.csv": CRM, "oa.csv": OA, "link.csv": LINK})
    server.run(*TABLES)
    tables = of_tables(files, server, tmp_path / "tables")
    before = tables.inputs
    assert len(events(tables)) == 5
    server.run("UPDATE crm SET billed = '2025-03-08' WHERE nr = 2")
    assert (len(events(tables)), tables.inputs) == (5, before)
    later = open_study(tables.folder)
    assert len(events(later)) == 6
    assert {name for name in before if before[name] != later.inputs[name]} == {"orders.crm"}


def test_a_study_asks_the_server_once_and_reads_only_tables_that_changed(server, make_study, tmp_path, monkeypatch):
    asked: list[str] = []

    def counted(does):
        function = getattr(postgresql, does)

        def counting(*args):
            source = next(arg for arg in args if isinstance(arg, Source))
            asked.append(f"{does} {source.table}")
            return function(*args)

        monkeypatch.setattr(postgresql, does, counting)

    counted("state")
    counted("read")
    server.run(*TABLES)
    files = make_study(STUDY, {"crm.csv": CRM, "oa.csv": OA, "link.csv": LINK})
    tables = of_tables(files, server, tmp_path / "tables")
    tables.log()
    assert sorted(set(asked)) == [f"{does} {table}" for does in ("read", "state") for table in ("crm", "link", "oa")]
    asked.clear()
    tables.ledger()
    assert tables.inputs
    assert not asked
    server.run("INSERT INTO link VALUES (70000000000000009, 3)")
    open_study(tables.folder).log()
    assert [one for one in asked if one.startswith("read")] == ["read link"]


def test_the_same_real_study_from_tables_and_from_files(server, shared, tmp_path, monkeypatch):
    files = open_study(STUDIES / "two-systems")
    for name, source in files.file.sources.items():
        server.table(files.folder / "exports" / source.file, name)
    monkeypatch.setenv("PROCMINE_HOME", str(tmp_path))
    tables = of_tables(files, server, tmp_path / "tables")
    assert accounts(tables) == accounts(files)
    one, other = events(tables), events(files)
    ties = other.duplicated(["case_id", "timestamp", "system"], keep=False)
    tied = set(other.loc[ties, "case_id"])
    assert len(tied) < 100
    untied = (frame[~frame["case_id"].isin(tied)].reset_index(drop=True) for frame in (one, other))
    pd.testing.assert_frame_equal(*untied)
    recorded = ["case_id", "timestamp", "activity", "system", "department", "resource", "event:instance"]
    whole = (frame.sort_values(recorded, ignore_index=True)[recorded] for frame in (one, other))
    pd.testing.assert_frame_equal(*whole)
