"""Reading OpenDocument workbooks, written by hand: cells, repeats, sheets, and what is refused in bounded memory."""

import tempfile
import tracemalloc
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from procmine.assemble.reading import open_document, packed
from procmine.errors import ExportError
from workbooks import read, refusal

KINDS = ("office", "table", "text", "style", "draw")
NAMES = " ".join(f'xmlns:{kind}="urn:oasis:names:tc:opendocument:xmlns:{kind}:1.0"' for kind in KINDS)
NAMES += ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
NAMES += ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
HIDDEN = (
    '<style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style>'
)
MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">{}</manifest:manifest>'
)


def text(value: str) -> str:
    return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'


def number(value: float) -> str:
    return f'<table:table-cell office:value-type="float" office:value="{value}"/>'


def row(*cells: str, times: int = 1) -> str:
    repeated = f' table:number-rows-repeated="{times}"' if times > 1 else ""
    return f"<table:table-row{repeated}>{''.join(cells)}</table:table-row>"


def blank(times: int) -> str:
    return f'<table:table-cell table:number-columns-repeated="{times}"/>'


def table(*rows: str, name: str = "May", style: str = "ta1") -> str:
    return f'<table:table table:name="{name}" table:style-name="{style}">{"".join(rows)}</table:table>'


def saved(path: Path, *tables: str, before: str = "", size: int | None = None, manifest: str = "") -> Path:
    """A workbook of these tables; `size` is what its directory states of them instead of the truth."""
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<office:document-content {NAMES}><office:automatic-styles>'
        f"{HIDDEN}</office:automatic-styles><office:body><office:spreadsheet>{''.join(tables)}"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", MANIFEST.format(manifest))
        archive.writestr("content.xml", content)
        if size is not None:
            archive.getinfo("content.xml").file_size = size
    return path


HEADER = row(text("no"), text("value"))


def cell(content: str = "", **given: str) -> str:
    told = " ".join(f'{name.replace("__", ":").replace("_", "-")}="{value}"' for name, value in given.items())
    return f"<table:table-cell {told}>{content}</table:table-cell>"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (text("安装"), "安装"),
        (text("007"), "007"),
        (number(7), "7"),
        (number(7.0), "7"),
        (number(-7.5), "-7.5"),
        (number(9007199254740991), "9007199254740991"),
        (number(1e300), "1e+300"),
        (cell(office__value_type="percentage", office__value="0.25"), "0.25"),
        (cell("<text:p>7,00 €</text:p>", office__value_type="currency", office__value="7"), "7"),
        (cell("<text:p>WAHR</text:p>", office__value_type="boolean", office__boolean_value="true"), "true"),
        (cell(office__value_type="boolean", office__boolean_value="false"), "false"),
        (cell("<text:p>4.3.25</text:p>", office__value_type="date", office__date_value="2025-03-04"), "2025-03-04"),
        (cell(office__value_type="date", office__date_value="2025-03-04T00:00:00"), "2025-03-04"),
        (cell(office__value_type="date", office__date_value="2025-03-04T09:30:00"), "2025-03-04 09:30:00"),
        (
            cell(office__value_type="date", office__date_value="2025-03-04T09:59:59.123000000"),
            "2025-03-04 09:59:59.123",
        ),
        (cell(office__value_type="date", office__date_value="2025-03-04T09:29:59.999999997"), "2025-03-04 09:30:00"),
        (cell(office__value_type="date", office__date_value="2025-03-03T23:59:59.999999"), "2025-03-04"),
        (cell(office__value_type="date", office__date_value="12025-03-04"), "12025-03-04"),
        (cell(office__value_type="time", office__time_value="PT08H30M00S"), "08:30:00"),
        (cell(office__value_type="time", office__time_value="PT30H05M00.000S"), "30:05:00"),
        (cell(office__value_type="time", office__time_value="-PT1H"), "-01:00:00"),
        (cell("<text:p>two</text:p><text:p/><text:p>lines</text:p>", office__value_type="string"), "two\n\nlines"),
        (
            cell('<text:p>a<text:s/><text:s text:c="2"/>b<text:tab/>c<text:line-break/>d</text:p>'),
            "a   b\tc\nd",
        ),
        (cell("<text:p>a\n   b <text:span>c</text:span></text:p>", office__value_type="string"), "a b c"),
        (
            cell(
                "<office:annotation><dc:date>2025</dc:date><text:p>why?</text:p></office:annotation><text:p>a</text:p>"
            ),
            "a",
        ),
        (cell("<draw:frame><draw:text-box><text:p>x</text:p></draw:text-box></draw:frame>"), None),
        (cell("<text:p>shown</text:p>", office__value_type="string", office__string_value="meant"), "meant"),
        (cell("<text:p>7</text:p>", table__formula="of:=3+4", office__value_type="float", office__value="7"), "7"),
        (
            cell(
                "<text:p>#DIV/0!</text:p>",
                table__formula="of:=1/0",
                office__value_type="string",
                calcext__value_type="error",
            ),
            None,
        ),
        (
            cell("<text:p>#N/A</text:p>", table__formula="of:=NA()", office__value_type="float", office__value="0"),
            None,
        ),
        (text("#N/A"), "#N/A"),
        (cell(), None),
        (cell("<text:p></text:p>", office__value_type="string"), None),
    ],
)
def test_what_a_cell_becomes(tmp_path, given, told):
    path = saved(tmp_path / "crm.ods", table(HEADER, row(number(1), given)))
    assert read(path, "no", "value") == [(1, "1", told)]


