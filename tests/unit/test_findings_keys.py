"""Keys that two exports write in two ways, and those that a spreadsheet has rounded."""

import random
from pathlib import Path

import pytest
import xlsxwriter

from procmine.assemble.findings.keys import OTHERWISE, ROUNDED

STUDY = """\
title: Orders of several systems
order: order
systems: {one: {rank: 1, time_zone: UTC}}
sources:
"""
EVENTS = "events: {form: row, activity: step, timestamp: time}"


def study_of(*files, more=""):
    """Each file is a source with events, whose column `no` has the order's key."""
    each = [f"  {Path(file).stem}: {{file: {file}, system: one, keys: {{order: no}}, {EVENTS}}}\n" for file in files]
    return STUDY + "".join(each) + more


def export(*keys):
    rows = [f'"{key}",Step,2024-01-01T{8 + n // 60:02}:{n % 60:02}\n' for n, key in enumerate(keys)]
    return "no,step,time\n" + "".join(rows)


def told(study, check=OTHERWISE):
    findings = study.findings()
    chosen = findings.loc[findings["check"] == check.name, ["source", "rows", "orders", "example"]]
    return chosen.sort_values("source").to_numpy().tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("000100", "100"),
        ("000100", "100.0"),
        ("000100", "000100.00"),
        ("000100", "'000100"),
        ("000100", "0001 00"),
        ("000100", "000\u200b100"),
        ("000100", "０００１００"),
        ("A-100", "a-100"),
        ("A-100", "A 100"),
        ("A-100", "A_100"),
        ("A-100", "A/100"),
        ("A-100", "Ａ－100"),
        ("A-100", "A–100"),
        ("订单-100", "订单\u3000100"),
        ("10", "010"),
    ],
)
def test_a_key_that_two_exports_write_in_two_ways_is_told_of_both(make_study, one, other):
    study = make_study(study_of("a.csv", "b.csv"), {"a.csv": export(one, one, "7000"), "b.csv": export(other, "7000")})
    assert told(study) == [
        ["a.csv", 2, 1, f"order {one} · {other} in b.csv"],
        ["b.csv", 1, 1, f"order {other} · {one} in a.csv"],
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A-010", "A-10"),
        ("A1.5", "A15"),
        ("A.0", "A"),
        ("100", "1000"),
        ("X100", "100"),
        ("01", "1"),
        ("00", "0.0"),
        ("-", "/"),
        ("1E10", "10000000000"),
    ],
)
def test_keys_that_differ_in_what_counts_or_are_short_are_not_told(make_study, one, other):
    study = make_study(study_of("a.csv", "b.csv"), {"a.csv": export(one), "b.csv": export(other)})
    assert told(study) == []


def test_all_orders_of_two_exports_are_counted_and_stay_apart(make_study):
    orders = range(100, 200)
    exports = {"a.csv": export(*(f"000{n}" for n in orders)), "b.csv": export(*orders)}
    study = make_study(study_of(*exports), exports)
    assert told(study) == [
        ["a.csv", 100, 100, "order 000100 · 100 in b.csv"],
        ["b.csv", 100, 100, "order 100 · 000100 in a.csv"],
    ]
    assert study.log().case_id.nunique().to_pandas() == 200


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (["000100", "A-1"], ["000100", "A-1"]),
        (["A-100", "A100"], ["A100"]),
        (["A-100", "A100"], ["a100"]),
        (["A100"], ["A-100", "a100", "B7"]),
        (["000100", "100"], ["200"]),
    ],
)
def test_keys_that_meet_and_keys_that_one_export_tells_apart_are_not_told(make_study, a, b):
    study = make_study(study_of("a.csv", "b.csv"), {"a.csv": export(*a), "b.csv": export(*b)})
    assert told(study) == []


def test_exports_that_agree_are_told_of_a_third_that_does_not(make_study):
    exports = {"a.csv": export("000100"), "b.csv": export("000100", "300"), "c.csv": export("100", "300")}
    assert told(make_study(study_of(*exports), exports)) == [
        ["a.csv", 1, 1, "order 000100 · 100 in c.csv"],
        ["b.csv", 1, 1, "order 000100 · 100 in c.csv"],
        ["c.csv", 1, 1, "order 100 · 000100 in a.csv"],
    ]


def test_two_exports_of_each_system_hide_nothing(make_study):
    exports = {"a.csv": export("000100"), "a2.csv": export("000100"), "b.csv": export("100"), "b2.csv": export("100")}
    assert [row[0] for row in told(make_study(study_of(*exports), exports))] == ["a.csv", "a2.csv", "b.csv", "b2.csv"]


