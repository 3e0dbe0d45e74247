"""Rows that cannot be read: set aside with their line, and all others are read as if they were not there."""

import csv
import gzip
import io
import tempfile
import tracemalloc
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conftest import rows
from procmine import engine
from procmine.assemble.mapping import Source
from procmine.assemble.reading import read_export, text
from procmine.assemble.reading.csv_rows import may_swallow_rows
from procmine.assemble.reasons import BYTES, QUOTE, TOO_FEW, TOO_LONG, TOO_MANY, ZEROS
from procmine.assemble.rows import CELL, LINE, ROW, TEXT, UNREAD
from procmine.errors import ExportError

HEAD = "no,step\n1,Accept\n"
TAIL = "8,Ship\n9,Bill\n"
READ = [("1", "Accept"), ("8", "Ship"), ("9", "Bill")]


def read(path: Path, **options: str) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """The rows that were read, with their number; and the others: number, line, problem, text."""
    source = Source.model_validate({"file": path.name, "keys": {"order": "no"}, **options})
    with ExitStack() as scratch:
        table = read_export(path, source, ["no", "step"], scratch)
        frame = engine.collect(table.order_by(ROW)).astype(object)
    frame = frame.where(frame.notna(), None)
    assert list(frame[ROW]) == list(range(1, len(frame) + 1))
    good, bad = frame[frame[UNREAD].isna()], frame[frame[UNREAD].notna()]
    assert bad[[f"{CELL}no", f"{CELL}step"]].isna().all(axis=None)
    others = bad[[ROW, LINE, UNREAD, TEXT]] if len(bad) else bad[[]]
    return (
        list(good[[ROW, f"{CELL}no", f"{CELL}step"]].itertuples(index=False, name=None)),
        list(others.itertuples(index=False, name=None)),
    )


def file(folder: Path, content: str | bytes, name: str = "crm.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("2", TOO_FEW),
        ("  ", TOO_FEW),
        ("2,b,c", TOO_MANY),
        ("2,b,,c", TOO_MANY),
        ("2,b, ", TOO_MANY),
        ('2,"b', QUOTE),
        ('2,"b"c', QUOTE),
        ('2,"b" c', QUOTE),
        ('2,"b\\"",c', QUOTE),
        ('"2,b', QUOTE),
        ("2,a\0b", ZEROS),
        ("\0\0\0\0", ZEROS),
        ('2,"\0"', ZEROS),
    ],
)
def test_a_broken_row_is_set_aside_and_all_others_are_read(tmp_path, line, problem):
    good, bad = read(file(tmp_path, f"{HEAD}{line}\n{TAIL}"))
    assert good == [(1, "1", "Accept"), (3, "8", "Ship"), (4, "9", "Bill")]
    assert bad == [(2, 3, problem, line.replace("\0", "\\x00"))]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_whatever_ends_the_lines(tmp_path, end):
    good, bad = read(file(tmp_path, f"{HEAD}2\n{TAIL}".replace("\n", end)))
    assert ([row[1:] for row in good], bad) == (READ, [(2, 3, TOO_FEW, "2")])


def test_a_row_of_several_lines_counts_once_and_its_lines_all(tmp_path):
    content = 'no,step\n1,"two\nlines"\n\n2,a,b\n3,"""a"",\n\nb"\n4\n5,c\n6,5" pipe\n7, "d,d"  \n'
    good, bad = read(file(tmp_path, content))
    assert good == [
        (1, "1", "two\nlines"),
        (3, "3", '"a",\n\nb'),
        (5, "5", "c"),
        (6, "6", '5" pipe'),
        (7, "7", "d,d"),
    ]
    assert bad == [(2, 5, TOO_MANY, "2,a,b"), (4, 9, TOO_FEW, "4")]


