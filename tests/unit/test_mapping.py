"""The form of study.yaml: what is accepted, and what its user is told about a mistake."""

import datetime
from pathlib import Path

import pytest

from procmine.assemble.mapping import StatusEvents, StudyFile
from procmine.assemble.mapping.study_file import all_mistakes, load_study_file
from procmine.errors import StudyError

GOOD = """\
title: Small orders
order: order
systems:
  crm: {rank: 1, time_zone: Asia/Shanghai}
sources:
  crm:
    file: crm.csv
    system: crm
    keys: {order: no}
    events: {form: row, activity: step, timestamp: time}
"""


def load(tmp_path: Path, text: str | bytes) -> StudyFile:
    path = tmp_path / "study.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_study_file(path)


def refusal(tmp_path: Path, text: str | bytes) -> str:
    with pytest.raises(StudyError) as caught:
        load(tmp_path, text)
    return str(caught.value)


def test_a_good_file_is_read(tmp_path):
    study = load(tmp_path, GOOD)
    assert study.sources["crm"].encoding == "utf-8"
    assert study.sources["crm"].delimiter == ","
    assert study.personal == ["resource"]


@pytest.mark.parametrize(
    ("was", "instead", "told"),
    [
        ("delimitr", "    file: crm.csv\n    delimitr: ';'", ["sources.crm", "unknown key 'delimitr'", "'delimiter'"]),
        ("title", "titel: Small orders", ["unknown key 'titel'. Did you mean 'title'?"]),
        ("zone", "  crm: {rank: 1, time_zone: Asia/Shanghi}", ["systems.crm.time_zone", "'Asia/Shanghi'", "IANA"]),
        ("system", "    system: crn", ["sources.crm.system: no system 'crn'. Did you mean 'crm'?"]),
        ("file", "    file: ../crm.csv", ["sources.crm", "'../crm.csv' leaves the study"]),
        ("file", "    file: /etc/passwd", ["'/etc/passwd' leaves the study"]),
        ("file", "    file: a\\..\\..\\crm.csv", ["leaves the study"]),
        ("file", "    file: crm.csv\n    encoding: utf-9", ["sources.crm.encoding", "no encoding 'utf-9'", "gb18030"]),
        ("file", "    file: crm.csv\n    encoding: base64", ["no encoding 'base64'"]),
        ("file", "    file: crm.csv\n    encoding: idna", ["no encoding 'idna'"]),
        ("file", "    file: crm.csv\n    delimiter: ', '", ["sources.crm.delimiter", "at most 1 character"]),
        ("file", "    file: crm.csv\n    format: xlsx", ["sources.crm.format", "'csv'"]),
        (
            "file",
            "    file: crm.dat",
            ["sources.crm: the ending of 'crm.dat' tells no format; add format: one of csv, tsv"],
        ),
        ("file", "    file: crm.xlsx.gz", ["the ending of 'crm.xlsx.gz' tells no format"]),
        ("file", "    file: crm", ["the ending of 'crm' tells no format"]),
        ("file", "    encoding: utf-8", ["sources.crm: a source of format csv needs 'file'"]),
        ("file", "    file: crm.csv\n    sheet: May", ["sources.crm: 'sheet' does not fit the format csv, only excel"]),
        (
            "file",
            "    file: crm.csv\n    table: t",
            ["'table' does not fit the format csv, only sqlite, duckdb, postg"],
        ),
        (
            "file",
            "    file: crm.xlsx\n    delimiter: ';'",
            ["'delimiter' does not fit the format excel, only csv, tsv"],
        ),
        (
            "file",
            "    file: crm.parquet\n    header_row: 2",
            ["'header_row' does not fit the format parquet"],
        ),
        ("file", "    file: crm.csv\n    header_row: 0", ["sources.crm.header_row: "]),
        ("file", "    file: crm.parquet\n    encoding: gbk", ["'encoding' does not fit the format parquet"]),
        ("file", "    database: {name: d, user: u}", ["a source of format postgresql needs 'table'"]),
        ("file", "    format: postgresql\n    table: t", ["a source of format postgresql needs 'database'"]),
        (
            "file",
            "    file: crm.csv\n    database: {name: d, user: u}",
            ["'file' does not fit the format postgresql, only csv, tsv"],
        ),
        (
            "file",
            "    table: t\n    database: {name: d, user: u, port: 99999}",
            ["sources.crm.database.port", "at most 65535"],
        ),
        ("file", "    file: crm.csv\n    many: [orders]", ["many: no key 'orders'", "Did you mean 'order'?"]),
        ("file", "    file: crm.csv\n    shared: [order]", ["orders cannot share 'order'"]),
        ("keys", "    keys: {}", ["sources.crm.keys", "0 given, at least 1 needed"]),
        ("order", "order: orders", ["order: no source has a key 'orders'. Did you mean 'order'?"]),
        (
            "form",
            "    events: {form: rows, activity: step, timestamp: time}",
            ["sources.crm.events", "'rows'", "'row'"],
        ),
        ("form", "    events: {form: row, activity: step}", ["sources.crm.events.timestamp: it is missing"]),
        (
            "form",
            "    events: {form: row, activity: {valu: A}, timestamp: time}",
            ["sources.crm.events.activity: unknown key"],
        ),
        (
            "form",
            "    events: {form: row, activity: [], timestamp: time}",
            ["sources.crm.events.activity: keys belong here"],
        ),
        ("order", "order:", ["order: it is empty"]),
        (
            "form",
            "    events: {form: status, status: s, activities: {x: A}}",
            ["sources.crm.events.timestamp: it is missing"],
        ),
        (
            "form",
            "    events: {form: status, status: s, timestamp: t, activities: {x: [A]}}",
            ["sources.crm.events.activities.x: a text belongs here"],
        ),
        (
            "form",
            "    events: {form: status, status: [s], timestamp: t, activities: {}}",
            ["crm.events.status: a text"],
        ),
        ("form", "    events: {form: status, s: s}", ["sources.crm.events: unknown key 's'"]),
        ("form", "    events: {activity: a, timestamp: t}", ["sources.crm.events: it has no key 'form'"]),
        ("end", "personal: resource", ["personal: a list belongs here: [resource]."]),
        ("end", "known_order: [[A]]", ["known_order.0: one more belongs here."]),
        ("end", "known_order: [[A, B, C]]", ["known_order.0: 3 given, at most 2 needed."]),
        ("end", "activities: {x: }", ["activities.x: it is empty."]),
        ("end", "activities: {x: ' '}", ["activities.x: a name belongs here, and it is empty; found ' '."]),
        ("end", "activities: {x: []}", ["activities.x: 0 given, at least 1 needed."]),
        ("end", "activities: {x: {name: a}}", ["activities.x: a list belongs here: put it into [ ]."]),
        (
            "end",
            "departments: {x: [{name: a, from: 1.7.2024}]}",
            ["departments.x.0.from: a date or time", "'1.7.2024'."],
        ),
        ("end", "departments: {x: [{from: 2024-07-01}]}", ["departments.x.0.name: it is missing."]),
        ("form", "    order_attributes: {tier: tier}", ["sources: none of them gives events"]),
        ("form", "    events: {form: columns, columns: []}", ["0 given, at least 1 needed"]),
        ("end", "window: {from: 2024-02-01, to: 2024-01-01}", ["from 2024-02-01 is not before to 2024-01-01"]),
        ("end", "window: {from: 2024}", ["window.from", "not a date or time", "found '2024'"]),
        ("end", "window: {from: yesterday}", ["window.from", "found 'yesterday'"]),
        ("end", "personal: [resorce]", ["personal: no column 'resorce'. Did you mean 'resource'?"]),
        ("end", "status: {attribute: state}", ["status.attribute: no order attribute 'state'"]),
        ("end", "designed_flow: ../flow.bpmn", ["designed_flow", "leaves the study"]),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path, was, instead, told):
    lines = {"delimitr": 6, "file": 6, "title": 0, "zone": 3, "system": 7, "keys": 8, "order": 1, "form": 9, "end": 10}
    text = GOOD.splitlines()
    text[lines[was] : lines[was] + 1] = [instead]
    message = refusal(tmp_path, "\n".join(text))
    assert str(tmp_path / "study.yaml") in message
    for part in told:
        assert part in message


def test_two_sources_cannot_read_one_file(tmp_path):
    again = GOOD + "  again:\n    file: crm.csv\n    keys: {order: no}\n"
    assert "sources.again.file: 'crm.csv' is already read by source 'crm'" in refusal(tmp_path, again)


@pytest.mark.parametrize(
    ("file", "form", "delimiter"),
    [
        ("crm.csv", "csv", ","),
        ("CRM.CSV.GZ", "csv", ","),
        ("crm.txt", "csv", ","),
        ("crm.tsv.gz", "tsv", "\t"),
        ("crm.2024.jsonl", "json_lines", ","),
        ("crm.ndjson.gz", "json_lines", ","),
        ("crm.xlsx", "excel", ","),
        ("crm.ods", "excel", ","),
        ("crm.parquet", "parquet", ","),
        ("crm.db", "sqlite", ","),
        ("crm.duckdb", "duckdb", ","),
        ("crm.xes.gz", "xes", ","),
    ],
)
def test_the_ending_tells_the_format(tmp_path, file, form, delimiter):
    source = load(tmp_path, GOOD.replace("crm.csv", file)).sources["crm"]
    assert (source.format, source.delimiter) == (form, delimiter)


def test_a_format_that_is_given_counts_more_than_the_ending(tmp_path):
    source = load(tmp_path, GOOD.replace("crm.csv", "crm.dat\n    format: tsv\n    delimiter: '|'")).sources["crm"]
    assert (source.format, source.delimiter) == ("tsv", "|")


@pytest.mark.parametrize(
    ("keys", "export"),
    [
        ("file: crm.csv", "crm.csv"),
        ("file: crm.xlsx", "crm.xlsx"),
        ("file: crm.xlsx\n    sheet: 五月", "crm.xlsx#五月"),
        ("file: crm.db\n    table: sales.orders", "crm.db#sales.orders"),
        ("table: sales.orders\n    database: {name: crm, user: me}", "crm.sales.orders"),
    ],
)
def test_the_name_of_an_export(tmp_path, keys, export):
    assert load(tmp_path, GOOD.replace("file: crm.csv", keys)).sources["crm"].export == export


def test_two_sheets_of_a_workbook_are_two_exports(tmp_path):
    text = GOOD.replace("crm.csv", "crm.xlsx\n    sheet: May")
    june = "  june:\n    file: crm.xlsx\n    sheet: June\n    keys: {order: no}\n"
    assert len(load(tmp_path, text + june).sources) == 2
    again = refusal(tmp_path, text + june.replace("June", "May"))
    assert "sources.june.file: 'crm.xlsx#May' is already read by source 'crm'" in again


def test_a_password_in_the_study_is_refused_and_not_repeated(tmp_path):
    database = "table: t\n    database: {name: d, user: u, password: s3cret!}"
    message = refusal(tmp_path, GOOD.replace("file: crm.csv", database))
    assert "not the name of an environment variable; write one such as ORDERS_PASSWORD" in message
    assert "s3cret" not in message


def test_an_attribute_has_one_type(tmp_path):
    text = GOOD + "    order_attributes: {tier: tier}\n  more:\n    file: more.csv\n    keys: {order: no}\n"
    text += "    order_attributes: {tier: {column: tier, type: integer}}\n"
    assert "sources.more.order_attributes.tier: integer here, string before" in refusal(tmp_path, text)


def test_status_is_a_name_of_its_own(tmp_path):
    text = GOOD + "    order_attributes: {status: state}\nstatus: {finished: [Done]}\n"
    assert "the name is taken by the study's own status rules" in refusal(tmp_path, text)


def test_events_need_a_key_of_their_own(tmp_path):
    text = GOOD + "  parts:\n    file: parts.csv\n    keys: {part: part}\n    shared: [part]\n"
    text += "    events: {form: row, activity: step, timestamp: time}\n"
    assert "sources.parts.keys: events need a key that orders do not share" in refusal(tmp_path, text)


def test_personal_names_attributes_of_orders_and_of_events(tmp_path):
    text = GOOD.replace("timestamp: time}", "timestamp: time, attributes: {account: account, tier: tier}}")
    text += "    order_attributes: {customer: customer, tier: tier}\npersonal: [resource, account, customer, tier]\n"
    columns = ["resource", "event:account", "case:customer", "case:tier", "event:tier"]
    assert load(tmp_path, text).personal_columns == columns


def test_all_mistakes_are_listed_and_what_is_right_is_kept(tmp_path):
    wrong = GOOD.replace("Asia", "Asja").replace("activity: step", "activity: step, resource: {valu: x}")
    (tmp_path / "study.yaml").write_text(wrong, "utf-8")
    study, mistakes = all_mistakes(tmp_path / "study.yaml")
    assert mistakes[0].where.partition(", ")[2] == "systems.crm.time_zone"
    assert len(mistakes) > 1
    (tmp_path / "study.yaml").write_text(GOOD.replace("Asia", "Asja"), "utf-8")
    study, mistakes = all_mistakes(tmp_path / "study.yaml")
    assert (study.systems["crm"].time_zone, len(mistakes)) == (None, 1)
    (tmp_path / "study.yaml").write_text(GOOD.replace("Asia", "Asja") + "personal: [whom]\n", "utf-8")
    study, mistakes = all_mistakes(tmp_path / "study.yaml")
    assert study is None
    assert ["no time zone" in str(mistakes[0]), "personal: no column 'whom'" in str(mistakes[1])] == [True, True]


def test_several_mistakes_are_counted(tmp_path):
    twice = GOOD.replace("order: order", "order: ordre") + "personal: [whom]\n"
    assert "order: no source has a key 'ordre'" in refusal(tmp_path, twice)
    assert "(and 1 more)" in refusal(tmp_path, twice)
    assert "(and 1 more)" in refusal(tmp_path, GOOD.replace("Asia", "Asja").replace("rank: 1", "rank: first"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD + "order: order\n", "key 'order' is there twice, the second time in line 11"),
        (GOOD.replace("{rank: 1,", "{rank: 1, rank: 2,"), "key 'rank' is there twice, the second time in line 4"),
        ("a: !!python/object/apply:os.system ['true']", "could not determine a constructor"),
        ("title: [", "not a YAML file"),
        ("\ttitle: x", "not a YAML file"),
        ("title: 订单".encode("gb18030"), "not a YAML file"),
        ("", "no keys in it"),
        ("- title", "no keys in it"),
        (
            GOOD + "window: {from: 2024-02-30}\n",
            "a date in it is none: 2024-02-30 in line 11: day is out of range for month",
        ),
    ],
)
def test_what_is_no_study_file(tmp_path, text, told):
    assert told in refusal(tmp_path, text)


