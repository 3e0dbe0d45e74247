"""What `procmine new` guesses of one file, one column, one folder, from exports typed by hand."""

import datetime
import gzip
import json
import sqlite3
from contextlib import closing

import duckdb
import pandas as pd
import pytest
import xlsxwriter
import yaml
from hypothesis import given
from hypothesis import strategies as st

from conftest import log_of
from procmine.assemble.mapping.study_file import all_mistakes, load_study_file
from procmine.draft import MARK, draft_study, opening, sampling
from procmine.draft.charset import delimiter_of, encoding_of
from procmine.draft.names import activity_of, kind_of, says
from procmine.draft.series import pattern_of, series_of
from procmine.draft.titles import header_of
from procmine.draft.yaml_text import comment, word
from procmine.errors import StudyError
from procmine.exchange import write_xes
from procmine.study import open_study


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("受理编号,客户\nB1,云岭医院\n".encode(), "utf-8"),
        ("受理编号,客户\nB1,云岭医院\n".encode("gb18030"), "gb18030"),
        ("受理编号,客户\nB1,云岭医院\n".encode("utf-8-sig"), "utf-8"),
        ("受理编号,客户\n".encode("utf-16"), "utf-16"),
        ("pedido,situação\n1,não\n2,três\n3,são\n".encode("latin-1"), "cp1252"),
        (b"plain,ascii\n1,2\n", "utf-8"),
        ("受理编号\n".encode("utf-16-le"), None),
        (b"\x81\x8d\x8f,\x90\n\x9d\n", None),
    ],
)
def test_the_encoding_of_a_beginning(head, name):
    assert encoding_of(head).name == name


def test_a_few_broken_lines_do_not_hide_the_encoding():
    lines = ["B1,云岭医院".encode("gb18030")] * 19 + [b"B2,\xff\xff"]
    found = encoding_of(b"\n".join(lines) + b"\n")
    assert (found.name, found.why) == (
        "gb18030",
        "its text decodes; 1 of 20 lines do not decode, and will be set aside",
    )


@pytest.mark.parametrize(
    ("head", "mark"),
    [
        ("a,b\n1,2\n", ","),
        ("a;b;c\n1,5;2,5;3,5\n", ";"),
        ("a\tb\nx,y\tz\n", "\t"),
        ("a|b\n1|2\n", "|"),
        ("a\n1\n", ","),
        ("Orders of May\n\na;b;c\n1,5;2,5;3,5\n", ";"),
        ("Orders of May, by Ann\na\tb\tc\nx\ty\tz\n", "\t"),
        ('a;b\n"x;y";z\n', ";"),
        ("", ","),
    ],
)
def test_the_delimiter_is_the_one_that_cuts_every_row_alike(head, mark):
    assert delimiter_of(head) == mark


@pytest.mark.parametrize(
    ("column", "part"),
    [
        ("处理人", "resource"), ("operator", "resource"), ("org:resource", "resource"), ("done_by", "resource"),
        ("处理部门", "department"), ("org:group", "department"), ("环节", "activity"), ("concept:name", "activity"),
        ("order_id", "key"), ("orderId", "key"), ("工单编号", "key"), ("case:concept:name", "key"),
        ("estimated_delivery", "plan"), ("customer_name", "person"), ("开始时间", "start"),
    ],
)  # fmt: skip
def test_what_a_name_says(column, part):
    assert says(column, part)


@pytest.mark.parametrize(
    ("column", "part"),
    [("customer_state", "status"), ("客户等级", "person"), ("note", "key"), ("case:concept:name", "activity")],
)
def test_what_a_name_does_not_say(column, part):
    assert not says(column, part)


def test_names_without_what_they_hold():
    assert [activity_of(name) for name in ("受理时间", "approved_at", "time")] == ["受理", "approved", "time"]
    assert [kind_of(name) for name in ("合同编号", "order_id", "id")] == ["合同", "order", "id"]


@given(st.text())
def test_any_text_is_one_word_of_yaml_and_one_line_of_comment(text):
    line = f"key: {word(text)}  {comment(text)}\nnext: word\n"
    assert yaml.safe_load(line) == {"key": text, "next": "word"}