def test_a_broken_quote_costs_one_row_also_where_another_quote_follows_far_below(tmp_path):
    between = "".join(f"{row},step {row}\n" for row in range(3, 5_000))
    good, bad = read(file(tmp_path, f'no,step\n1,a\n2,"b\n{between}5000,"x, y"\n'))
    assert bad == [(2, 3, QUOTE, '2,"b')]
    assert len(good) == 4_999
    assert good[-1] == (5_000, "5000", "x, y")


@pytest.mark.parametrize(
    ("lines", "looked_at"),
    [
        (["1,a,2024", "2,b,2025"], False),
        (['1,"a', 'b",2024'], False),
        (['1,"a', "b", 'c","d', 'e"'], False),
        (['1,"a",2024', '2,"b",2025'], False),
        (['1,5" pipe,2024'], True),
        (['1,"a,2024', '2,b",2025'], True),
        (['1,"a,2024', "2,b,2025", '3,c",2026'], True),
        (['1,"a,2024', "2,b"], True),
    ],
)
def test_which_files_are_looked_at_row_by_row(lines, looked_at):
    assert may_swallow_rows((f"{line}\n" for line in lines), ",", width=3) is looked_at


WIDE = "no,step,by,time\n"


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_two_broken_quotes_that_pair_up_cost_one_row(tmp_path, encoding, end):
    content = (
        f'{WIDE}1,安装,Ann,2024-01-01 08:00\n2,"Accept,Bob,2024-01-02 08:00\n3,Ship,Cai,2024-01-03 08:00\n'
        '4,Pack,Dan,2024-01-04 08:00\n5,Bill,"Eve",2024-01-05 08:00\n6,5" pipe",Fay,2024-01-06 08:00\n'
    ).replace("\n", end)
    good, bad = read(file(tmp_path, content.encode(encoding)), encoding=encoding)
    assert good == [
        (1, "1", "安装"),
        (3, "3", "Ship"),
        (4, "4", "Pack"),
        (5, "5", "Bill"),
        (6, "6", '5" pipe"'),
    ]
    assert bad == [(2, 3, QUOTE, '2,"Accept,Bob,2024-01-02 08:00')]


def test_a_pair_whose_cells_fit_by_luck(tmp_path):
    """Read as CSV says, rows 2 to 4 are one row of four cells."""
    content = f'{WIDE}1,a,A,B10001\n2,"a,A,B10002\n3,b,B,B10003\n4,c",C,B10004\n'
    good, bad = read(file(tmp_path, content))
    assert ([row[1:] for row in good], bad) == (
        [("1", "a"), ("3", "b"), ("4", 'c"')],
        [(2, 3, QUOTE, '2,"a,A,B10002')],
    )


@pytest.mark.parametrize(
    "cell",
    [
        "Room 1, Building 2\nStreet 3, City\n650000",
        "Address:\nRoom 1, Building 2, Street 3, City",
        "called 2024-01-05 10:00\nagain 2024-01-06 11:00, no answer, then, yes",
        "2024-01-05: called\n2024-01-06: a, b, c, d",
        "a, b, c, 2024-01-05\nd, e, f, 2024-01-06",
        "x\n\n\ny",
        "1,2,3,4\n5,6,7,8",
        '5"\n6"',
    ],
)
@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_cell_of_several_lines_is_one_cell(tmp_path, cell, place):
    rows = [["1", "a", "Ann", "2024-01-01 08:00"], ["2", "b", "Bob", "2024-01-02 08:00"], ["3", "c", "C", "2024-01-03"]]
    rows[1][place] = cell
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([WIDE.strip().split(","), *rows])
    good, bad = read(file(tmp_path, out.getvalue()))
    assert (good, bad) == ([(number, *row[:2]) for number, row in enumerate(rows, 1)], [])


