"""Logs written as OCEL 2.0: the JSON, the tables of SQLite, both schemas, and what is refused."""

import json
import sqlite3
from contextlib import closing

import jsonschema
import pandas as pd
import pytest

from conftest import rows
from procmine.errors import LogError
from procmine.exchange import FlatteningWarning, log_order, ocel, read_ocel, write_ocel
from procmine.exchange.ocel_sqlite_write import table_names

OBJECTS = {"work_order": "event:wo", "customer": "case:cust"}
ENDINGS = (".json", ".sqlite")


@pytest.fixture
def log(make_log):
    return make_log(
        "a: X@sales/Ann Y | b: X",
        **{
            "case:cust": ["k1", "k1", None],
            "case:tier": [1, 1, None],
            "event:wo": ["w1", None, "w1"],
            "event:flag": [True, None, False],
            "event:空": ['"\\\n\x00单', None, None],
        },
    )


def document(log, folder, **options):
    return json.loads(write_ocel(log, folder / "log.json", **options).read_text(encoding="utf-8"))


def tables(log, folder, **options):
    """The rows of each table of the database."""
    with closing(sqlite3.connect(write_ocel(log, folder / "log.sqlite", **options))) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}


def test_the_events_in_json(log, tmp_path):
    events = document(log, tmp_path, objects=OBJECTS)["events"]
    assert events == [
        {
            "id": "a/1",
            "type": "X",
            "time": "2024-01-01T00:00:00+00:00",
            "attributes": [
                {"name": "org:group", "value": "sales"},
                {"name": "org:resource", "value": "Ann"},
                {"name": "procmine:source", "value": "typed"},
                {"name": "procmine:source_row", "value": "1"},
                {"name": "flag", "value": "true"},
                {"name": "空", "value": '"\\\n\x00单'},
            ],
            "relationships": [
                {"objectId": "order:a", "qualifier": "order"},
                {"objectId": "work_order:w1", "qualifier": "work_order"},
                {"objectId": "customer:k1", "qualifier": "customer"},
            ],
        },
        {
            "id": "a/2",
            "type": "Y",
            "time": "2024-01-01T01:00:00+00:00",
            "attributes": [
                {"name": "procmine:source", "value": "typed"},
                {"name": "procmine:source_row", "value": "2"},
            ],
            "relationships": [
                {"objectId": "order:a", "qualifier": "order"},
                {"objectId": "customer:k1", "qualifier": "customer"},
            ],
        },
        {
            "id": "b/1",
            "type": "X",
            "time": "2024-01-01T00:00:00+00:00",
            "attributes": [
                {"name": "procmine:source", "value": "typed"},
                {"name": "procmine:source_row", "value": "3"},
                {"name": "flag", "value": "false"},
            ],
            "relationships": [
                {"objectId": "order:b", "qualifier": "order"},
                {"objectId": "work_order:w1", "qualifier": "work_order"},
            ],
        },
    ]


def test_the_objects_in_json(log, tmp_path):
    written = document(log.mutate(**{"case:tier": log["case:tier"].cast("int64")}), tmp_path, objects=OBJECTS)
    assert written["objects"] == [
        {
            "id": "order:a",
            "type": "order",
            "attributes": [{"name": "tier", "value": "1", "time": "1970-01-01T00:00:00+00:00"}],
            "relationships": [{"objectId": "customer:k1", "qualifier": "customer"}],
        },
        {"id": "order:b", "type": "order", "attributes": [], "relationships": []},
        {"id": "customer:k1", "type": "customer"},
        {"id": "work_order:w1", "type": "work_order"},
    ]
    assert written["objectTypes"] == [
        {"name": "order", "attributes": [{"name": "tier", "type": "integer"}]},
        {"name": "work_order", "attributes": []},
        {"name": "customer", "attributes": []},
    ]


def test_a_type_of_events_has_the_attributes_that_it_has_values_of(log, tmp_path):
    types = {given["name"]: given["attributes"] for given in document(log, tmp_path, objects=OBJECTS)["eventTypes"]}
    assert [(given["name"], given["type"]) for given in types["X"]] == [
        ("org:group", "string"),
        ("org:resource", "string"),
        ("procmine:source", "string"),
        ("procmine:source_row", "integer"),
        ("flag", "boolean"),
        ("空", "string"),
    ]
    assert [given["name"] for given in types["Y"]] == ["procmine:source", "procmine:source_row"]


