"""Reading .xls: the same cells as of an .xlsx, whatever version wrote them, and one error of damaged ones."""

import itertools
import struct
import tempfile
import tracemalloc
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from old_workbooks import (
    FORMATS,
    Cell,
    Failed,
    Result,
    Shown,
    container,
    record,
    shared_texts,
    workbook,
    workbook_of_a_script,
    workbook_of_excel_95,
)
from procmine.assemble.reading import old_workbook
from procmine.assemble.reading.old_workbook import OldWorkbook
from procmine.errors import ExportError
from workbooks import read, refusal

ROWS = [["no", "step"], [1, "Accept"], [2, "安装"]]
TIME, LENGTH, DAY = "yyyy-mm-dd hh:mm:ss", "[h]:mm:ss", 'yyyy"年"m"月"d"日"'

WRONG = (0x55, 0xFF)
"""What the bits of a damaged byte are turned by."""


def saved(path: Path, *sheets: list[list[Cell]], **options: object) -> Path:
    path.write_bytes(workbook(*sheets, **options))
    return path


def test_rows_are_read_as_another_program_wrote_them(tmp_path):
    assert read(saved(tmp_path / "crm.xls", ROWS), "no", "step") == [(1, "1", "Accept"), (2, "2", "安装")]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (7, "7"),
        (-7.5, "-7.5"),
        (0.1, "0.1"),
        (123456789012345, "123456789012345"),
        (Shown(7, "0.00"), "7"),
        (Shown(7, "@"), "7"),
        ("007", "007"),
        ("  padded ", "  padded "),
        ("", None),
        (None, None),
        (True, "true"),
        (False, "false"),
        (Failed(42), None),
        (Result(7.0), "7"),
        (Result("安装"), "安装"),
        (Shown(45720, TIME), "2025-03-04"),
        (Shown(45720, DAY), "2025-03-04"),
        (Shown(45720.395833333336, TIME), "2025-03-04 09:30:00"),
        (Shown(45720.395833333336, "hh:mm"), "2025-03-04 09:30:00"),
        (Shown(45720.41665651620, TIME), "2025-03-04 09:59:59.123"),
        (Shown(45720.99999999999, TIME), "2025-03-05"),
        (Shown(0.3541666666666667, "hh:mm"), "08:30:00"),
        (Shown(1.2534722222222223, LENGTH), "30:05:00"),
        (Shown(-0.5, LENGTH), "-12:00:00"),
        (Shown(1, TIME), "1900-01-01"),
        (Shown(59, TIME), "1900-02-28"),
        (Shown(61, TIME), "1900-03-01"),
        (Shown(2958465.5, TIME), "9999-12-31 12:00:00"),
        (Shown(2958466, TIME), "2958466"),
        (Shown(-1, TIME), "-1"),
        (Shown(float("nan"), TIME), "nan"),
        (Shown(1e300, TIME), "1e+300"),
        (Shown(1e300, LENGTH), "1e+300"),
    ],
)
def test_what_a_cell_becomes(tmp_path, value, told):
    path = saved(tmp_path / "crm.xls", [["no", "value"], [1, value]])
    assert read(path, "no", "value") == [(1, "1", told)]


def test_dates_may_count_from_1904(tmp_path):
    days = [1, 44258, 44258.25, 2957003, 2957004]
    path = saved(tmp_path / "crm.xls", [["at"], *([Shown(day, TIME)] for day in days)], from_1904=True)
    assert [at for _row, at in read(path, "at")] == [
        "1904-01-02",
        "2025-03-04",
        "2025-03-04 06:00:00",
        "9999-12-31",
        "2957004",
    ]


COUNTED = {
    "time_format": "excel",
    "events": {"form": "row", "activity": "no", "timestamp": "at", "attributes": {"due": "due"}},
    "order_attributes": {"sent": {"column": "sent", "type": "time"}, "price": {"column": "price", "type": "number"}},
}


