"""OCEL in JSON read the fast way gives what the parser gives, or is left to it."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from procmine import engine
from procmine.exchange import ocel_json_plain, ocel_parts
from procmine.exchange.ocel_json_parser import read_parsed
from procmine.exchange.ocel_json_plain import NotPlainError, read_plain
from procmine.exchange.ocel_parts import OcelParts

TEXT = st.text(st.characters(codec="utf-8"), max_size=5) | st.sampled_from(
    ['"', "\\", '\\"', "}, {", "]}", '"value":1', "\\\\", "{[", "\0", "单", ',"events":[']
)
VALUE = TEXT | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
ATTRIBUTES = st.lists(st.fixed_dictionaries({"name": TEXT, "value": VALUE}), max_size=4)
RELATED = st.lists(st.fixed_dictionaries({"objectId": TEXT}, optional={"qualifier": TEXT}), max_size=3)
OPTIONAL = {"relationships": RELATED | st.none(), "more": st.none() | VALUE | st.lists(VALUE, max_size=2)}
EVENT = st.fixed_dictionaries(
    {"id": TEXT, "type": TEXT, "time": TEXT}, optional={"attributes": ATTRIBUTES | st.none(), **OPTIONAL}
)
TIMED = st.fixed_dictionaries({"name": TEXT, "value": VALUE}, optional={"time": TEXT | st.none()})
OBJECT = st.fixed_dictionaries({"id": TEXT, "type": TEXT}, optional={"attributes": st.lists(TIMED), **OPTIONAL})
LOG = st.fixed_dictionaries({"events": st.lists(EVENT, max_size=5), "objects": st.lists(OBJECT, max_size=4)})


def tables(read, path, folder):
    """What `read` makes of a file: the rows of every table, attributes by name."""
    (place := folder / read.__name__).mkdir()
    parts = OcelParts(path, place, owners="numbers")
    read(parts)
    found = {}
    for name in ("events", "objects", "object_values", "event_objects", "object_objects"):
        rows = getattr(parts, name)
        stored = engine.collect_arrow(rows.table.order_by("number"))
        named = {column: attribute for attribute, column in rows.columns.items()}
        found[name] = [
            {named.get(column, (column,)): value for column, value in row.items()} for row in stored.to_pylist()
        ]
    return found, parts.types_of_events, parts.types_of_objects


@settings(max_examples=60, deadline=None)
@given(LOG, st.sampled_from([None, 2]), st.booleans(), st.booleans(), st.sampled_from([1, 30, 1 << 22]))
@example({"events": [], "objects": []}, None, True, False, 7)
def test_the_fast_way_gives_what_the_parser_gives(log, indent, ascii_only, turned, block):
    members = dict(reversed(log.items())) if turned else log
    text = json.dumps(members, indent=indent, ensure_ascii=ascii_only)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(ocel_json_plain, "_BLOCK", block)
        patch.setattr(ocel_parts, "ROWS", 3)
        path = Path(folder) / "log.json"
        path.write_text(text, encoding="utf-8-sig" if turned else "utf-8")
        assert tables(read_plain, path, Path(folder)) == tables(read_parsed, path, Path(folder))


E = '{"id":"e","type":"X","time":"t"}'
NOT_PLAIN = [
    "",
    "[]",
    '{"events":[]}',
    '{"events":[],"objects":[]',
    '{"events":[],"objects":[]} x',
    '{"events":[],"objects":[],"more":1}',
    f'{{"events":[{E} {E}],"objects":[]}}',
    f'{{"events":[{E},],"objects":[]}}',
    f'{{"events":[,{E}],"objects":[]}}',
    f'{{"events":[{E},,{E}],"objects":[]}}',
    f'{{"events":[{E}] "objects":[]}}',
    '{"events":{},"objects":[]}',
    '{"events":[null],"objects":[]}',
    '{"events":[7],"objects":[]}',
    '{"events":["x"],"objects":[]}',
    '{"events":[{"id":"e","type":"X"}],"objects":[]}',
    '{"events":[{"id":7,"type":"X","time":"t"}],"objects":[]}',
    '{"events":[{"id":"e","type":"X","time":"t","id":"f"}],"objects":[]}',
    '{"events":[{"id":"e","type":"X","time":"t","attributes":[null]}],"objects":[]}',
    '{"events":[{"id":"e","type":"X","time":"t","attributes":[{"value":"v"}]}],"objects":[]}',
    '{"events":[{"id":"e","type":"X","time":"t","attributes":[{"name":"n","value":[1]}]}],"objects":[]}',
    '{"events":[{"id":"e","type":"X","time":"t","attributes":[{"name":"n","value":01}]}],"objects":[]}',
    '{"events":[{"id":"e","type":"X","time":"t","attributes":[{"name":"n"}]}],"objects":[]}',
    '{"events":[{"id":"e","type":"X","time":"t","attributes":[{"name":"n","value":null}]}],"objects":[]}',
    '{"events":[{"id":"e","type":"X","time":"t","relationships":[{}]}],"objects":[]}',
    '{"events":[{"id":"a\nb","type":"X","time":"t"}],"objects":[]}',
    '{"events":[],"objects":[{"id":"\\ud800","type":"order"}]}',
    '{"events":[],"objects":[],"eventTypes":[{"name":"X","attributes":[{"name":"n"}]}]}',
    '{"events":[' + "[" * 100_000,
]


@pytest.mark.parametrize("text", NOT_PLAIN)
def test_what_is_not_plain_is_left_to_the_parser(text, tmp_path):
    path = tmp_path / "log.json"
    path.write_text(text)
    (tmp_path / "parts").mkdir()
    with pytest.raises(NotPlainError):
        read_plain(OcelParts(path, tmp_path / "parts", owners="numbers"))


def test_numbers_are_read_as_they_stand(tmp_path):
    given = [("n", "1.10"), ("n2", "18446744073709551617"), ("n3", "1e5"), ("n4", "true"), ("n5", "-0")]
    attributes = ",".join(f'{{"name":"{name}","value" : {value} }}' for name, value in given)
    path = tmp_path / "log.json"
    path.write_text(f'{{"events":[{E[:-1]},"attributes":[{attributes}]}}],"objects":[]}}')
    found, *_types = tables(read_plain, path, tmp_path)
    assert [found["events"][0][name] for name, _value in given] == [value for _name, value in given]
