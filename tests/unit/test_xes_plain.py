"""The fast reader of plain XES gives the parts that the careful one gives, or leaves the file to it."""

import io
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from procmine.exchange import xes_parser, xes_plain
from procmine.exchange.xes_parser import open_xes, parsed_parts
from procmine.exchange.xes_part import NotPlainError
from procmine.exchange.xes_plain import plain_parts

PLAIN = """<?xml version='1.0' encoding='UTF-8'?>
<!-- a comment --><log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
  <string key="of the log" value="1"/>
  <trace>
    <string key="concept:name" value="订单 1"/> <int key="n" value="3"></int>
    <event>
      <string key="concept:name" value="a &lt; b &amp;&amp; c &gt; d &quot;&apos;&#65;&#x4e2d;" />
      <date  key = "time:timestamp"
        value="2024-01-01T00:00:00Z"/>
    </event>
    <event><string key="k&amp;y" value=""/><string key="k&amp;y" value="twice > once"/></event>
    <event></event>
    <string key="after the events" value="x"/>
  </trace>
  <trace></trace>
  <trace><event></event></trace>
  <float key="later of the log" value="1"/>
</log>
"""


def shape(parts):
    """The traces of all parts with their attributes and those of their events, whatever the parts."""
    told = []
    for part in parts:
        types = {**part.of_traces.types, **part.of_events.types}
        traces = part.of_traces.columns.to_dicts() or [{}] * part.traces
        events = part.of_events.columns.to_dicts() or [{}] * len(part.trace_of_event)
        for number, given in enumerate(traces):
            members = [present(events[member]) for member in np.flatnonzero(part.trace_of_event == number)]
            if number == 0 and part.continues:
                assert present(given) == told[-1][0]
                told[-1][1].extend(members)
            else:
                told.append((present(given), members))
        assert all(types.values())
    return told


def present(given):
    return {key: value for key, value in given.items() if value is not None}


def both(text):
    file = text.encode()
    return shape(plain_parts(io.BytesIO(file), Path("x"), typed=True)), shape(
        parsed_parts(io.BytesIO(file), Path("x"), typed=True)
    )


@pytest.mark.parametrize("block", [300, 400, 500, 1000, 1 << 20])
def test_plain_xes_is_read_alike(monkeypatch, block):
    monkeypatch.setattr(xes_plain, "BLOCK", block)
    plain, parsed = both(PLAIN.replace('  <float key="later of the log" value="1"/>\n', ""))
    assert plain == parsed
    assert plain[0][0] == {"concept:name": "订单 1", "n": 3, "after the events": "x"}
    assert plain[0][1][0]["concept:name"] == "a < b && c > d \"'A中"
    assert plain[0][1][1:] == [{"k&y": "twice > once"}, {}]
    assert plain[1:] == [({}, []), ({}, [{}])]


TEXT = st.text("a中&<\"'>", max_size=3)
ATTRIBUTE = st.one_of(
    st.tuples(st.just("string"), st.sampled_from(["k", "concept:name", "中"]), TEXT),
    st.tuples(st.just("int"), st.sampled_from(["k", "n"]), st.integers(-9, 9).map(str)),
    st.tuples(st.just("date"), st.just("d"), st.just("2024-01-01T00:00:00Z")),
)
EVENTS = st.lists(st.lists(ATTRIBUTE, max_size=3), max_size=8)
TRACES = st.lists(st.tuples(st.lists(ATTRIBUTE, max_size=3), EVENTS, st.lists(ATTRIBUTE, max_size=2)), min_size=1)


def written(traces):
    """XES whose traces have attributes before and after their events."""

    def elements(given):
        return "".join(f"<{kind} key={quoteattr(key)} value={quoted(value)}/>" for kind, key, value in given)

    def quoted(value):
        return '"' + escape(value, {'"': "&quot;"}) + '"'

    def trace(before, events, after):
        inside = "".join(f"<event>{elements(given)}</event>\n" for given in events)
        return f"<trace>{elements(before)}{inside}{elements(after)}</trace>"

    return f'<log xes.version="1.0">{"".join(trace(*parts) for parts in traces)}</log>'


@hypothesis.settings(max_examples=60, deadline=None)
@hypothesis.given(TRACES, st.integers(30, 300), st.integers(1, 90), st.integers(1, 5))
def test_traces_are_whole_wherever_a_block_ends(traces, block, parsed_block, events):
    text = written(traces).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xes_parser, "BLOCK", 1 << 20)
        expected = shape(parsed_parts(io.BytesIO(text), Path("x"), typed=False))
        patch.setattr(xes_parser, "BLOCK", parsed_block)
        patch.setattr(xes_parser, "EVENTS", events)
        patch.setattr(xes_plain, "BLOCK", block)
        assert shape(parsed_parts(io.BytesIO(text), Path("x"), typed=False)) == expected
        assert shape(plain_parts(io.BytesIO(text), Path("x"), typed=False)) == expected