@pytest.mark.parametrize("form", ["xls", "xlsx"])
@pytest.mark.parametrize(("from_1904", "begin"), [(True, 0), (False, 1462)])
def test_days_counted_from_1904_are_those_counted_from_1900_where_they_are_read_as_times(
    tmp_path, form, from_1904, begin
):
    """45,296 is 5 January 2024 counted from 1900; of 1904, whose first day is 0 and not 1, it is 43,834."""
    noon = 43834.5 + begin
    rows = [["no", "at", "sent", "due", "price"], [7, noon, noon, noon, noon], [8, Shown(noon, TIME), "7", True, 1]]
    path = tmp_path / f"crm.{form}"
    if form == "xls":
        saved(path, rows, from_1904=from_1904)
    else:
        with xlsxwriter.Workbook(path, {"date_1904": from_1904}) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, [None if isinstance(cell, Shown) else cell for cell in row])
            sheet.write_number(2, 1, noon, book.add_format({"num_format": TIME}))
    kept = f"{noon:g}"
    assert read(path, "no", "at", "sent", "due", "price", **COUNTED) == [
        (1, "7", "45296.5", "45296.5", kept, kept),
        (2, "8", "2024-01-05 12:00:00", "7", "true", "1"),
    ]
    assert read(path, "at", **{**COUNTED, "time_format": None}) == [(1, kept), (2, "2024-01-05 12:00:00")]


numbers = st.one_of(st.integers(-(10**15), 10**15), st.floats(0, 2958465, width=32), st.floats(-1e300, 1e300))
days = st.integers(0, 2958465 * 86400).map(lambda second: second / 86400)
lengths = st.integers(-(10**8), 10**8).map(lambda second: second / 86400)
cells = st.one_of(
    st.none(),
    st.booleans(),
    numbers,
    st.text("ab 安装é\n🚚", min_size=1, max_size=9),
    st.builds(Shown, numbers, st.sampled_from(["General", "0.00", "@"])),
    st.builds(Shown, days, st.sampled_from([TIME, DAY, "hh:mm"])),
    st.builds(Shown, lengths, st.just(LENGTH)),
)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.lists(cells, max_size=4), max_size=30), st.booleans())
def test_the_same_rows_as_of_an_xlsx(rows, from_1904):
    """Of which another library writes and reads the cells; numbers have the 16 digits that it writes of them."""
    rows = [[_with_16_digits(cell) for cell in row] for row in rows]
    header = ["a", "b", "c", "d"]
    with tempfile.TemporaryDirectory() as folder:
        old = saved(Path(folder) / "crm.xls", [header, *rows], from_1904=from_1904)
        new = Path(folder) / "crm.xlsx"
        with xlsxwriter.Workbook(new, {"date_1904": from_1904}) as book:
            formats = {form: book.add_format({"num_format": form}) for form in FORMATS}
            sheet = book.add_worksheet()
            for r, row in enumerate([header, *rows]):
                for c, cell in enumerate(row):
                    if isinstance(cell, Shown):
                        sheet.write_number(r, c, cell.value, formats[cell.form])
                    elif isinstance(cell, str):
                        sheet.write_string(r, c, cell)
                    elif cell is not None:
                        sheet.write(r, c, cell)
        assert read(old, *header) == read(new, *header)


def _with_16_digits(cell: Cell) -> Cell:
    if isinstance(cell, Shown):
        return Shown(float(f"{cell.value:.16G}"), cell.form)
    return float(f"{cell:.16G}") if isinstance(cell, int | float) and not isinstance(cell, bool) else cell


