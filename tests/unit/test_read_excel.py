"""Reading workbooks: what a cell becomes, which sheet and rows count, what is said of files that only look right."""

import datetime
import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from procmine.errors import ExportError
from workbooks import read, refusal

ROWS = [["no", "step"], [1, "Accept"], [2, "安装"]]
NAMESPACE = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


FORMATS = {
    datetime.datetime: "yyyy-mm-dd hh:mm:ss.000",
    datetime.date: "yyyy-mm-dd",
    datetime.time: "hh:mm",
    datetime.timedelta: "[h]:mm:ss",
}


def saved(path: Path, *sheets: list[list[object]], hidden: tuple[int, ...] = ()) -> Path:
    """A workbook of sheets Sheet1, Sheet2 …, as another program writes it; texts that begin with = are formulas."""
    with xlsxwriter.Workbook(path) as book:
        formats = {kind: book.add_format({"num_format": form}) for kind, form in FORMATS.items()}
        for place, rows in enumerate(sheets, 1):
            sheet = book.add_worksheet()
            if place in hidden:
                sheet.hide()
            for number, row in enumerate(rows):
                for column, value in enumerate(row):
                    if isinstance(value, str) and value.startswith("="):
                        sheet.write_formula(number, column, value, value=value[1:])
                    elif isinstance(value, str):
                        sheet.write_string(number, column, value)
                    else:
                        sheet.write(number, column, value, formats.get(type(value)))
        if 1 in hidden:
            book.worksheets()[1].activate()
            book.worksheets()[1].set_first_sheet()
    return path


def packed(path: Path, sheet: str | bytes, *, size: int | None = None, workbook_part: str = "xl/workbook.xml") -> Path:
    """A workbook with `sheet` as the XML of its only one; `size` is what the directory states of it instead of the
    truth.
    """
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{NAMESPACE}"/>',
        workbook_part: f'<workbook xmlns="{NAMESPACE}" xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="rId1" Type="{RELATIONS}/officeDocument" '
        f'Target="{workbook_part}"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="rId1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        if size is not None:
            archive.getinfo("xl/worksheets/sheet1.xml").file_size = size
    return path


def sheet_of(*rows: str) -> str:
    return f'<worksheet xmlns="{NAMESPACE}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


HEADER = '<row r="1"><c r="A1" t="inlineStr"><is><t>no</t></is></c></row>'


def test_rows_are_read_as_another_program_wrote_them(tmp_path):
    assert read(saved(tmp_path / "crm.xlsx", ROWS), "no", "step") == [(1, "1", "Accept"), (2, "2", "安装")]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (7, "7"),
        (7.0, "7"),
        (-7, "-7"),
        (0, "0"),
        (7.5, "7.5"),
        (0.1, "0.1"),
        (2**53 - 1, "9007199254740991"),
        (123456789012345, "123456789012345"),
        (123456789012345678, "123456789012345700"),
        ("123456789012345678", "123456789012345678"),
        (1e300, "1e+300"),
        ("007", "007"),
        ("  padded ", "  padded "),
        ("two\nlines", "two\nlines"),
        (True, "true"),
        (False, "false"),
        ("true", "true"),
        (None, None),
        ("", None),
        ("=#N/A", None),
        ("=#DIV/0!", None),
        ("=7", "7"),
        ("=text", "text"),
        ("#N/A", "#N/A"),
        (datetime.date(2025, 3, 4), "2025-03-04"),
        (datetime.datetime(2025, 3, 4), "2025-03-04"),
        (datetime.datetime(2025, 3, 4, 9, 30), "2025-03-04 09:30:00"),
        (datetime.datetime(2025, 3, 4, 9, 59, 59, 123000), "2025-03-04 09:59:59.123"),
        (datetime.time(8, 30), "08:30:00"),
        (datetime.timedelta(hours=30, minutes=5), "30:05:00"),
        ("2025-03-04", "2025-03-04"),
    ],
)
def test_what_a_cell_becomes(tmp_path, value, told):
    path = saved(tmp_path / "crm.xlsx", [["no", "value"], [1, value]])
    assert read(path, "no", "value") == [(1, "1", told)]


@settings(deadline=None)
@given(st.lists(st.datetimes(datetime.datetime(1950, 1, 1), datetime.datetime(2100, 1, 1)), min_size=1, max_size=50))
def test_no_time_moves_by_a_second(tmp_path_factory, times):
    times = [time.replace(microsecond=0) for time in times]
    path = saved(tmp_path_factory.mktemp("times") / "crm.xlsx", [["no", "at"], *([1, time] for time in times)])
    read_back = [datetime.datetime.fromisoformat(at) for _row, at in read(path, "at")]
    assert read_back == times


