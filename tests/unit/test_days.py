"""Dates without a time of day: recognised or declared, placed within their day, and never outside the window."""

import io
import random
import re
from datetime import UTC, date, datetime

import pandas as pd
import pytest
import xlsxwriter

from conftest import rows
from procmine import engine
from procmine.assemble.cell_values import TIME_CELL
from procmine.assemble.reading.cell_text import cell_text
from procmine.errors import ExportError, StudyError

STUDY = """\
title: Dates and times
order: order
systems:
  crm: {rank: 1, time_zone: Asia/Shanghai}
  boss: {rank: 2, time_zone: Asia/Shanghai}
  net: {rank: 3, time_zone: Asia/Shanghai}
sources:
  all:
    file: all.csv
    keys: {order: no}
    system: boss
    events: {form: row, activity: step, timestamp: time, system: system, start: begun, sequence: seq}
"""


def log_of(make_study, *events: str, definition: str = STUDY):
    """A study of events written ``system step time``, ``… begun=…`` for a start, ``… seq=…``; one order."""
    lines = ["no,step,time,system,begun,seq"]
    for event in events:
        system, step, *words = event.split(" ")
        more = dict(word.split("=", 1) for word in words if "=" in word)
        time = " ".join(word for word in words if "=" not in word)
        lines.append(f"1,{step},{time},{system},{more.get('begun', '').replace('T', ' ')},{more.get('seq', '')}")
    return make_study(definition, {"all.csv": "\n".join(lines) + "\n"})


def placed(study) -> list[str]:
    """The events in order, with the wall time in Shanghai, and ``~`` before a date."""
    log = study.log()
    dated = "event:resolution" in log.columns
    found = engine.collect(log.order_by("position"))
    return [
        f"{'~' if dated and row['event:resolution'] == 'day' else ''}{row['activity']}"
        f" {row['timestamp'].tz_convert('Asia/Shanghai'):%m-%d %H:%M}"
        for _, row in found.iterrows()
    ]


def test_a_date_comes_after_lower_ranks_and_before_higher_ones(make_study):
    study = log_of(
        make_study,
        "net Activate 2024-01-05 15:00",
        "boss Accept 2024-01-05",
        "crm Agree 2024-01-05 10:00",
        "crm Sign 2024-01-05 11:30",
        "net Test 2024-01-06 08:00",
        "crm Find 2024-01-04 09:00",
    )
    assert placed(study) == [
        "Find 01-04 09:00",
        "Agree 01-05 10:00",
        "Sign 01-05 11:30",
        "~Accept 01-05 11:30",
        "Activate 01-05 15:00",
        "Test 01-06 08:00",
    ]


def test_a_date_alone_in_its_day_is_its_beginning(make_study):
    study = log_of(make_study, "crm Agree 2024-01-04 23:59", "boss Accept 2024-01-05", "crm Ask 2024-01-06 00:00")
    assert placed(study) == ["Agree 01-04 23:59", "~Accept 01-05 00:00", "Ask 01-06 00:00"]


def test_where_times_contradict_the_ranks_the_times_stand(make_study):
    """No place for the date fits both: it follows the last event of a lower rank."""
    study = log_of(make_study, "net Activate 2024-01-05 09:00", "crm Agree 2024-01-05 10:00", "boss Accept 2024-01-05")
    assert placed(study) == ["Activate 01-05 09:00", "Agree 01-05 10:00", "~Accept 01-05 10:00"]


def test_dates_of_one_day_follow_their_ranks(make_study):
    """The net's date finds no exact event before it but the boss's start, and still follows the date of the boss."""
    study = log_of(
        make_study,
        "net Activate 2024-01-05",
        "boss Accept 2024-01-05 begun=2024-01-05T14:00",
        "crm Agree 2024-01-05",
    )
    assert placed(study) == ["~Agree 01-05 00:00", "~Accept 01-05 14:00", "~Activate 01-05 14:00"]
    assert study.log().filter(lambda t: t.start > t.timestamp).count().execute() == 0


def test_dates_of_one_system_follow_its_sequence(make_study):
    study = log_of(
        make_study,
        "boss Third 2024-01-05 seq=3",
        "boss First 2024-01-05 seq=1",
        "boss Second 2024-01-05 begun=2024-01-05T08:00 seq=2",
    )
    assert [event.split()[0] for event in placed(study)] == ["~First", "~Second", "~Third"]


def test_a_system_without_a_rank_comes_last(make_study):
    study = log_of(make_study, "other Rate 2024-01-05", "net Test 2024-01-05 16:00")
    assert placed(study) == ["Test 01-05 16:00", "~Rate 01-05 16:00"]


