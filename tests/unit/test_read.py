"""Reading an export: what is the same file for us, and what its user is told about a broken one."""

import gzip
from contextlib import ExitStack
from pathlib import Path

import pytest

from procmine import engine
from procmine.assemble.mapping import Source
from procmine.assemble.reading import read_export, text
from procmine.assemble.rows import CELL, LINE, ROW, TEXT, UNREAD
from procmine.errors import ExportError

PLAIN = "no,step\n1,Accept\n2,安装\n"
ROWS = [(1, "1", "Accept"), (2, "2", "安装")]


def read(path: Path, *columns: str, **options: object) -> list[tuple[object, ...]]:
    source = Source.model_validate({"file": path.name, "keys": {"order": "no"}, **options})
    with ExitStack() as scratch:
        table = read_export(path, source, columns or ("no", "step"), scratch)
        cells = table.select(ROW, *(f"{CELL}{name}" for name in columns or ("no", "step")))
        frame = engine.collect(cells.order_by(ROW)).astype(object)
        return list(frame.where(frame.notna(), None).itertuples(index=False, name=None))


def refusal(path: Path, *columns: str, **options: str) -> str:
    with pytest.raises(ExportError) as caught:
        read(path, *columns, **options)
    return str(caught.value)


def file(folder: Path, content: str | bytes, name: str = "crm.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (PLAIN, {}),
        (PLAIN.rstrip("\n"), {}),
        (PLAIN.replace("\n", "\r\n"), {}),
        (PLAIN.replace("\n", "\r"), {}),
        ("\ufeff" + PLAIN, {}),
        ("\ufeff" + PLAIN, {"encoding": "utf-8-sig"}),
        (PLAIN + "\n\n", {}),
        (PLAIN.replace("2,", "\n\n2,"), {}),
        (PLAIN.replace(",", ";"), {"delimiter": ";"}),
        (PLAIN.replace(",", "\t"), {"delimiter": "\t"}),
        (PLAIN.replace(",", "|"), {"delimiter": "|"}),
        (PLAIN.replace("Accept", '"Accept"').replace("no,", '"no",'), {}),
        (PLAIN.replace("Accept", "  Accept ").replace("2,", " 2 ,"), {}),
        (PLAIN.encode("gb18030"), {"encoding": "gb18030"}),
        (PLAIN.encode("gbk"), {"encoding": "GBK"}),
        (PLAIN.encode("utf-16"), {"encoding": "utf-16"}),
        (PLAIN.replace("\n", "\r\n", 1), {}),
        (PLAIN.replace("Accept", "Accept,,"), {}),
        (PLAIN.replace(",", "\t"), {"format": "tsv"}),
    ],
)
def test_the_same_rows_however_they_are_written(tmp_path, content, options):
    assert read(file(tmp_path, content), **options) == ROWS


@pytest.mark.parametrize(
    "title", ["订单导出\n", '导出时间:,"2025-06-01\n', "a,b,c\n\n", "\0\n", "\ufeffx\n", "x" * 3_000_000 + "\n"]
)
@pytest.mark.parametrize(("encoding", "end"), [("utf-8", "\n"), ("gb18030", "\r\n"), ("utf-16-le", "\r")])
def test_lines_above_the_header_are_not_read(tmp_path, title, encoding, end):
    path = file(tmp_path, (title + PLAIN).replace("\n", end).encode(encoding))
    assert read(path, encoding=encoding, header_row=title.count("\n") + 1) == ROWS


def test_a_row_that_cannot_be_read_has_its_line_in_the_file(tmp_path):
    source = Source.model_validate({"file": "crm.csv", "keys": {"order": "no"}, "header_row": 3})
    with ExitStack() as scratch:
        table = read_export(file(tmp_path, f"Orders\n\n{PLAIN}3\n"), source, ["no"], scratch)
        (bad,) = engine.collect(table.filter(table[UNREAD].notnull()))[[ROW, LINE, TEXT]].itertuples(index=False)
    assert tuple(bad) == (3, 6, "3")


def test_a_header_beyond_the_end(tmp_path):
    message = refusal(file(tmp_path, PLAIN), header_row=9)
    assert "the file ends before line 9, which should name the columns. Correct header_row in study.yaml." in message


