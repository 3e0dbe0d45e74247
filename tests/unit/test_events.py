"""From rows to events: the three forms, times, names, and what each unusable row is told to be."""

import datetime
import re
import zoneinfo

import pandas as pd
import pytest

from conftest import rows
from procmine import measure
from procmine.assemble.times.naive import naive_time
from procmine.errors import ExportError, LogError, StudyError
from procmine.problems import study_problems

HEAD = """\
title: Small orders
order: order
systems:
  crm: {rank: 1, time_zone: Asia/Shanghai}
  utc: {rank: 2, time_zone: UTC}
  bare: {rank: 3}
  brazil: {rank: 4, time_zone: America/Sao_Paulo}
  berlin: {rank: 5, time_zone: Europe/Berlin}
sources:
  crm:
    file: crm.csv
    system: SYSTEM
    keys: {order: no}
"""
ROW = HEAD + "    events: {form: row, activity: step, timestamp: time}\n"


def one(make_study, definition: str, export: str):
    return make_study(definition, {"crm.csv": export})


def times(make_study, system: str, *texts: str, more: str = "") -> list[str]:
    """The times read, as UTC; `-` where a text gives no event."""
    export = "no,step,time\n" + "".join(f'{row},A,"{text}"\n' for row, text in enumerate(texts, 1))
    study = one(make_study, ROW.replace("SYSTEM", system) + more, export)
    found = {int(row): time for row, time in rows(study.log(), "source_row", "timestamp")}
    return [str(found[row].tz_convert(None)) if row in found else "-" for row in range(1, len(texts) + 1)]


def test_iso_times_with_and_without_an_offset(make_study):
    read = times(
        make_study,
        "crm",
        "2024-01-05 10:00:00",
        "2024-01-05T10:00",
        "2024/1/5 9:03",
        "2024-01-05",
        "2024-01-05T10:00:00Z",
        "2024-01-05 10:00:00 UTC",
        "2024-01-05T10:00:00.123456+0800",
        "2024-01-05T10:00+08:00",
        "2024-01-05T10:00Z",
        "2024-01-05 10:00:00 -03",
        "2024-01-05 10:00:00 +05:30",
    )
    assert read == [
        "2024-01-05 02:00:00",
        "2024-01-05 02:00:00",
        "2024-01-05 01:03:00",
        "2024-01-04 16:00:00",
        "2024-01-05 10:00:00",
        "2024-01-05 10:00:00",
        "2024-01-05 02:00:00.123456",
        "2024-01-05 02:00:00",
        "2024-01-05 10:00:00",
        "2024-01-05 13:00:00",
        "2024-01-05 04:30:00",
    ]


@pytest.mark.parametrize("system", ["crm", "utc"])
@pytest.mark.parametrize(
    "day_time",
    [
        f"{day}{time}"
        for day, time in (("2024-01-05T", "10:00:00"), ("2024-01-05 ", "10:00:00"), ("20240105T", "100000"))
    ],
)
@pytest.mark.parametrize("fraction", ["", ".5", ",5", ".123456", ",123456", ",123456789"])
def test_iso_forms_as_python_reads_them(make_study, system, day_time, fraction):
    offsets = ["", "Z", "+08", "+0800", "+08:00", "-0330", "-03:30", "+05:45", "+00:00", "+14:00"]
    texts = [f"{day_time}{fraction}{offset}" for offset in offsets]
    zone = zoneinfo.ZoneInfo("Asia/Shanghai" if system == "crm" else "UTC")
    moments = [datetime.datetime.fromisoformat(text) for text in texts]
    expected = [moment if moment.tzinfo else moment.replace(tzinfo=zone) for moment in moments]
    assert times(make_study, system, *texts) == [
        str(pd.Timestamp(one).tz_convert("UTC").tz_localize(None)) for one in expected
    ]


def test_an_offset_behind_a_space_with_seconds_or_behind_one_digit(make_study):
    """Shanghai's own offset was 8:05:43 up to 1901; such offsets are no wall time of the system's zone."""
    written = [
        "2024-01-05 10:00:00,250 +0100",
        "2024-01-05 10:00 -03",
        "2024-01-05 9:00:0Z",
        "1900-01-01T10:00:00+08:05:43",
        "2024-01-05 - 2024-01-06",
    ]
    assert times(make_study, "berlin", *written) == [
        "2024-01-05 09:00:00.250000",
        "2024-01-05 13:00:00",
        "2024-01-05 09:00:00",
        "1900-01-01 01:54:17",
        "-",
    ]


