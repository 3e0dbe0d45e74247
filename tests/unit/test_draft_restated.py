"""What `procmine new` makes of files that state records again."""

import pytest
import yaml

from procmine.draft import MARK, draft_study
from procmine.study import open_study

ACCEPTED, CHECKED, DONE = "2025-03-0{} 08:00", "2025-03-0{} 12:00", "2025-03-0{} 16:00"


def folder_of(path, days):
    """A study whose exports are `days`, each a header and rows, one file a day."""
    (path / "exports").mkdir(parents=True)
    for number, (header, *rows) in enumerate(days, 1):
        lines = [header, *(",".join(row) for row in rows)]
        (path / "exports" / f"boss_2025-03-{number:02}.csv").write_text("\n".join(lines) + "\n")
    return path


def drafted(path, days):
    text = draft_study(folder_of(path, days)).read_text("utf-8")
    return text, yaml.safe_load(text)["sources"]["boss"]


def order_of_day(number, day, *, begun, status=("new", "open", "done")):
    """Order `number`, accepted on day `begun`, as the file of `day` has it: a step further each day."""
    step = min(day - begun, 2)
    times = [form.format(begun + at) if at <= step else "" for at, form in enumerate((ACCEPTED, CHECKED, DONE))]
    return [f"B{number:03}", "fibre", status[step], *times]


HEADER = "order_no,product,status,accepted_at,checked_at,done_at"
RECORDS = [
    [HEADER, *(order_of_day(10 * begun + n, day, begun=begun) for begun in range(1, day + 1) for n in range(4))]
    for day in range(1, 5)
]
"""Four orders come a day; each file has all that have come until then."""


def test_a_record_that_files_state_again_is_named_by_its_key(tmp_path):
    text, boss = drafted(tmp_path / "daily", RECORDS)
    assert boss["newest"] == ["order_no"]
    assert "newest: [order_no]  # 12 records are in several files, 12 of them changed\n" in text
    assert "  boss:  # 16 records\n" in text
    assert "doubles" not in boss
    times = [event["timestamp"] for event in boss["events"]["columns"]]
    assert times == ["accepted_at", "checked_at", "done_at"]
    assert boss["order_attributes"] == {"product": "product", "boss status": "status"}


def test_the_draft_of_records_is_a_study_without_findings(tmp_path):
    text, _boss = drafted(tmp_path / "daily", RECORDS)
    (tmp_path / "daily" / "study.yaml").write_text(text.replace(MARK, "Asia/Shanghai"), "utf-8")
    study = open_study(tmp_path / "daily")
    assert study.ledger().set_index("reason").groupby(level=0)[["rows", "events"]].sum().to_dict("index") == {
        "event": {"rows": 16, "events": 4 * (3 + 3 + 2 + 1)},
        "superseded by a later row": {"rows": 24, "events": 0},
    }
    assert study.findings().empty


def test_the_changes_of_a_status_are_events_not_records(tmp_path):
    days = [
        ["order_no,status,changed_at", *([f"B{n:03}", status, f"2025-03-0{day} 0{n}:00"] for n in range(1, 9))]
        for day, status in enumerate(("new", "open", "done"), 1)
    ]
    _text, boss = drafted(tmp_path, days)
    assert "newest" not in boss
    assert (boss["events"]["form"], boss["events"]["timestamp"]) == ("status", "changed_at")


def test_rows_that_are_numbered_anew_in_each_file_are_no_records(tmp_path):
    days = [
        ["no,order_no,step,at", *([str(n), f"B{day}{n}", "check", f"2025-03-0{day} 0{n}:00"] for n in range(1, 9))]
        for day in (1, 2, 3)
    ]
    _text, boss = drafted(tmp_path, days)
    assert "newest" not in boss


def test_records_that_are_stated_again_as_they_were_are_doubles(tmp_path):
    rows = [order_of_day(n, 3, begun=1) for n in range(8)]
    _text, boss = drafted(tmp_path, [[HEADER, *rows], [HEADER, *rows]])
    assert (boss["doubles"], "newest" in boss) == ("set_aside", False)


def test_a_record_may_be_named_by_two_columns(tmp_path):
    days = [
        [
            "order_no,line_no,quantity,ordered_at,sent_at",
            *([f"B{n:03}", str(line), str(quantity), ACCEPTED.format(1), sent] for n in range(8) for line in (1, 2)),
        ]
        for quantity, sent in ((1, ""), (2, CHECKED.format(2)))
    ]
    text, boss = drafted(tmp_path, days)
    assert boss["newest"] == ["order_no", "line_no"]
    assert "# 16 records are in several files, 16 of them changed\n" in text


@pytest.mark.parametrize("has_checked", [True, False])
def test_a_time_of_the_statement_itself(tmp_path, has_checked):
    """It is told from that of an event by others that are filled in one after the other."""
    kept = slice(None) if has_checked else slice(0, 3)
    days = [
        [
            ",".join([*header.split(",")[kept], "accepted", "updated"]),
            *([*row[kept], ACCEPTED.format(1), f"2025-03-0{day} 23:00"] for row in rows if row[0].startswith("B01")),
        ]
        for day, (header, *rows) in enumerate(RECORDS, 1)
    ]
    text, boss = drafted(tmp_path, days)
    if has_checked:
        assert boss["newest"] == ["order_no"]
        assert "# updated changes when a record is stated again: if it is no event, take it out\n" in text
    else:
        assert "newest" not in boss
