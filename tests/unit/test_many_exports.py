"""A source of many files: what a pattern stands for, where each event comes from, and what is said of overlaps."""

import sqlite3
from contextlib import closing

import pandas as pd
import pytest

from conftest import rows
from procmine.errors import ExportError, StudyError
from procmine.problems import study_problems

STUDY = """\
title: A file a day
order: order
systems:
  crm: {rank: 1, time_zone: UTC}
sources:
  crm:
    file: crm/orders_*.csv
    system: crm
    keys: {order: no}
    events: {form: row, activity: step, timestamp: time, resource: by}
"""
MONDAY = "no,step,time,by\n1,Accept,2025-03-03 09:00,Ann\n2,Accept,2025-03-03 10:00,Bob\n"
TUESDAY = "no,step,time,by\n1,Install,2025-03-04 09:00,Cid\n,Accept,2025-03-04 09:30,Cid\n"


@pytest.fixture
def daily(make_study):
    """A study of the files given, by their names below `exports/`."""

    def make(definition=STUDY, **files):
        study = make_study(definition, {})
        for name, text in files.items():
            path = study.folder / "exports" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return study

    return make


def test_every_file_that_matches_is_read_and_each_event_names_its_own(daily):
    study = daily(
        **{
            "crm/orders_2025-03-04.csv": TUESDAY,
            "crm/orders_2025-03-03.csv": MONDAY,
            "crm/.orders_2025-03-05.csv": "hidden",
            "crm/customers.csv": "no match",
            "orders_2025-03-03.csv": "elsewhere",
        }
    )
    assert rows(study.log(), "case_id", "activity", "source", "source_row") == [
        ("1", "Accept", "crm/orders_2025-03-03.csv", 1),
        ("1", "Install", "crm/orders_2025-03-04.csv", 1),
        ("2", "Accept", "crm/orders_2025-03-03.csv", 2),
    ]
    assert study.ledger().to_dict("split")["data"] == [
        ["crm/orders_2025-03-03.csv", "event", 2, 2, 1],
        ["crm/orders_2025-03-04.csv", "event", 1, 1, 1],
        ["crm/orders_2025-03-04.csv", "no order key", 1, 0, 2],
    ]
    assert study.ledger(by="source").to_dict("split")["data"] == [
        ["crm/orders_*.csv", "event", 3, 3],
        ["crm/orders_*.csv", "no order key", 1, 0],
    ]
    assert study.set_aside("crm").columns[:3] == ("procmine:file", "procmine:row", "procmine:reason")
    assert rows(study.set_aside("crm"), "procmine:file", "procmine:row", "procmine:reason", "step") == [
        ("crm/orders_2025-03-04.csv", 2, "no order key", "Accept")
    ]


def test_files_of_folders_of_any_depth(daily):
    study = daily(
        STUDY.replace("crm/orders_*.csv", "'**/o[1]_?.csv'"),
        **{
            "o[1]_a.csv": MONDAY,
            "2025/03/o[1]_b.csv": TUESDAY,
            "2025/.old/o[1]_c.csv": MONDAY,
            "o1_a.csv": "another file",
        },
    )
    assert study.ledger()["source"].tolist() == ["2025/03/o[1]_b.csv", "2025/03/o[1]_b.csv", "o[1]_a.csv"]


def test_no_match_names_the_pattern_and_the_nearest_file(daily):
    study = daily(**{"crm/order_2025-03-03.csv": MONDAY, "links.csv": ""})
    with pytest.raises(ExportError) as caught:
        study.log()
    assert str(caught.value) == (
        f"{study.folder}/exports/crm/orders_*.csv: no file matches this pattern. "
        "The nearest file is 'crm/order_2025-03-03.csv'."
    )