def test_columns_without_a_name_are_passed_over(tmp_path):
    assert read(file(tmp_path, "no,step,,\n1,a,,\n")) == [(1, "1", "a")]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_compressed_file_reads_like_the_plain_one(tmp_path, encoding):
    path = file(tmp_path, gzip.compress(PLAIN.encode(encoding)), "crm.csv.gz")
    assert read(path, encoding=encoding) == ROWS


def test_cells_stay_as_exported(tmp_path):
    content = 'no,step\n007,"a ""quoted"" one"\n1e5,"two\nlines"\n+86,"a,b"\n,\n"",""\n-,NULL\n1,#x\n'
    assert read(file(tmp_path, content)) == [
        (1, "007", 'a "quoted" one'),
        (2, "1e5", "two\nlines"),
        (3, "+86", "a,b"),
        (4, None, None),
        (5, None, None),
        (6, "-", "NULL"),
        (7, "1", "#x"),
    ]


def test_a_key_is_none_of_the_words_for_nothing(tmp_path):
    """Else all rows without a key would be one order. In another column they are what stands there."""
    content = "no,step\nNULL,NULL\n\\N,\\N\n#N/A,#N/A\n nan ,nan\nNULL-1,x\nnull and void,y\n-,-\n"
    stands = ["NULL", "\\N", "#N/A", "nan", "x", "y", "-"]
    keys = [None, None, None, None, "NULL-1", "null and void", "-"]
    assert read(file(tmp_path, content)) == [*zip(range(1, 8), keys, stands, strict=True)]


def test_what_stands_for_nothing_where_the_study_says_so(tmp_path):
    content = "no,step\n1,NULL\n0, - \n0,\n2,--\n"
    expected = [(1, "1", None), (2, None, None), (3, None, None), (4, "2", "--")]
    assert read(file(tmp_path, content), empty=["NULL", "-", "0"]) == expected


@pytest.mark.parametrize("blank", [" ", "\t", "   ", "\u3000", "\xa0", "\u200b", "\ufeff"])
def test_a_cell_of_space_only_is_empty(tmp_path, blank):
    assert read(file(tmp_path, f"no,step\n1,{blank}\n")) == [(1, "1", None)]


@pytest.mark.parametrize("space", [" ", "\t", "\n", "\r\n", "\u3000", "\xa0", "\u200b", "\ufeff"])
def test_space_around_a_cell_is_no_part_of_it(tmp_path, space):
    assert read(file(tmp_path, f'no,step\n1,"{space}接受"\n2,"接受{space}"\n')) == [(1, "1", "接受"), (2, "2", "接受")]


def test_the_mark_of_a_file_put_behind_another_is_no_part_of_a_cell(tmp_path):
    assert read(file(tmp_path, "\ufeffno,step\n1,接受\n\ufeff2,\ufeff\n")) == [(1, "1", "接受"), (2, "2", None)]


@pytest.mark.parametrize(
    "name",
    ["order no", "订单号", 'a "quoted" name', "it's", "a;b", "source_row", "case_id", "procmine:row", "{x}", "Step"],
)
def test_any_name_can_name_a_column(tmp_path, name):
    quoted = '"' + name.replace('"', '""') + '"'
    path = file(tmp_path, f"{quoted},x,,\n1,2,3,4\n".replace(",,\n", ",step\n").replace(",4\n", "\n"))
    assert read(path, name) == [(1, "1")]


def test_columns_that_nobody_asked_for_may_be_called_anything(tmp_path):
    assert read(file(tmp_path, ",STEP,step,no\n0,a,b,1\n")) == [(1, "1", "b")]


def test_a_long_cell(tmp_path):
    text = "字" * 300_000
    assert read(file(tmp_path, f"no,step\n1,{text}\n")) == [(1, "1", text)]


@pytest.mark.parametrize("content", ["no,step\n", "no,step", "no,step\r\n\r\n"])
def test_a_header_alone_has_no_rows(tmp_path, content):
    assert read(file(tmp_path, content)) == []


