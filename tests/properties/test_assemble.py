"""What holds of any exports, however dirty: the ledger adds up; how rows are ordered and cut changes nothing."""

import csv
import io
import random
import tempfile
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import study_in
from procmine import engine
from procmine.errors import LogError

STUDY = """\
title: Dirty exports
order: order
systems:
  crm: {rank: 1, time_zone: Asia/Shanghai}
  eoms: {rank: 2, time_zone: UTC}
sources:
  crm:
    file: crm.csv
    system: crm
    keys: {order: order, work: work}
    events: {form: row, activity: step, timestamp: time, resource: who, sequence: row}
    order_attributes: {tier: tier, amount: {column: amount, type: number}}
  work:
    file: work.csv
    system: eoms
    keys: {work: work}
    events:
      form: status
      status: state
      timestamp: time
      sequence: row
      activities: {new: Accept, done: Install, idle: }
  wide:
    file: wide.csv
    system: eoms
    keys: {order: order, bill: bill}
    events:
      form: columns
      columns:
        - {activity: Ship, timestamp: shipped}
        - {activity: Bill, timestamp: billed, start: begun}
  links:
    file: links.csv
    keys: {order: order, work: work}
  bills:
    file: bills.csv
    keys: {bill: bill, order: order}
    order_attributes: {payer: payer}
window: {from: 2024-01-02, to: 2024-01-08}
status: {finished: [Install], cancelled: [Withdraw]}
"""
orders = st.sampled_from(["", "A", "B", "C", "Z"])
works = st.sampled_from(["", "1", "2", "3", "9"])
bills = st.sampled_from(["", "x", "y", "z"])
times = st.one_of(
    st.sampled_from(["", "soon", "2024-02-30", "infinity", "1999-01-01", "2024-01-05T10:00:00+08:00"]),
    st.integers(1, 9).map(lambda day: f"2024-01-{day:02d} 10:00:00"),
)
steps = st.sampled_from(["Accept", "Install", "Withdraw", "", "a,b", 'say "so"', "two\nlines", "=1+1", "安装"])
states = st.sampled_from(["new", "done", "idle", "lost", ""])
tiers = st.sampled_from(["", "gold", "silver"])
amounts = st.sampled_from(["", "1", "2.5", "much"])


def table(**columns: st.SearchStrategy[str]) -> st.SearchStrategy[list[dict[str, str]]]:
    return st.lists(st.fixed_dictionaries(columns), max_size=25).map(
        lambda found: [{"row": str(number), **row} for number, row in enumerate(found, 1)]
    )


exports = st.fixed_dictionaries(
    {
        "crm.csv": table(order=orders, work=works, step=steps, time=times, who=tiers, tier=tiers, amount=amounts),
        "work.csv": table(work=works, state=states, time=times),
        "wide.csv": table(order=orders, bill=bills, shipped=times, begun=times, billed=times),
        "links.csv": table(order=orders, work=works),
        "bills.csv": table(bill=bills, order=orders, payer=tiers),
    }
)
HEADERS = {
    "crm.csv": ["row", "order", "work", "step", "time", "who", "tier", "amount"],
    "work.csv": ["row", "work", "state", "time"],
    "wide.csv": ["row", "order", "bill", "shipped", "begun", "billed"],
    "links.csv": ["row", "order", "work"],
    "bills.csv": ["row", "bill", "order", "payer"],
}
some = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def text(name: str, found: list[dict[str, str]]) -> str:
    out = io.StringIO(newline="")
    to = csv.DictWriter(out, fieldnames=HEADERS[name])
    to.writeheader()
    to.writerows(found)
    return out.getvalue()


def assembled(found: dict[str, list[dict[str, str]]], definition: str = STUDY):
    """The log as a frame, the ledger, the findings and the number of rows set aside; None where there is no event."""
    with tempfile.TemporaryDirectory() as folder:
        study = study_in(Path(folder) / "dirty", definition, {name: text(name, rows) for name, rows in found.items()})
        try:
            log = engine.collect(study.log())
        except LogError:
            return None
        aside = {name: int(engine.scalar(study.set_aside(name).count())) for name in study.file.sources}
        return log, study.ledger(), study.findings(), aside


@some
@given(exports)
def test_the_ledger_adds_up(found):
    result = assembled(found)
    if result is None:
        return
    log, ledger, _findings, aside = result
    assert ledger.groupby("source")["rows"].sum().to_dict() == {name: len(rows) for name, rows in found.items() if rows}
    assert ledger["events"].sum() == len(log)
    assert ledger[ledger["reason"] == "event"].set_index("source")["events"].to_dict() == Counter(log["source"])
    kept = log.drop_duplicates(["source", "source_row"])["source"].value_counts().to_dict()
    assert ledger[ledger["reason"] == "event"].set_index("source")["rows"].to_dict() == kept
    used = ledger["reason"].isin(["event", "link", "order attributes"])
    assert ledger.loc[~used].groupby("source")["rows"].sum().to_dict() == {
        f"{name}.csv": rows for name, rows in aside.items() if rows
    }
    assert not log[["case_id", "activity", "timestamp", "source", "source_row", "position"]].isna().any(axis=None)


@some
@given(exports, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(found, chance: random.Random):
    """The exports have a sequence column, so that equal times leave nothing to the row."""
    found = {**found, "wide.csv": found["wide.csv"][:1]}
    shuffled = {name: chance.sample(rows, len(rows)) for name, rows in found.items()}
    first, second = assembled(found), assembled(shuffled)
    if first is None or second is None:
        assert first is second
        return
    pd.testing.assert_frame_equal(first[0].drop(columns="source_row"), second[0].drop(columns="source_row"))
    pd.testing.assert_frame_equal(first[1].drop(columns="first_row"), second[1].drop(columns="first_row"))
    pd.testing.assert_frame_equal(first[2], second[2])


SPLIT = STUDY.replace(
    "  work:\n    file",
    """\
  crm2:
    file: crm2.csv
    system: crm
    keys: {order: order, work: work}
    events: {form: row, activity: step, timestamp: time, resource: who, sequence: row}
    order_attributes: {tier: tier, amount: {column: amount, type: number}}
  work:
    file""",
    1,
)


@some
@given(exports, st.integers(0, 25))
def test_an_export_in_two_files_is_the_same_export(monkeypatch: pytest.MonkeyPatch, found, place):
    """All but the attributes, whose first source with a value counts."""
    monkeypatch.setitem(HEADERS, "crm2.csv", HEADERS["crm.csv"])
    crm = found["crm.csv"]
    first, second = assembled(found), assembled({**found, "crm.csv": crm[:place], "crm2.csv": crm[place:]}, SPLIT)
    if first is None or second is None:
        assert first is second
        return
    columns = [name for name in first[0].columns if name not in {"source", "source_row", "case:tier", "case:amount"}]
    pd.testing.assert_frame_equal(first[0][columns], second[0][columns])
    reasons = [
        one[1].assign(source=one[1]["source"].str.replace("crm2", "crm")).groupby(["source", "reason"])["rows"].sum()
        for one in (first, second)
    ]
    pd.testing.assert_series_equal(*reasons)