def test_the_flag_is_there_only_where_there_are_dates(make_study):
    exact = log_of(make_study, "crm Agree 2024-01-05 10:00", "boss Accept 2024-01-05 11:00").log()
    assert [name for name in exact.columns if name.startswith("event:")] == []
    mixed = log_of(make_study, "crm Agree 2024-01-05 10:00", "boss Accept 2024-01-05").log()
    assert rows(mixed, "activity", "event:resolution") == [("Accept", "day"), ("Agree", None)]
    assert "event:start_resolution" not in mixed.columns


def test_a_start_that_is_a_date_is_flagged_by_itself(make_study):
    log = log_of(make_study, "boss Accept 2024-01-05 10:00 begun=2024-01-05").log()
    assert rows(log, "start", "event:start_resolution") == [(pd.Timestamp("2024-01-04T16:00Z"), "day")]
    assert "event:resolution" not in log.columns


def test_short_cells_that_are_no_dates_flag_nothing(make_study):
    study = log_of(make_study, "boss Accept 2024-01-05 10:00", "boss Ask soon")
    assert "event:resolution" not in study.log().columns


@pytest.mark.parametrize("written", ["2024-01-05 00:00:00", "2024-01-05 17:45:12", "2024-01-04T16:00:00Z"])
def test_declared_dates(make_study, written):
    """A time of day says nothing then; a moment with an offset means the local day that it falls into."""
    definition = STUDY.replace("sequence: seq", "sequence: seq, resolution: day")
    assert placed(log_of(make_study, f"boss Accept {written}", definition=definition)) == ["~Accept 01-05 00:00"]


def test_a_format_without_a_time_of_day_gives_dates(make_study):
    definition = STUDY.replace("    events:", "    time_format: '%d.%m.%Y'\n    events:")
    assert placed(log_of(make_study, "boss Accept 05.01.2024", definition=definition)) == ["~Accept 01-05 00:00"]


def test_whole_days_of_a_spreadsheet_are_dates(make_study):
    definition = STUDY.replace("    events:", "    time_format: excel\n    events:")
    events = ["boss Accept 45296", "boss Ask 45296.0", "boss Bill 45296.5"]
    assert placed(log_of(make_study, *events, definition=definition)) == [
        "~Accept 01-05 00:00",
        "~Ask 01-05 00:00",
        "Bill 01-05 12:00",
    ]


@pytest.mark.parametrize(
    ("form", "text", "of_text"),
    [("%d.%m.%Y %H:%M", "06.01.2024 13:00", "01-06 13:00"), ("excel", "45297.5", "01-06 12:00")],
)
def test_a_cell_of_a_workbook_that_holds_a_time_needs_no_format(make_study, form, text, of_text):
    """One column with texts, as another program wrote them, and true times, one of them a date."""
    definition = STUDY.replace("file: all.csv", "file: all.xlsx").replace(
        "    events:", f"    time_format: '{form}'\n    events:"
    )
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet, as_time = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(0, 0, ["no", "step", "time", "system", "begun", "seq"])
        for row, (step, time) in enumerate(
            [("Text", text), ("Time", datetime(2024, 1, 5, 9, 30)), ("Date", datetime(2024, 1, 7))], 1
        ):
            sheet.write_row(row, 0, [1, step])
            sheet.write(row, 2, time, None if isinstance(time, str) else as_time)
            sheet.write(row, 3, "boss")
    study = make_study(definition, {"all.xlsx": out.getvalue()})
    assert placed(study) == ["Time 01-05 09:30", f"Text {of_text}", "~Date 01-07 00:00"]
    assert study.ledger()["reason"].tolist() == ["event"]


def test_a_text_of_a_workbook_is_read_by_the_format_alone(make_study):
    """As in a CSV; but a text that is written as reading writes a true time cell cannot be told from one."""
    definition = STUDY.replace("file: all.csv", "file: all.xlsx").replace(
        "    events:", "    time_format: '%Y/%m/%d %p%I:%M:%S'\n    events:"
    )
    texts = {
        "Half": "2024/3/5 上午8:05:00",
        "Short": "2024/3/5",
        "Slashed": "2024/03/05",
        "Minutes": "2024-03-05 10:00",
        "Basic": "20240305T100000",
        "Iso": "2024-03-05T10:00:00",
        "Tenth": "2024-03-05 10:00:00.5",
        "Date": "2024-03-05",
        "Exact": "2024-03-05 10:00:00",
    }
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["no", "step", "time", "system", "begun", "seq"])
        for row, (step, text) in enumerate(texts.items(), 1):
            sheet.write_row(row, 0, [1, step, text, "boss"])
    study = make_study(definition, {"all.xlsx": out.getvalue()})
    assert placed(study) == ["~Date 03-05 00:00", "Half 03-05 08:05", "Exact 03-05 10:00"]
    assert study.ledger().set_index("reason")["rows"].to_dict() == {"event": 3, "time not readable": 6}