def test_rows_are_numbered_as_they_stand_in_a_big_file(tmp_path):
    path = file(tmp_path, "no,step\n" + "".join(f"{row},{'x' * (row % 90)}\n" for row in range(1, 400_001)))
    source = Source.model_validate({"file": path.name, "keys": {"order": "no"}})
    with ExitStack() as scratch:
        table = read_export(path, source, ["no"], scratch)
        assert engine.scalar((table[ROW].cast("string") != table[f"{CELL}no"]).sum()) == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", ["the file is empty"]),
        ("\n", ["the file is empty", "The first line names the columns"]),
        (
            "\nno,step\n1,a\n",
            ["no column 'no' in line 1, but line 2 reads like the header. If it is, say header_row: 2"],
        ),
        ("Orders of May,\nNo,no\n", ["no column 'no' in line 1, but line 2 reads like the header"]),
        ("x\n" * 19 + "no,step\n", ["no column 'no' in line 1, but line 20 reads like the header"]),
        ("x\n" * 20 + "no,step\n", ["no column 'no'. Known: x"]),
        ("\ufeff", ["the file is empty"]),
        ("no,step,no\n1,2,3\n", ["2 columns are named 'no'. Each column that the study reads needs a name of its own"]),
        ("no,stepp\n1,2\n", ["no column 'step'. Did you mean 'stepp'?"]),
        ("订单,环节\n1,2\n", ["no column 'no'. Known: 环节, 订单"]),
        ('no,"step\n1,a\n2,b\n', ["the header cannot be read: quoted cell that does not end as it should"]),
        ("n\0o\0,\0s\0", ["zero bytes in the header", "often utf-16"]),
        (
            "订单,step,no\n".encode("gb18030"),
            ["bytes in the header that are not utf-8: \\xb6\\xa9", "Name the file's enc"],
        ),
    ],
)
def test_a_broken_file_is_refused(tmp_path, content, told):
    path = file(tmp_path, content)
    message = refusal(path)
    assert message.startswith(str(path))
    assert len(message) < 500
    for part in told:
        assert part in message


def test_the_wrong_encoding_declared(tmp_path):
    content = "no,step\n" + "1,安装\n" * 9
    message = refusal(file(tmp_path, content.encode("gb18030")))
    assert "9 of 9 rows cannot be read; the first in line 2: bytes that are not of the encoding" in message
    assert "Check the delimiter, the encoding utf-8 and the quotes" in message


def test_a_missing_file_names_its_neighbour(tmp_path):
    file(tmp_path, PLAIN, "crm_2024.csv")
    assert "no such file. Did you mean 'crm_2024.csv'?" in refusal(tmp_path / "crm_2023.csv")


@pytest.mark.parametrize("rows", [3, 100_000])
def test_a_compressed_file_that_is_cut_off(tmp_path, rows):
    whole = gzip.compress(b"no,step\n" + b"".join(b"%d,%d\n" % (row, row * 7919 % 10007) for row in range(rows)))
    path = file(tmp_path, whole[: len(whole) * 2 // 3], "crm.csv.gz")
    assert "the compressed file is cut off or is no gzip file" in refusal(path)


def test_a_compressed_file_that_would_fill_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "UNPACKED", 100_000)
    content = b"no,step\n" + b"1,a\n" * 1_000_000
    path = file(tmp_path, gzip.compress(content), "crm.csv.gz")
    most = text.UNPACKS_TO * path.stat().st_size
    assert path.stat().st_size * 500 < len(content)
    message = refusal(path)
    assert f"the compressed file unpacks to more than {most:,} bytes. If that is right, unpack it" in message
    monkeypatch.setattr(text, "UNPACKED", len(content))
    assert len(read(path)) == 1_000_000


def test_a_plain_file_that_is_called_compressed(tmp_path):
    assert "is no gzip file" in refusal(file(tmp_path, PLAIN, "crm.csv.gz"))


def test_a_folder_is_no_file(tmp_path):
    (tmp_path / "crm.csv").mkdir()
    assert "the file cannot be read" in refusal(tmp_path / "crm.csv")


def test_names_that_differ_in_case_only(tmp_path):
    path = file(tmp_path, "no,Step,step\n1,a,b\n")
    assert read(path) == [(1, "1", "b")]
    assert "columns 'Step' and 'step' differ only in upper and lower case" in refusal(path, "Step", "step")
