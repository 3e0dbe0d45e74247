"""Measures of a large real log against pm4py and against SQL that asks the same question its own way."""

import warnings
from pathlib import Path

import pandas as pd
import pm4py
import pytest
from ibis.expr.types import Table

from conftest import STUDIES, rows
from procmine import engine, measure
from procmine.exchange import read_xes
from procmine.study import open_study

LOGS = ["volume/bpic2012.xes.gz", "lifecycle/reviewing.xes.gz", "two-systems"]


@pytest.fixture(scope="module")
def read() -> dict[str, Table]:
    return {}


@pytest.fixture(params=LOGS)
def log(request: pytest.FixtureRequest, shared: Path, read: dict[str, Table]) -> Table:
    name = request.param
    if name not in read:
        read[name] = read_xes(shared / name, lifecycle="all") if "." in name else open_study(STUDIES / name).log()
    return read[name]


def frame_of(log: Table) -> pd.DataFrame:
    """The log as pm4py wants it, in the order that `position` states."""
    columns = {
        "case:concept:name": log.case_id,
        "concept:name": log.activity,
        "time:timestamp": log.timestamp,
        "org:resource": log.resource,
    }
    return engine.collect(log.order_by("case_id", "position").select(**columns))


def test_follows_is_pm4pys_directly_follows_graph(log):
    arcs, _first, _last = pm4py.discover_dfg(frame_of(log))
    found = rows(measure.follows(log), "activity", "next_activity", "count")
    assert {(first, second): count for first, second, count in found} == arcs


def test_follows_takes_the_time_that_pm4py_takes(log):
    performance, _first, _last = pm4py.discover_performance_dfg(frame_of(log))
    for first, second, mean, median in rows(
        measure.follows(log), "activity", "next_activity", "elapsed_mean_s", "elapsed_median_s"
    ):
        assert mean == pytest.approx(performance[first, second]["mean"], abs=1e-3)
        assert median == pytest.approx(performance[first, second]["median"], abs=1e-3)


def test_variants_are_pm4pys(log):
    theirs = pm4py.get_variants(frame_of(log))
    ours = {tuple(path): count for path, count in rows(measure.variants(log), "activities", "count")}
    assert ours == theirs


def test_handovers_are_pm4pys(log):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = pm4py.discover_handover_of_work_network(frame_of(log).dropna(subset=["org:resource"]), beta=0)
    known = log.filter(log.resource.notnull())
    if engine.scalar(known.count()) != engine.scalar(log.count()):
        known = measured_again(known)
    found = measure.handoffs(known, owner="resource")
    counted = found.group_by("from_owner", "to_owner").agg(count=found.count())
    ours = {(giver, taker): count for giver, taker, count in rows(counted)}
    pairs = engine.scalar(known.next_resource.count())
    theirs = {pair: round(share * pairs) for pair, share in network.connections.items() if pair[0] != pair[1]}
    assert ours == {pair: count for pair, count in theirs.items() if count}


def measured_again(events: Table) -> Table:
    from procmine.sequencing import resequence

    return resequence(events)


def test_cases_last_as_long_as_pm4py_says(log):
    lasting = sorted(pm4py.get_all_case_durations(frame_of(log)))
    plain = log.mutate(start=log.start.nullif(log.start))
    assert sorted(seconds for (seconds,) in rows(measure.cases(plain), "duration_s")) == pytest.approx(
        lasting, abs=1e-3
    )


REWORK = """
WITH numbered AS (
    SELECT case_id, activity, resource, position,
           lag(activity) OVER (PARTITION BY case_id ORDER BY position) AS activity_before,
           lag(resource) OVER (PARTITION BY case_id, activity ORDER BY position) AS done_by,
           lag(position) OVER (PARTITION BY case_id, activity ORDER BY position) AS done_at
    FROM log
)
SELECT activity,
       CASE WHEN activity_before = activity THEN 'self-loop' ELSE 'repetition' END AS kind,
       CASE WHEN resource = done_by THEN 'repeat' WHEN resource <> done_by THEN 'redo' ELSE 'unknown' END AS by,
       count(*) AS count, count(DISTINCT case_id) AS orders
FROM numbered WHERE done_at IS NOT NULL
GROUP BY ALL
"""


def test_rework_is_what_sql_says(log):
    with engine.materialized(log) as stored:
        asked = engine.connection().sql(REWORK.replace("FROM log", f"FROM {stored.get_name()}"))
        assert rows(measure.rework(log)) == rows(asked, "activity", "kind", "by", "count", "orders")


def test_rework_is_what_is_left_when_first_times_are_taken_away(log):
    frame = frame_of(log)
    again = frame.duplicated(["case:concept:name", "concept:name"]).groupby(frame["concept:name"]).sum()
    found = measure.rework(log)
    counted = found.group_by("activity").agg(count=found["count"].sum())
    assert dict(rows(counted)) == again[again > 0].to_dict()


def test_figures_of_the_challenge_of_2012(shared, read):
    name = LOGS[0]
    log = read.setdefault(name, read_xes(shared / name, lifecycle="all"))
    assert engine.scalar(log.count()) == 262_200
    assert engine.scalar(log.case_id.nunique()) == 13_087
    assert engine.scalar(measure.variants(log).count()) == 4_366
    assert engine.scalar(log.activity.nunique()) == 24
    assert engine.scalar(log.resource.nunique()) == 68
    assert engine.scalar(log.resource.isnull().sum()) == 18_010