CRM = "opp,contract,step,team,by,done\n" + "".join(
    f"SJ{n:04},{f'HT{n:04}' if step == 'Offer' else ''},{step},Sales,{by},2024-01-{n:02} {hour}:15:00\n"
    for n in range(1, 21)
    for step, by, hour in (("Lead", "Ann", "09"), ("Offer", "Bob", "10"))
)
BOSS = "order_no;contract;tier;accepted_at;accepted_by;closed_at;closed_by\n" + "".join(
    f"B{n:04};HT{n:04};gold;2024-02-{n:02}T09:30:00+08:00;Cai;2024-02-{n:02}T11:00:00+08:00;Dan\n" for n in range(1, 21)
)
WORK = "工单编号\t受理编号\t工序\t处理人\t开始时间\t完成时间\n" + "".join(
    f"GD{n:04}{step}\tB{n:04}\t{label}\t王芳\t2024/03/{n:02} 08:00\t2024/03/{n:02} 09:00\n"
    for n in range(1, 21)
    for step, label in enumerate(("勘查", "安装"))
)


def folder_of(path, **files):
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.fixture
def exports(tmp_path):
    files = {"crm.csv": CRM, "boss.txt": BOSS, "work.tsv.gz": gzip.compress(WORK.encode("gb18030"))}
    files |= {"notes.pdf": "no export", "broken.xlsx": b"PK no workbook", "empty.csv": b"", ".hidden.csv": "a,b\n"}
    return folder_of(tmp_path / "study" / "exports", **files)


def test_a_folder_of_exports_becomes_a_study_that_waits_for_its_zones_only(exports):
    before = {path: path.read_bytes() for path in exports.iterdir()}
    path = draft_study(exports)
    assert path == exports.parent / "study.yaml"
    assert {path: path.read_bytes() for path in exports.iterdir()} == before
    text = path.read_text("utf-8")
    for line in (
        "# Not read: broken.xlsx: ",
        "# Not read: empty.csv: the file is empty.",
        "# Not read: notes.pdf: its ending is of no format that can be read.",
        "contract: contract  # 20 values in 20 of 40 rows, 100% of them are in boss.contract",
    ):
        assert line in text
    assert "hidden" not in text
    study, mistakes = all_mistakes(path)
    assert [error.where.partition(", ")[2] for error in mistakes] == ["systems.crm.time_zone", "systems.work.time_zone"]
    assert study is not None
    assert {name: source.keys for name, source in study.sources.items()} == {
        "boss": {"order": "order_no", "contract": "contract"},
        "crm": {"contract": "contract", "opp": "opp"},
        "work": {"order": "受理编号"},
    }
    path.write_text(text.replace(f"time_zone: {MARK}", "time_zone: Asia/Shanghai"), "utf-8")
    log = open_study(path.parent).log()
    assert log.count().to_pandas() == 40 + 40 + 40
    assert log.case_id.nunique().to_pandas() == 20
    first = log.filter(log.case_id == "B0001").order_by("position").to_pandas()
    assert list(first["activity"]) == ["Lead", "Offer", "accepted", "closed", "勘查", "安装"]
    assert list(first["resource"]) == ["Ann", "Bob", "Cai", "Dan", "王芳", "王芳"]
    assert first["timestamp"].iloc[0].to_pydatetime() == datetime.datetime(2024, 1, 1, 1, 15, tzinfo=datetime.UTC)
    assert first["start"].iloc[-1].to_pydatetime() == datetime.datetime(2024, 3, 1, 0, 0, tzinfo=datetime.UTC)


def test_how_files_are_written_is_guessed(exports):
    study = yaml.safe_load(draft_study(exports).read_text("utf-8"))
    written = {
        name: {key: source.get(key) for key in ("file", "encoding", "delimiter")}
        for name, source in study["sources"].items()
    }
    assert written == {
        "boss": {"file": "boss.txt", "encoding": None, "delimiter": ";"},
        "crm": {"file": "crm.csv", "encoding": None, "delimiter": None},
        "work": {"file": "work.tsv.gz", "encoding": "gb18030", "delimiter": None},
    }
    assert study["systems"] == {
        "crm": {"rank": 1, "time_zone": MARK},
        "boss": {"rank": 2},
        "work": {"rank": 3, "time_zone": MARK},
    }


def test_a_study_that_is_there_stays(exports):
    (exports.parent / "study.yaml").write_text("mine", "utf-8")
    with pytest.raises(StudyError, match=r"study\.yaml: there is a study already\. Move it away, or give --out\."):
        draft_study(exports.parent)
    assert (exports.parent / "study.yaml").read_text("utf-8") == "mine"