def test_yaml_merge_keys_are_no_double_keys(tmp_path):
    text = GOOD.replace("  crm:\n    file", "  crm: &crm\n    file") + "  two:\n    <<: *crm\n    file: two.csv\n"
    assert load(tmp_path, text).sources["two"].keys == {"order": "no"}


def test_words_stay_as_they_are_written(tmp_path):
    form = "{form: status, status: on, timestamp: t, activities: {007: Accept, 2: , no: No, 1_0: 12:30}}"
    events = load(tmp_path, GOOD.replace("{form: row, activity: step, timestamp: time}", form)).sources["crm"].events
    assert isinstance(events, StatusEvents)
    assert events.status == "on"
    assert events.activities == {"007": "Accept", "2": None, "no": "No", "1_0": "12:30"}


def test_a_date_is_the_whole_day_in_the_zone_of_the_window(tmp_path):
    window = load(tmp_path, GOOD + "window: {from: 2024-01-01, to: 2024-01-31, time_zone: Asia/Shanghai}\n").window
    assert window is not None
    first, last = window.bounds()
    assert first == datetime.datetime(2023, 12, 31, 16, tzinfo=datetime.UTC)
    assert last == datetime.datetime(2024, 1, 31, 15, 59, 59, 999999, tzinfo=datetime.UTC)