def test_a_key_told_apart_by_an_export_that_meets_both_others_is_left_out(make_study):
    exports = {"a.csv": export("A-100"), "b.csv": export("a100"), "c.csv": export("A100")}
    assert len(told(make_study(study_of(*exports), exports))) == 3
    exports = {"a.csv": export("A-100", "A100"), "b.csv": export("a100", "A100"), "c.csv": export("A100")}
    assert told(make_study(study_of(*exports), exports)) == []


def test_kinds_of_keys_are_compared_each_with_itself_only(make_study):
    more = "  links: {file: links.csv, keys: {order: no, job: job}}\n"
    more += f"  jobs: {{file: jobs.csv, system: one, keys: {{job: no}}, {EVENTS}}}\n"
    exports = {
        "a.csv": export("000100", "200"),
        "links.csv": "no,job\n000100,J-7\n200,100\n",
        "jobs.csv": export("j7", "100", "200"),
    }
    study = make_study(study_of("a.csv", more=more), exports)
    assert told(study) == [
        ["jobs.csv", 1, 0, "job j7 · J-7 in links.csv"],
        ["links.csv", 1, 1, "job J-7 · j7 in jobs.csv"],
    ]


def test_a_kind_that_one_export_has_meets_nothing(make_study):
    exports = {"a.csv": export("000100", "100")}
    assert told(make_study(study_of("a.csv"), exports)) == []


def test_orders_that_the_study_makes_one_are_not_told(make_study):
    more = "  master: {file: m.csv, keys: {order: no}, order_attributes: {customer: who}}\n"
    more += "same_order: [{match: [customer], within: 2 d, then: join}]\n"
    exports = {"a.csv": export("000100"), "b.csv": export("100"), "m.csv": "no,who\n000100,Ann\n100,Ann\n"}
    joined = study_of("a.csv", "b.csv", more=more)
    assert told(make_study(joined, exports)) == []
    separate = make_study(joined.replace("join}", "report}"), {**exports, "m.csv": "no,who\n000100,Ann\n"})
    assert len(told(separate)) == 3


def test_the_order_of_rows_and_files_decides_nothing(make_study):
    shuffled = random.Random(7)
    one = [f"000{number}" for number in range(100, 120)] + ["A-1", "A1"]
    other = [f"{number}.0" for number in range(110, 130)] + ["a 1", "000100"]
    found = []
    for files in (["a.csv", "b.csv"], ["b.csv", "a.csv"]):
        for _again in range(2):
            shuffled.shuffle(one)
            shuffled.shuffle(other)
            study = make_study(study_of(*files), {"a.csv": export(*one), "b.csv": export(*other)})
            found.append(told(study))
    assert found == 4 * [
        [
            ["a.csv", 10, 10, "order 000110 · 110.0 in b.csv"],
            ["b.csv", 10, 10, "order 110.0 · 000110 in a.csv"],
        ]
    ]


@pytest.mark.parametrize("key", ["1.23457E+17", "1E+05", "1.2e+11"])
def test_a_key_as_a_spreadsheet_shows_large_numbers_is_told(make_study, key):
    exports = {"a.csv": export(key, key, "100"), "b.csv": export("123456789012345678")}
    assert told(make_study(study_of(*exports), exports), ROUNDED) == [["a.csv", 2, 1, f"order {key}"]]
    assert told(make_study(study_of("a.csv"), exports), ROUNDED) == [["a.csv", 2, 1, f"order {key}"]]


@pytest.mark.parametrize("key", ["1E05", "12E+5", "E+5", "1.E+5", "A1E+05", "123456789012346000"])
def test_other_keys_of_a_text_file_are_not(make_study, key):
    exports = {"a.csv": export(key), "b.csv": export("100")}
    assert told(make_study(study_of(*exports), exports), ROUNDED) == []


LONG = [f"12345678901{number}000" for number in range(2000, 2020)]


@pytest.mark.parametrize(
    ("keys", "rows"),
    [
        ([123456789012346000] * 3, 3),
        ([*LONG, "100"], 20),
        ([*LONG, "123456789012012345"], 20),
        ([*LONG[:10], "123456789012012345"], 0),
        ([number[3:] for number in LONG], 0),
        (["123456789012345678", "100000"], 0),
    ],
)
@pytest.mark.parametrize("others", [[], ["100"]])
def test_long_numbers_of_a_workbook_that_nearly_all_end_in_zeros_are_told(make_study, tmp_path, keys, rows, others):
    files = ["w.xlsx", *(["b.csv"] if others else [])]
    study = make_study(study_of(*files), {"b.csv": export(*others)})
    with xlsxwriter.Workbook(tmp_path / "eventlogs" / "small" / "exports" / "w.xlsx") as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate([("no", "step", "time"), *((key, "Step", "2024-01-01T08:00") for key in keys)]):
            sheet.write_row(row, 0, cells)
    orders = len({*keys[:rows]})
    assert told(study, ROUNDED) == ([["w.xlsx", rows, orders, f"order {keys[0]}"]] if rows else [])
