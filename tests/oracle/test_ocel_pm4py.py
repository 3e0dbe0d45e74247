"""pm4py and r4pm read the OCEL 2.0 that procmine writes, and procmine reads what pm4py writes."""

import warnings

import ibis
import pm4py
import pytest
import r4pm
from pm4py.objects.ocel.validation import ocel20_rel_validation

from conftest import rows
from procmine import engine
from procmine.exchange import read_ocel, read_xes, write_ocel
from procmine.schema import CASE, EVENT

pytestmark = pytest.mark.filterwarnings("ignore")
READERS = {".json": pm4py.read_ocel2_json, ".sqlite": pm4py.read_ocel2_sqlite}
LOGS = {
    "running-example/running-example.xes": {"staff": "resource"},
    "bpic2013-open/BPIC2013-OpenProblems.xes.gz": {"product": "event:product", "staff": "resource"},
    "lifecycle/reviewing.xes.gz": {"staff": "resource"},
}


@pytest.fixture
def orders(make_log):
    return make_log(
        "a: X@sales/Ann Y@net Z | b: X object | c: map_type",
        **{
            "case:tier": ["A", "A", "A", None, None, "B"],
            "case:customer": ["k1", "k1", "k1", "k2", "k2", None],
            "event:work_order": ["w1", "w2", None, "w1", "w3", None],
            "event:text": ['"\\\n单', None, "", "x", "y", "z"],
        },
    )


OBJECTS = {"customer": "case:customer", "work_order": "event:work_order"}


def counted(log, objects):
    """Events, objects, relations of events and of objects, by a plain count of the log's cells."""
    frame = engine.collect(log)
    cells = {kind: frame[column].dropna() for kind, column in objects.items()}
    of_order = sum(
        frame.groupby("case_id")[column].first().notna().sum() for column in objects.values() if column.startswith(CASE)
    )
    return (
        len(frame),
        frame["case_id"].nunique() + sum(column.nunique() for column in cells.values()),
        len(frame) + sum(len(column) for column in cells.values()),
        of_order,
    )


def theirs(ocel):
    return len(ocel.events), len(ocel.objects), len(ocel.relations), 0 if ocel.o2o is None else len(ocel.o2o)


def agree(ocel, log, objects):
    assert theirs(ocel) == counted(log, objects)
    flat = pm4py.ocel_flattening(ocel, "order")
    keys = flat["case:concept:name"].str.removeprefix("order:")
    times = flat["time:timestamp"].dt.tz_convert("UTC") if flat["time:timestamp"].dt.tz else flat["time:timestamp"]
    frame = engine.collect(log)
    expected = zip(frame["case_id"], frame["activity"], frame["timestamp"].dt.tz_localize(None), strict=True)
    assert sorted(zip(keys, flat["concept:name"], times.dt.tz_localize(None), strict=True)) == sorted(expected)


@pytest.mark.parametrize("ending", READERS)
def test_pm4py_reads_what_is_written(orders, tmp_path, ending):
    ocel = READERS[ending](str(write_ocel(orders, tmp_path / f"log{ending}", objects=OBJECTS)))
    agree(ocel, orders, OBJECTS)
    types = ocel.objects["ocel:type"].value_counts().to_dict()
    assert types == {"order": 3, "work_order": 3, "customer": 2}
    assert ocel.objects.set_index("ocel:oid")["tier"].dropna().to_dict() == {"order:a": "A", "order:c": "B"}
    assert ocel.events.set_index("ocel:eid")["text"]["a/1"] == '"\\\n单'


@pytest.mark.parametrize("ending", READERS)
@pytest.mark.parametrize("name", LOGS)
def test_pm4py_reads_real_logs(shared, tmp_path, name, ending):
    log = read_xes(shared / name)
    agree(READERS[ending](str(write_ocel(log, tmp_path / f"log{ending}", objects=LOGS[name]))), log, LOGS[name])


