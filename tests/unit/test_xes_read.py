"""Tiny XES files written by hand, and the logs they are."""

import gc
import gzip
import tempfile

import pandas as pd
import pytest

from conftest import rows
from procmine import engine
from procmine.errors import LogError
from procmine.exchange import MergedTracesWarning, SetAsideWarning, read_xes, runs, xes_parser, xes_plain
from procmine.schema import LOG

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="1.0" xmlns="http://www.xes-standard.org/">\n'


def event(name=None, time=None, transition=None, resource=None, more=""):
    given = [("string", "concept:name", name), ("date", "time:timestamp", time)]
    given += [("string", "lifecycle:transition", transition), ("string", "org:resource", resource)]
    inside = "".join(f'<{kind} key="{key}" value="{value}"/>' for kind, key, value in given if value is not None)
    return f"<event>{inside}{more}</event>\n"


def trace(name, *events, more=""):
    return f'<trace><string key="concept:name" value="{name}"/>{more}\n{"".join(events)}</trace>\n'


@pytest.fixture
def write(tmp_path):
    def write(*traces, head=HEAD, tail="</log>\n", name="log.xes"):
        path = tmp_path / name
        path.write_text(head + "".join(traces) + tail, encoding="utf-8")
        return path

    return write


def at(text):
    return pd.Timestamp(text, tz="UTC")


def test_a_log_with_its_columns(write):
    more = '<string key="org:group" value="销售部"/><string key="org:role" value="clerk"/><int key="n" value="7"/>'
    tier = '<string key="tier" value="A &amp; &quot;B&quot; &#x4e2d;"/>'
    log = read_xes(write(trace("1", event("X", "2024-01-01T08:00:00.000001+08:00", None, "Ann", more), more=tier)))
    assert list(log.columns) == [*LOG, "case:tier", "event:org:role", "event:n"]
    assert dict(log.schema()) | LOG == dict(log.schema())
    shown = ("case_id", "activity", "timestamp", "department", "resource", "source", "source_row", "position")
    assert rows(log, *shown, "case:tier", "event:org:role", "event:n") == [
        ("1", "X", at("2024-01-01T00:00:00.000001"), "销售部", "Ann", "log.xes", 1, 1, 'A & "B" 中', "clerk", 7)
    ]


def test_offsets_and_none_are_utc(write):
    times = ("2024-01-01T08:00:00+08:00", "2024-01-01T01:00:00Z", "2024-01-01T02:00:00", "2023-12-31T19:00:00-08:00")
    log = read_xes(write(trace("1", *(event(name, time) for name, time in zip("ABCD", times, strict=True)))))
    assert rows(log, "position", "activity", "timestamp") == [
        (place, name, at(f"2024-01-01T0{place - 1}:00")) for place, name in enumerate("ABCD", start=1)
    ]


def test_types_stay_and_conflicts_become_text(write):
    first = (
        '<date key="d" value="2024-02-03T00:00:00+01:00"/><int key="i" value="-3"/><float key="f" value="1.5E3"/>'
        '<boolean key="b" value="true"/><id key="u" value="ab"/><int key="mixed" value="1"/><int key="big" value="1"/>'
    )
    second = (
        '<string key="mixed" value="one"/><int key="big" value="99999999999999999999"/><float key="f" value="INF"/>'
    )
    log = read_xes(write(trace("1", event("X", more=first), event("Y", more=second))))
    types = {name: str(kind) for name, kind in log.schema().items() if name.startswith("event:")}
    assert types == {
        "event:d": "timestamp('UTC', 6)",
        "event:i": "int64",
        "event:f": "float64",
        "event:b": "boolean",
        "event:u": "string",
        "event:mixed": "string",
        "event:big": "string",
    }
    assert rows(log, *types) == [
        (None, None, float("inf"), None, None, "one", "99999999999999999999"),
        (at("2024-02-02T23:00"), -3, 1500.0, True, "ab", "1", "1"),
    ]


@pytest.mark.parametrize("block", [300, 1 << 20])
def test_a_type_that_changes_late_in_the_file(write, monkeypatch, block):
    monkeypatch.setattr(xes_plain, "BLOCK", block)
    values = [("int", "007"), ("int", "8"), ("date", "2024-01-01T00:00:00Z"), ("string", "x"), ("int", "+9")]
    more = [f'<{kind} key="k" value="{value}"/><int key="n" value="{n}"/>' for n, (kind, value) in enumerate(values)]
    log = read_xes(write(*(trace(str(n), event("X", more=text)) for n, text in enumerate(more))))
    assert rows(log, "event:n", "event:k") == [(n, value) for n, (_, value) in enumerate(values)]