def test_a_folder_elsewhere_is_linked_from_a_study_of_its_name(tmp_path, monkeypatch):
    monkeypatch.setenv("PROCMINE_HOME", str(tmp_path / "home"))
    place = folder_of(tmp_path / "May", **{"boss.csv": BOSS})
    path = draft_study(place)
    assert path == tmp_path / "home" / "eventlogs" / "May" / "study.yaml"
    assert (path.parent / "exports").samefile(place)
    assert load_study_file(path).title == "May"
    other = folder_of(tmp_path / "June", **{"boss.csv": BOSS})
    path.unlink()
    with pytest.raises(StudyError, match="exports: there are other exports already"):
        draft_study(other, out=path.parent)


def test_a_folder_without_exports_is_one_error_and_leaves_nothing(tmp_path):
    (tmp_path / "none").mkdir()
    with pytest.raises(StudyError, match=r"no export that can be read \(it is empty\)"):
        draft_study(tmp_path / "none", out=tmp_path / "out")
    folder_of(tmp_path / "none", **{"a.csv": b""})
    with pytest.raises(StudyError, match=r"no export that can be read \(a\.csv: the file is empty\."):
        draft_study(tmp_path / "none", out=tmp_path / "out")
    with pytest.raises(StudyError, match="there is no such folder"):
        draft_study(tmp_path / "nowhere")
    assert not (tmp_path / "out").exists()


def drafted(tmp_path, **files):
    return yaml.safe_load(draft_study(folder_of(tmp_path / "exports", **files)).read_text("utf-8"))


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        (["no,step,time", "1,a,2025-01-01"], 1),
        (["Orders of May", "no,step,time", "1,a,2025-01-01"], 2),
        (["Orders of May,,", "", "no,step,time", "1,a,", "2,,2025-01-01"], 3),
        (["from,2025-01-01,,", "by,Ann,,", "no,step,time,who", "1,a,b,c"], 3),
        (["no", "1", "2"], 1),
        (["Orders of May", "no", "1"], 1),
        (["no,step,time", "1,a,2025-01-01,see below", "Total,two,open,x"], 1),
        (["no,,time", "A,b,c", "B,b,c"], 1),
        (["Orders of May", "no,no,time", "A,b,c"], 1),
        (["Orders", "1,2,3", "4,5,6"], 1),
        (["Orders,2025-01-01", "no,step", "1,a"], 1),
        (["Orders", "no,step,time"], 1),
        ([], 1),
    ],
)
def test_below_which_titles_the_header_stands(rows, header):
    assert header_of({number: row.split(",") for number, row in enumerate(rows, 1)}) == header


def test_exports_with_titles(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "crm.xlsx") as book:
        sheet = book.add_worksheet("May")
        book.add_worksheet("notes").write(0, 0, "nothing")
        sheet.write(0, 0, "Orders of May")
        for number, line in enumerate(CRM.splitlines(), 2):
            sheet.write_row(number, 0, line.split(","))
    titled = "工单导出 2024\r\n导出时间:\t2024/04/01 08:00:00\r\n\r\n" + WORK
    files = {"crm.xlsx": (tmp_path / "crm.xlsx").read_bytes(), "work.txt": titled.encode("gb18030"), "boss.txt": BOSS}
    text = draft_study(folder_of(tmp_path / "exports", **files)).read_text("utf-8")
    assert "# row 3 is taken for the header: above it stands 'Orders of May'\n" in text
    assert "# line 4 is taken for the header: above it stands '工单导出 2024'\n" in text
    sources = yaml.safe_load(text)["sources"]
    assert {name: source.get("header_row") for name, source in sources.items()} == {
        "boss": None,
        "crm_May": 3,
        "crm_notes": None,
        "work": 4,
    }
    assert (sources["work"]["delimiter"], sources["work"]["encoding"]) == ("\t", "gb18030")
    assert sources["work"]["keys"] == {"order": "受理编号"}
    assert sources["crm_May"]["keys"] == {"contract": "contract", "opp": "opp"}


def test_two_systems_that_share_a_key_of_which_no_export_is_the_master(tmp_path):
    rows = [(case, place) for case in range(1, 11) for place in (1, 2, 3)]
    one = "case_id,activity,time\n" + "".join(f"{c},A{p},2024-01-{c:02}T0{p}:00Z\n" for c, p in rows)
    two = "case_id,task,at\n" + "".join(f"{c},B{p},2024-02-{c:02}T0{p}:00Z\n" for c, p in rows)
    study = drafted(tmp_path, **{"one.csv": one, "two.csv": two})
    assert study["order"] == "case"
    assert [source["keys"] for source in study["sources"].values()] == [{"case": "case_id"}, {"case": "case_id"}]


