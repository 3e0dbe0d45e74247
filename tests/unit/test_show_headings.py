"""Headings in Chinese: every column that procmine names in a table has one; columns of exports keep their names."""

import datetime
from collections.abc import Iterator

import pytest

from procmine import measure
from procmine.schema import DERIVED_ATTRIBUTES, LOG
from procmine.show.headings import heading
from procmine.study import Study

STUDY = """\
title: Two systems, one of them a file a day
order: order
systems:
  boss: {rank: 1, time_zone: UTC}
  net: {rank: 2, time_zone: UTC, clock_offset: 2 h}
sources:
  boss:
    file: boss_*.csv
    system: boss
    keys: {order: 订单}
    doubles: set_aside
    events: &events {form: row, activity: 步骤, timestamp: 时间}
  gateway: {file: gateway.csv, system: net, keys: {order: 订单}, events: *events}
status: {finished: [开通]}
mirrors: [{activity: 开通, keep: boss, drop: gateway, within: 30 min}]
"""
HEAD = "订单,步骤,时间\n"


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> dict[str, list[str]]:
    """The columns of each table that a study and the measures give."""
    from conftest import study_in

    folder = tmp_path_factory.mktemp("project") / "eventlogs" / "small"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROCMINE_HOME", str(folder.parents[1]))
        exports = {
            "boss_1.csv": HEAD + "A,受理,2025-03-01 09:00\nA,开通,2025-03-01 10:00\n",
            "boss_2.csv": HEAD + "A,受理,2025-03-01 09:00\n,开通,2025-03-02 10:00\n",
            "gateway.csv": HEAD + "A,开通,2025-03-01 12:05\n",
        }
        return {name: list(columns) for name, columns in columns_of(study_in(folder, STUDY, exports))}


def columns_of(study: Study) -> Iterator[tuple[str, list[str]]]:
    log = study.log()
    own = ("ledger", "findings", "doubles", "same_orders", "clocks", "clock_effects")
    yield from ((name, getattr(study, name)().columns) for name in own)
    yield from ((f"set_aside of {name}", study.set_aside(name).columns) for name in study.file.sources)
    yield from ((name, getattr(measure, name)(log).columns) for name in ("follows", "variants", "cases", "rework"))
    yield "handoffs", measure.handoffs(log, owner="system").columns
    yield "board", measure.board(log, as_of=datetime.datetime(2025, 4, 1, tzinfo=datetime.UTC)).columns
    yield "log", [*LOG, *DERIVED_ATTRIBUTES]


def test_every_column_has_a_chinese_heading(tables):
    english = {
        f"{column} of {name}"
        for name, columns in tables.items()
        for column in columns
        if not any("\u4e00" <= sign <= "\u9fff" for sign in heading(column, "zh"))
    }
    assert english == set()


def test_the_tables_are_those_meant(tables):
    own = {column for column in tables["set_aside of boss"] if column.startswith("procmine:")}
    assert own == {f"procmine:{name}" for name in ("file", "row", "reason", "kept", "candidates")}
    assert {"export", "kept_system", "lag_s"} < {*tables["doubles"]}
    assert len(tables) == 15


@pytest.mark.parametrize("column", ["订单", "order_no", "case:tier", "event:note"])
def test_what_an_export_names_keeps_its_name(column):
    assert heading(column, "zh") == column.removeprefix("case:").removeprefix("event:").replace("_", " ")
