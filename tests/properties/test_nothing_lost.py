"""Dates, doubles, clocks and evidence all at once, over dirty exports: every row is an event or set aside, once."""

import tempfile
from collections import Counter
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import study_in
from procmine import engine
from procmine.errors import LogError

STUDY = """\
title: Everything declared
order: order
systems:
  crm: {rank: 1, time_zone: Asia/Shanghai, clock_offset: -4 min}
  boss: {rank: 2, time_zone: UTC}
  net: {rank: 3, time_zone: Asia/Shanghai, clock_offset: 90 s}
sources:
  crm:
    file: crm.csv
    system: crm
    keys: {lead: lead, contract: contract}
    doubles: set_aside
    events: {form: row, activity: step, timestamp: time, sequence: row}
    order_attributes: {customer: customer}
  boss:
    file: boss.csv
    system: boss
    keys: {order: order}
    events: {form: row, activity: step, timestamp: time, sequence: row}
    order_attributes: {customer: customer}
  net:
    file: net.csv
    system: net
    keys: {order: order}
    many: []
    doubles: set_aside
    events:
      form: columns
      columns:
        - {activity: Build, timestamp: built, start: begun}
        - {activity: Activate, timestamp: activated, resolution: day}
  links:
    file: links.csv
    keys: {contract: contract, order: order}
mirrors:
  - {activity: Activate, keep: boss, drop: net, within: 2 d}
  - {activity: Find, keep: boss, drop: crm, within: 12 h}
recover: [{source: crm, match: [customer], within: 2 d}]
same_order: [{key: contract}, {match: [customer], within: 1 h}]
known_order: [[Find, Build]]
window: {from: 2024-01-02, to: 2024-01-07T12:00:00}
status: {finished: [Activate]}
"""
HEADERS = {
    "crm.csv": ["lead", "contract", "step", "time", "customer", "row"],
    "boss.csv": ["order", "step", "time", "customer", "row"],
    "net.csv": ["order", "built", "begun", "activated"],
    "links.csv": ["contract", "order"],
}
times = st.one_of(
    st.sampled_from(["", "soon", "2024-01-05T10:00:00Z"]),
    st.integers(1, 8).map(lambda day: f"2024-01-{day:02d}"),
    st.tuples(st.integers(1, 8), st.integers(0, 23)).map(lambda at: f"2024-01-{at[0]:02d} {at[1]:02d}:30"),
)
cells = {
    "lead": st.sampled_from(["", "1", "2", "3"]),
    "contract": st.sampled_from(["", "x", "y", "z"]),
    "order": st.sampled_from(["", "A", "B", "C", "D"]),
    "step": st.sampled_from(["Find", "Activate", "Build", ""]),
    "customer": st.sampled_from(["", "Acme", "Best"]),
    "row": st.integers(1, 9).map(str),
    **dict.fromkeys(("time", "built", "begun", "activated"), times),
}
exports = st.fixed_dictionaries(
    {name: st.lists(st.tuples(*(cells[column] for column in head)), max_size=14) for name, head in HEADERS.items()}
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(exports)
def test_every_row_is_an_event_or_set_aside(found):
    texts = {
        name: "\n".join([",".join(HEADERS[name]), *(",".join(row) for row in found[name])]) + "\n" for name in found
    }
    with tempfile.TemporaryDirectory() as folder:
        study = study_in(Path(folder) / "everything", STUDY, texts)
        try:
            log = engine.collect(study.log())
        except LogError:
            return
        ledger, doubles, clocks = study.ledger(), study.doubles(), study.clocks()
        aside = {source.export: engine.collect(study.set_aside(name)) for name, source in study.file.sources.items()}
    assert ledger.groupby("source")["rows"].sum().to_dict() == {name: len(rows) for name, rows in found.items() if rows}
    kept = ledger[ledger["reason"] == "event"].set_index("source")
    assert kept["events"].to_dict() == Counter(log["source"])
    assert kept["rows"].to_dict() == log.drop_duplicates(["source", "source_row"])["source"].value_counts().to_dict()
    unused = ledger[~ledger["reason"].isin(["event", "link", "order attributes"])]
    assert unused.groupby("source")["rows"].sum().to_dict() == {
        name: len(rows) for name, rows in aside.items() if len(rows)
    }
    for name, rows in aside.items():
        both = set(rows["procmine:row"]) & set(log.loc[log["source"] == name, "source_row"])
        assert both == set()
        told = rows["procmine:reason"].isin(["exact double", "mirrored"])
        assert rows.loc[told, "procmine:kept"].notna().all()
        doubtful = rows["procmine:reason"].isin(["key of several orders", "keys of different orders"])
        assert (rows.loc[doubtful, "procmine:candidates"].map(len) > 1).all()
    assert len(doubles.drop_duplicates(["source", "source_row", "place"])) == len(doubles)
    assert (clocks["low_s"].isna() | (clocks["low_s"] <= clocks["offset_s"])).all()
    in_order = log.sort_values(["case_id", "position"])
    for _, order in in_order.groupby("case_id"):
        assert order["timestamp"].is_monotonic_increasing
    end = pd.Timestamp("2024-01-07T12:00Z")
    assert log["timestamp"].between(pd.Timestamp("2024-01-02T00:00Z"), end).all()