def test_what_many_orders_have_and_no_other_export_is_an_attribute(tmp_path):
    rows = "".join(f"O{n:03},cust{n % 5},S{s},2024-01-{n:02}T0{s}:00Z\n" for n in range(1, 29) for s in (1, 2))
    source = drafted(tmp_path, **{"a.csv": f"order_id,customer,step,done\n{rows}"})["sources"]["a"]
    assert (source["keys"], source["order_attributes"]) == ({"order": "order_id"}, {"customer": "customer"})
    assert "shared" not in source


def test_columns_of_one_name_are_left_out(tmp_path):
    """Exports are never edited: what is there twice cannot be read, all else can."""
    orders = "order_no,note,step,time,note\n" + "".join(
        f"A-{n:03},x,go,2024-01-{n:02}T08:00Z,y\n" for n in range(1, 29)
    )
    path = draft_study(folder_of(tmp_path / "exports", **{"orders.csv": orders}))
    assert "note: left out, several columns have this name" in path.read_text("utf-8")
    assert "2 columns" not in path.read_text("utf-8")
    assert yaml.safe_load(path.read_text("utf-8"))["sources"]["orders"]["keys"] == {"order": "order_no"}


def test_words_for_nothing_are_proposed_as_such(tmp_path):
    """Of a series, those of any of its files; and a column of times stays one."""
    row = "A-{0:03},go,2024-{1:02}-{0:02}T08:00Z,{2}\n"
    files = {
        f"orders_{month}.csv": "order_no,step,time,closed\n"
        + "".join(row.format(n, month, word if n % 3 else f"2024-12-{n:02}T08:00Z") for n in range(1, 29))
        for month, word in ((1, "NULL"), (2, "\\N"), (3, ""))
    }
    path = draft_study(folder_of(tmp_path / "exports", **files))
    assert 'empty: ["NULL", "\\\\N"]  # cells that say so hold nothing' in path.read_text("utf-8")
    source = yaml.safe_load(path.read_text("utf-8"))["sources"]["orders"]
    assert source["empty"] == ["NULL", "\\N"]
    assert source["order_attributes"] == {"closed": {"column": "closed", "type": "time"}}


def test_hundreds_of_columns_that_could_be_keys(tmp_path):
    names = [f"column_{n}" for n in range(150)]
    wide = [",".join(names), *(",".join(f"K{n:03}-{row:04}" for n in range(150)) for row in range(30))]
    links = "column_149,work\n" + "".join(f"K149-{row:04},W{row}\n" for row in range(30))
    study = drafted(tmp_path, **{"wide.csv": "\n".join(wide), "links.csv": links})
    assert set(study["sources"]["links"]["keys"].values()) >= {"column_149"}
    assert "column_149" in study["sources"]["wide"]["keys"].values()


def test_small_numbers_that_agree_by_chance_are_no_key(tmp_path):
    orders = "order_no,quantity,placed\n" + "".join(f"{n},{n % 9},2024-01-{n:02}T08:00Z\n" for n in range(1, 29))
    lines = "line,pieces\n" + "".join(f"{n},x{n}\n" for n in range(1, 10))
    study = drafted(tmp_path, **{"orders.csv": orders, "lines.csv": lines})
    assert [source["keys"] for source in study["sources"].values()] == [{}, {"order": "order_no"}]


def test_keys_that_orders_share_and_keys_of_which_an_order_has_many(tmp_path):
    items = "order_id,product_id,work_id,step,done\n" + "".join(
        f"O{o:03},P{(o + i) % 7:03},W{o:03}{i},S{i},2024-01-{o:02}T0{i}:00Z\n" for o in range(1, 29) for i in (1, 2)
    )
    products = "product_id,name\n" + "".join(f"P{p:03},name {p}\n" for p in range(7))
    work = "work_id,place\n" + "".join(f"W{o:03}{i},here\n" for o in range(1, 29) for i in (1, 2))
    orders = "order_id,tier\n" + "".join(f"O{o:03},gold\n" for o in range(1, 29))
    study = drafted(tmp_path, **{"i.csv": items, "p.csv": products, "w.csv": work, "o.csv": orders})
    assert study["order"] == "order"
    assert (study["sources"]["i"]["shared"], study["sources"]["i"]["many"]) == (["product"], ["work"])