def test_a_time_with_an_offset_keeps_it(tmp_path):
    window = load(tmp_path, GOOD + "window: {to: 2024-01-31T08:00:00+08:00, time_zone: Europe/Berlin}\n").window
    assert window is not None
    assert window.bounds() == (None, datetime.datetime(2024, 1, 31, tzinfo=datetime.UTC))


@pytest.mark.parametrize(("first", "second"), [("Cost", "cost"), ("größe", "Größe")])
def test_attributes_that_differ_only_in_case_are_refused(tmp_path, first, second):
    more = f"    order_attributes: {{{first}: a, {second}: b}}\n"
    (tmp_path / "study.yaml").write_text(ONE_SOURCE + more, encoding="utf-8")
    with pytest.raises(StudyError, match=f"order_attributes: '{first}' and '{second}' differ only in upper"):
        load_study_file(tmp_path / "study.yaml")


def test_event_attributes_that_differ_only_in_case_are_refused(tmp_path):
    text = ONE_SOURCE.replace("timestamp: t}", "timestamp: t, attributes: {Note: a, note: b}}")
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(StudyError, match=r"events\.attributes: 'Note' and 'note' differ only in upper and lower case"):
        load_study_file(tmp_path / "study.yaml")


ONE_SOURCE = """\
title: One export
order: order
systems: {crm: {rank: 1}}
sources:
  crm:
    file: crm.csv
    keys: {order: no}
    events: {form: row, activity: a, timestamp: t}
"""