def test_rows_without_cells_are_counted_but_not_read(tmp_path):
    path = saved(tmp_path / "crm.xlsx", [["no", "step"], [1, "a"], [], [None, None], [None, "b"], [3, None]])
    assert read(path, "no", "step") == [(1, "1", "a"), (4, None, "b"), (5, "3", None)]


def test_a_header_alone_has_no_rows(tmp_path):
    assert read(saved(tmp_path / "crm.xlsx", [["no"]]), "no") == []


def test_more_rows_than_a_block(tmp_path):
    path = saved(tmp_path / "crm.xlsx", [["no", "x"], *([row, "x"] for row in range(1, 60_001))])
    assert read(path, "no") == [(row, str(row)) for row in range(1, 60_001)]


def test_cells_without_references_follow_each_other(tmp_path):
    rows = ["<row>" + "".join(f"<c><v>{value}</v></c>" for value in row) + "</row>" for row in [(1, 2), (3, 4)]]
    assert read(packed(tmp_path / "crm.xlsx", sheet_of(*rows)), "1", "2") == [(1, "3", "4")]


def test_a_sheet_by_name_and_the_only_one_shown(tmp_path):
    path = saved(tmp_path / "crm.xlsx", [["lookup"]], ROWS, hidden=(1,))
    assert read(path, "no") == [(1, "1"), (2, "2")]
    assert read(path, "lookup", sheet="Sheet1") == []


def test_several_sheets_and_none_named(tmp_path):
    path = saved(tmp_path / "crm.xlsx", ROWS, [["x"]])
    assert "2 sheets, and none is named. Name one as sheet in study.yaml: Sheet1, Sheet2." in refusal(path)
    assert "no sheet 'Shet2'. Did you mean 'Sheet2'?" in refusal(path, sheet="Shet2")


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            [],
            "sheet 'Sheet1': row 1 is empty, and should name the columns. "
            "Say as header_row in study.yaml which row does.",
        ),
        (
            [["no", "step", "no"]],
            "sheet 'Sheet1': 2 columns are named 'no'. Each column that the study reads needs a name of its own.",
        ),
        ([["No", "noo"]], "sheet 'Sheet1': no column 'no'. Did you mean 'noo'? Known: No, noo."),
        ([["Orders of May"], ["nr"]], "sheet 'Sheet1': no column 'no'. Known: Orders of May."),
        (
            [[], ["no"], [1]],
            "sheet 'Sheet1': no column 'no' in row 1, but row 2 reads like the header. "
            "If it is, say header_row: 2 in study.yaml.",
        ),
    ],
)
def test_a_header_that_will_not_do(tmp_path, rows, told):
    assert told in refusal(saved(tmp_path / "crm.xlsx", rows))


TITLED = [["Orders of May"], ["exported", datetime.date(2025, 6, 1)], [], ["no", "step"], [7, "a"], [], [8, "b"]]


def test_rows_are_counted_from_below_the_header_wherever_it_stands(tmp_path):
    path = saved(tmp_path / "crm.xlsx", TITLED)
    assert read(path, "no", "step", header_row=4) == [(1, "7", "a"), (3, "8", "b")]
    assert "no column 'no' in row 1, but row 4 reads like the header. If it is, say header_row: 4" in refusal(path)
    assert "no column 'no' in row 5, but row 4 reads like the header" in refusal(path, "no", "step", header_row=5)
    assert "row 40 is empty, and should name the columns" in refusal(path, "x", header_row=40)


def test_a_header_below_many_rows(tmp_path):
    path = saved(tmp_path / "crm.xlsx", [*[["x"]] * 30, ["no"], [1]])
    assert read(path, "no", header_row=31) == [(1, "1")]


def test_columns_without_a_name_are_passed_over(tmp_path):
    assert read(saved(tmp_path / "crm.xlsx", [["no", None, None], [1, 2, 3]]), "no") == [(1, "1")]


def test_a_missing_file(tmp_path):
    saved(tmp_path / "crm_2024.xlsx", ROWS)
    assert "no such file. Did you mean 'crm_2024.xlsx'?" in refusal(tmp_path / "crm_2023.xlsx")
    assert "the file cannot be read: Is a directory" in refusal(tmp_path)