@pytest.mark.parametrize(
    ("encoding", "wrong", "shown"),
    [
        ("utf-8", "2,安装".encode("gb18030"), "2,\\xb0\\xb2װ"),
        ("gb18030", b"2,\xff", "2,\\xff"),
        ("gb18030", b"2,\x81", "2,\\x81"),
        ("ascii", "2,é".encode(), "2,\\xc3\\xa9"),
        ("shift_jis", b"2,\x81", "2,\\x81"),
    ],
)
def test_bytes_that_are_not_of_the_encoding(tmp_path, encoding, wrong, shown):
    name = "安装" if encoding != "ascii" else "Ship"
    head, tail = f"no,step\n1,{name}\n".encode(encoding), f"8,{name}\n9,{name}\n".encode(encoding)
    for ending, pack in ((".csv", bytes), (".csv.gz", gzip.compress)):
        good, bad = read(file(tmp_path, pack(head + wrong + b"\n" + tail), f"crm{ending}"), encoding=encoding)
        assert good == [(1, "1", name), (3, "8", name), (4, "9", name)]
        assert bad == [(2, 3, BYTES, shown)]


def test_half_a_character_of_utf_16(tmp_path):
    content = "no,step\n1,安装\n2,".encode("utf-16-le") + b"\x00\xd8" + "\n8,b\n9,c\n".encode("utf-16-le")
    good, bad = read(file(tmp_path, content), encoding="utf-16-le")
    assert ([row[0] for row in good], bad) == ([1, 3, 4], [(2, 3, BYTES, "2,\\x00\\xd8")])


def test_a_row_over_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "LONGEST_ROW", 50_000)
    long, quoted = "2," + "x" * 700_000, '3,"' + "字\n" * 200_000 + '"'
    good, bad = read(file(tmp_path, f"{HEAD}{long}\n{TAIL}"))
    assert ([row[1:] for row in good], [row[:3] for row in bad]) == (READ, [(2, 3, TOO_LONG)])
    assert bad[0][3] == "2," + "x" * 9_998 + "…"
    with pytest.raises(ExportError, match=r"200,\d\d\d of 200,\d\d\d rows cannot be read; the first in line 3: quoted"):
        read(file(tmp_path, f"{HEAD}{quoted}\n{TAIL}"))


def test_a_line_that_never_ends_is_read_in_bounded_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "LONGEST_ROW", 100_000)
    path = tmp_path / "crm.csv"
    with path.open("w") as out:
        out.write(HEAD + "2,")
        for _block in range(64):
            out.write("x" * (1 << 20))
        out.write("\n" + TAIL)
    tracemalloc.start()
    good, bad = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert ([row[1:] for row in good], [row[:3] for row in bad]) == (READ, [(2, 3, TOO_LONG)])
    assert peak < 16 << 20


def test_a_header_that_never_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "LONGEST_ROW", 1_000)
    with pytest.raises(ExportError, match="the header cannot be read: row that is too long"):
        read(file(tmp_path, "x," * 100_000))


@pytest.mark.parametrize(("bad", "refused"), [(3, False), (4, True)])
def test_where_most_rows_are_broken_the_file_is_refused(tmp_path, bad, refused):
    path = file(tmp_path, HEAD + "2;a\n" * bad + TAIL)
    if not refused:
        assert len(read(path)[1]) == bad
        return
    with pytest.raises(ExportError) as caught:
        read(path)
    assert str(caught.value) == (
        f"{path}: 4 of 7 rows cannot be read; the first in line 3: the row has 1 cells, the header 2. "
        "Check the delimiter, the encoding utf-8 and the quotes."
    )


def test_one_column_has_empty_rows(tmp_path):
    source = Source.model_validate({"file": "one.csv", "keys": {"order": "no"}})
    for content in ("no\n1\n\n3\n", 'no\n1\n\n3\n"x"y\n'):
        with ExitStack() as scratch:
            table = read_export(file(tmp_path, content, "one.csv"), source, ["no"], scratch)
            found = engine.collect(table.order_by(ROW))[f"{CELL}no"].astype(object)
            assert list(found.where(found.notna(), None))[:3] == ["1", None, "3"]