def test_repeated_and_empty_rows_and_cells_count_where_they_stand(tmp_path):
    path = saved(
        tmp_path / "crm.ods",
        table(
            row(text("Orders of May"), blank(16_383)),
            row(text("no"), blank(2), text("step"), text("who"), blank(16_379)),
            row(blank(16_384), times=3),
            row(number(1), blank(2), text("a"), text("Ann"), times=2),
            row(blank(4), text("Bob")),
            row(*[text("x").replace(" office", ' table:number-columns-repeated="5" office', 1)]),
            row(blank(16_384), times=1_048_568),
        ),
    )
    assert read(path, "no", "step", "who", header_row=2) == [
        (4, "1", "a", "Ann"),
        (5, "1", "a", "Ann"),
        (6, None, None, "Bob"),
        (7, "x", "x", "x"),
    ]
    assert "no column 'no' in row 1, but row 2 reads like the header" in refusal(path)


def test_the_sheet_that_is_shown_and_one_by_name(tmp_path):
    path = saved(tmp_path / "crm.ods", table(row(text("x")), name="lookup", style="ta2"), table(HEADER, row(number(1))))
    assert read(path, "no") == [(1, "1")]
    assert read(path, "x", sheet="lookup") == []
    assert "no sheet 'Mai'. Did you mean 'May'? Known: May, lookup." in refusal(path, sheet="Mai")
    saved(path, table(HEADER), table(HEADER, name="June"))
    assert "2 sheets, and none is named. Name one as sheet in study.yaml: May, June." in refusal(path)


def test_groups_and_repeated_headings_are_rows_too(tmp_path):
    rows = f"<table:table-header-rows>{HEADER}</table:table-header-rows><table:table-row-group>{row(number(1))}"
    assert read(saved(tmp_path / "crm.ods", table(rows, "</table:table-row-group>", row(number(2)))), "no") == [
        (1, "1"),
        (2, "2"),
    ]


def test_a_table_in_a_cell_is_no_sheet(tmp_path):
    inner = table(row(text("inner")), name="May")
    path = saved(
        tmp_path / "crm.ods", table(HEADER, row(number(1), cell(inner + "<text:p>b</text:p>")), row(number(2)))
    )
    assert read(path, "no", "value") == [(1, "1", "b"), (2, "2", None)]


texts = st.text("ab安 &<'\"", min_size=1, max_size=4).map(lambda text: " ".join(text.split())).filter(bool)
"""Without two spaces in a row, which the format takes for one unless they are written as <text:s/>."""
values = st.one_of(st.integers(-99, 99), texts)
runs = st.tuples(st.one_of(st.none(), values), st.integers(1, 3))
sheets = st.lists(st.tuples(st.lists(runs, max_size=4), st.integers(1, 3)), min_size=1, max_size=8)