@pytest.mark.parametrize(
    ("cells", "time_format"),
    [
        (["31.01.2024 08:00", "01.02.2024 09:30"], "%d.%m.%Y %H:%M"),
        (["31/01/2024", "01/02/2024"], "%d/%m/%Y"),
        (["2024年1月31日", "2024年2月1日"], "%Y年%m月%d日"),
        (["20240131083000", "20240201093000"], "%Y%m%d%H%M%S"),
        (["2024/1/31 上午8:05", "2024/2/1 下午2:05"], "%Y/%m/%d %p%I:%M"),
        (["2024-01-31 08:05:00 AM", "2024-02-01 02:05:00 PM"], "%Y-%m-%d %I:%M:%S %p"),
        (["2024-01-31 08:00:00", "2024/02/01 09:30"], None),
        (["20240131T080000Z", "20240201T093000+0800"], None),
        (["2024-01-31 08:00:00,125", "2024-02-01 09:30:00,500"], None),
    ],
)
def test_the_format_of_times(tmp_path, cells, time_format):
    rows = "".join(f'A{n},S{n},"{cell}"\n' for n, cell in enumerate(cells))
    source = drafted(tmp_path, **{"a.csv": f"order_id,step,done\n{rows}"})["sources"]["a"]
    assert source.get("time_format") == time_format
    assert source["events"]["timestamp"] == "done"


@pytest.mark.parametrize(
    ("cells", "time_format"),
    [
        (["1704448800", "1704535200"], "epoch_s"),
        (["1704448800000", "1704535200123"], "epoch_ms"),
        (["1704448800000000", "1704535200123456"], "epoch_us"),
        (["45296.5", "45297.25"], "excel"),
        (["45296", "45297"], "excel"),
    ],
)
@pytest.mark.parametrize("name", ["created_at", "eventTime", "ts", "操作时间"])
def test_times_that_are_numbers(tmp_path, cells, time_format, name):
    rows = "".join(f"A{n},S{n},{cell}\n" for n, cell in enumerate(cells))
    source = drafted(tmp_path, **{"a.csv": f"order_id,step,{name}\n{rows}"})["sources"]["a"]
    assert source.get("time_format") == time_format
    assert source["events"]["timestamp"] == name


@pytest.mark.parametrize("name", ["account_id", "amount", "phone"])
def test_numbers_whose_name_says_no_time(tmp_path, name):
    rows = "".join(f"A{n},S{n},2024-01-0{n}T08:00Z,{1704448800 + n}\n" for n in range(1, 9))
    source = drafted(tmp_path, **{"a.csv": f"order_id,step,done,{name}\n{rows}"})["sources"]["a"]
    assert source["events"]["timestamp"] == "done"
    assert "time_format" not in source


def test_only_days_of_a_spreadsheet_that_are_times_need_a_zone(tmp_path):
    """What counts from 1970 states its zone, so its system needs none."""
    for cells, zone in ((("1704448800", "1704535200"), None), (("45296.5", "45297.25"), "FILL IN")):
        rows = "".join(f"A{n},S{n},{cell}\n" for n, cell in enumerate(cells))
        study = drafted(tmp_path / cells[0], **{"a.csv": f"order_id,step,time\n{rows}"})
        assert study["systems"]["a"].get("time_zone") == zone


ANSWERS = [{"orderNo": f"A{n}", "环节": "受理", "at": f"2024-01-0{n}T08:00Z"} for n in range(1, 9)]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("indent", [None, 1])
def test_json_documents(tmp_path, indent, encoding):
    document = json.dumps({"code": 0, "data": {"rows": ANSWERS}}, ensure_ascii=False, indent=indent).encode(encoding)
    study = drafted(tmp_path, **{"gw.json": document, "again.json.gz": gzip.compress(json.dumps(ANSWERS).encode())})
    own = {} if encoding == "utf-8" else {"encoding": encoding}
    source = study["sources"]["gw"]
    assert {key: source.get(key) for key in ("file", "format", "encoding", "table")} == {
        **dict.fromkeys(("format", "encoding", "table")),
        "file": "gw.json",
        **own,
    }
    for one in study["sources"].values():
        assert one["events"] == {"form": "row", "activity": "环节", "timestamp": "at"}


def test_a_json_document_of_two_lists_is_two_sources(tmp_path):
    orders = [{"orderNo": row["orderNo"], "tier": "gold"} for row in ANSWERS]
    study = drafted(tmp_path, **{"gw.json": json.dumps({"events": ANSWERS, "orders": orders})})
    assert [(one["file"], one["table"]) for one in study["sources"].values()] == [
        ("gw.json", "events"),
        ("gw.json", "orders"),
    ]


