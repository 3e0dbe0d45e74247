"""Logs written as XES: the text, the schema, and what is refused."""

import gzip
import re

import ibis
import pandas as pd
import pytest
import xmlschema

from conftest import rows
from procmine.errors import LogError
from procmine.exchange import read_xes, write_xes, xes_write
from procmine.schema import LOG


def day(number):
    return pd.Timestamp(f"2024-01-{number:02}", tz="UTC")


@pytest.fixture
def log(make_log):
    return make_log("a: X@sales/Ann Y | b: X", **{"case:tier": ["A", "A", None], "event:n": [1, 2, 3]})


def test_the_text(log, tmp_path):
    text = write_xes(log.filter(log.case_id == "a"), tmp_path / "log.xes").read_text(encoding="utf-8")
    traces = re.search(r"<trace>.*</trace>", text, re.DOTALL)[0]
    assert traces == (
        '<trace><string key="concept:name" value="a"/><string key="tier" value="A"/>'
        '<event><string key="concept:name" value="X"/><date key="time:timestamp" value="2024-01-01T00:00:00+00:00"/>'
        '<string key="org:resource" value="Ann"/><string key="org:group" value="sales"/>'
        '<string key="procmine:source" value="typed"/><int key="procmine:source_row" value="1"/>'
        '<int key="n" value="1"/>'
        '<string key="lifecycle:transition" value="complete"/></event>\n'
        '<event><string key="concept:name" value="Y"/><date key="time:timestamp" value="2024-01-01T01:00:00+00:00"/>'
        '<string key="procmine:source" value="typed"/><int key="procmine:source_row" value="2"/>'
        '<int key="n" value="2"/>'
        '<string key="lifecycle:transition" value="complete"/></event></trace>'
    )


def test_extensions_globals_and_classifier(log, tmp_path):
    text = write_xes(log, tmp_path / "log.xes").read_text(encoding="utf-8")
    assert re.findall(r'prefix="(\w+)" uri="(.*?)"', text) == [
        (prefix, f"http://www.xes-standard.org/{prefix}.xesext") for prefix in ("concept", "time", "lifecycle", "org")
    ]
    assert '<classifier name="Activity" keys="concept:name"/>' in text
    assert text.count("<trace>") == text.count("</trace>") == 2


def test_it_is_valid(log, tmp_path, shared):
    starts = log.mutate(start=log.timestamp)
    schema = xmlschema.XMLSchema(shared / "standards" / "xes22.xsd")
    empty = log.mutate(**{'event:"due" & co': ibis.null("timestamp('UTC', 6)"), "case:单": ibis.null("string")})
    for number, given in enumerate((log, starts, log.limit(0), empty)):
        schema.validate(write_xes(given, tmp_path / f"{number}.xes"))


def test_a_start_is_of_the_instance_of_its_completion(make_log, tmp_path):
    """Else no reader pairs them: start and completion are those of one instance (IEEE 1849, concept extension)."""
    log = make_log("a: X X", **{"event:concept:instance": ["i", "j"]})
    begun = log.mutate(start=log.timestamp - ibis.interval(hours=1))
    path = write_xes(begun, tmp_path / "log.xes")
    text = path.read_text(encoding="utf-8")
    assert text.count('key="concept:instance" value="i"') == text.count('key="concept:instance" value="j"') == 2
    columns = ("activity", "start", "timestamp", "event:concept:instance")
    assert rows(read_xes(path), *columns) == rows(begun, *columns)


def test_a_start_is_an_event_in_its_place_in_time(make_log, tmp_path):
    log = make_log("a: X Y", start=[None, pd.Timestamp("2023-12-31", tz="UTC")])
    text = write_xes(log, tmp_path / "log.xes").read_text(encoding="utf-8")
    told = (
        r'<event><string key="concept:name" value="(\w)"/>.*?stamp" value="(.*?)T.*?transition" value="(\w+)"/>'
        r'(?:<int key="procmine:start" value="(\d)"/>)?'
    )
    found = [re.search(told, line).groups() for line in text.splitlines() if "<event>" in line]
    assert found == [
        ("Y", "2023-12-31", "start", "2"),
        ("X", "2024-01-01", "complete", None),
        ("Y", "2024-01-01", "complete", "2"),
    ]


@pytest.mark.parametrize("order", ["timestamp", "position", "resource", "source_row"])
def test_rows_in_any_order_are_written_in_that_of_the_log(make_log, tmp_path, monkeypatch, order):
    monkeypatch.setattr(xes_write, "_ROWS", 2)
    log = make_log("a: X/3 Y/1 Z/2 | b: X/5 Y/4 | c: X/0")
    sorted_text = write_xes(log, tmp_path / "sorted.xes").read_text()
    for number, keys in enumerate(([order], [ibis.desc(order)])):
        text = write_xes(log.order_by(*keys), tmp_path / f"{number}.xes").read_text()
        assert sorted(text.splitlines()) == sorted(sorted_text.splitlines())
        assert rows(read_xes(tmp_path / f"{number}.xes")) == rows(log.select(*LOG))