@pytest.mark.parametrize("system", ["crm", "utc"])
def test_what_is_no_time(make_study, system):
    junk = ["soon", "2024-02-30 10:00:00", "infinity", "-infinity", "epoch", "now", "20240105", "45000", "24-01-05"]
    junk += ["20240230T100000Z", "20240105T250000", "20240105T100000 CST", "20240105T100000+0860", "20240105100000"]
    junk += ["2024-01-05T10:00:00,", "2024-01-05T10:00:00,1,2", "2024-01-05,10:00:00", "2024/1/5 10:00:00,5"]
    assert times(make_study, system, "2024-01-05", *junk)[1:] == ["-"] * len(junk)


def test_a_time_format(make_study):
    more = "    time_format: '%d.%m.%Y %H:%M'\n"
    assert times(make_study, "crm", "05.01.2024 10:00", "2024-01-05 10:00", more=more) == ["2024-01-05 02:00:00", "-"]
    more = "    time_format: '%d.%m.%Y %H:%M %z'\n"
    assert times(make_study, "bare", "05.01.2024 10:00 +0100", more=more) == ["2024-01-05 09:00:00"]


def test_an_offset_of_a_time_format_may_be_z(make_study):
    more = "    time_format: '%Y-%m-%dT%H:%M:%S%z'\n"
    written = ["2024-01-05T10:00:00Z", "2024-01-05T10:00:00z", "2024-01-05T10:00:00+0100", "2024-01-05T10:00:00+01:00"]
    junk = ["2024-01-05T10:00:00", "2024-01-05T10:00Z", "2024-01-05TZ10:00:00", "2024-01-05T10:00:00+01:00Z", "Z"]
    read = ["2024-01-05 10:00:00"] * 2 + ["2024-01-05 09:00:00"] * 2
    assert times(make_study, "bare", *written, *junk, more=more) == read + ["-"] * len(junk)
    without = "    time_format: '%Y-%m-%dT%H:%M:%S'\n"
    assert times(make_study, "utc", "2024-01-05T10:00:00", "2024-01-05T10:00:00Z", more=without)[1] == "-"


@pytest.mark.parametrize(
    ("form", "morning", "noon", "afternoon"),
    [
        ("%Y/%m/%d %p%I:%M", "2024/1/5 上午8:05", "2024/1/5 下午12:00", "2024/1/5 下午2:05"),
        ("%Y-%m-%d %I:%M:%S %p", "2024-01-05 08:05:00 AM", "2024-01-05 12:00:00 PM", "2024-01-05 02:05:00 下午"),
    ],
)
def test_halves_of_a_day(make_study, form, morning, noon, afternoon):
    more = f"    time_format: '{form}'\n"
    assert times(make_study, "utc", morning, noon, afternoon, "2024-01-05 晚上 2:05", more=more) == [
        "2024-01-05 08:05:00",
        "2024-01-05 12:00:00",
        "2024-01-05 14:05:00",
        "-",
    ]


@pytest.mark.parametrize(
    ("form", "told"), [("%Q", "no directive '%Q' in a time format"), ("epoch", "no directive in 'epoch'.*epoch_ms")]
)
def test_a_time_format_that_is_none(make_study, form, told):
    with pytest.raises(StudyError, match=f"sources.crm.time_format: {told}"):
        times(make_study, "crm", "2024-01-05", more=f"    time_format: '{form}'\n")


@pytest.mark.parametrize(("form", "per_second"), [("epoch_s", 1), ("epoch_ms", 1000), ("epoch_us", 1_000_000)])
def test_times_that_count_from_1970_need_no_zone(make_study, form, per_second):
    moments = ["2024-01-05 10:00:00", "1999-12-31 23:59:59", "2255-01-01 00:00:01"]
    counted = [int(pd.Timestamp(moment, tz="UTC").timestamp()) * per_second for moment in moments]
    more = f"    time_format: {form}\n"
    assert times(make_study, "bare", *map(str, counted), more=more) == moments
    assert times(make_study, "crm", f"{counted[0]}.0", f"{counted[0]}.", more=more) == moments[:1] * 2