@pytest.mark.parametrize("name", LOGS)
def test_real_logs_come_back(shared, tmp_path, name):
    log = read_xes(shared / name)
    for ending in READERS:
        again = read_ocel(write_ocel(log, tmp_path / f"log{ending}", objects=LOGS[name]))
        kept = [column for column in log.columns if column in again.columns]
        assert {*EVENT, "position", "occurrence", "next_timestamp"} <= set(kept)
        gone = set(log.columns) - set(kept) - set(LOGS[name].values())
        assert not engine.collect(log.select(*gone)).notna().any(axis=None) if gone else True
        assert rows(again, *kept) == rows(log, *kept)


def test_the_database_meets_all_24_constraints_of_the_standard(orders, tmp_path):
    path = write_ocel(orders, tmp_path / "log.sqlite", objects=OBJECTS)
    met, unmet = ocel20_rel_validation.apply(str(path))
    assert (len(met), unmet) == (24, [])


@pytest.mark.parametrize("ending", READERS)
def test_r4pm_reads_what_is_written(orders, tmp_path, ending):
    read = r4pm.df.import_ocel(str(write_ocel(orders, tmp_path / f"log{ending}", objects=OBJECTS)))
    found = tuple(read[name].height for name in ("events", "objects", "relations", "o2o"))
    assert found == counted(orders, OBJECTS)
    assert read["events"].filter(read["events"]["ocel:eid"] == "a/1")["text"][0] == '"\\\n单'


@pytest.mark.parametrize("ending", READERS)
def test_what_pm4py_writes_is_read(orders, tmp_path, ending):
    """Under other names of the activities: pm4py's tables of these would have the names of the standard's own."""
    plain = orders.mutate(activity="step " + orders.activity)
    ours = read_ocel(path := write_ocel(plain, tmp_path / "log.json", objects=OBJECTS))
    write = {".json": pm4py.write_ocel2_json, ".sqlite": pm4py.write_ocel2_sqlite}[ending]
    write(pm4py.read_ocel2_json(str(path)), str(tmp_path / f"theirs{ending}"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for kind in ("order", "work_order", "customer"):
            mine = read_ocel(path, object_type=kind)
            again = read_ocel(tmp_path / f"theirs{ending}", object_type=kind)
            columns = ["case_id", "activity", "timestamp", "resource", "department"]
            assert rows(again, *columns) == rows(mine, *columns)
    assert rows(ours, "event:work_order") == rows(orders, "event:work_order")


@pytest.mark.parametrize("ending", READERS)
def test_columns_without_any_value_come_back_and_disturb_nobody(make_log, tmp_path, ending):
    log = make_log("a: X Y | b: X", **{"case:tier": ["A", "A", None]})
    log = log.mutate(**{f"{prefix}:{kind}": ibis.null(kind) for prefix in ("case", "event") for kind in EMPTY})
    path = write_ocel(log, tmp_path / f"log{ending}")
    again = read_ocel(path)
    assert dict(again.schema()) == dict(log.schema())
    assert rows(again, *log.columns) == rows(log, *log.columns)
    agree(READERS[ending](str(path)), log, {})
    assert r4pm.df.import_ocel(str(path))["events"].height == 3


EMPTY = ("string", "int64", "float64", "boolean", "timestamp('UTC', 6)")


def test_flattening_is_pm4pys(shared, tmp_path):
    log = read_xes(shared / "bpic2013-open/BPIC2013-OpenProblems.xes.gz")
    path = write_ocel(log, tmp_path / "log.json", objects=LOGS["bpic2013-open/BPIC2013-OpenProblems.xes.gz"])
    flat = pm4py.ocel_flattening(pm4py.read_ocel2_json(str(path)), "product")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mine = engine.collect(read_ocel(path, object_type="product"))
    theirs = zip(flat["case:concept:name"].str.removeprefix("product:"), flat["concept:name"], strict=True)
    assert sorted(zip(mine["case_id"], mine["activity"], strict=True)) == sorted(theirs)