def test_no_match_in_an_empty_folder(daily):
    with pytest.raises(ExportError, match=r"this pattern\. There is no file in the folder of exports\."):
        daily().log()


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("../crm/*.csv", "'../crm/*.csv' leaves the study; give a path inside its folder"),
        ("crm/**.csv", "** stands for folders, in '**.csv' it does not; write it as in crm/**/orders_*.csv"),
        ("crm/**", "** stands for folders, in '**' it does not; write it as in crm/**/orders_*.csv"),
        ("crm/orders_*", "the ending of 'crm/orders_*' tells no format; add format: one of csv, tsv"),
    ],
)
def test_a_pattern_that_cannot_be(daily, pattern, told):
    with pytest.raises(StudyError) as caught:
        daily(STUDY.replace("crm/orders_*.csv", pattern))
    assert told in str(caught.value)


def test_a_file_that_two_sources_read(daily):
    again = STUDY + STUDY.partition("sources:\n")[2].replace("crm:", "old:", 1).replace("orders_*", "*_2025-03-03")
    study = daily(again, **{"crm/orders_2025-03-03.csv": MONDAY})
    with pytest.raises(StudyError) as caught:
        study.log()
    assert str(caught.value) == (
        "study.yaml, sources: 'crm/orders_2025-03-03.csv' is read by source 'crm' and by source 'old'. "
        "Narrow one of the two patterns."
    )


def test_an_error_of_reading_names_the_file(daily):
    study = daily(**{"crm/orders_1.csv": MONDAY, "crm/orders_2.csv": ""})
    with pytest.raises(ExportError, match=r"exports/crm/orders_2\.csv: the file is empty"):
        study.log()


def test_rows_that_cannot_be_read_name_their_file(daily):
    broken = "no,step,time,by\n3,Accept,2025-03-05 09:00,Ann\n3,Install\n3,Bill,2025-03-05 10:00,Ann\n"
    study = daily(**{"crm/orders_1.csv": MONDAY, "crm/orders_2.csv": broken})
    assert rows(study.set_aside("crm"), "procmine:file", "procmine:row", "procmine:reason", "procmine:line") == [
        ("crm/orders_2.csv", 2, "row with too few cells", 3)
    ]
    assert rows(study.log(), "case_id", "activity", "source_row") == [
        ("1", "Accept", 1),
        ("2", "Accept", 2),
        ("3", "Accept", 1),
        ("3", "Bill", 3),
    ]


def test_a_time_without_a_zone_names_its_file(daily):
    study = daily(
        STUDY.replace(", time_zone: UTC", ""), **{"crm/orders_1.csv": TUESDAY[:16], "crm/orders_2.csv": MONDAY}
    )
    with pytest.raises(ExportError, match=r"exports/crm/orders_2\.csv, row 1: time '2025-03-03 09:00' has no offset"):
        study.log()


LATER = "no,step,time\n3,Accept,2025-03-01 09:00\n"


def test_a_column_that_older_files_lack_is_empty_there_and_a_finding(daily):
    study = daily(**{"crm/orders_1.csv": LATER, "crm/orders_2.csv": MONDAY})
    assert rows(study.log(), "case_id", "resource") == [("1", "Ann"), ("2", "Bob"), ("3", None)]
    findings = study.findings()
    missing = findings[findings["check"] == "column missing in some exports"]
    assert missing[["source", "rows", "orders", "example"]].values.tolist() == [
        ["crm/orders_*.csv", 1, 0, "by · crm/orders_1.csv"]
    ]


def test_a_column_that_rows_are_nothing_without_is_needed_in_each_file(daily):
    study = daily(**{"crm/orders_1.csv": MONDAY, "crm/orders_2.csv": MONDAY.replace("time", "tine")})
    with pytest.raises(
        ExportError, match=r"orders_2\.csv: no column 'time'\. Did you mean 'tine'\? Known: by, no, step"
    ):
        study.log()


def test_a_column_that_no_file_has_is_an_error_also_the_second_time(daily):
    study = daily(**{"crm/orders_1.csv": LATER, "crm/orders_2.csv": LATER})
    for _time in range(2):
        with pytest.raises(ExportError, match=r"orders_1\.csv: no column 'by'\. Known: no, step, time"):
            study.log()