def test_a_form_of_date_that_changes_late_in_the_file(write, monkeypatch):
    monkeypatch.setattr(xes_plain, "BLOCK", 300)
    log = read_xes(
        write(*(trace(str(n), event("X", f"2024-01-0{n}{'' if n > 4 else 'T00:00:00Z'}")) for n in range(1, 8)))
    )
    assert rows(log, "timestamp") == [(at(f"2024-01-0{n}"),) for n in range(1, 8)]


def test_children_become_columns_and_parents_stay(write):
    more = (
        '<string key="cost" value="10"><string key="currency" value="EUR"/></string>'
        '<list key="items"><values><string key="name" value="a"/><string key="name" value="b"/></values></list>'
        '<container key="box"><int key="n" value="4"/></container>'
    )
    log = read_xes(write(trace("1", event("X", more=more))))
    assert rows(log, "event:cost", "event:cost.currency", "event:items.name", "event:box.n") == [
        ("10", "EUR", "a|b", 4)
    ]


def test_keys_that_differ_in_case_only_are_numbered(write):
    more = '<string key="Cost" value="1"/><string key="cost" value="2"/>'
    log = read_xes(write(trace("1", event("X", more=more))))
    assert rows(log, "event:Cost", "event:cost (2)") == [("1", "2")]


def test_case_ids_that_are_numbers_become_text(write):
    one = f'<trace><int key="concept:name" value="7"/>{event("X")}</trace>'
    assert rows(read_xes(write(one)), "case_id") == [("7",)]


def test_without_times_the_file_decides(write):
    log = read_xes(write(trace("1", event("C"), event("A"), event("B"))))
    assert rows(log, "position", "activity", "next_activity") == [(1, "C", "A"), (2, "A", "B"), (3, "B", None)]


def test_an_event_without_time_stays_behind_the_one_before_it(write):
    events = (event("first"), event("late", "2024-01-02"), event("after late"), event("early", "2024-01-01"))
    log = read_xes(write(trace("1", *events)))
    assert [name for _, name in rows(log, "position", "activity")] == ["first", "early", "late", "after late"]


def test_equal_times_keep_the_place_in_the_file(write):
    same = "2024-01-01T00:00:00Z"
    log = read_xes(write(trace("1", *(event(name, same) for name in "CAB"))))
    assert [name for _, name in rows(log, "position", "activity")] == ["C", "A", "B"]


def test_a_start_and_its_completion_are_one_row(write):
    log = read_xes(
        write(
            trace(
                "1",
                event("X", "2024-01-01", "START", more='<string key="tool" value="t"/>'),
                event("X", "2024-01-02", "COMPLETE", "Ann"),
                event("Y", "2024-01-03", "Complete"),
            )
        )
    )
    assert rows(log, "activity", "start", "timestamp", "resource", "source_row", "event:tool") == [
        ("X", at("2024-01-01"), at("2024-01-02"), "Ann", 2, "t"),
        ("Y", None, at("2024-01-03"), None, 3, None),
    ]
    assert "event:lifecycle:transition" not in log.columns


def days(*events):
    """Events of activity X on the first, second, … of a month: (transition, resource) each."""
    return [event("X", f"2024-01-{day:02}", *given) for day, given in enumerate(events, start=1)]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([("start", "A"), ("start", "A"), ("complete", "A"), ("complete", "A")], {3: 1, 4: 2}),
        ([("start", "A"), ("start", "B"), ("complete", "B"), ("complete", "A")], {3: 2, 4: 1}),
        ([("start", "A"), ("start", "B"), ("complete", "C"), ("complete", "D")], {3: 1, 4: 2}),
        ([("complete", "A"), ("start", "A"), ("complete", "A")], {1: None, 3: 2}),
        (
            [("start", "A"), ("complete", "A"), ("complete", "A"), ("start", "A"), ("complete", "A")],
            {2: 1, 3: None, 5: 4},
        ),
    ],
)
def test_which_start_belongs_to_which_completion(write, events, expected):
    log = read_xes(write(trace("1", *days(*events))))
    found = rows(log, "source_row", "start")
    assert found == [(row, None if day is None else at(f"2024-01-{day:02}")) for row, day in expected.items()]


def test_instances_are_paired_among_themselves(write):
    def instance(name):
        return f'<string key="concept:instance" value="{name}"/>'

    events = [
        event("X", "2024-01-01", "start", more=instance("i")),
        event("X", "2024-01-02", "start", more=instance("j")),
        event("X", "2024-01-03", "complete", more=instance("j")),
        event("X", "2024-01-04", "complete", more=instance("i")),
    ]
    log = read_xes(write(trace("1", *events)))
    assert rows(log, "source_row", "start", "event:concept:instance") == [
        (3, at("2024-01-02"), "j"),
        (4, at("2024-01-01"), "i"),
    ]


