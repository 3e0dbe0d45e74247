"""What is written is read again as the same log; reading and writing once more changes nothing."""

import datetime
import tempfile
import warnings
from pathlib import Path

import ibis
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import rows
from procmine import engine
from procmine.exchange import read_xes, write_xes
from procmine.schema import EVENT
from procmine.sequencing import sequence

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=4).map(
    lambda text: "".join(c if c in "\t\n\r" or 0x20 <= ord(c) not in (0xFFFE, 0xFFFF) else "单" for c in text)
)
MOMENTS = st.integers(-2, 3).map(lambda step: pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(step * 1001, "us"))
ANY_TIME = st.datetimes(
    datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1), timezones=st.just(datetime.UTC)
).map(pd.Timestamp)
EVENTS = st.fixed_dictionaries(
    {
        "case_id": st.sampled_from(["1", "订单", '<"&>']),
        "activity": st.sampled_from(["X", "Y", "开通"]) | TEXT,
        "timestamp": st.none() | MOMENTS | ANY_TIME,
        "start": st.none() | MOMENTS,
        "system": st.none() | TEXT,
        "department": st.none() | TEXT,
        "resource": st.none() | st.sampled_from(["Ann", "王"]),
        "source": TEXT,
        "event:text": st.none() | TEXT,
        "event:int": st.none() | st.integers(-(2**63), 2**63 - 1),
        "event:float": st.none() | st.floats(allow_nan=False),
        "event:flag": st.none() | st.booleans(),
        "event:date": st.none() | ANY_TIME,
    }
)
TYPES = {"event:text": "string", "event:int": "int64", "event:float": "float64", "event:flag": "boolean"} | {
    "event:date": "timestamp('UTC', 6)"
}


def log_of(events):
    import pyarrow as pa

    columns = [*EVENT, *TYPES]
    for number, event in enumerate(events):
        event["source_row"] = number
    arrays = {name: [event[name] for event in events] for name in columns}
    schema = ibis.schema({**EVENT, **TYPES})
    table = pa.table({name: pa.array(arrays[name], schema.to_pyarrow().field(name).type) for name in columns})
    return sequence(engine.table(table), by=("timestamp", "source_row"))


def again(log):
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        return read_xes(write_xes(log, Path(folder) / "log.xes"))


@settings(max_examples=40, deadline=None)
@given(st.lists(EVENTS, min_size=1, max_size=8))
def test_written_and_read_is_the_same(events):
    log = log_of(events)
    first = again(log)
    assert dict(first.schema()) == dict(log.schema())
    assert rows(first, *log.columns) == rows(log, *log.columns)
    second = again(first)
    assert list(second.columns) == list(first.columns)
    assert engine.collect_arrow(second).equals(engine.collect_arrow(first))
