"""JSON documents: lists of objects at the top or inside, and what is no such document."""

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from one_export import read_one
from procmine.assemble.reading import json_document
from procmine.assemble.reasons import NO_OBJECT, NO_TEXT, TOO_LONG, ZEROS
from procmine.errors import ExportError
from procmine.exchange import json_stream


def read(folder: Path, content: str | bytes, *columns: str, name: str = "crm.json", **options: str):
    return read_one(folder, name, content, *columns, **options)


ROWS = '[{"no": 1, "at": {"city": "上海"}},\n {"no": 12345678901234567890, "more": 1.10}, {"no": " 007 "}]'
CELLS = [("1", "上海", None), ("12345678901234567890", None, "1.10"), ("007", None, None)]


@pytest.mark.parametrize(
    ("document", "table"),
    [
        (ROWS, None),
        (f"\ufeff {ROWS} \n", None),
        (f'{{"code": 0, "data": {ROWS}}}', None),
        (f'{{"data": {{"total": 3, "rows": {ROWS}, "flags": [1, 2]}}, "messages": []}}', None),
        (f'{{"old": [{{"no": 5}}], "data": {{"rows": {ROWS}}}}}', "data.rows"),
        (f'{{"errors": [{{"text": "late"}}], "data.rows": {ROWS}, "x": {{"rows": []}}}}', "data.rows"),
    ],
)
def test_a_list_of_objects_wherever_it_stands(tmp_path, document, table):
    options = {} if table is None else {"table": table}
    assert read(tmp_path, document, "no", "at.city", "more", **options) == (CELLS, [])


def test_a_document_whose_list_is_named_is_parsed_once(tmp_path, monkeypatch):
    document = f'{{"code": 0, "data": {{"more": [{{"no": 5}}], "rows": {ROWS}}}}}'
    opened = []
    begun = json_document._opened
    monkeypatch.setattr(json_document, "_opened", lambda *given: opened.append(given) or begun(*given))
    assert read(tmp_path, document, "no", "at.city", "more", table="data.rows") == (CELLS, [])
    assert len(opened) == 1
    with pytest.raises(ExportError, match=r"no table 'data.row'. Did you mean 'data.rows'"):
        read(tmp_path, document, table="data.row")


@pytest.mark.parametrize(
    ("document", "table"),
    [
        (f'{{"data": {{"rows": [1, 2]}}, "data.rows": {ROWS}}}', "data.rows"),
        (f'{{"data.rows": "none", "data": {{"rows": {ROWS}}}}}', "data.rows"),
        (f'{{"a": {{"b": {{"c": {ROWS}, "d": {{"e": []}}}}}}}}', "a.b.c"),
        (f'{{"": {ROWS}, "a": []}}', ""),
        (f'{{"rows": [], "rows": {ROWS}}}', "rows"),
    ],
)
def test_which_list_a_name_means(tmp_path, document, table):
    assert read(tmp_path, document, "no", "at.city", "more", table=table) == (CELLS, [])


def test_other_encodings_and_compression(tmp_path):
    for encoding in ("gb18030", "utf-16"):
        assert read(tmp_path, ROWS.encode(encoding), "no", "at.city", "more", encoding=encoding) == (CELLS, [])
    packed = gzip.compress(ROWS.encode())
    assert read(tmp_path, packed, "no", "at.city", "more", name="crm.json.gz") == (CELLS, [])


def test_items_that_are_no_rows_are_set_aside(tmp_path):
    deep = '{"no": ' + "[" * 700 + "]" * 700 + "}"
    long = "x" * 2_000_001
    items = ['{"no": 1}', '{"no": 2}', '{"no": 3}', '{"no": 4}', '{"no": 5}', "null", "[1, 2.50]"]
    items += ['{"no": "a\\u0000"}', '{"no": "\\ud83d"}', deep, f'{{"no": "{long}"}}', '{"no": 6}', '{"no": 7}']
    cells, wrong = read(tmp_path, "[" + ",\n".join(items) + "]")
    assert [cell for (cell,) in cells] == ["1", "2", "3", "4", "5", *[None] * 6, "6", "7"]
    assert [(row, line, problem) for row, line, problem, _text in wrong] == [
        (6, 6, NO_OBJECT),
        (7, 7, NO_OBJECT),
        (8, 8, ZEROS),
        (9, 9, NO_TEXT),
        (10, 10, NO_OBJECT),
        (11, 11, TOO_LONG),
    ]
    assert [text for *_told, text in wrong][:2] == ["null", "[1,2.50]"]


