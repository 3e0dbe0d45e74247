"""pm4py reads the same from a file as procmine does, and reads what procmine writes."""

import ibis
import pandas as pd
import pm4py
import pytest
import r4pm

from procmine import engine
from procmine.exchange import SetAsideWarning, read_xes, write_xes

LOGS = (
    "running-example/running-example.xes",
    "bpic2013-open/BPIC2013-OpenProblems.xes.gz",
    "lifecycle/reviewing.xes.gz",
    "volume/bpic2012.xes.gz",
    "noise/a12f0n00.xes.gz",
    "noise/a12f0n10.xes.gz",
    "noise/a12f0n50.xes.gz",
)


def theirs(path):
    """pm4py's events in the order of the file, stably sorted by time as procmine does."""
    frame = pm4py.read_xes(str(path)).reset_index(drop=True)
    frame["case_id"] = frame["case:concept:name"].astype(str)
    if "time:timestamp" in frame:
        frame = frame.sort_values(["case_id", "time:timestamp"], kind="stable")
    else:
        frame = frame.sort_values("case_id", kind="stable")
    return frame


def ours(log):
    return engine.collect(log.order_by("case_id", "position"))


def agree(frame, table):
    assert list(frame["case_id"]) == list(table["case_id"])
    assert list(frame["concept:name"]) == list(table["activity"])
    if "time:timestamp" in frame:
        assert list(pd.to_datetime(frame["time:timestamp"], utc=True)) == list(table["timestamp"])
    else:
        assert table["timestamp"].isna().all()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LOGS)
def test_reading(shared, name):
    agree(theirs(shared / name), ours(read_xes(shared / name, lifecycle="all")))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LOGS[:3])
def test_pm4py_reads_what_is_written(shared, tmp_path, name):
    log = read_xes(shared / name, lifecycle="all")
    agree(theirs(write_xes(log, tmp_path / "log.xes")), ours(log))


@pytest.mark.filterwarnings("ignore")
def test_pm4py_finds_starts_and_completions(shared, tmp_path):
    log = ours(read_xes(shared / "lifecycle/reviewing.xes.gz"))
    frame = pm4py.read_xes(str(write_xes(read_xes(shared / "lifecycle/reviewing.xes.gz"), tmp_path / "log.xes")))
    counts = frame["lifecycle:transition"].value_counts()
    assert (counts["complete"], counts["start"]) == (2278, 1452) == (len(log), log["start"].notna().sum())


def test_known_figures(shared):
    path = shared / "volume/bpic2012.xes.gz"
    with pytest.warns(SetAsideWarning, match="26318 schedule, 5 start"):
        pairs = read_xes(path)
    every = read_xes(path, lifecycle="all")
    for log, events, variants in ((pairs, 164_506, 4_336), (every, 262_200, 4_366)):
        sequences = log.group_by("case_id").aggregate(sequence=log.activity.collect(order_by=log.position))
        assert engine.scalar(log.count()) == events
        assert engine.scalar(sequences.sequence.nunique()) == variants
    assert engine.scalar(every.case_id.nunique()) == 13_087


@pytest.mark.parametrize("name", LOGS)
def test_written_and_read_again_is_equal(shared, tmp_path, name):
    log = read_xes(shared / name, lifecycle="all")
    again = read_xes(write_xes(log, tmp_path / "log.xes.gz"), lifecycle="all")
    pd.testing.assert_frame_equal(ours(again)[list(log.columns)], ours(log))


@pytest.mark.filterwarnings("ignore:In the current version, the import:UserWarning")  # pm4py says it once a process
@pytest.mark.parametrize("ending", ["xes", "xes.gz"])
def test_columns_without_any_value_come_back_and_disturb_nobody(make_log, tmp_path, ending):
    kinds = ("string", "int64", "float64", "boolean", "timestamp('UTC', 6)")
    log = make_log("a: X Y | b: X", **{"case:tier": ["A", "A", None], "event:n": [None, 1, None]})
    log = log.mutate(**{f'{prefix}:<"{kind}">': ibis.null(kind) for prefix in ("case", "event") for kind in kinds})
    path = write_xes(log, tmp_path / f"log.{ending}")
    again = read_xes(path)
    assert dict(again.schema()) == dict(log.schema())
    assert engine.collect_arrow(again.select(*log.columns)).equals(engine.collect_arrow(log))
    frame = theirs(path)
    agree(frame, ours(log))
    assert not [name for name in frame.columns if "empty" in name]
    events, _attributes = r4pm.df.import_xes(str(path))
    assert events["concept:name"].to_list() == ["X", "Y", "X"]