STUDY = """\
title: Small orders
order: order
systems:
  crm: {rank: 1, time_zone: UTC}
sources:
  crm:
    file: crm.csv
    system: crm
    keys: {order: no}
    events: {form: row, activity: step, timestamp: time}
  links:
    file: links.csv
    keys: {order: no, work: work}
  tiers:
    file: tiers.csv
    keys: {order: no}
    order_attributes: {tier: tier}
"""


def test_the_ledger_counts_them_and_they_can_be_looked_at(make_study):
    crm = "no,step,time\n1,Accept,2024-01-01\n1,Install\n1,Ship,2024-01-03\n1,a,b,c\n1,x,y,z\n2,Accept,2024-01-01\n"
    study = make_study(
        STUDY, {"crm.csv": crm, "links.csv": 'no,work\n1,7\n2,"8\n', "tiers.csv": "no,tier\n1\n1,gold\n"}
    )
    ledger = study.ledger().set_index(["source", "reason"])["rows"].to_dict()
    assert ledger == {
        ("crm.csv", "event"): 3,
        ("crm.csv", TOO_FEW): 1,
        ("crm.csv", TOO_MANY): 2,
        ("links.csv", "link"): 1,
        ("links.csv", QUOTE): 1,
        ("tiers.csv", "order attributes"): 1,
        ("tiers.csv", TOO_FEW): 1,
    }
    assert rows(study.log(), "case_id", "activity", "source_row") == [
        ("1", "Accept", 1),
        ("1", "Ship", 3),
        ("2", "Accept", 6),
    ]
    aside = study.set_aside("crm")
    assert rows(aside, ROW, "procmine:reason", LINE, TEXT, "no") == [
        (2, TOO_FEW, 3, "1,Install", None),
        (4, TOO_MANY, 5, "1,a,b,c", None),
        (5, TOO_MANY, 6, "1,x,y,z", None),
    ]


cells = st.text(st.sampled_from("ab安 ,;\"\n\r\t'x\u2028\ufeff"), max_size=5)
records = st.lists(st.tuples(st.integers(0, 99).map(str), cells), max_size=12)
broken = st.sampled_from([("7", TOO_FEW), ("7,a,b", TOO_MANY), ('7,"a"b', QUOTE), ("7,\0", ZEROS), ("7,\udcff", BYTES)])
slow = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def expected(record: tuple[str, str]) -> tuple[str, str | None]:
    return record[0], record[1].strip(" \t\r\n\u200b\u3000\ufeff\xa0") or None


def written(record: tuple[str, str], end: str) -> str:
    out = io.StringIO(newline="")
    quoting = csv.QUOTE_ALL if "\r" in record[1] else csv.QUOTE_MINIMAL
    csv.writer(out, lineterminator=end, quoting=quoting).writerow(record)
    return out.getvalue()


@slow
@given(records, st.lists(st.tuples(st.integers(0, 12), broken), max_size=3), st.sampled_from(["\n", "\r\n"]))
@example([("1", "\r")], [(1, ("7", TOO_FEW))], "\n")
def test_broken_rows_among_any_others(found, wrong, end):
    """What `csv` writes is read back with broken rows anywhere between, each with the line where it stands."""
    wrong = wrong[: len(found)]
    content, line, number, good, bad = "no,step" + end, 2, 1, [], []
    for place, record in enumerate([*found, None]):
        for _place, (stands, problem) in (one for one in wrong if min(one[0], len(found)) == place):
            content += stands + end
            bad.append((number, line, problem))
            line, number = line + 1, number + 1
        if record is not None:
            lines = written(record, end)
            content += lines
            good.append((number, *expected(record)))
            line, number = line + len(io.StringIO(lines, newline="").readlines()), number + 1
    with tempfile.TemporaryDirectory() as folder:
        path = file(Path(folder), content.encode(errors="surrogateescape"))
        rows_read, rows_refused = read(path)
    assert rows_read == good
    assert [row[:3] for row in rows_refused] == bad