def test_what_becomes_needed_is_asked_of_files_that_were_read_before(daily):
    """The same columns are read, but `by` now is the activity, which the first file lacks."""
    files = {"crm/orders_1.csv": LATER, "crm/orders_2.csv": MONDAY}
    daily(**files).log()
    study = daily(STUDY.replace("activity: step", "activity: by").replace("resource: by", "resource: step"), **files)
    with pytest.raises(ExportError, match=r"orders_1\.csv: no column 'by'"):
        study.log()


def test_one_of_several_keys_will_do_but_a_link_needs_all(daily):
    keys = STUDY.replace("{order: no}", "{order: no, contract: contract}")
    links = "  links:\n    file: links_*.csv\n    keys: {order: no, contract: contract}\n"
    study = daily(keys + links, **{"crm/orders_1.csv": MONDAY, "links_1.csv": "no,contract\n1,c1\n"})
    later = "contract,step,time,by\nc1,Bill,2025-03-05 09:00,Ann\n"
    (study.folder / "exports" / "crm" / "orders_2.csv").write_text(later)
    assert rows(study.log(), "case_id", "activity") == [("1", "Accept"), ("1", "Bill"), ("2", "Accept")]
    (study.folder / "exports" / "links_2.csv").write_text("no\n2\n")
    with pytest.raises(ExportError, match=r"links_2\.csv: no column 'contract'"):
        study.log()


def test_rows_delivered_again_are_found(daily):
    """Three rows come again, one of them for the third time; two that are equal on one day do not count."""
    line = "1,Accept,2025-03-03 09:00,Ann\n"
    files = {
        "crm/orders_1.csv": MONDAY + line,
        "crm/orders_2.csv": MONDAY + TUESDAY[16:],
        "crm/orders_3.csv": f"{TUESDAY[:16]}{line}",
    }
    study = daily(**files)
    findings = study.findings()
    again = findings[findings["check"] == "row delivered again"]
    assert again[["source", "rows", "orders", "example"]].values.tolist() == [
        ["crm/orders_*.csv", 3, 0, "crm/orders_2.csv, row 2"]
    ]
    assert study.ledger()["events"].sum() == 3 + 3 + 1


def test_an_event_that_later_states_of_a_record_say_again_is_found(daily):
    """Order 1 is accepted once, and stated on three days; order 2 is accepted at two times."""
    wide = "    events:\n      form: columns\n      columns:\n"
    steps = [("Accept", "accepted"), ("Install", "installed")]
    forms = wide + "".join(f"        - {{activity: {name}, timestamp: {column}}}\n" for name, column in steps)
    definition = STUDY.replace("    events: {form: row, activity: step, timestamp: time, resource: by}\n", forms)
    head = "no,accepted,installed\n"
    states = {
        "crm/orders_1.csv": head + "1,2025-03-01 09:00,\n2,2025-03-01 10:00,\n",
        "crm/orders_2.csv": head + "1,2025-03-01 09:00,2025-03-02 09:00\n2,2025-03-02 10:00,\n",
        "crm/orders_3.csv": head + "1,2025-03-01 09:00,2025-03-03 09:00\n",
    }
    found = daily(definition, **states).findings().set_index("check").loc["event in several exports"]
    assert (found.source, found.rows, found.orders, found.example) == ("crm/orders_*.csv", 2, 1, "1 · Accept")
    newest = definition.replace("    system: crm\n", "    system: crm\n    newest: [no]\n")
    assert "event in several exports" not in set(daily(newest, **states).findings().check)


def test_the_file_of_day_ten_is_after_that_of_day_nine(daily):
    newest = STUDY.replace("    system: crm\n", "    system: crm\n    newest: [no]\n")
    states = {
        f"crm/orders_{day}.csv": f"no,step,time,by\n1,Step {day},2025-03-{day:02d} 09:00,Ann\n" for day in (9, 10, 11)
    }
    assert rows(daily(newest, **states).log(), "activity", "source") == [("Step 11", "crm/orders_11.csv")]