def test_rows_and_sheets_count_as_of_an_xlsx(tmp_path):
    titled = [["Orders of May"], [], ["no", "step"], [7, "a"], [], [8, "b"]]
    path = saved(tmp_path / "crm.xls", titled)
    assert read(path, "no", "step", header_row=3) == [(1, "7", "a"), (3, "8", "b")]
    assert "sheet 'Sheet1': no column 'no' in row 1, but row 3 reads like the header" in refusal(path)
    saved(path, ROWS, [["x"]], [["lookup"]], hidden=(3,))
    assert read(path, "lookup", sheet="Sheet3") == []
    assert read(path, "no", sheet="Sheet1") == [(1, "1"), (2, "2")]
    assert "3 sheets, and none is named. Name one as sheet in study.yaml: Sheet1, Sheet2, Sheet3." in refusal(path)
    assert "no sheet 'Shet2'. Did you mean 'Sheet2'?" in refusal(path, sheet="Shet2")


def test_the_empty_sheets_of_a_new_workbook_are_no_choice(tmp_path):
    assert read(saved(tmp_path / "crm.xls", ROWS, [], []), "no") == [(1, "1"), (2, "2")]


def test_many_texts_go_over_several_records(tmp_path):
    rows = [["no", "text"], *([number, f"订单 {number} " + "安" * (number % 900)] for number in range(1, 500))]
    path = saved(tmp_path / "crm.xls", rows)
    assert read(path, "no", "text") == [(no, str(no), text) for no, text in rows[1:]]


def test_only_the_first_of_merged_cells_has_the_value(tmp_path):
    merged = record(0x00E5, struct.pack("<HHHHH", 1, 1, 2, 0, 0))
    path = saved(tmp_path / "crm.xls", [["no", "step"], [1, "a"], [None, "b"]], in_sheet=merged)
    assert read(path, "no", "step") == [(1, "1", "a"), (2, None, "b")]


def test_a_workbook_of_excel_95_is_read_in_its_code_page(tmp_path):
    path = tmp_path / "crm.xls"
    path.write_bytes(workbook_of_excel_95([["单号", "步骤"], [1, "安装"]], code_page=936, encoding="cp936"))
    assert read(path, "单号", "步骤", sheet="订单") == [(1, "1", "安装")]


def test_what_a_script_writes_is_read_where_it_says_all(tmp_path):
    path = tmp_path / "crm.xls"
    path.write_bytes(workbook_of_a_script([["no", "step"], [1, "Accept"]], encoding="ascii"))
    assert read(path, "no", "step") == [(1, "1", "Accept")]
    path.write_bytes(workbook_of_a_script([["no", "步骤"]], encoding="cp936"))
    told = "text in the workbook is in another encoding than it states. Open it in a spreadsheet program and save it"
    assert told in refusal(path)
    path.write_bytes(workbook_of_excel_95([["no", "步骤"]], code_page=None, encoding="cp936"))
    assert told in refusal(path)


def test_a_workbook_with_a_password(tmp_path):
    path = saved(tmp_path / "crm.xls", ROWS, in_book=record(0x002F, struct.pack("<HHH", 0, 0x1234, 0x5678)))
    assert "the workbook is protected by a password. Save it without one." in refusal(path)
    path.write_bytes(container("EncryptedPackage", b""))
    assert "the workbook is protected by a password. Save it without one." in refusal(path)


def test_a_container_of_something_else(tmp_path):
    path = tmp_path / "crm.xls"
    path.write_bytes(container("WordDocument", b"x"))
    assert "the workbook is cut off or damaged (there is no workbook in it). Copy or export it again" in refusal(path)