def test_other_transitions_are_set_aside_and_counted(write):
    path = write(trace("1", *days(("schedule",), ("start",), ("complete",), ("start",), ("Suspend",), ("waits",))))
    with pytest.warns(SetAsideWarning) as told:
        log = read_xes(path)
    assert [str(warning.message) for warning in told if warning.category is SetAsideWarning] == [
        f"{path}: not in the log: 3 events that complete nothing (1 schedule, 1 start, 1 suspend; "
        'lifecycle="all" keeps each as a row)'
    ]
    assert rows(log, "source_row", "start", "event:lifecycle:transition") == [
        (3, at("2024-01-02"), "complete"),
        (6, None, "waits"),
    ]


def test_every_event_is_a_row_on_request(write):
    log = read_xes(write(trace("1", *days(("schedule",), ("START",), ("complete",)))), lifecycle="all")
    found = rows(log, "position", "start", "event:lifecycle:transition")
    assert found == [(1, None, "schedule"), (2, None, "START"), (3, None, "complete")]


def test_without_completions_every_event_is_a_row(write):
    log = read_xes(write(trace("1", *days(("start",), ("In Progress",)))))
    assert rows(log, "position", "event:lifecycle:transition") == [(1, "start"), (2, "In Progress")]


def test_what_is_no_row_is_counted(write):
    path = write(trace("1", event("X"), event()), trace("2"), event("Y"))
    with pytest.warns(SetAsideWarning) as told:
        log = read_xes(path)
    assert [str(warning.message) for warning in told if warning.category is SetAsideWarning] == [
        f"{path}: not in the log: 1 events without activity (concept:name); 1 traces without events; "
        "1 events outside of any trace"
    ]
    assert rows(log, "case_id", "activity") == [("1", "X")]


def test_traces_of_one_name_are_one_order(write):
    path = write(trace("1", event("B", "2024-01-02")), trace("2", event("C")), trace("1", event("A", "2024-01-01")))
    with pytest.warns(MergedTracesWarning, match=r"1 names are those of several traces \(one is '1'\)"):
        log = read_xes(path)
    assert rows(log, "case_id", "position", "activity") == [("1", 1, "A"), ("1", 2, "B"), ("2", 1, "C")]


def test_an_order_of_several_traces_has_one_value_of_an_attribute(write):
    tiers = [f'<string key="tier" value="{tier}"/>' for tier in ("silver", "gold")]
    path = write(
        *(
            trace("1", tier, event(name, f"2024-01-0{day}"))
            for day, (tier, name) in enumerate(zip(tiers, "AB", strict=True), 1)
        )
    )
    with pytest.warns(MergedTracesWarning, match="the smallest of its values of an attribute"):
        log = read_xes(path)
    assert rows(log, "case_id", "position", "activity", "case:tier") == [("1", 1, "A", "gold"), ("1", 2, "B", "gold")]


def test_a_trace_of_many_blocks_is_one_order(write, monkeypatch):
    """Its attributes, and even its name, may come after its events."""
    days = [event("X", f"2024-01-{day:02}", "start" if day % 2 else "complete") for day in range(1, 29)]
    long = f'<trace><int key="n" value="1"/>{"".join(days)}<string key="concept:name" value="b"/>'
    path = write(trace("c", event("Z")), long + '<string key="late" value="x"/></trace>', trace("a", event("Y")))
    expected = rows(read_xes(path))
    monkeypatch.setattr(xes_plain, "BLOCK", 500)
    assert rows(read_xes(path)) == expected
    monkeypatch.setattr(xes_parser, "BLOCK", 100)
    monkeypatch.setattr(xes_parser, "EVENTS", 5)
    path.write_text(path.read_text().replace("<trace>", "<trace><!-- not plain -->"))
    found = read_xes(path)
    assert rows(found) == expected
    assert list(engine.collect(found)["position"]) == [1, *range(1, 15), 1]
    assert rows(found.filter(found.case_id == "b").select("case:n", "case:late").distinct()) == [(1, "x")]


def test_a_type_that_changes_after_the_events_of_a_long_trace(write, monkeypatch):
    monkeypatch.setattr(xes_plain, "BLOCK", 300)
    events = "".join(event("X") for _ in range(30))
    number, text = '<int key="k" value="007"/>', '<string key="k" value="x"/>'
    log = read_xes(write(trace("1", event("X"), more=number), f"{trace('2', events, more=number)[:-9]}{text}</trace>"))
    assert set(rows(log, "case_id", "case:k")) == {("1", "007"), ("2", "x")}