def test_parts_of_a_second(make_study):
    read = times(make_study, "bare", "1704448800.25", "1704448800.123456", more="    time_format: epoch_s\n")
    assert read == ["2024-01-05 10:00:00.250000", "2024-01-05 10:00:00.123456"]
    read = times(make_study, "bare", "1704448800123", more="    time_format: epoch_ms\n")
    assert read == ["2024-01-05 10:00:00.123000"]
    read = times(make_study, "bare", "1704448800123456", more="    time_format: epoch_us\n")
    assert read == ["2024-01-05 10:00:00.123456"]


def test_days_as_a_spreadsheet_counts_them_are_times_of_a_zone(make_study):
    """45,296 is 5 January 2024, since 1 is 1 January 1900 and there was a 29 February 1900; China is 8 hours ahead."""
    more = "    time_format: excel\n"
    written = ["45296.5", "45296.604166666664", "45296.60417", "45296.00001157407"]
    assert times(make_study, "crm", *written, more=more) == [
        "2024-01-05 04:00:00",
        "2024-01-05 06:30:00",
        "2024-01-05 06:30:00.288000",
        "2024-01-04 16:00:01",
    ]
    with pytest.raises(ExportError, match=r"time '45296.5' has no offset, and no time zone is declared"):
        times(make_study, "bare", "45296.5", more=more)


@pytest.mark.parametrize("form", ["epoch_s", "epoch_ms", "epoch_us", "excel"])
def test_numbers_that_are_no_times(make_study, form):
    junk = ["1.7E+12", "inf", "nan", "1,704,448,800", "2024-01-05", "9" * 25, "-" + "9" * 25, "0x10", "--1", "."]
    assert times(make_study, "crm", "45000.5", *junk, more=f"    time_format: {form}\n")[1:] == ["-"] * len(junk)


def test_seconds_for_milliseconds_are_no_times(make_study):
    """They would be in the year 55981."""
    assert times(make_study, "crm", "1704448800", "1704448800000", more="    time_format: epoch_s\n") == [
        "2024-01-05 10:00:00",
        "-",
    ]


def test_changes_of_the_clock(make_study):
    """Skipped times move on by the change; of times that occur twice the second is meant."""
    assert times(make_study, "berlin", "2024-03-31 02:30:00", "2024-03-31 03:00:00", "2024-10-27 02:30:00") == [
        "2024-03-31 01:30:00",
        "2024-03-31 01:00:00",
        "2024-10-27 01:30:00",
    ]
    assert times(make_study, "brazil", "2017-10-15 00:30:00", "2018-02-17 23:30:00", "2018-02-18 00:30:00") == [
        "2017-10-15 03:30:00",
        "2018-02-18 02:30:00",
        "2018-02-18 03:30:00",
    ]


def test_times_within_a_change_of_the_clock_are_found(make_study):
    export = "no,step,time\n1,A,2024-03-31 01:59:59\n1,B,2024-03-31 02:00:00\n1,C,2024-03-31 04:00:00\n"
    export += "2,A,2024-10-27 01:59:59\n2,B,2024-10-27 02:59:59\n2,C,2024-10-27 03:00:00\n"
    export += "3,A,2024-10-27T02:30:00+02:00\n3,B,2024-03-31T02:30:00Z\n5,C,20240331T023000Z\n4,A,20240331T023000\n"
    found = one(make_study, ROW.replace("SYSTEM", "berlin"), export).findings()
    assert found.drop(columns="advice").to_dict("records") == [
        {
            "check": "time within a change of the clock",
            "source": "crm.csv",
            "rows": 3,
            "orders": 3,
            "example": "time · 2024-03-31 02:00:00",
        }
    ]


SYSTEM_A_ROW = ROW.replace(
    "timestamp: time}", "timestamp: time, system: of, attributes: {due: {column: due, type: time}}}"
)