def test_the_tables_of_sqlite(log, tmp_path):
    first = "1970-01-01T00:00:00+00:00"
    time = "2024-01-01T00:00:00+00:00"
    assert tables(log, tmp_path, objects=OBJECTS) == {
        "event_map_type": [("X", "X"), ("Y", "Y")],
        "object_map_type": [("order", "order"), ("work_order", "work_order"), ("customer", "customer")],
        "event": [("a/1", "X"), ("a/2", "Y"), ("b/1", "X")],
        "object": [
            ("order:a", "order"),
            ("order:b", "order"),
            ("customer:k1", "customer"),
            ("work_order:w1", "work_order"),
        ],
        "event_object": [
            ("a/1", "customer:k1", "customer"),
            ("a/1", "order:a", "order"),
            ("a/1", "work_order:w1", "work_order"),
            ("a/2", "customer:k1", "customer"),
            ("a/2", "order:a", "order"),
            ("b/1", "order:b", "order"),
            ("b/1", "work_order:w1", "work_order"),
        ],
        "object_object": [("order:a", "customer:k1", "customer")],
        "event_X": [
            ("a/1", time, "sales", "Ann", "typed", 1, 1, '"\\\n\x00单'),
            ("b/1", time, None, None, "typed", 3, 0, None),
        ],
        "event_Y": [("a/2", "2024-01-01T01:00:00+00:00", "typed", 2)],
        "object_order": [("order:a", first, None, 1), ("order:b", first, None, None)],
        "object_customer": [("customer:k1", first, None)],
        "object_work_order": [("work_order:w1", first, None)],
    }


def test_the_columns_of_sqlite_have_the_types_of_the_standard(log, tmp_path):
    given = log.mutate(**{"event:when": log.timestamp, "event:f": log.position * 0.5})
    with closing(sqlite3.connect(write_ocel(given, tmp_path / "log.sqlite"))) as database:
        types = dict(database.execute("SELECT name, type FROM pragma_table_info('event_X')").fetchall())
        (check,) = database.execute("PRAGMA foreign_key_check").fetchall() or [None]
    assert types == {
        **dict.fromkeys(("ocel_id", "org:group", "org:resource", "procmine:source", "wo", "空"), "TEXT"),
        **dict.fromkeys(("ocel_time", "when"), "TIMESTAMP"),
        "procmine:source_row": "INTEGER",
        "f": "REAL",
        "flag": "BOOLEAN",
    }
    assert check is None


def test_json_is_valid(log, tmp_path, shared):
    schema = json.loads((shared / "standards" / "schema_ocel2.json").read_text(encoding="utf-8"))
    timed = log.mutate(start=log.timestamp)
    for given, options in ((log, {}), (log, {"objects": OBJECTS}), (timed, {}), (log.limit(0), {"objects": OBJECTS})):
        jsonschema.validate(document(given, tmp_path, **options), schema)


def test_types_that_would_have_one_table_have_two():
    names = table_names(
        "event", ["Accept", "accept", "a b", "a/b", "map_type", "OBJECT", "", "单 1", 'x"; DROP TABLE event']
    )
    assert names == {
        "Accept": "event_Accept",
        "accept": "event_accept_2",
        "a b": "event_a_b",
        "a/b": "event_a_b_2",
        "map_type": "event_map_type_2",
        "OBJECT": "event_OBJECT_2",
        "": "event__",
        "单 1": "event_单_1",
        'x"; DROP TABLE event': "event_x___DROP_TABLE_event",
    }


def test_hostile_names_come_back(make_log, tmp_path):
    names = ["Accept", "accept", "map_type", "object", '"; DROP TABLE "event"; --', "'", "a%_b", "单"]
    log = make_log("a: " + " ".join(f"A{n}" for n in range(len(names))), **{'event:x"; --': [*range(len(names))]})
    renamed = log.mutate(
        activity=log.activity.cases(*[(f"A{n}", name) for n, name in enumerate(names)], else_=log.activity)
    )
    for ending in ENDINGS:
        again = read_ocel(write_ocel(renamed, tmp_path / f"log{ending}", objects={'or"der': 'event:x"; --'}))
        frame = again.to_pandas()
        assert list(frame["activity"]) == names
        assert list(frame['event:or"der']) == [str(number) for number in range(len(names))]