def test_rows_delivered_again_can_be_set_aside(daily):
    files = {"crm/orders_1.csv": MONDAY, "crm/orders_2.csv": MONDAY + TUESDAY[16:]}
    study = daily(STUDY + "    doubles: set_aside\n", **files)
    assert study.ledger().to_dict("split")["data"] == [
        ["crm/orders_1.csv", "event", 2, 2, 1],
        ["crm/orders_2.csv", "event", 1, 1, 3],
        ["crm/orders_2.csv", "exact double", 2, 0, 1],
        ["crm/orders_2.csv", "no order key", 1, 0, 4],
    ]
    told = ("procmine:file", "procmine:row", "procmine:reason", "procmine:kept")
    assert rows(study.set_aside("crm"), *told) == [
        ("crm/orders_2.csv", 1, "exact double", "crm/orders_1.csv, row 1"),
        ("crm/orders_2.csv", 2, "exact double", "crm/orders_1.csv, row 2"),
        ("crm/orders_2.csv", 4, "no order key", None),
    ]
    assert study.doubles()[["source", "export", "source_row"]].values.tolist() == [
        ["crm", "crm/orders_2.csv", 1],
        ["crm", "crm/orders_2.csv", 2],
    ]
    assert "row delivered again" not in [*study.findings()["check"]]


def test_ties_of_two_files_are_counted(daily):
    """Row 1 of each file, of one order at one time: only the order of the files decides."""
    study = daily(**{"crm/orders_1.csv": MONDAY, "crm/orders_2.csv": MONDAY.replace("Accept", "Check")})
    assert rows(study.log(), "case_id", "position", "activity")[:2] == [("1", 1, "Accept"), ("1", 2, "Check")]
    ties = study.findings().set_index("check").loc["order decided only by the row in the export"]
    assert (ties["source"], ties["rows"]) == ("crm/orders_*.csv", 2)


def test_inputs_name_every_file(daily):
    study = daily(**{"crm/orders_1.csv": MONDAY, "crm/orders_2.csv": TUESDAY})
    assert set(study.inputs) == {"study.yaml", "exports/crm/orders_1.csv", "exports/crm/orders_2.csv"}


def test_sheets_of_workbooks_and_tables_of_databases(make_study):
    definition = STUDY.replace("crm/orders_*.csv", "orders_*.xlsx\n    sheet: March") + (
        "  field:\n    file: field_*.sqlite\n    table: work\n    system: crm\n    keys: {order: no}\n"
        "    events: {form: row, activity: step, timestamp: time}\n"
    )
    study = make_study(definition, {})
    for name, (header, *lines) in {"1": MONDAY.splitlines(), "2": TUESDAY.splitlines()}.items():
        cells = pd.DataFrame([line.split(",") for line in lines], columns=header.split(","))
        cells.to_excel(study.folder / "exports" / f"orders_{name}.xlsx", sheet_name="March", index=False)
        with closing(sqlite3.connect(study.folder / "exports" / f"field_{name}.sqlite")) as database:
            cells.assign(step="Survey").to_sql("work", database, index=False)
    assert study.ledger().to_dict("split")["data"] == [
        ["field_1.sqlite#work", "event", 2, 2, 1],
        ["field_2.sqlite#work", "event", 1, 1, 1],
        ["field_2.sqlite#work", "no order key", 1, 0, 2],
        ["orders_1.xlsx#March", "event", 2, 2, 1],
        ["orders_2.xlsx#March", "event", 1, 1, 1],
        ["orders_2.xlsx#March", "no order key", 1, 0, 2],
    ]