@pytest.mark.parametrize("size", [1, 3, 7])
def test_a_long_file_is_sequenced_a_range_of_orders_at_a_time(write, monkeypatch, size):
    orders = [
        trace(name, *days(("start",), ("complete",), ("start", name), ("complete",)), event("Y")) for name in "dbacb"
    ]
    path = write(*orders)
    with pytest.warns(MergedTracesWarning, match="1 names are those"):
        expected = read_xes(path)
    monkeypatch.setattr(runs, "RUN", size)
    monkeypatch.setattr(runs, "RANGE", size)
    monkeypatch.setattr(xes_plain, "BLOCK", 200)
    with pytest.warns(MergedTracesWarning, match="1 names are those"):
        found = read_xes(path)
    pd.testing.assert_frame_equal(engine.collect(found), engine.collect(expected))
    assert engine.collect(found)["start"].notna().sum() == 10


def test_compressed(tmp_path):
    path = tmp_path / "log.xes.gz"
    path.write_bytes(gzip.compress((HEAD + trace("1", event("X")) + "</log>").encode()))
    assert rows(read_xes(path), "case_id", "activity", "source") == [("1", "X", "log.xes.gz")]


def test_the_temporary_file_goes_with_the_last_table(write, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    log = read_xes(write(trace("1", event("X"))))
    derived = log.filter(log.position == 1)
    (file,) = tmp_path.glob("procmine-*/*.parquet")
    del log
    gc.collect()
    assert file.exists()
    assert len(engine.collect(derived)) == 1
    del derived
    gc.collect()
    assert not file.exists()


DOCTYPE = '<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a SYSTEM "file:///etc/passwd">]>\n<log xes.version="1.0">'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "log.xes, line 1, column 1: this is not well-formed XML: no element found"),
        (
            "<log><trace>\n<event></trace></log>",
            "log.xes, line 2, column 10: this is not well-formed XML: mismatched tag",
        ),
        (HEAD + trace("1", event("X")), "not well-formed XML: no element found"),
        ("<html></html>", "log.xes, line 1: this is not XES: its root element is <html>"),
        (DOCTYPE + trace("&a;", event("X")) + "</log>", "log.xes, line 1: it declares a document type"),
        (HEAD + "<trace><string value='1'/></trace></log>", "log.xes, line 3: an attribute <string> has no key"),
        (HEAD + trace("1") + "</log>", "log.xes: this log has no events (1 traces)"),
        (HEAD + trace("1", event("X")) + "<trace><event/></trace></log>", "trace 2 of the file has no concept:name"),
        (
            HEAD + trace("1", event("X"), event("Y", "soon")) + "</log>",
            "event 2 of the file has the time:timestamp 'soon'",
        ),
        (
            HEAD + trace("1", event("X", "2024-02-30")) + "</log>",
            "event 1 of the file has the time:timestamp '2024-02-30'",
        ),
        (HEAD + trace("&#1;", event("X")) + "</log>", "not well-formed XML: reference to invalid character number"),
        (HEAD + trace("&x;", event("X")) + "</log>", "not well-formed XML: undefined entity"),
        (HEAD + trace("a<b", event("X")) + "</log>", "not well-formed XML: not well-formed (invalid token)"),
        (
            HEAD.replace("UTF-8", "klingon") + "</log>",
            "its text cannot be decoded: unknown encoding: klingon. Save the file as UTF-8",
        ),
        (
            HEAD.replace("UTF-8", "GB18030") + trace("1", event("X")) + "</log>",
            "its text cannot be decoded: multi-byte encodings are not supported. Save the file as UTF-8",
        ),
    ],
)
def test_a_wrong_file_is_one_clear_error(tmp_path, text, message):
    path = tmp_path / "log.xes"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LogError) as error:
        read_xes(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)


def test_a_file_that_is_cut_off(tmp_path):
    path = tmp_path / "log.xes.gz"
    whole = gzip.compress((HEAD + trace("1", *(event(f"X{n}") for n in range(999))) + "</log>").encode())
    path.write_bytes(whole[:-100])
    with pytest.raises(
        LogError, match=r"log.xes.gz: the file ends too early: it is cut off. Copy or export the file again"
    ):
        read_xes(path)
    path.write_bytes(b"<log/>")
    with pytest.raises(LogError, match="it is not, or not wholly, compressed with gzip"):
        read_xes(path)


def test_a_path_that_is_no_file(tmp_path):
    with pytest.raises(LogError, match=r"absent.xes: there is no such file"):
        read_xes(tmp_path / "absent.xes")
    with pytest.raises(LogError, match=r"log.csv: this is not the name of an XES file"):
        read_xes(tmp_path / "log.csv")
    (tmp_path / "folder.xes").mkdir()
    with pytest.raises(LogError, match=r"folder.xes: this is a folder"):
        read_xes(tmp_path / "folder.xes")


def test_an_unknown_lifecycle(write):
    with pytest.raises(LogError, match=r"lifecycle: no way 'both' to read the lifecycle. One of pairs, all"):
        read_xes(write(trace("1", event("X"))), lifecycle="both")