def test_json_lines_in_a_file_called_json(tmp_path):
    source = drafted(tmp_path, **{"gw.json": "".join(json.dumps(row) + "\n" for row in ANSWERS)})["sources"]["gw"]
    assert source["format"] == "json_lines"
    assert source["events"]["timestamp"] == "at"


def test_what_is_broken_in_a_json_document_is_told(tmp_path):
    files = {"gw.json": json.dumps(ANSWERS)[:-20], "a.csv": "order_id,done\nA1,2024-01-01T08:00Z\n"}
    text = draft_study(folder_of(tmp_path / "exports", **files)).read_text("utf-8")
    assert "# Not read: gw.json: this cannot be read as JSON" in text


@pytest.mark.parametrize("name", ["item_no", "lineId", "line", "订单行号"])
def test_the_lines_of_an_order(tmp_path, name):
    """Each order has three lines, each of them delivered; in the second export each line has two times."""
    rows = [(order, line) for order in range(1, 9) for line in (10, 20, 30)]
    events = f"order_id,{name},step,done,product_line\n" + "".join(
        f"A{order},{line},{step},2024-01-0{order}T0{hour}:00Z,P{line % 7}\n"
        for order, line in rows
        for hour, step in enumerate(("Pick", "Deliver"))
    )
    wide = f"order_id,{name},picked_at,sent_at\n" + "".join(
        f"A{order},{line},2024-01-0{order}T01:00Z,2024-01-0{order}T02:00Z\n" for order, line in rows
    )
    study = drafted(tmp_path, **{"a.csv": events, "b.csv": wide})
    assert [one.get("line") for one in study["sources"].values()] == [name, name]
    assert name not in str([one.get("order_attributes") for one in study["sources"].values()])


@pytest.mark.parametrize("name", ["product_line", "item_name", "online", "outline"])
def test_what_is_no_line_of_an_order(tmp_path, name):
    rows = "".join(f"A{order},S{n},2024-01-0{order}T0{n}:00Z,some {n}\n" for order in range(1, 9) for n in range(3))
    source = drafted(tmp_path, **{"a.csv": f"order_id,step,done,{name}\n{rows}"})["sources"]["a"]
    assert "line" not in source


def test_a_format_that_could_be_another_is_told(tmp_path):
    path = draft_study(folder_of(tmp_path / "exports", **{"a.csv": "order_id,done\nA1,01/02/2024\nA2,03/04/2024\n"}))
    assert "# %d/%m/%Y reads every time, and so does %m/%d/%Y: make sure" in path.read_text("utf-8")


def test_times_at_midnight_are_dates_and_the_status_lists_its_labels(tmp_path):
    rows = "".join(
        f"A{n},{status},2024-01-{n:02} 00:00:00\n" for n in range(1, 11) for status in ("open", "no", "closed")
    )
    source = drafted(tmp_path, **{"a.csv": f"order_no,status,changed\n{rows}"})["sources"]["a"]
    assert source["events"] == {
        "form": "status",
        "status": "status",
        "activities": {"open": "open", "no": "no", "closed": "closed"},
        "timestamp": "changed",
        "resolution": "day",
    }


def test_a_step_that_nothing_names_is_marked(tmp_path):
    path = draft_study(folder_of(tmp_path / "exports", **{"a.csv": "order_no,paid_at\nA1,2024-01-01T08:00Z\n"}))
    assert f"activity: {{value: paid}}  # {MARK}: the step that its time stands for" in path.read_text("utf-8")
    assert load_study_file(path).sources["a"].events.activity.value == "paid"


def test_an_export_without_rows_or_times_gives_marked_questions(tmp_path):
    path = draft_study(folder_of(tmp_path / "exports", **{"a.csv": "x,y\n"}))
    study, mistakes = all_mistakes(path)
    assert study is None
    assert any("sources.a.keys" in str(error) for error in mistakes)
    assert any("systems" in str(error) for error in mistakes)


def test_of_a_big_file_only_the_beginning_is_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(sampling, "SAMPLE", 1 << 20)
    row = "A{0},S,2024-01-01T08:00Z\n"
    path = folder_of(
        tmp_path / "exports", **{"a.csv": "order_no,step,done\n" + "".join(map(row.format, range(60_000)))}
    )
    text = draft_study(path).read_text("utf-8")
    assert "# only its first 1 MiB were looked at" in text
    assert "# 60,000 rows" not in text