def test_all_that_is_wrong_with_files_is_told_once_for_each_cause(daily):
    wrong = MONDAY.replace("step", "stp")
    study = daily(
        **{"crm/orders_1.csv": wrong, "crm/orders_2.csv": MONDAY, "crm/orders_3.csv": wrong, "crm/orders_4.csv": ""}
    )
    (study.folder / "study.yaml").write_text(STUDY.replace("by}", "operator}"), "utf-8")
    problems = study_problems(study.folder)
    assert [(problem.harm, problem.place.rpartition("/")[2], problem.found) for problem in problems] == [
        ("unusable", "orders_1.csv", "no column 'step' (also in 1 more of its files)"),
        ("unusable", "orders_4.csv", "the file is empty"),
        ("unusable", "orders_1.csv", "no column 'operator' (also in 2 more of its files)"),
    ]


def test_what_was_set_aside_is_told_once_for_all_files(daily):
    problems = study_problems(daily(**{"crm/orders_1.csv": TUESDAY, "crm/orders_2.csv": TUESDAY}).folder)
    assert [str(problem) for problem in problems if problem.harm == "lost"] == [
        "crm/orders_*.csv: 2 rows set aside: no order key. study.set_aside('crm') shows them."
    ]


WIDE = """\
title: Wide rows, exported again when they change
order: order
systems: {eoms: {rank: 1, time_zone: UTC}}
sources:
  eoms:
    file: eoms_*.csv
    system: eoms
    keys: {work: id, order: no}
    newest: [id]
    events:
      form: columns
      columns: [{activity: Survey, timestamp: surveyed}, {activity: Install, timestamp: installed}]
    order_attributes: {state: state}
"""


def test_the_last_row_of_a_record_stands(daily):
    """On Tuesday w1 is installed, and w2 turns out to be of order 3; a row without its number stands for itself."""
    head = "id,no,surveyed,installed,state\n"
    monday = "w1,1,2025-03-03 09:00,,open\nw2,2,2025-03-03 10:00,,open\n,4,2025-03-03 10:00,,open\n"
    tuesday = "w1,1,2025-03-03 09:00,2025-03-04 09:00,done\nw2,3,2025-03-03 10:00,,open\n,4,2025-03-03 11:00,,open\n"
    study = daily(WIDE, **{"eoms_1.csv": head + monday, "eoms_2.csv": head + tuesday})
    assert rows(study.log(), "case_id", "activity", "source", "source_row", "case:state") == [
        ("1", "Install", "eoms_2.csv", 1, "done"),
        ("1", "Survey", "eoms_2.csv", 1, "done"),
        ("3", "Survey", "eoms_2.csv", 2, "open"),
        ("4", "Survey", "eoms_1.csv", 3, "open"),
        ("4", "Survey", "eoms_2.csv", 3, "open"),
    ]
    told = ("procmine:file", "procmine:row", "procmine:reason", "procmine:kept", "id", "no")
    assert rows(study.set_aside("eoms"), *told) == [
        ("eoms_1.csv", 1, "superseded by a later row", "eoms_2.csv, row 1", "w1", "1"),
        ("eoms_1.csv", 2, "superseded by a later row", "eoms_2.csv, row 2", "w2", "2"),
    ]
    assert study.ledger().to_dict("split")["data"] == [
        ["eoms_1.csv", "event", 1, 1, 3],
        ["eoms_1.csv", "superseded by a later row", 2, 0, 1],
        ["eoms_2.csv", "event", 3, 4, 1],
    ]
    assert not {"row delivered again", "several values of an order attribute"} & {*study.findings()["check"]}
    assert [problem for problem in study_problems(study.folder) if problem.harm == "lost"] == []


def test_a_file_without_the_columns_that_name_records(daily):
    files = {"eoms_1.csv": "no,surveyed,installed,state\n1,,,open\n", "eoms_2.csv": "id,no,surveyed,installed,state\n"}
    with pytest.raises(ExportError, match=r"eoms_1\.csv: no column 'id'"):
        daily(WIDE, **files).log()