def test_files_that_only_look_like_workbooks(tmp_path):
    path = tmp_path / "crm.xlsx"
    for content, told in [
        (b"", "the file is empty"),
        (b"no,step\n1,a\n", "this is text, whatever its name says"),
        (b"<html><table><tr><td>no</td></tr></table></html>", "this is a web page (HTML), whatever its name says"),
        (b"PK\3\4 and no more", "the workbook is cut off or damaged (File is not a zip file). Copy or export"),
    ]:
        path.write_bytes(content)
        assert told in refusal(path)
    assert "this is a binary workbook (.xlsb)" in refusal(packed(path, "", workbook_part="xl/workbook.bin"))
    assert "this is a packed file, but no workbook" in refusal(packed(path, "", workbook_part="content.xml"))


def test_a_workbook_that_is_cut_off_anywhere(tmp_path):
    whole = saved(tmp_path / "crm.xlsx", ROWS).read_bytes()
    path = tmp_path / "cut.xlsx"
    for size in range(8, len(whole), 97):
        path.write_bytes(whole[:size])
        assert "the workbook is cut off or damaged" in refusal(path)


def test_a_workbook_that_is_damaged_anywhere_is_read_or_refused(tmp_path):
    whole = saved(tmp_path / "crm.xlsx", ROWS).read_bytes()
    path = tmp_path / "bad.xlsx"
    refused = 0
    for place in range(0, len(whole), 13):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            read(path, "no")
        except ExportError:
            refused += 1
    assert refused > 50


def test_a_length_of_time_beyond_all_bounds_is_damage(tmp_path):
    path = tmp_path / "crm.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write(0, 0, "no")
        sheet.write(1, 0, 1e300, book.add_format({"num_format": "[h]:mm"}))
    assert "the workbook is damaged (" in refusal(path)


def bomb(path: Path, *, size: int | None) -> Path:
    """A sheet of 64 MiB of spaces, packed to 64 KiB; the directory may say that it is smaller."""
    return packed(path, sheet_of(HEADER) + " " * (64 << 20), size=size)


def test_a_bomb_is_refused_by_what_it_states(tmp_path, monkeypatch):
    monkeypatch.setattr("procmine.assemble.reading.packed.UNPACKED", 32 << 20)
    message = refusal(bomb(tmp_path / "crm.xlsx", size=None))
    assert "the workbook unpacks to over 64 MiB. At most 32 MiB; export the rows as CSV." in message


def test_a_bomb_is_refused_by_what_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr("procmine.assemble.reading.packed.UNPACKED", 32 << 20)
    path = bomb(tmp_path / "crm.xlsx", size=1000)
    assert path.stat().st_size < 100_000
    assert "the workbook unpacks to over 32 MiB" in refusal(path)


@pytest.mark.parametrize(
    "corner",
    [
        '<row r="1048576"><c r="XFD1048576"><v>2</v></c></row>',
        '<row r="2"><c r="XFD1048576"><v>2</v></c></row>',
        "<row r='2'><c s='1'\n r = 'XFD1048576'><v>2</v></c></row>",
        '<row r="2"><c r="XFE16777217"><v>2</v></c></row>',
    ],
)
def test_a_cell_far_off_is_refused_before_the_sheet_is_spread_out(tmp_path, corner):
    message = refusal(packed(tmp_path / "crm.xlsx", sheet_of(HEADER, corner)))
    assert "xl/worksheets/sheet1.xml has cells up to row 1" in message
    assert "A sheet of at most 40,000,000 cells" in message


@pytest.mark.parametrize("prefix", ["", "x:"])
def test_rows_and_columns_without_references_are_counted(tmp_path, prefix):
    wide = f"<{prefix}row>" + f"<{prefix}c><v>1</v></{prefix}c>" * 16_000 + f"</{prefix}row>"
    rows = f"<{prefix}row/>" * 5_000
    assert "has cells up to row 5,0" in refusal(packed(tmp_path / "crm.xlsx", sheet_of(wide, rows)))


def test_a_reference_on_the_seam_of_two_blocks(tmp_path):
    corner = '<row r="9"><c r="XFD1048576"><v>2</v></c></row>'
    for shift in range(-8, 40, 3):
        text = sheet_of(HEADER, "{}", corner)
        before = text.index("XFD")
        spaces = (1 << 20) - before + shift
        assert "has cells up to row 1,048,576" in refusal(
            packed(tmp_path / "crm.xlsx", text.replace("{}", " " * spaces))
        )


def test_text_that_looks_like_cells_does_not_matter(tmp_path):
    text = 'r="A1" a:c b:c r = 1 &lt;c' * 1000
    cell = f'<row r="2"><c r="A2" t="inlineStr"><is><t>{text}</t></is></c></row>'
    (row,) = read(packed(tmp_path / "crm.xlsx", sheet_of(HEADER, cell)), "no")
    assert row == (1, text.replace("&lt;", "<"))