def test_a_time_is_in_the_zone_of_the_system_that_its_row_names(make_study):
    """Berlin is an hour ahead of UTC in January, Shanghai eight, São Paulo three behind; QQ is none of the study."""
    export = "no,step,of,time,due\n" + "".join(
        f"1,A,{system},2024-01-05 10:00:00,2024-01-06\n" for system in ("berlin", "crm", "brazil", "", "QQ", "bare")
    )
    study = one(make_study, SYSTEM_A_ROW.replace("SYSTEM", "crm"), export)
    log = study.log().order_by("source_row")
    assert log.timestamp.strftime("%d %H").to_pandas().to_list() == [
        "05 09",
        "05 02",
        "05 13",
        "05 02",
        "05 02",
        "05 02",
    ]
    assert log["event:due"].strftime("%d %H").to_pandas().to_list() == [
        "05 23",
        "05 16",
        "06 03",
        "05 16",
        "05 16",
        "05 16",
    ]
    assert log.system.to_pandas().to_list() == ["berlin", "crm", "brazil", "crm", "QQ", "bare"]
    found = study.findings().set_index("check")
    assert found.loc["system that the study does not declare", ["source", "rows", "example"]].to_list() == [
        "crm.csv",
        1,
        "QQ · 1",
    ]


def test_the_system_without_a_zone_is_named(make_study):
    export = "no,step,of,time,due\n1,A,crm,2024-01-05 10:00:00,\n1,B,bare,2024-01-05 10:00:00,\n"
    study = one(make_study, SYSTEM_A_ROW.replace("    system: SYSTEM\n", ""), export)
    told = "crm.csv, row 2: time '2024-01-05 10:00:00' has no offset, and no time zone is declared (rows like this: 1)"
    with pytest.raises(ExportError, match=re.escape(told)) as caught:
        study.log()
    assert "Declare the time_zone of system 'bare' in study.yaml" in str(caught.value)
    found = [problem for problem in study_problems(study.folder) if "no offset" in problem.found]
    assert [(problem.place.rpartition("/")[2], problem.expected) for problem in found] == [
        ("crm.csv, row 2", "Declare the time_zone of system 'bare' in study.yaml, such as Asia/Shanghai")
    ]


def test_a_change_of_the_clock_is_that_of_the_row_s_system(make_study):
    export = "no,step,of,time,due\n" + "".join(
        f"{row},A,{system},2024-03-31 02:30:00,\n" for row, system in enumerate(("berlin", "crm", "brazil", ""), 1)
    )
    found = one(make_study, SYSTEM_A_ROW.replace("SYSTEM", "crm"), export).findings().set_index("check")
    assert found.loc["time within a change of the clock", ["rows", "orders"]].to_list() == [1, 1]


@pytest.mark.parametrize("system", ["crm", "berlin", "brazil"])
@pytest.mark.parametrize("far", ["0001-01-01", "2999-12-31 00:00:00", "9998-12-31", "9999-12-31 23:59:59"])
def test_beside_a_placeholder_changes_of_the_clock_are_found(make_study, system, far):
    """The zone's changes up to the year 9999 are not looked at, only those of days that have an event."""
    export = f"no,step,time\n1,A,2018-02-17 23:30:00\n2,A,2024-03-31 02:30:00\n1,B,{far}\n2,B,{far}\n"
    found = one(make_study, ROW.replace("SYSTEM", system), export).findings()
    told = found.loc[found["check"] == "time within a change of the clock", "example"].to_list()
    assert (
        told == {"crm": [], "berlin": ["time · 2024-03-31 02:30:00"], "brazil": ["time · 2018-02-17 23:30:00"]}[system]
    )


@pytest.mark.parametrize(
    "text", ["2024-01-05 10:00:00", "2024-01-05", "20240105T100000", "20240105T100000.5", "2024-01-05T10:00:00,5"]
)
def test_a_time_without_offset_or_zone_is_refused(make_study, text):
    with pytest.raises(ExportError) as caught:
        times(make_study, "bare", "2024-01-04T10:00:00Z", text)
    message = str(caught.value)
    assert "crm.csv, row 2: " in message
    assert f"time '{text}' has no offset, and no time zone is declared" in message
    assert "Declare the time_zone of system 'bare' in study.yaml, such as Asia/Shanghai" in message


