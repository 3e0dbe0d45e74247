"""XES as an export: its events as rows, their attributes as cells, and what is said of files that are not XES."""

import gzip
from contextlib import ExitStack
from pathlib import Path

import pytest

from procmine import engine, read_xes
from procmine.assemble.mapping import Source
from procmine.assemble.reading import xes
from procmine.assemble.rows import CELL, ROW
from procmine.errors import ExportError
from procmine.exchange import xes_parser

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<log xmlns="http://www.xes-standard.org/">\n'
NAME, TIME = "concept:name", "time:timestamp"
LOG = f"""{HEAD}
<trace><string key="concept:name" value="O1"/><string key="tier" value="A &amp; B"/>
  <event><string key="concept:name" value="Accept"/>
    <date key="time:timestamp" value="2025-03-04T09:30:00.000+08:00"/></event>
  <event><string key="concept:name" value="安装"/><date key="time:timestamp" value="2025-03-04T10:30:00"/>
    <int key="cost" value="007"/></event>
</trace>
<trace><string key="concept:name" value="O2"/></trace>
<trace><event><string key="concept:name" value=" Bill "/><string key="empty" value=""/></event></trace>
</log>"""


def read(path: Path, *columns: str) -> list[tuple[object, ...]]:
    """The rows that are read: number, then cells."""
    source = Source.model_validate({"file": path.name, "keys": {"order": "case:concept:name"}})
    with ExitStack() as scratch:
        table = xes.read(path, source, columns, scratch)
        assert table.columns == (*(CELL + name for name in columns), ROW)
        cells = engine.collect_arrow(table).to_pylist()
    return [tuple(row.values())[-1:] + tuple(row.values())[:-1] for row in cells]


def file(folder: Path, content: str | bytes, name: str = "oa.xes") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path, *columns: str) -> str:
    with pytest.raises(ExportError) as caught:
        read(path, *(columns or (NAME,)))
    message = str(caught.value)
    assert message.startswith(str(path))
    return message


NESTED = '<event><string key="concept:name" value="x"><string key="by" value="Ann"/></string></event>'
WAYS = pytest.mark.parametrize(
    "change", [lambda text: text, lambda text: text.replace('"', "'")], ids=["plain", "parsed"]
)


@WAYS
def test_events_are_rows_and_attributes_are_columns(tmp_path, change):
    path = file(tmp_path, change(LOG))
    assert read(path, "case:concept:name", NAME, TIME, "cost", "case:tier", "empty") == [
        (1, "O1", "Accept", "2025-03-04T09:30:00.000+08:00", None, "A & B", None),
        (2, "O1", "安装", "2025-03-04T10:30:00", "007", "A & B", None),
        (3, None, " Bill ", None, None, None, None),
    ]


def test_a_compressed_file_reads_like_the_plain_one(tmp_path):
    packed = file(tmp_path, gzip.compress(LOG.encode()), "oa.xes.gz")
    assert read(packed, NAME, TIME) == read(file(tmp_path, LOG), NAME, TIME)


def test_children_of_attributes_are_columns(tmp_path):
    assert read(file(tmp_path, LOG.replace("</log>", f"<trace>{NESTED}</trace></log>")), "concept:name.by")[-1] == (
        4,
        "Ann",
    )


def test_a_file_that_turns_out_not_to_be_plain_is_read_from_its_start(tmp_path, monkeypatch):
    monkeypatch.setattr("procmine.exchange.xes_plain.BLOCK", 400)
    many = LOG.replace("</log>", f"<trace>{NESTED}</trace></log>")
    assert [row for row, _name in read(file(tmp_path, many), NAME)] == [1, 2, 3, 4]


def test_events_outside_of_traces_are_rows_without_cells(tmp_path, monkeypatch):
    monkeypatch.setattr(xes_parser, "EVENTS", 1)
    path = file(tmp_path, LOG.replace("<trace>", '<event><string key="concept:name" value="?"/></event><trace>', 1))
    assert read(path, NAME) == [(1, "Accept"), (2, "安装"), (3, " Bill "), (4, None)]


def test_a_missing_attribute_names_its_neighbour(tmp_path):
    path = file(tmp_path, LOG)
    assert "no column 'concept:nam'. Did you mean 'concept:name'?" in refusal(path, "concept:nam")
    assert "Known: case:concept:name, case:tier, concept:name, cost, empty, time:timestamp." in refusal(path, "x")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "the file is empty"),
        (HEAD + "</log>", "this log has no events"),
        (HEAD + '<trace><string key="concept:name" value="1"/></trace></log>', "this log has no events"),
        (LOG[:-40], "this is not well-formed XML"),
        ("<html/>", "this is not XES: its root element is <html>"),
        ("no,step\n1,a\n", "this is not well-formed XML: syntax error"),
        (
            LOG.replace("<log", '<!DOCTYPE log [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<log', 1),
            "it declares a document type (<!DOCTYPE …>), which can hide entities. XES needs none",
        ),
        (
            LOG.replace("<log", '<!DOCTYPE log SYSTEM "file:///etc/passwd">\n<log', 1),
            "it declares a document type",
        ),
    ],
)
def test_what_is_not_xes(tmp_path, content, told):
    assert told in refusal(file(tmp_path, content))


def test_a_missing_file_and_broken_ones(tmp_path):
    file(tmp_path, LOG)
    assert "no such file. Did you mean 'oa.xes'?" in refusal(tmp_path / "oo.xes")
    packed = gzip.compress(LOG.encode())
    assert "the file ends too early: it is cut off" in refusal(file(tmp_path, packed[:200], "cut.xes.gz"))
    assert "compressed with gzip" in refusal(file(tmp_path, LOG, "plain.xes.gz"))


def test_the_same_events_as_the_log_that_read_xes_gives(shared):
    path = shared / "running-example" / "running-example.xes"
    log = engine.collect(read_xes(path).order_by("source_row"))
    rows = read(path, "case:concept:name", NAME, TIME)
    assert len(rows) == 42
    assert [row[:3] for row in rows] == list(zip(log["source_row"], log["case_id"], log["activity"], strict=True))


STUDY = """
title: Orders of the OA
order: order
systems: {oa: {rank: 1}}
sources:
  oa:
    file: oa.xes
    system: oa
    keys: {order: "case:concept:name"}
    events: {form: row, activity: "concept:name", timestamp: "time:timestamp", resource: "org:resource"}
    order_attributes: {tier: "case:tier"}
"""


def test_a_study_of_xes_is_the_log_in_it(make_study):
    content = LOG.replace("2025-03-04T10:30:00", "2025-03-04T10:30:00Z").replace(
        "<int ", '<string key="org:resource" value="Ann"/><int '
    )
    study = make_study(STUDY, {"oa.xes": content})
    log = engine.collect(study.log())
    assert log[["case_id", "activity", "source", "source_row", "case:tier"]].values.tolist() == [
        ["O1", "Accept", "oa.xes", 1, "A & B"],
        ["O1", "安装", "oa.xes", 2, "A & B"],
    ]
    ledger = study.ledger()
    assert ledger["rows"].sum() == 3
    assert ledger.loc[ledger["reason"] == "event", "rows"].sum() == 2