def test_a_trace_of_many_blocks_is_handed_on_in_parts(monkeypatch):
    events = [[("int", "n", str(number))] for number in range(100)]
    text = written([([], [], []), ([("string", "k", "v")], events, [("string", "late", "x")]), ([], [[]], [])]).encode()
    monkeypatch.setattr(xes_plain, "BLOCK", 500)
    monkeypatch.setattr(xes_parser, "BLOCK", 50)
    monkeypatch.setattr(xes_parser, "EVENTS", 7)
    for read in (plain_parts, parsed_parts):
        parts = list(read(io.BytesIO(text), Path("x"), typed=True))
        assert max(len(part.trace_of_event) for part in parts) < 25
        assert sum(part.traces - part.continues for part in parts) == 3
        assert shape(parts) == [({}, []), ({"k": "v", "late": "x"}, [{"n": n} for n in range(100)]), ({}, [{}])]


def log_of(inside):
    return f'<log xes.version="1.0"><trace>{inside}</trace></log>'


@pytest.mark.parametrize(
    "inside",
    [
        "<event><string key='a' value='b'/></event>",
        '<event><string value="b" key="a"/></event>',
        '<event><string key="a" value="b"><string key="c" value="d"/></string></event>',
        '<event><string key="a" value="b"></int></event>',
        '<event><list key="a"><values/></list></event>',
        '<event><string key="a" value="b\tc"/></event>',
        '<event><string key="a" value="b&nbsp;c"/></event>',
        '<event><string key="a" value="b&c"/></event>',
        '<event><string key="a" value="&#0;"/></event>',
        '<event><string key="a" value="b<c"/></event>',
        '<event><string key="a" value="b" more="c"/></event>',
        '<event><string key="a"value="b"/></event>',
        '<event><string key="a" value="b"/>text</event>',
        '<event><string key="a" value="b"/><!-- <event> --></event>',
        '<event><string key="a" value="b"/><![CDATA[x]]></event>',
        '<event><string key="a" value="b"/>',
        '<event><event><string key="a" value="b"/></event></event>',
        '<event id="1"><string key="a" value="b"/></event>',
        "<event/>",
        '<event><string key="a" value="\ufffe"/></event>',
        '<event><string key="a" value="\x01"/></event>',
        '<event><string key="a" value="b"/>\xa0</event>',
        '</trace><string key="of the log" value="1"/><trace>',
        '<event><string key="a" value="b"/></event></log>',
        '</trace><event><string key="a" value="b"/></event><trace>',
        "</trace><trace/><trace>",
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(inside):
    with pytest.raises(NotPlainError):
        list(plain_parts(io.BytesIO(log_of(inside).encode()), Path("x"), typed=True))


@pytest.mark.parametrize(
    "head",
    ["<!DOCTYPE log []>", '<?xml version="1.0" encoding="latin-1"?>', "<other>", "<log>", "<!-- <trace> -->"],
)
def test_what_is_around_the_traces_goes_through_an_xml_parser(head):
    text = head + log_of('<event><string key="a" value="b"/></event>')
    with pytest.raises(NotPlainError):
        list(plain_parts(io.BytesIO(text.encode()), Path("x"), typed=True))


@pytest.mark.parametrize("block", range(1, 40))
def test_what_is_before_the_traces_may_be_longer_than_a_block(monkeypatch, block):
    head, traces = '<log><string key="of the log" value="x"/>', '<trace><string key="concept:name" value="a"/></trace>'
    monkeypatch.setattr(xes_plain, "BLOCK", block)
    (part,) = plain_parts(io.BytesIO(f"{head}{traces}</log>".encode()), Path("a.xes"), typed=True)
    assert shape([part]) == [({"concept:name": "a"}, [])]
    with pytest.raises(NotPlainError):
        list(plain_parts(io.BytesIO(f"{head}</log>".encode()), Path("a.xes"), typed=True))


@pytest.mark.parametrize("tail", ["<trace/>", "<event/>", "<x:trace/>", "<trace>", "</log>"])
def test_what_follows_the_last_trace_too(tail):
    text = log_of('<event><string key="a" value="b"/></event>').replace("</log>", f"{tail}</log>")
    with pytest.raises(NotPlainError):
        list(plain_parts(io.BytesIO(text.encode()), Path("x"), typed=True))


@pytest.mark.parametrize("block", [200_000, 16 << 20])
def test_real_logs_are_read_alike(shared, monkeypatch, block):
    monkeypatch.setattr(xes_plain, "BLOCK", block)
    for file in sorted(shared.glob("*/*.xes*")):
        if file.stat().st_size > 1 << 20:
            continue
        with open_xes(file) as one, open_xes(file) as other:
            assert shape(plain_parts(one, file, typed=True)) == shape(parsed_parts(other, file, typed=True)), file