def test_a_source_without_a_system_is_told_to_name_one_that_has_a_zone():
    error = naive_time("2024-01-05", None, where="crm.csv, row 2", rows=3)
    assert str(error) == (
        "crm.csv, row 2: time '2024-01-05' has no offset, and no time zone is declared (rows like this: 3). Declare "
        "the time_zone of a system, and name that as the system of its source in study.yaml, such as Asia/Shanghai."
    )


def test_offsets_need_no_zone(make_study):
    written = ["2024-01-05T10:00:00+08:00", "20240105T100000+0800", "20240105T020000Z", "2024-01-05T02:00:00,0Z"]
    assert times(make_study, "bare", *written) == ["2024-01-05 02:00:00"] * 4


def test_a_window_sets_rows_aside(make_study):
    window = "window: {from: 2024-01-05, to: 2024-01-06, time_zone: Asia/Shanghai}\nstatus: {finished: [B]}\n"
    export = "no,step,time\n"
    export += "1,A,2024-01-04 23:59:59\n1,B,2024-01-05 00:00:00\n2,A,2024-01-05 08:00:00\n2,B,2024-01-06 23:59:59\n"
    export += "2,C,2024-01-07 00:00:00\n3,A,2024-01-06 10:00:00\n"
    study = one(make_study, ROW.replace("SYSTEM", "crm") + window, export)
    log = study.log()
    assert rows(log, "case_id", "activity", "case:status") == [
        ("1", "B", "cut"),
        ("2", "A", "finished"),
        ("2", "B", "finished"),
        ("3", "A", "open"),
    ]
    assert study.ledger().set_index("reason")["rows"].to_dict() == {
        "after the window": 1,
        "before the window": 1,
        "event": 4,
    }
    assert study.as_of == pd.Timestamp("2024-01-06T23:59:59.999999+08:00")


def test_as_of_is_the_latest_event_where_there_is_no_window(make_study):
    export = "no,step,time\n1,A,2024-01-04 23:59:59\n1,B,2024-01-05 08:00:00\n"
    assert one(make_study, ROW.replace("SYSTEM", "crm"), export).as_of == pd.Timestamp("2024-01-05T00:00Z")


STATUS = HEAD.replace("SYSTEM", "crm") + (
    "    events:\n      form: status\n      status: state\n      timestamp: time\n"
    "      activities: {10: 受理, 20: 安装, 99: }\n"
)


def test_a_status_change_is_an_arrival(make_study):
    export = "no,state,time\n1,10,2024-01-05\n1,20,2024-01-06\n1,99,2024-01-07\n1,30,2024-01-08\n1,,2024-01-09\n"
    study = one(make_study, STATUS, export)
    assert [activity for _, activity in rows(study.log(), "position", "activity")] == ["受理", "安装"]
    assert study.ledger().set_index("reason")["rows"].to_dict() == {
        "event": 2,
        "no activity": 1,
        "status is no step": 1,
        "status not in the study": 1,
    }
    assert rows(study.set_aside("crm"), "procmine:row", "procmine:reason", "state") == [
        (3, "status is no step", "99"),
        (4, "status not in the study", "30"),
        (5, "no activity", None),
    ]


WIDE = HEAD.replace("SYSTEM", "crm") + (
    "    events:\n      form: columns\n      columns:\n"
    "        - {activity: Order, timestamp: ordered, department: {value: Sales}}\n"
    "        - {activity: Build, timestamp: built, start: begun, department: crew}\n"
    "        - {activity: Bill, timestamp: billed}\n"
    "owners: {Bill: Finance, Build: Nobody}\n"
)


def test_a_wide_row_gives_an_event_a_time(make_study):
    export = "no,ordered,begun,built,crew,billed\n"
    export += "1,2024-01-05,2024-01-06 08:00,2024-01-06 07:00,North,2024-01-06 07:00\n"
    export += "2,2024-01-05,,,North,soon\n3,,,,,\n4,,,,,soon\n"
    study = one(make_study, WIDE, export)
    assert rows(study.log(), "case_id", "position", "activity", "department") == [
        ("1", 1, "Order", "Sales"),
        ("1", 2, "Build", "North"),
        ("1", 3, "Bill", "Finance"),
        ("2", 1, "Order", "Sales"),
    ]
    ledger = study.ledger().set_index("reason")
    assert ledger["rows"].to_dict() == {"event": 2, "no time": 1, "time not readable": 1}
    assert ledger["events"].to_dict() == {"event": 4, "no time": 0, "time not readable": 0}
    assert study.findings()[["check", "source", "rows", "orders", "example"]].to_numpy().tolist() == [
        ["cell does not read as declared", "crm.csv", 2, 2, "billed · soon"],
        ["start later than completion", "crm.csv", 1, 1, "1 · Build"],
    ]