@settings(deadline=None)
@given(sheets)
def test_the_same_rows_as_another_reader_finds(found):
    """python-calamine, which spreads the sheet out, finds the same cells at the same places."""

    def written(value: int | str | None, times: int) -> str:
        if value is None:
            return blank(times)
        one = text(value) if isinstance(value, str) else number(value)
        return one.replace("<table:table-cell", f'<table:table-cell table:number-columns-repeated="{times}"', 1)

    lines = [row(*(written(*run) for run in runs), times=times) for runs, times in found]
    with tempfile.TemporaryDirectory() as folder:
        path = saved(Path(folder) / "crm.ods", table(*lines))
        ours = [*open_document.rows(path, "May")]
        with CalamineWorkbook.from_path(path) as workbook:
            theirs = workbook.get_sheet_by_name("May").to_python(skip_empty_area=False)
    width = max(map(len, theirs), default=0)
    assert [[*cells, *[""] * (width - len(cells))] for cells in ours] == theirs


def test_a_workbook_with_a_password(tmp_path):
    entry = '<manifest:file-entry><manifest:encryption-data manifest:checksum="x"/></manifest:file-entry>'
    assert "the workbook is protected by a password. Save it without one." in refusal(
        saved(tmp_path / "crm.ods", table(HEADER), manifest=entry)
    )


def test_entities_are_refused(tmp_path):
    before = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hosts">]>'
    path = saved(tmp_path / "crm.ods", table(HEADER, row(cell("<text:p>&a;</text:p>"))), before=before)
    assert "the workbook declares a document type. Save it again." in refusal(path)


def test_a_bomb_is_refused_by_what_it_states_and_by_what_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(packed, "UNPACKED", 32 << 20)
    rows = row(number(1)) * 600_000
    assert "the workbook unpacks to over" in refusal(saved(tmp_path / "crm.ods", table(HEADER, rows)))
    assert "the workbook unpacks to over 32 MiB" in refusal(saved(tmp_path / "crm.ods", table(HEADER, rows), size=9))


def test_a_sheet_beyond_what_sheets_have_is_refused(tmp_path):
    many = row(number(1), times=2_000_000_000)
    assert "sheet 'May' has more than 1,048,576 rows" in refusal(saved(tmp_path / "crm.ods", table(HEADER, many)))
    far = row(blank(2_000_000_000), number(1))
    assert "cells up to column 2,000,000,001. At most 16,384 columns" in refusal(
        saved(tmp_path / "crm.ods", table(HEADER, far))
    )


@pytest.mark.parametrize(
    "content",
    ["<text:p>" + "x" * 40_000_000 + "</text:p>", "<text:p>" + '<text:s text:c="999999999"/>' * 9 + "</text:p>"],
)
def test_a_cell_without_end_is_refused(tmp_path, content):
    path = saved(tmp_path / "crm.ods", table(HEADER, row(cell(content))))
    assert "the workbook has a cell of over 16 MiB" in refusal(path)


def test_a_tag_without_end_is_refused_in_bounded_memory(tmp_path):
    path = saved(tmp_path / "crm.ods", table(HEADER, row(cell(office__string_value="x" * 64_000_000))))
    assert "the workbook has a tag of over 16 MiB" in refusal(path)


def test_repeated_rows_are_never_all_in_memory(tmp_path):
    path = saved(tmp_path / "crm.ods", table(HEADER, row(*[text("x" * 50)] * 200, times=200_000)))
    tracemalloc.start()
    rows = sum(1 for _row in open_document.rows(path, "May"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == 200_001
    assert peak < 8 << 20


def test_a_workbook_that_is_cut_off_or_damaged_anywhere(tmp_path):
    whole = saved(tmp_path / "crm.ods", table(HEADER, *[row(number(n), text("abc")) for n in range(99)])).read_bytes()
    path = tmp_path / "bad.ods"
    for size in range(8, len(whole), 61):
        path.write_bytes(whole[:size])
        assert "the workbook is cut off or damaged" in refusal(path)
    refused = 0
    for place in range(0, len(whole), 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            read(path, "no")
        except ExportError:
            refused += 1
    assert refused > 50


def test_what_is_no_spreadsheet(tmp_path):
    path = tmp_path / "crm.ods"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", "<x/>")
    assert "this is a packed file, but no workbook" in refusal(path)