def test_equal_keys_of_two_types_are_two_objects(make_log, tmp_path):
    log = make_log("1: X", **{"case:customer": ["1"]})
    ids = [given["id"] for given in document(log, tmp_path, objects={"customer": "case:customer"})["objects"]]
    assert ids == ["order:1", "customer:1"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_each_order_has_lines_of_its_own(make_log, tmp_path, ending):
    """Line 1 of order a is not line 1 of order b, and line 1 of a/b not line b/1 of a; read again, it is called 1."""
    lines = ["1", "b/1", None, "1", "1", "a\\/1"]
    log = make_log("a: X X Y | b: X | a/b: X X", **{"event:order_line": lines})
    path = write_ocel(log, tmp_path / f"log{ending}", objects={"order_line": "event:order_line"})
    if ending == ".json":
        found = {one["id"] for one in json.loads(path.read_text("utf-8"))["objects"] if one["type"] == "order_line"}
        keys = ("a/1", "a/b/1", "b/1", "a\\/b/1", "a\\/b/a\\/1")
        assert found == {f"order_line:{key}" for key in keys}
    columns = ["case_id", "position", "activity", "event:order_line", "occurrence"]
    with pytest.warns(FlatteningWarning, match="2 times an activity is repeated in a case for another order_line"):
        again = read_ocel(path)
    assert rows(again, *columns) == rows(log, *columns)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_type_without_an_object_is_an_attribute_without_a_value(make_log, tmp_path, ending):
    log = make_log("a: X Y", **{"event:order_line": [None, None], "case:tier": [None, None]})
    log = log.cast({"event:order_line": "string", "case:tier": "string"})
    objects = {"order_line": "event:order_line", "tier": "case:tier"}
    again = read_ocel(write_ocel(log, tmp_path / f"log{ending}", objects=objects))
    assert again.schema() == log.schema()


def test_an_owner_may_be_an_object_and_stays_an_attribute(log, tmp_path):
    event = document(log, tmp_path, objects={"staff": "resource"})["events"][0]
    assert {"name": "org:resource", "value": "Ann"} in event["attributes"]
    assert {"objectId": "staff:Ann", "qualifier": "staff"} in event["relationships"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_rows_out_of_order_are_written_in_order(log, tmp_path, ending, monkeypatch):
    first = write_ocel(log, tmp_path / f"first{ending}", objects=OBJECTS).read_bytes()
    turned = log.order_by(log.case_id.desc(), log.position.desc())
    calls = []

    def written(given, write):
        return in_order(given, lambda rows: (calls.append(rows), write(rows)))

    in_order = log_order.write_in_order
    monkeypatch.setattr(ocel, "write_in_order", written)
    write_ocel(turned, tmp_path / f"second{ending}", objects=OBJECTS)
    assert len(calls) == 2
    if ending == ".json":
        second = json.loads((tmp_path / "second.json").read_bytes())
        assert second["events"] == json.loads(first)["events"]
    again = read_ocel(tmp_path / f"second{ending}").to_pandas()
    assert list(again["source_row"]) == [1, 2, 3]
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"first{ending}", f"second{ending}"]


@pytest.mark.parametrize(
    ("objects", "text"),
    [
        ({"w": "event:w"}, "objects, w: no column 'event:w' to take objects from. Did you mean 'event:wo'? Known: "),
        ({"w": "timestamp"}, "objects, w: no column 'timestamp' to take objects from. Known: "),
        ({"order": "event:wo"}, "objects, order: orders are objects already. Give the type another name."),
        ({"a:b": "event:wo"}, "objects: 'a:b' cannot name a type of objects. A name without a colon."),
        ({"": "event:wo"}, "objects: '' cannot name a type of objects. A name without a colon."),
        ({"a": "event:wo", "b": "event:wo"}, "objects: event:wo gives the objects of a and of b."),
        (
            {"flag": "event:wo"},
            "log: the column event:flag would be written under the same name as the object type flag. "
            "Rename or drop event:flag.",
        ),
    ],
)
def test_objects_that_cannot_be(log, tmp_path, objects, text):
    with pytest.raises(LogError) as error:
        write_ocel(log, tmp_path / "log.json", objects=objects)
    assert str(error.value).startswith(text)
    assert not list(tmp_path.iterdir())


def test_an_attribute_under_the_name_of_another(make_log, tmp_path):
    log = make_log("a: X", **{"event:Org:Resource": ["Ann"]})
    with pytest.raises(LogError, match="event:Org:Resource would be written under the same name as resource"):
        write_ocel(log, tmp_path / "log.json")


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_attribute_that_is_called_like_a_column_is_none(make_log, tmp_path, ending):
    log = make_log("a: X", **{"event:Resource": ["Ann"], "event:start": ["soon"], "event:system": ["CRM"]})
    (row,) = read_ocel(write_ocel(log, tmp_path / f"log{ending}")).to_pyarrow().to_pylist()
    assert (row["resource"], row["start"], row["system"]) == (None, None, None)
    assert (row["event:Resource"], row["event:start"], row["event:system"]) == ("Ann", "soon", "CRM")


def test_events_without_time_are_refused(make_log, tmp_path):
    log = make_log("a: X Y")
    untimed = log.mutate(timestamp=log.timestamp.nullif(log.timestamp.min()))
    with pytest.raises(LogError) as error:
        write_ocel(untimed, tmp_path / "log.json")
    assert str(error.value) == (
        "log: 1 events have no order, no activity or no time. OCEL has no events without: filter them out first."
    )


@pytest.mark.parametrize("name", ["ocel_id", "OCEL_TIME"])
def test_attributes_that_sqlite_cannot_have(make_log, tmp_path, name):
    given = make_log("a: X", **{"event:" + name: ["x"]})
    with pytest.raises(LogError, match="cannot be a column of SQLite"):
        write_ocel(given, tmp_path / "log.sqlite")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("log.xml", "this is not the name of an OCEL 2.0 file. A name ending in .json or .sqlite."),
        ("none/log.json", "its folder does not exist. Create "),
        ("folder.json", "this is a folder. The name of a file to write."),
    ],
)
def test_targets_that_cannot_be_written(log, tmp_path, name, text):
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(LogError) as error:
        write_ocel(log, tmp_path / name)
    assert text in str(error.value)


def test_a_table_that_is_no_log(tmp_path):
    with pytest.raises(LogError, match="a DataFrame is not a log"):
        write_ocel(pd.DataFrame(), tmp_path / "log.json")
