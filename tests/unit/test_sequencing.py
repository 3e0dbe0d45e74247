"""The one order of an order's events: decided by data, and the same however the exports are written."""

import pytest

from conftest import rows
from procmine.schema import LOG
from procmine.sequencing import resequence

TWO = """\
title: Two systems
order: order
systems:
  crm: {rank: 2, time_zone: UTC}
  boss: {rank: 1, time_zone: UTC}
sources:
  crm:
    file: crm.csv
    system: crm
    keys: {order: no}
    events: {form: row, activity: step, timestamp: time, sequence: nr}
  boss:
    file: boss.csv
    system: boss
    keys: {order: no}
    events: {form: row, activity: step, timestamp: time, sequence: nr}
"""
AT = "2024-01-05T10:00:00"


def activities(log) -> list[str]:
    return [name for _, name in rows(log, "position", "activity")]


def test_equal_times_rank_then_number_then_row(make_study):
    crm = f"no,nr,step,time\n1,10,C,{AT}\n1,9,B,{AT}\n1,,E,{AT}\n1,,F,{AT}\n1,1,Z,2024-01-05T09:00:00\n"
    boss = f"no,nr,step,time\n1,99,A,{AT}\n1,x,G,{AT}\n"
    study = make_study(TWO, {"crm.csv": crm, "boss.csv": boss})
    assert activities(study.log()) == ["Z", "A", "G", "B", "C", "E", "F"]
    found = study.findings().set_index("check")
    assert found.loc[
        "order decided only by the row in the export", ["source", "rows", "orders", "example"]
    ].tolist() == [
        "crm.csv",
        1,
        1,
        "1",
    ]
    assert found.loc["cell does not read as declared", ["rows", "orders", "example"]].tolist() == [1, 1, "nr · x"]


def test_the_look_ahead_is_the_next_event(make_log):
    log = make_log("a: X@s/Ann Y@t/Bob X@s | b: Z")
    assert set(LOG) <= set(log.columns)
    columns = ("case_id", "position", "next_activity", "next_department", "next_resource", "occurrence")
    assert rows(log, *columns) == [
        ("a", 1, "Y", "t", "Bob", 1),
        ("a", 2, "X", "s", None, 1),
        ("a", 3, None, None, None, 2),
        ("b", 1, None, None, None, 1),
    ]
    assert all(
        following is None or (following - time).total_seconds() == 3600
        for time, following in rows(log, "timestamp", "next_timestamp")
    )


def test_resequence_after_events_were_dropped(make_log):
    whole = make_log("a: X Y X Z X | b: Y X")
    dropped = resequence(whole.filter(whole.activity != "Y"))
    columns = ("case_id", "position", "activity", "next_activity", "occurrence")
    assert rows(dropped, *columns) == rows(make_log("a: X X Z X | b: X"), *columns)


@pytest.mark.parametrize("name", ["case:tier", "event:amount"])
def test_attributes_are_kept(make_log, name):
    log = make_log("a: X Y", **{name: [1, 2]})
    assert rows(resequence(log), name) == [(1,), (2,)]