def test_every_format_gives_its_tables_and_a_bad_table_is_listed(tmp_path):
    folder = folder_of(tmp_path / "exports")
    rows = [(f"B{n:04}", f"S{step}", f"2024-01-{n:02}T0{step}:00:00Z") for n in range(1, 11) for step in (1, 2)]
    frame = pd.DataFrame(rows, columns=["order_no", "step", "done"])
    frame.to_parquet(folder / "a.parquet")
    with closing(sqlite3.connect(folder / "b.sqlite")) as database:
        frame.to_sql("work", database, index=False)
        frame.to_sql("more", database, index=False)
    with closing(duckdb.connect(folder / "c.duckdb")) as database:
        database.execute("CREATE TABLE steps AS SELECT * FROM frame")
    with pd.ExcelWriter(folder / "d.xlsx", engine="xlsxwriter") as book:
        frame.to_excel(book, sheet_name="May", index=False)
        pd.DataFrame().to_excel(book, sheet_name="Notes", index=False)
    lines = [json.dumps({"order": {"no": no}, "step": step, "done": done}) for no, step, done in rows]
    (folder / "e.jsonl").write_text("\n".join(lines), "utf-8")
    write_xes(log_of("B0001: S1 S2 | B0002: S1"), folder / "f.xes")
    path = draft_study(folder)
    sources = yaml.safe_load(path.read_text("utf-8"))["sources"]
    given = {name: source.get("table") or source.get("sheet") for name, source in sources.items()}
    assert given == {"a": None, "b_more": "more", "b_work": "work", "c": None, "d_May": "May", "e": None, "f": None}
    assert {name: [*source["keys"].values()] for name, source in sources.items()} == {
        **{name: ["order_no"] for name in ("a", "b_more", "b_work", "c", "d_May")},
        "e": ["order.no"],
        "f": ["case:concept:name"],
    }
    assert {source["events"]["activity"] for source in sources.values()} == {"step", "concept:name"}
    assert "# Not read: d.xlsx: sheet 'Notes': row 1 is empty, and should name the columns." in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "mark", "encoding", "said"),
    [
        ("crm.xls", "\t", "gb18030", {"format": "tsv", "encoding": "gb18030"}),
        ("crm.xls", "\t", "utf-16", {"format": "tsv", "encoding": "utf-16"}),
        ("crm.xlsx", ",", "utf-8", {"format": "csv"}),
        ("crm.xls", ";", "utf-8-sig", {"format": "csv", "delimiter": ";"}),
    ],
)
def test_text_that_is_named_like_a_workbook(tmp_path, monkeypatch, *, name, mark, encoding, said):
    monkeypatch.setenv("PROCMINE_HOME", str(tmp_path))
    rows = ["单号,步骤,完成时间", *(f"D{n:03},受理,2024-01-{n:02} 09:00:00+08:00" for n in range(1, 20))]
    text = "\r\n".join(row.replace(",", mark) for row in rows)
    folder = folder_of(tmp_path / "exports", **{name: text.encode(encoding)})
    source = yaml.safe_load(draft_study(folder).read_text("utf-8"))["sources"]["crm"]
    assert {key: source[key] for key in ("format", "encoding", "delimiter") if key in source} == said
    assert source["events"] == {"form": "row", "activity": "步骤", "timestamp": "完成时间"}
    assert len(open_study(tmp_path).log().execute()) == 19


def test_what_is_named_like_a_workbook_and_is_no_table(tmp_path):
    cells = "".join(f"<tr><td>D{n:03}</td><td>受理</td></tr>" for n in range(20))
    page = f"<table><tr><td>单号</td><td>步骤</td></tr>{cells}</table>"
    more = {"page.xls": page.encode("gb18030"), "late.xls": "会话已过期，请重新登录\r\n", "none.xls": b""}
    told = draft_study(folder_of(tmp_path / "exports", **{"crm.csv": CRM}, **more)).read_text("utf-8")
    assert (
        "# Not read: page.xls: this is a web page (HTML), whatever its name says. "
        "Open it in a spreadsheet program and save it as .xlsx, or export it as CSV.\n"
    ) in told
    assert "# Not read: late.xls: it is text, not a table: it has one column.\n" in told
    assert "# Not read: none.xls: the file is empty." in told


def test_names_are_data(tmp_path):
    nasty = 'order_no: "x"\u2028# y'
    content = f'"{nasty.replace(chr(34), chr(34) * 2)}",step,done\nA1,S,2024-01-01T08:00Z\nA1,T,2024-01-01T09:00Z\n'
    study = drafted(tmp_path, **{"a # b.csv": content})
    assert list(study["sources"]) == ["a_b"]
    assert list(study["sources"]["a_b"]["keys"].values()) == [nasty]