@pytest.mark.parametrize(
    "cell",
    [
        date(2024, 3, 5),
        datetime(2024, 3, 5, 10),
        datetime(2024, 3, 5, 10, 0, 0, 123000),
        datetime(2024, 3, 5, 10, tzinfo=UTC),
        datetime(1, 1, 1, 0, 0, 59),
    ],
)
def test_what_reading_makes_of_a_time_cell_is_known_for_one(cell):
    assert re.search(TIME_CELL, cell_text(cell))


def test_numbers_since_1970_are_no_dates(make_study):
    definition = STUDY.replace("    events:", "    time_format: epoch_s\n    events:")
    assert placed(log_of(make_study, "boss Accept 1704384000", definition=definition)) == ["Accept 01-05 00:00"]


def test_one_time_column_of_several(make_study):
    definition = STUDY[: STUDY.index("    events:")] + (
        "    events:\n      form: columns\n      columns:\n"
        "        - {activity: Order, timestamp: ordered}\n"
        "        - {activity: Bill, timestamp: billed, resolution: day}\n"
    )
    study = make_study(definition, {"all.csv": "no,ordered,billed\n1,2024-01-05 10:00,2024-01-05 23:00\n"})
    assert placed(study) == ["~Bill 01-05 00:00", "Order 01-05 10:00"]


def test_a_date_is_outside_the_window_when_all_of_its_day_is(make_study):
    window = "window: {from: 2024-01-05T12:00:00, to: 2024-01-06T12:00:00, time_zone: Asia/Shanghai}\n"
    events = [f"boss Day{day} 2024-01-0{day}" for day in (4, 5, 6, 7)]
    study = log_of(make_study, *events, "crm Early 2024-01-05 11:00", definition=STUDY + window)
    assert placed(study) == ["~Day5 01-05 12:00", "~Day6 01-06 00:00"]
    assert study.ledger().set_index("reason")["rows"].to_dict() == {
        "after the window": 1,
        "before the window": 2,
        "event": 2,
    }


def test_a_window_that_ends_at_midnight_leaves_out_the_day_that_begins(make_study):
    window = "window: {from: 2024-01-05T00:00:00, to: 2024-01-06T00:00:00, time_zone: Asia/Shanghai}\n"
    study = log_of(make_study, "boss A 2024-01-04", "boss B 2024-01-05", "boss C 2024-01-06", definition=STUDY + window)
    assert placed(study) == ["~B 01-05 00:00"]


def test_a_date_needs_a_zone(make_study):
    definition = STUDY.replace("boss: {rank: 2, time_zone: Asia/Shanghai}", "boss: {rank: 2}")
    with pytest.raises(ExportError, match=r"time '2024-01-05' has no offset, and no time zone is declared"):
        log_of(make_study, "boss Accept 2024-01-05", definition=definition).log()


def test_an_attribute_cannot_take_the_flags_name(make_study):
    definition = STUDY.replace("sequence: seq", "attributes: {resolution: seq}")
    with pytest.raises(StudyError, match=r"events.attributes.resolution: procmine says something of its own"):
        log_of(make_study, "boss Accept 2024-01-05", definition=definition)


def test_a_resolution_that_is_none(make_study):
    definition = STUDY.replace("sequence: seq", "resolution: hour")
    with pytest.raises(StudyError, match=r"resolution: one of 'day' belongs here; found"):
        log_of(make_study, "boss Accept 2024-01-05", definition=definition)


def test_random_days_against_a_plain_statement_of_the_rule(make_study):
    """Many orders of a few days; each date by a loop over the events of its order."""
    chance = random.Random(4)
    ranks = {"crm": 1, "boss": 2, "net": 3}
    lines, events = ["no,step,time,system,begun,seq"], []
    for number in range(300):
        order, system, day = chance.randrange(40), chance.choice(list(ranks)), chance.randrange(1, 4)
        clock = f" {chance.randrange(24):02d}:{chance.randrange(60):02d}" if chance.random() < 0.6 else ""
        lines.append(f"{order},E{number},2024-01-0{day}{clock},{system},,")
        events.append(
            (str(order), ranks[system], f"2024-01-0{day}", f"2024-01-0{day}{clock}", bool(clock), f"E{number}")
        )
    log = engine.collect(make_study(STUDY, {"all.csv": "\n".join(lines) + "\n"}).log())
    found = dict(zip(log["activity"], log["timestamp"], strict=True))
    for order, rank, day, text, exact, name in events:
        before = [
            pd.Timestamp(other[3])
            for other in events
            if other[0] == order and other[1] < rank and other[2] == day and other[4]
        ]
        expected = pd.Timestamp(text) if exact or not before else max(before)
        assert found[name].tz_convert("Asia/Shanghai").tz_localize(None) == expected
    again = log.sort_values(["case_id", "position"])
    for _, order in again.groupby("case_id"):
        assert order["timestamp"].is_monotonic_increasing