def test_names_are_escaped(make_log, tmp_path):
    names = ["<a>", "q\"&amp;'", "line\nbreak\ttab\r", "订单, \\ ' ]]>"]
    log = make_log("a: X Y Z W", **{'event:<k> "&\n\x01': names}).mutate(case_id=ibis.literal(']]><&"'))
    path = write_xes(log, tmp_path / "log.xes")
    again = read_xes(path)
    assert rows(again, "case_id", "position", 'event:<k> "&\n\ufffd') == [
        (']]><&"', place, name) for place, name in enumerate(names, start=1)
    ]
    assert len(path.read_text(encoding="utf-8").splitlines()) == 8 + 4 + 2


def test_what_xml_cannot_write_is_replaced(make_log, tmp_path):
    log = make_log("a: X", **{"event:k": ["a\x00b\x1fc\ufffed\x85\x7f"]})
    assert rows(read_xes(write_xes(log, tmp_path / "log.xes")), "event:k") == [("a\ufffdb\ufffdc\ufffdd\x85\x7f",)]


def test_types(make_log, tmp_path):
    values = {
        "event:d": [pd.Timestamp("2024-01-01T00:00:00.123456", tz="Asia/Shanghai"), None],
        "event:naive": [pd.Timestamp("2024-01-01"), None],
        "event:f": [1e300, None],
        "event:i": pd.array([-(2**63), None], dtype="Int64"),
        "event:b": pd.array([False, None], dtype="boolean"),
    }
    log = make_log("a: X Y", **values)
    text = write_xes(log, tmp_path / "log.xes").read_text(encoding="utf-8")
    for expected in (
        '<date key="d" value="2023-12-31T16:00:00.123456+00:00"/>',
        '<date key="naive" value="2024-01-01T00:00:00+00:00"/>',
        '<float key="f" value="1e+300"/>',
        '<int key="i" value="-9223372036854775808"/>',
        '<boolean key="b" value="false"/>',
    ):
        assert text.count(expected) == 1
    assert "nan" not in text.lower()
    assert "null" not in text.lower()


def test_compressed_text_is_the_same(log, tmp_path):
    plain, packed = write_xes(log, tmp_path / "log.xes"), write_xes(log, tmp_path / "log.xes.gz")
    assert gzip.decompress(packed.read_bytes()) == plain.read_bytes()


def test_own_columns_come_back(make_log, tmp_path):
    log = make_log("a: X@sales Y", system=["BOSS", None], source=["crm.csv", "boss.csv"], source_row=[7, 3])
    again = read_xes(write_xes(log, tmp_path / "log.xes"))
    assert rows(again, "position", "system", "department", "source", "source_row") == [
        (1, "BOSS", "sales", "crm.csv", 7),
        (2, None, None, "boss.csv", 3),
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("log.csv", "log.csv: this is not the name of an XES file. A name ending in .xes or .xes.gz"),
        ("folder.xes", "folder.xes: this is a folder. The name of a file to write"),
        ("absent/log.xes", "log.xes: its folder does not exist. Create"),
    ],
)
def test_a_target_that_cannot_be(log, tmp_path, name, message):
    (tmp_path / "folder.xes").mkdir()
    with pytest.raises(LogError, match=re.escape(message)):
        write_xes(log, tmp_path / name)


def test_a_folder_that_refuses(log, tmp_path, monkeypatch):
    def refuse(*_args, **_options):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    with pytest.raises(LogError, match=r"log.xes: it cannot be written: Permission denied. A folder one may write to"):
        write_xes(log, tmp_path / "log.xes")


def test_a_failure_leaves_nothing_behind(log, tmp_path, monkeypatch):
    (tmp_path / "log.xes").write_text("before")

    def fail(*_args, **_options):
        raise RuntimeError("stop")
        yield

    monkeypatch.setattr("procmine.engine.batches", fail)
    with pytest.raises(RuntimeError):
        write_xes(log, tmp_path / "log.xes")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("log.xes", "before")]


def test_a_table_that_is_no_log(log, tmp_path):
    with pytest.raises(LogError, match="this table is not a log: it has no column activity"):
        write_xes(log.drop("activity"), tmp_path / "log.xes")


@pytest.mark.parametrize("name", ["event:org:group", "event:procmine:start", "case:concept:name"])
def test_an_attribute_under_a_taken_key(log, tmp_path, name):
    with pytest.raises(LogError, match=f"log: the column {name} would be written under the same key as"):
        write_xes(log.mutate(**{name: log.activity}), tmp_path / "log.xes")