def test_an_unreadable_start_sets_the_row_aside(make_study):
    definition = ROW.replace("SYSTEM", "crm").replace("timestamp: time", "timestamp: time, start: begun")
    export = "no,step,time,begun\n1,A,2024-01-05,soon\n1,B,2024-01-05,\n1,C,2024-01-05,2024-01-04\n"
    study = one(make_study, definition, export)
    assert [(name, start is None) for name, start in rows(study.log(), "activity", "start")] == [
        ("B", True),
        ("C", False),
    ]
    assert study.ledger().set_index("reason")["rows"].to_dict() == {"event": 2, "start time not readable": 1}


def test_names_are_changed_once_and_missing_owners_filled(make_study):
    definition = ROW.replace("SYSTEM", "crm").replace("timestamp: time", "timestamp: time, department: dept")
    definition += "activities: {接单: Accept, 派单: Dispatch}\ndepartments: {装维部: Field, 装维中心: Field}\n"
    definition += "owners: {Accept: Sales, 派单: Wrong, Dispatch: Centre}\n"
    export = "no,step,time,dept\n1,接单,2024-01-05,\n1,派单,2024-01-06,\n1,安装,2024-01-07,装维部\n"
    export += "1,测试,2024-01-08,装维中心\n1,归档,2024-01-09,\n1,接单,2024-01-10,Shop\n"
    assert rows(one(make_study, definition, export).log(), "position", "activity", "department") == [
        (1, "Accept", "Sales"),
        (2, "Dispatch", "Centre"),
        (3, "安装", "Field"),
        (4, "测试", "Field"),
        (5, "归档", None),
        (6, "Accept", "Shop"),
    ]


def test_names_hold_from_a_day_to_a_day_of_the_systems_clock(make_study):
    """The division is renamed on 6 January in China, which is 16:00 the day before in UTC; in March it has no name."""
    definition = ROW.replace("SYSTEM", "crm").replace("timestamp: time", "timestamp: time, department: dept")
    definition += (
        "activities:\n"
        "  审核: [{name: Check, to: 2024-01-05T12:00:00}, {name: Approve, from: 2024-01-05T12:00:01}]\n"
        "  Approve: Sign\n"
        "departments:\n"
        "  一部: [{name: Division, from: 2024-01-06, to: 2024-02-29}, {name: Department, to: 2024-01-05}]\n"
        "owners:\n"
        "  Sign: [{name: Legal, to: 2024-01-05}, {name: Board, from: 2024-01-06T00:00:00, time_zone: UTC}]\n"
    )
    export = "no,step,time,dept\n" + "".join(
        f"{row},{step},{time},{dept}\n"
        for row, (step, time, dept) in enumerate(
            [
                ("审核", "2024-01-05 12:00:00", "一部"),
                ("审核", "2024-01-05 12:00:01", "一部"),
                ("归档", "2024-01-05 23:59:59", "一部"),
                ("归档", "2024-01-06 00:00:00", "一部"),
                ("归档", "2024-01-05T15:59:59Z", "一部"),
                ("归档", "2024-01-06", "一部"),
                ("归档", "2024-02-29 23:59:59", "一部"),
                ("归档", "2024-03-01 00:00:00", "一部"),
                ("Approve", "2024-01-05 10:00:00", ""),
                ("Approve", "2024-01-06 07:59:59", ""),
                ("Approve", "2024-01-06 08:00:00", ""),
            ],
            1,
        )
    )
    assert sorted(rows(one(make_study, definition, export).log(), "source_row", "activity", "department")) == [
        (1, "Check", "Department"),
        (2, "Approve", "Department"),
        (3, "归档", "Department"),
        (4, "归档", "Division"),
        (5, "归档", "Department"),
        (6, "归档", "Division"),
        (7, "归档", "Division"),
        (8, "归档", "一部"),
        (9, "Sign", "Legal"),
        (10, "Sign", None),
        (11, "Sign", "Board"),
    ]