def test_a_file_that_is_too_big_to_be_in_memory(tmp_path, monkeypatch):
    path = saved(tmp_path / "crm.xls", [["x" * 9] * 250] * 9)
    monkeypatch.setattr(old_workbook, "LARGEST", 1)
    assert "the workbook has 0 MiB. At most 0 MiB; export the rows as CSV." in refusal(path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("<html><table><tr><td>no</td></tr></table></html>", "this is a web page (HTML)"),
        ('\ufeff\n<!DOCTYPE html>\n<HTML xmlns:x="urn:schemas-microsoft-com:office:excel">', "this is a web page"),
        ('<style>td {}</style><Table border="1">', "this is a web page"),
        ("<style>" + "td {} " * 1_000 + "</style><table>", "this is a web page"),
        ("<!-- exported --><div>no</div>", "this is a web page"),
        ("MIME-Version: 1.0\nContent-Type: multipart/related;", "this is a web page"),
        (
            '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
            "this is an XML spreadsheet of 2003",
        ),
        ("no,step\n1,a\n", "this is text, whatever its name says. If it is a table, say format: csv in study.yaml."),
        ("单号\t步骤\n1\t安装\n", "this is text, whatever its name says. If it is a table, say format: tsv in"),
        ("no\n1\n\0\1", "this is no workbook, whatever its name says. Export it again."),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
def test_what_only_is_named_xls(tmp_path, content, told, encoding):
    path = tmp_path / "crm.xls"
    path.write_bytes(content.encode(encoding))
    message = refusal(path)
    assert told in message
    if "page" in told or "XML" in told:
        more = ", or export it as CSV." if "page" in told else "."
        assert f"whatever its name says. Open it in a spreadsheet program and save it as .xlsx{more}" in message


def test_a_workbook_that_is_cut_off_anywhere(tmp_path):
    whole = workbook([["no", "step"], *([number, f"step {number}"] for number in range(99))])
    path = tmp_path / "cut.xls"
    for size in range(8, whole.rindex(record(0x000A)), 97):
        path.write_bytes(whole[:size])
        assert "the workbook is cut off or damaged" in refusal(path)


def test_a_workbook_that_is_damaged_anywhere_is_read_or_refused_in_bounded_memory(tmp_path):
    link = record(0x01B8, struct.pack("<HHHH", 0, 1, 0, 1), bytes(24))
    whole = workbook([["no", "at"], [1, Shown(45000, TIME)], [True, Result("x")]], in_sheet=link)
    path = tmp_path / "bad.xls"
    refused = 0
    tracemalloc.start()
    for place, wrong in itertools.product((*range(80), *range(512, 1700, 3)), WRONG):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ wrong]) + whole[place + 1 :])
        try:
            book = OldWorkbook(path)
            for sheet in book.sheets():
                assert all(book.rows(sheet.name))
        except ExportError:
            refused += 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused > 50
    assert peak < 16 << 20


@pytest.mark.parametrize(("sector", "after"), [(1, 1), (2, 2), (3, 2), (2, 2**31)])
def test_a_chain_of_sectors_without_end_is_refused(tmp_path, sector, after):
    whole, place = workbook(ROWS), 512 + 4 * sector
    path = tmp_path / "round.xls"
    path.write_bytes(whole[:place] + struct.pack("<I", after) + whole[place + 4 :])
    assert "the workbook is cut off or damaged (a chain of its sectors has no end)" in refusal(path)


def test_a_chain_of_short_sectors_without_end_is_refused(tmp_path):
    whole = workbook_of_excel_95([["no", "step"]] * 9, code_page=936, encoding="cp936")
    path = tmp_path / "round.xls"
    path.write_bytes(whole[:1024] + struct.pack("<I", 0) + whole[1028:])
    assert "the workbook is cut off or damaged (a chain of its sectors has no end)" in refusal(path)


def test_what_a_file_states_takes_no_memory(tmp_path):
    link = record(0x01B8, struct.pack("<HHHH", 0, 65535, 0, 65535), bytes(24))
    sizes = record(0x0200, struct.pack("<IIHHH", 0, 2**31, 0, 2**15, 0)) * 1000
    corner = record(0x0203, struct.pack("<HHHd", 65535, 255, 0, 1.0))
    path = saved(tmp_path / "crm.xls", ROWS, in_sheet=link + sizes + corner + sizes)
    tracemalloc.start()
    assert read(path, "no") == [(1, "1"), (2, "2"), (65535, None)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 << 20
    path = saved(tmp_path / "crm.xls", ROWS, in_book=shared_texts(["no"], stated=2**31 - 1))
    assert "the workbook is cut off or damaged" in refusal(path)
