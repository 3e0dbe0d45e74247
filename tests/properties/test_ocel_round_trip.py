"""What is written as OCEL 2.0, JSON or SQLite, is read again as the same log."""

import datetime
import tempfile
import warnings
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import rows
from procmine import engine
from procmine.exchange import FlatteningWarning, read_ocel, write_ocel
from procmine.schema import EVENT
from procmine.sequencing import sequence

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=4)
HOSTILE = st.sampled_from(["X", "x", "map_type", "object", '"; DROP TABLE event; --', "'", "\\", "开通", "a:b", "\0"])
MOMENTS = st.integers(-2, 3).map(lambda step: pd.Timestamp("2024-01-01", tz="UTC") + pd.Timedelta(step * 1001, "us"))
ANY_TIME = st.datetimes(
    datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1), timezones=st.just(datetime.UTC)
).map(pd.Timestamp)
WHOLE = st.integers(-(2**63), 2**63 - 1)
TYPES = {
    "case:text": "string",
    "case:number": "int64",
    "case:customer": "string",
    "event:text": "string",
    "event:int": "int64",
    "event:float": "float64",
    "event:flag": "boolean",
    "event:date": "timestamp('UTC', 6)",
    "event:work_order": "string",
}
EVENTS = st.fixed_dictionaries(
    {
        "case_id": st.sampled_from(["1", "订单", '<"&>', "order:1", "1/1", ""]),
        "activity": HOSTILE | TEXT,
        "timestamp": MOMENTS | ANY_TIME,
        "start": st.none() | MOMENTS,
        "system": st.none() | TEXT,
        "department": st.none() | TEXT,
        "resource": st.none() | st.sampled_from(["Ann", "王"]),
        "source": TEXT,
        "event:text": st.none() | TEXT,
        "event:int": st.none() | WHOLE,
        "event:float": st.none() | st.floats(allow_nan=False),
        "event:flag": st.none() | st.booleans(),
        "event:date": st.none() | ANY_TIME,
        "event:work_order": st.none() | TEXT,
    }
)
ORDERS = st.fixed_dictionaries(
    {"case:text": st.none() | TEXT, "case:number": st.none() | WHOLE, "case:customer": st.none() | TEXT}
)
OBJECTS = {"work_order": "event:work_order", "customer": "case:customer"}


def log_of(events, orders):
    cases = sorted({event["case_id"] for event in events})
    of_case = {case: orders[place % len(orders)] for place, case in enumerate(cases)}
    given = [{**event, **of_case[event["case_id"]], "source_row": place} for place, event in enumerate(events)]
    schema = ibis.schema({**EVENT, **TYPES})
    columns = {name: [row[name] for row in given] for name in schema}
    table = pa.table({name: pa.array(columns[name], schema.to_pyarrow().field(name).type) for name in columns})
    return sequence(engine.table(table), by=("timestamp", "source_row"))


@pytest.mark.parametrize("ending", [".json", ".sqlite"])
@settings(max_examples=15, deadline=None)
@given(st.lists(EVENTS, min_size=1, max_size=8), st.lists(ORDERS, min_size=1, max_size=6))
def test_written_and_read_is_the_same(ending, events, orders):
    log = log_of(events, orders)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", FlatteningWarning)
        again = read_ocel(write_ocel(log, Path(folder) / f"log{ending}", objects=OBJECTS))
    absent = set(log.columns) - set(again.columns)
    assert absent <= set(OBJECTS.values())
    assert not engine.collect(log.select(*absent)).notna().any(axis=None) if absent else True
    kept = [name for name in log.columns if name not in absent]
    assert set(again.columns) == set(kept)
    assert dict(again.select(*kept).schema()) == {name: log.schema()[name] for name in kept}
    assert rows(again, *kept) == rows(log, *kept)


@settings(max_examples=6, deadline=None)
@given(st.lists(EVENTS, min_size=1, max_size=8), st.lists(ORDERS, min_size=1, max_size=6), st.sampled_from([*OBJECTS]))
def test_json_and_sqlite_are_flattened_alike(events, orders, kind):
    log = log_of(events, orders)
    column = OBJECTS[kind]
    if not engine.scalar(log[column].notnull().any()):
        return
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        one, other = (
            read_ocel(write_ocel(log, Path(folder) / f"log{ending}", objects=OBJECTS), object_type=kind)
            for ending in (".json", ".sqlite")
        )
    assert rows(one, *one.columns) == rows(other, *one.columns)
    kept = log.filter(log[column].notnull())
    assert rows(one, "case_id", "activity", "timestamp") == rows(kept, column, "activity", "timestamp")