@pytest.mark.parametrize("zone", ["brazil", "crm"])
def test_names_without_an_end(make_study, zone):
    """Systems write 9999-12-31 where there is no end; in Brazil that day ends beyond the calendar."""
    definition = ROW.replace("SYSTEM", zone) + "activities: {A: [{name: Old, from: 0001-01-01, to: 9999-12-31}]}\n"
    definition += "window: {from: 0001-01-01, to: 9999-12-31, time_zone: America/Sao_Paulo}\n"
    assert rows(one(make_study, definition, "no,step,time\n1,A,2024-01-05\n").log(), "activity") == [("Old",)]


def test_the_corrected_time_decides_which_name_holds(make_study):
    """The clock is four minutes fast, so what it calls two minutes past midnight was before."""
    definition = ROW.replace("SYSTEM", "crm").replace("Asia/Shanghai}", "Asia/Shanghai, clock_offset: 4 min}", 1)
    definition += "activities: {A: [{name: Old, to: 2024-01-05}, {name: New, from: 2024-01-06}]}\n"
    export = "no,step,time\n1,A,2024-01-06 00:02:00\n1,A,2024-01-06 00:04:00\n"
    assert rows(one(make_study, definition, export).log(), "source_row", "activity") == [(1, "Old"), (2, "New")]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (
            "[{name: X, to: 2024-01-06}, {name: Y, from: 2024-01-06}]",
            "'X' and 'Y' hold at the same time, from 2024-01-06",
        ),
        ("[{name: X}, {name: Y, from: 2024-01-06}]", "'X' and 'Y' hold at the same time"),
        ("[{name: X, from: 2024-01-07, to: 2024-01-06}]", "from 2024-01-07 is not before to 2024-01-06"),
        ("[{name: X, until: 2024-01-06}]", "unknown key 'until'"),
        ("[{from: 2024-01-06}]", "name"),
    ],
)
@pytest.mark.parametrize("key", ["activities", "departments", "owners"])
def test_names_that_contradict_each_other(make_study, key, names, told):
    definition = ROW.replace("SYSTEM", "crm") + f"{key}: {{A: {names}}}\n"
    with pytest.raises(StudyError, match=f"{key}.A.*{told}"):
        one(make_study, definition, "no,step,time\n1,A,2024-01-05\n")


def test_the_lines_of_an_order(make_study):
    """Three lines, one of them delivered twice; equal rows of two lines are no doubles; some events have no line."""
    definition = ROW.replace("SYSTEM", "crm").replace(
        "    events:", "    doubles: set_aside\n    line: item\n    events:"
    )
    definition += (
        "  net:\n    file: net.csv\n    system: utc\n    keys: {order: no}\n"
        "    events:\n      form: columns\n"
        "      columns: [{activity: Ship, timestamp: shipped}, {activity: Bill, timestamp: billed}]\n"
    )
    export = "no,item,step,time\n" + "".join(
        f"1,{item},Deliver,2024-01-0{day}\n" for item, day in (("1", 5), ("2", 5), ("3", 5), ("3", 5), ("2", 6))
    )
    study = make_study(definition, {"crm.csv": export, "net.csv": "no,shipped,billed\n1,2024-01-04,2024-01-08\n"})
    log = study.log()
    assert rows(log, "position", "activity", "event:order_line", "occurrence") == [
        (1, "Ship", None, 1),
        (2, "Deliver", "1", 1),
        (3, "Deliver", "2", 2),
        (4, "Deliver", "3", 3),
        (5, "Deliver", "2", 4),
        (6, "Bill", None, 1),
    ]
    assert study.ledger().set_index(["source", "reason"])["rows"].to_dict() == {
        ("crm.csv", "event"): 4,
        ("crm.csv", "exact double"): 1,
        ("net.csv", "event"): 1,
    }
    assert rows(measure.rework(log), "activity", "kind", "count") == [("Deliver", "repetition", 1)]


def test_a_line_of_what_is_no_event(make_study):
    definition = (
        ROW.replace("SYSTEM", "crm") + "  x: {file: x.csv, keys: {order: no}, line: item, order_attributes: {t: t}}\n"
    )
    with pytest.raises(StudyError, match=r"sources.x.line: only events are about a line of their order"):
        make_study(definition, {"crm.csv": "no,step,time\n", "x.csv": "no,item,t\n"})


