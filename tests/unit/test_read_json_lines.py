"""JSON lines: values as they are written, and lines that are no objects."""

import gzip
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from one_export import read_one
from procmine.assemble.reading import text
from procmine.assemble.reasons import BYTES, NO_OBJECT, NO_TEXT, TOO_LONG, ZEROS
from procmine.errors import ExportError


def read(folder: Path, content: str | bytes, *columns: str, name: str = "crm.jsonl", **options: str):
    return read_one(folder, name, content, *columns, **options)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("12345678901234567890", "12345678901234567890"),
        ("1.10", "1.10"),
        ("-0", "-0"),
        ("1.0", "1"),
        ("-7.00", "-7"),
        ("-0.0", "0"),
        ("1.7e12", "1700000000000"),
        ("17E+11", "1700000000000"),
        ("12345678901234567890.0", "12345678901234567890"),
        ("1.5", "1.5"),
        ("1e21", "1e21"),
        ("1e-400", "1e-400"),
        ("1e9999999999999999999", "1e9999999999999999999"),
        ('"1.0"', "1.0"),
        ("1E400", "1E400"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
        ("NaN", "NaN"),
        ("true", "true"),
        ("false", "false"),
        ("null", None),
        ('""', None),
        ('" 007\\t"', "007"),
        ('"a \\"quoted\\" one, and\\nmore"', 'a "quoted" one, and\nmore'),
        ('"\\u5b89装 \\ud83d\\ude00"', "安装 😀"),
        ('[1.0, true, null, "a"]', '[1.0,true,null,"a"]'),
        ('{"a": {"b": 1e5}}', '{"a":{"b":1e5}}'),
        ("[]", "[]"),
        ('"a\\rb"', "a\rb"),
        ('"a,\\r\\nb"', "a,\r\nb"),
    ],
)
def test_a_value_is_what_was_written(tmp_path, value, cell):
    assert read(tmp_path, f'{{"no": 1, "step": {value}}}\n', "step") == ([(cell,)], [])


def test_names_lead_into_objects(tmp_path):
    content = '{"no": 1, "customer": {"tier": "gold", "at": {"city": "上海"}}}\n{"no": 2, "customer": null}\n'
    content += '{"no": 3, "customer.tier": "silver", "customer": {"tier": "gold"}}\n{"no": 4, "customer": ["gold"]}\n'
    cells, _wrong = read(tmp_path, content, "no", "customer.tier", "customer.at.city")
    assert cells == [("1", "gold", "上海"), ("2", None, None), ("3", "silver", None), ("4", None, None)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"no": 2', NO_OBJECT),
        ('{"no": 2} x', NO_OBJECT),
        ('{"no": 02}', NO_OBJECT),
        ("{'no': 2}", NO_OBJECT),
        ("[2]", NO_OBJECT),
        ("2", NO_OBJECT),
        ("[" * 100_000, NO_OBJECT),
        ('{"no": "\0"}', ZEROS),
        ('{"no": "\\u0000"}', ZEROS),
        ('{"no": "\\ud800"}', NO_TEXT),
    ],
)
def test_a_line_that_is_none_is_set_aside_and_all_others_are_read(tmp_path, line, problem, end):
    cells, wrong = read(tmp_path, f'{{"no": 1}}{end}{end}{line}{end}{{"no": 8}}{end}{{"no": 9}}')
    assert cells == [("1",), (None,), ("8",), ("9",)]
    assert wrong == [(2, 3, problem, text.shown(line))]


def test_bytes_that_are_not_of_the_encoding(tmp_path):
    content = '{"no": "安"}\n{"no": "'.encode("gb18030") + b'\xff"}\n{"no": "b"}\n'
    cells, wrong = read(tmp_path, gzip.compress(content), name="crm.jsonl.gz", encoding="gb18030")
    assert (cells, wrong) == ([("安",), (None,), ("b",)], [(2, 2, BYTES, '{"no": "\\xff"}')])


def test_a_line_over_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "LONGEST_ROW", 1_000)
    cells, wrong = read(tmp_path, '{"no": 1}\n{"no": "' + "x" * 5_000 + '"}\n{"no": 3}\n')
    assert cells == [("1",), (None,), ("3",)]
    assert [row[:3] for row in wrong] == [(2, 2, TOO_LONG)]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"nos": 1}\n{"nos": 2}\n', "no column 'no' in any line. Did you mean 'nos'? Known: nos"),
        ('{"order": {"no": 1}}\n', "no column 'no' in any line. Known: order, order.no"),
        (
            '[\n{"no": 1},\n{"no": 2}\n]\n',
            "3 of 4 rows cannot be read; the first in line 1: row that is no JSON object",
        ),
        ("no,step\n1,a\n", "2 of 2 rows cannot be read"),
    ],
)
def test_a_file_that_is_refused(tmp_path, content, told):
    with pytest.raises(ExportError) as caught:
        read(tmp_path, content)
    assert str(caught.value).startswith(str(tmp_path / "crm.jsonl"))
    assert told in str(caught.value)


values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda number: str(abs(number)).replace("E+", "E")),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.fixed_dictionaries({"no": st.just("1")}, optional={"a": values, "b b": values}), min_size=1, max_size=9)
)
def test_what_json_writes_is_read_back(found):
    lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in [*found, {"a": "x", "b b": "y"}])
    with tempfile.TemporaryDirectory() as folder:
        cells, wrong = read(Path(folder), lines, "a", "b b")
    assert wrong == []
    assert cells[:-1] == [(cell(one.get("a")), cell(one.get("b b"))) for one in found]


def cell(value: object) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value).strip(" \t\n\r\v\f\xa0\u200b\u3000\ufeff") or None


@pytest.mark.parametrize("content", ["", "\n\n"])
def test_an_export_that_found_nothing_has_no_rows(tmp_path, content):
    assert read(tmp_path, content) == ([], [])