def test_a_document_without_a_row_has_none(tmp_path):
    assert read(tmp_path, "[]") == ([], [])
    assert read(tmp_path, '{"rows": []}') == ([], [])


@pytest.mark.parametrize(
    ("document", "options", "told"),
    [
        ("", {}, "there is no list of objects in it"),
        ("3", {}, "there is no list of objects in it"),
        ('{"no": 1}', {}, "there is no table in it"),
        ('{"flags": [1, 2]}', {}, "there is no table in it"),
        ('{"no": 1}\n{"no": 2}\n', {}, "there is more after its end.*the format is json_lines"),
        ("[1, 2, 3]", {}, "3 of 3 rows cannot be read; the first in line 1: row that is no JSON object"),
        ('[{"no": 1}', {}, "crm.json, character 11: .*the file ends too early"),
        ('[{"no": 1}, {"no" 2}]', {}, "crm.json, character 19: .*Expecting ':' delimiter"),
        ('[{"no": 1}] x', {}, "there is more after its end"),
        ("[" * 100_000, {}, "values are nested too deeply"),
        ('[{"number": 1}]', {}, "no column 'no' in any object"),
        ('{"a": [{"no": 1}], "b": [{"no": 2}]}', {}, "2 tables, and none is named.*a, b"),
        ('{"a.b": [{"no": 1}], "a": {"b": [{"no": 2}]}}', {"table": "a.b"}, "two lists are called 'a.b'"),
        ('{"a": [{"no": 1}]}', {"table": "b"}, "no table 'b'"),
        ('{"a": [{"no": 1}], "b": [1, 2]}', {"table": "b"}, "no table 'b'"),
        ('{"a": [{"no": 1}], "b": {"no": 1}}', {"table": "b"}, "no table 'b'"),
        ('{"a": {"b": {"c": {"d": [{"no": 1}]}}}}', {"table": "a.b.c.d"}, "there is no table in it"),
        ('{"a": [{"number": 1}]}', {"table": "a"}, "no column 'no' in any object"),
        ('{"a": [{"no": 1}, 2, 3]}', {"table": "a"}, "2 of 3 rows cannot be read; the first in line 1"),
        ('{"a": [{"no": 1}], "b": 1', {"table": "a"}, "crm.json, character 26: .*the file ends too early"),
        ("3", {"table": "b"}, "there is no list of objects in it"),
        ('[{"no": 1}]', {"table": "b"}, "the document is a list itself"),
        ('[{"no": "é"}]'.encode("latin-1"), {}, "bytes that are not utf-8"),
    ],
)
def test_what_is_no_such_document(tmp_path, document, options, told):
    with pytest.raises(ExportError, match=f"(?s){told}"):
        read(tmp_path, document, **options)


def test_a_value_that_never_ends_is_refused_in_bounded_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(json_document, "_LONGEST", 1_000)
    monkeypatch.setattr(json_stream, "_BLOCK", 100)
    with pytest.raises(ExportError, match="an item has more than 1,000 characters"):
        read(tmp_path, '[{"no": "' + "x" * 5_000 + '"}]')


SINGLE = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8"))
FLAT = SINGLE | st.lists(SINGLE, max_size=3)
VALUES = FLAT | st.dictionaries(st.text(max_size=3), FLAT, max_size=3)


@given(
    rows=st.lists(st.fixed_dictionaries({"no": st.integers()}, optional={"x": VALUES, "y": VALUES}), max_size=8),
    beside=st.dictionaries(st.text(max_size=3), VALUES, max_size=3),
    block=st.integers(1, 60),
)
@settings(deadline=None)
def test_wherever_its_blocks_end(tmp_path_factory, rows, beside, block):
    """What stands beside the list changes nothing; nor does where reading stops to read on."""
    folder = tmp_path_factory.mktemp("json")
    document = json.dumps({**{f"_{key}": value for key, value in beside.items()}, "way": {"rows": rows}})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_stream, "_BLOCK", block)
        cells, wrong = read(folder, document, table="way.rows")
    assert not wrong
    assert [cell for (cell,) in cells] == [str(row["no"]) for row in rows]