def test_a_row_can_name_its_system(make_study):
    definition = ROW.replace("SYSTEM", "crm").replace("timestamp: time", "timestamp: time, system: where")
    export = "no,step,time,where\n1,A,2024-01-05,utc\n1,B,2024-01-05,\n1,C,2024-01-05,bare\n"
    assert rows(one(make_study, definition, export).log(), "position", "activity", "system") == [
        (1, "B", "crm"),
        (2, "A", "utc"),
        (3, "C", "bare"),
    ]


def test_typed_attributes(make_study):
    definition = ROW.replace("SYSTEM", "crm").replace(
        "timestamp: time",
        "timestamp: time, attributes: {n: {column: n, type: integer}, x: {column: x, type: number}, "
        "b: {column: b, type: boolean}, t: {column: t, type: time}, s: s}",
    )
    export = "no,step,time,n,x,b,t,s\n1,A,2024-01-05,3.0,1.5,true,2024-01-05,007\n1,B,2024-01-06,1.5,nan,maybe,soon,\n"
    export += "1,C,2024-01-07,,,,,\n"
    study = one(make_study, definition, export)
    names = [f"event:{name}" for name in "nxbts"]
    assert rows(study.log(), "activity", *names) == [
        ("A", 3, 1.5, True, pd.Timestamp("2024-01-04T16:00Z"), "007"),
        ("B", None, None, None, None, None),
        ("C", None, None, None, None, None),
    ]
    assert study.findings()[["check", "rows", "example"]].to_numpy().tolist() == [
        ["cell does not read as declared", 1, "b · maybe"],
        ["cell does not read as declared", 1, "n · 1.5"],
        ["cell does not read as declared", 1, "t · soon"],
        ["cell does not read as declared", 1, "x · nan"],
    ]


def test_no_event_at_all(make_study):
    with pytest.raises(LogError) as caught:
        one(make_study, ROW.replace("SYSTEM", "crm"), "no,step,time\n1,A,soon\n1,A,\n,A,2024-01-05\n").log()
    message = str(caught.value)
    assert "Small orders: no row of the exports gives an event" in message
    for reason in ("1 rows of crm.csv: time not readable", "no time", "no order key"):
        assert reason in message


def test_a_header_alone_gives_no_event(make_study):
    with pytest.raises(LogError, match="no row of the exports gives an event"):
        one(make_study, ROW.replace("SYSTEM", "crm"), "no,step,time\n").log()


def test_one_row_is_a_log(make_study):
    log = one(make_study, ROW.replace("SYSTEM", "crm"), "no,step,time\n007,A,2024-01-05\n").log()
    assert rows(log, "case_id", "activity", "position", "occurrence", "next_activity") == [("007", "A", 1, 1, None)]


def test_a_zone_by_a_doubtful_abbreviation_is_not_guessed(make_study):
    read = times(make_study, "crm", "2024-01-05 10:00:00 CST", "2024-01-05 10:00:00 BST", "2024-01-05 10:00:00 GMT")
    assert read == ["-", "-", "2024-01-05 10:00:00"]


def test_long_whole_numbers_keep_every_digit(make_study):
    mapping = ROW.replace("SYSTEM", "crm").replace(
        "timestamp: time}", "timestamp: time, sequence: seq, attributes: {big: {column: seq, type: integer}}}"
    )
    export = "no,step,time,seq\n1,B,2024-01-01,1745000000000000002\n1,A,2024-01-01,1745000000000000001.0\n"
    study = one(make_study, mapping, export)
    assert rows(study.log(), "position", "activity", "event:big") == [
        (1, "A", 1745000000000000001),
        (2, "B", 1745000000000000002),
    ]
    assert study.findings().empty


def test_a_number_too_long_for_a_whole_one_is_found(make_study):
    mapping = ROW.replace("SYSTEM", "crm") + "    order_attributes: {id: {column: id, type: integer}}\n"
    study = one(make_study, mapping, "no,step,time,id\n1,A,2024-01-01,99999999999999999999\n")
    assert study.findings()["example"].tolist() == ["id · 99999999999999999999"]