def a_day(number: int, *, header: str = "order_no,step,done_at", more: str = "") -> str:
    """The rows of a day, and those of the day before again."""
    lines = [
        f"O-{order:04d},{step},2025-03-{day:02d} {hour:02d}:00{more}"
        for day in range(max(number - 1, 1), number + 1)
        for order in range(day * 100, day * 100 + 20)
        for hour, step in enumerate(["Accept", "Check", "Install"], 8)
    ]
    return "\n".join([header, *lines]) + "\n"


def test_files_that_differ_in_a_date_are_one_source(tmp_path):
    exports = tmp_path / "daily" / "exports"
    (exports / "crm").mkdir(parents=True)
    for day in (1, 2, 3):
        (exports / "crm" / f"orders_2025-03-{day:02d}.csv").write_text(a_day(day))
    (exports / "crm" / "orders_2025-03-04.csv").write_text(a_day(4, header="order_no,step,done_at,by", more=",Ann"))
    customers = [f"O-{order:04d},Acme" for order in range(100, 120)]
    (exports / "customers_1.csv").write_text("\n".join(["order_no,customer", *customers]) + "\n")
    text = draft_study(exports.parent).read_text("utf-8")
    said = yaml.safe_load(text)
    assert set(said["sources"]) == {"orders", "customers_1"}
    orders = said["sources"]["orders"]
    assert (orders["file"], orders["newest"]) == ("crm/orders_*.csv", ["order_no", "step"])
    assert "# 4 files, crm/orders_2025-03-01.csv to crm/orders_2025-03-04.csv" in text
    assert "# not in all of them: by" in text
    assert "newest: [order_no, step]  # 180 records are in several files, 60 of them changed" in text
    (exports.parent / "study.yaml").write_text(text.replace(MARK, "Asia/Shanghai"), "utf-8")
    assert open_study(exports.parent).ledger()["events"].sum() == 4 * 60


def test_rows_that_an_earlier_file_has_are_set_aside(tmp_path):
    exports = folder_of(tmp_path / "daily" / "exports", **{f"orders_{day}.csv": a_day(day) for day in (1, 2, 3)})
    text = draft_study(exports.parent).read_text("utf-8")
    assert "doubles: set_aside  # 120 rows are in an earlier file too" in text
    (exports.parent / "study.yaml").write_text(text.replace(MARK, "Asia/Shanghai"), "utf-8")
    assert open_study(exports.parent).ledger()["events"].sum() == 3 * 60


def test_files_with_other_columns_are_sources_of_their_own(tmp_path):
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "part1.csv").write_text("a,b\n1,2\n")
    (exports / "part2.csv").write_text("a,c\n1,2\n")
    said = yaml.safe_load(draft_study(tmp_path).read_text("utf-8"))
    assert [source["file"] for source in said["sources"].values()] == ["part1.csv", "part2.csv"]


def test_of_a_long_series_the_first_and_the_last_are_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "_LOOKED_AT", 3)
    for number in range(1, 8):
        (tmp_path / f"{number}.csv").write_text("order_no,step,done_at\n" if number in {1, 6, 7} else "")
    (tmp_path / "exports").mkdir()
    for path in tmp_path.glob("*.csv"):
        path.rename(tmp_path / "exports" / path.name)
    assert "# 7 files, 1.csv to 7.csv, of which 3 were looked at" in draft_study(tmp_path).read_text("utf-8")


@pytest.mark.parametrize(
    ("names", "others", "pattern"),
    [
        (["a_2025-03-01.csv", "a_2025-03-02.csv"], [], "a_*.csv"),
        (["a_2025-03-01.csv", "a_2025-03-02.csv"], ["a_items.csv"], "a_????-??-??.csv"),
        (["a1.csv", "a10.csv"], ["ab.csv"], None),
        (["a1.csv", "a10.csv"], ["b/a2.csv"], "a*.csv"),
        (["2025-03/a_1.csv", "2025-04/a_1.csv"], ["x/y/a_1.csv"], "*/a_*.csv"),
        (["a[1].csv", "a[2].csv"], [], "a[*].csv"),
        (["20250301T0900.csv", "20250302T0900.csv"], [], "*.csv"),
    ],
)
def test_the_pattern_of_a_series(names, others, pattern):
    assert series_of([*others, *names]) == sorted([names, *([other] for other in others)])
    assert pattern_of(names, others) == pattern
