"""Object-centric logs read: flattening, what it tells, files of other tools, and what is refused."""

import json
import sqlite3
import warnings
from contextlib import closing

import pandas as pd
import pytest

from conftest import rows
from procmine import engine
from procmine.errors import LogError
from procmine.exchange import (
    FlatteningWarning,
    SetAsideWarning,
    json_stream,
    ocel_json_parser,
    ocel_json_plain,
    ocel_parts,
    read_ocel,
    runs,
    write_ocel,
)

BEGIN = "1970-01-01T00:00:00Z"


def at(hour):
    return f"2024-01-01T{hour:02}:00:00Z"


def event(key, kind, hour, *objects, **attributes):
    return {
        "id": key,
        "type": kind,
        "time": at(hour),
        "attributes": [{"name": name, "value": value} for name, value in attributes.items()],
        "relationships": [{"objectId": other, "qualifier": "of"} for other in objects],
    }


def thing(key, kind, *related, values=()):
    return {
        "id": key,
        "type": kind,
        "attributes": [{"name": name, "value": value, "time": time} for name, value, time in values],
        "relationships": [{"objectId": other, "qualifier": "of"} for other in related],
    }


def declared(name, **attributes):
    return {"name": name, "attributes": [{"name": key, "type": kind} for key, kind in attributes.items()]}


def shop():
    """Orders o1 (items i1, i2) and o2 (item i3); one parcel p1 with both orders; customer c1 placed both."""
    return {
        "events": [
            event("e1", "place", 9, "o1", "i1", "i2", "c1", cost="1.5"),
            event("e2", "place", 10, "o2", "i3", "c1", cost="2.5"),
            event("e3", "pick", 11, "o1", "i1", resource="Ann"),
            event("e4", "pick", 11, "o1", "i2", resource="Bob"),
            event("e5", "send", 12, "o1", "o2", "p1"),
            event("e6", "stock count", 13),
        ],
        "objects": [
            thing(
                "o1", "orders", "c1", values=[("price", "10", BEGIN), ("price", "12", at(10)), ("vip", "true", BEGIN)]
            ),
            thing("o2", "orders", "c1", values=[("price", "7", BEGIN)]),
            thing("o3", "orders"),
            thing("i1", "items", values=[("weight", "3", BEGIN)]),
            thing("i2", "items"),
            thing("i3", "items"),
            thing("p1", "parcels"),
            thing("c1", "customers"),
        ],
        "eventTypes": [declared("place", cost="float"), declared("pick", resource="string"), declared("send")],
        "objectTypes": [declared("orders", price="integer", vip="boolean"), declared("items", weight="integer")],
    }


@pytest.fixture
def write(tmp_path):
    def written(content, name="log.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return written


def told(path, **options):
    """The log, and what was said of it, by kind."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        log = read_ocel(path, **options)
    return log, {w.category: str(w.message).removeprefix(f"{path}: ") for w in caught if w.category in SAID}


SAID = (SetAsideWarning, FlatteningWarning)


def test_flattened_on_orders(write):
    log, said = told(write(shop()), object_type="orders")
    assert rows(log, "case_id", "position", "activity", "source_row") == [
        ("o1", 1, "place", 1),
        ("o1", 2, "pick", 3),
        ("o1", 3, "pick", 4),
        ("o1", 4, "send", 5),
        ("o2", 1, "place", 2),
        ("o2", 2, "send", 5),
    ]
    assert rows(log, "source_row", "case_id", "resource", "event:cost", "event:items", "event:parcels") == [
        (1, "o1", None, 1.5, "i1|i2", None),
        (2, "o2", None, 2.5, "i3", None),
        (3, "o1", "Ann", None, "i1", None),
        (4, "o1", "Bob", None, "i2", None),
        (5, "o1", None, None, None, "p1"),
        (5, "o2", None, None, None, "p1"),
    ]
    of_orders = rows(log, "case_id", "case:price", "case:vip", "case:customers")
    assert sorted(set(of_orders), key=repr) == [("o1", 12, True, "c1"), ("o2", 7, None, "c1")]
    assert "event:customers" not in log.columns
    assert set(rows(log, "source")) == {("log.json",)}
    assert said == {
        SetAsideWarning: "not in the log: 1 events without an object of type orders; 1 objects of type orders without "
        "events; 1 earlier values of attributes of objects of type orders; 1 values of attributes of objects of other "
        "types",
        FlatteningWarning: "flattened on orders: 1 events belong to several cases, and are 1 rows more (convergence); "
        "1 times an activity is repeated in a case for another items (divergence)",
    }


def test_flattened_on_items(write):
    log, said = told(write(shop()), object_type="items")
    assert rows(log, "case_id", "activity", "event:orders") == [
        ("i1", "pick", "o1"),
        ("i1", "place", "o1"),
        ("i2", "pick", "o1"),
        ("i2", "place", "o1"),
        ("i3", "place", "o2"),
    ]
    assert said[FlatteningWarning] == (
        "flattened on items: 1 events belong to several cases, and are 1 rows more (convergence)"
    )
    assert said[SetAsideWarning].startswith("not in the log: 2 events without an object of type items; 4 values")


def test_a_repetition_for_the_same_object_is_no_divergence(write):
    log = shop()
    log["events"][3] = event("e4", "pick", 11, "o1", "i1")
    assert "divergence" not in told(write(log), object_type="orders")[1][FlatteningWarning]


def test_nothing_to_tell(make_log, tmp_path):
    log = make_log("a: X Y | b: X", **{"event:work_order": ["1", "1", "2"]})
    for ending in (".json", ".sqlite"):
        path = write_ocel(log, tmp_path / f"log{ending}", objects={"work_order": "event:work_order"})
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            read_ocel(path)
            assert rows(read_ocel(path, object_type="work_order"), "case_id", "activity", "event:order") == [
                ("1", "X", "a"),
                ("1", "Y", "a"),
                ("2", "X", "b"),
            ]


def test_relations_to_what_is_not_there_are_counted(write):
    log = shop()
    log["events"][0]["relationships"].append({"objectId": "o9", "qualifier": ""})
    log["objects"][0]["relationships"].append({"objectId": "c9", "qualifier": ""})
    _, said = told(write(log), object_type="orders")
    assert said[SetAsideWarning].endswith("2 relations to events or objects that the file does not have")


def test_a_relation_that_is_there_twice_counts_once(write):
    log = shop()
    log["events"][1]["relationships"].append({"objectId": "o2", "qualifier": "again"})
    log, _ = told(write(log), object_type="orders")
    assert len(rows(log)) == 6


def test_only_a_prefix_of_all_ids_is_left_out(write):
    log = {
        "objects": [thing("order:1", "order"), thing("2", "order")],
        "events": [event("e", "X", 9, "order:1"), event("f", "X", 9, "2")],
    }
    assert rows(read_ocel(write(log)), "case_id") == [("2",), ("order:1",)]


def test_values_of_other_tools(write):
    """Numbers, booleans and nulls as JSON has them; types by other words; an attribute of two types; one that no type
    declares; a value that is none of its type; names that differ in case only.
    """
    log = {
        "eventTypes": [
            declared("X", n="integer", long="int64", when="date", mixed="integer", bad="integer", flag="bool"),
            declared("Y", mixed="string"),
        ],
        "objects": [thing("a", "order", values=[("n", None, BEGIN)])],
        "events": [
            event(
                "e", "X", 9, "a", n=1, long=2**60 + 1, when="2024-01-01 10:00:00.5", mixed=1, bad="?", flag=True, f=0.5
            ),
            event("f", "Y", 9, "a", mixed="x", N=[1, {"k": "单"}], start="2024-01-01T08:00:00+08:00", system=None),
        ],
    }
    log["eventTypes"][1]["attributes"].append({"name": "start", "type": "time"})
    table = read_ocel(write(log))
    first, second = table.to_pyarrow().to_pylist()
    assert (first["event:n"], first["event:long"], first["event:flag"]) == (1, 2**60 + 1, True)
    assert first["event:when"] == pd.Timestamp("2024-01-01T10:00:00.5Z")
    assert (first["event:mixed"], first["event:bad"], first["event:f"], second["event:mixed"]) == ("1", "?", "0.5", "x")
    assert json.loads(second["event:N (2)"]) == ["1", {"k": "单"}]
    assert second["start"] == pd.Timestamp("2024-01-01T00:00Z")


def test_long_files_are_read_in_blocks(make_log, tmp_path, monkeypatch):
    log = make_log(" | ".join(f"{n}: X Y" for n in range(10)), **{"event:t": ["单\\\"'" * n for n in range(20)]})
    path = write_ocel(log, tmp_path / "log.json")
    sqlite = write_ocel(log, tmp_path / "log.sqlite")
    monkeypatch.setattr(ocel_parts, "ROWS", 3)
    monkeypatch.setattr(runs, "RUN", 3)
    monkeypatch.setattr(runs, "RANGE", 5)
    columns = [name for name in log.columns if name != "source"]
    assert rows(read_ocel(sqlite), *columns) == rows(log, *columns)
    placed = engine.collect(read_ocel(sqlite))[["case_id", "position"]]
    assert list(placed.itertuples(index=False, name=None)) == [(str(n), place) for n in range(10) for place in (1, 2)]
    for block in (1, 7, 100):
        monkeypatch.setattr(ocel_json_plain, "_BLOCK", block)
        assert rows(read_ocel(path), *columns) == rows(log, *columns)


@pytest.mark.parametrize("block", [1, 2, 3, 5])
def test_a_number_is_whole_wherever_a_block_ends(write, monkeypatch, block):
    """A member that OCEL does not know, with a null, so that the file is read value by value."""
    text = json.dumps(shop()).replace("{", '{"version": 20.5e+1, "more": null, "next": -1.25, ', 1)
    expected = engine.collect(told(write(shop()), object_type="orders")[0])
    monkeypatch.setattr(json_stream, "_BLOCK", block)
    pd.testing.assert_frame_equal(engine.collect(told(write(text), object_type="orders")[0]), expected)


JSON_FAULTS = [
    ("", "character 1: this is not whole and well-formed JSON: the file ends too early."),
    ("[]", "character 1: this is not whole and well-formed JSON: '[' where '{' should be."),
    ('{"events": [], "objects"', "the file ends too early"),
    ('{"events": [{"id": "e', "Unterminated string"),
    ('{"eventTypes": [{} {}]}', "character 20: this is not whole and well-formed JSON: '{' where ',' should be."),
    ('{"events": [{a: 1}                                  ]}', "character 14: this is not whole"),
    ('{"events": [], "objects": []} x', "there is more after its end"),
    ('{"events": [' + "[" * 100_000, "values are nested too deeply"),
    (
        '{"ocel:events": {}, "ocel:objects": {}}',
        "this is not OCEL 2.0: it has ocel:events, ocel:objects. An object with",
    ),
    ("{}", "this is not OCEL 2.0: it has nothing."),
    ('{"events": {}}', "character 12: this is not whole and well-formed JSON: '{' where '[' should be."),
    ('{"events": [{"type": "X"}], "objects": []}', "events, item 1: it has no id. An item as OCEL 2.0 says."),
    ('{"events": [{"id": ["x"]}], "objects": []}', 'events, item 1: {"id": ["x"]} is not as OCEL 2.0 says.'),
    ('{"events": [7], "objects": []}', 'events, item 1: "7" is not as OCEL 2.0 says.'),
    ('{"events": [], "objects": []}', "it has no object of type 'order'. Give another object_type. Known: none."),
    ('{"events":[],"objects":[{"id":"\\ud800","type":"order"}]}', "its text cannot be decoded"),
]


@pytest.mark.parametrize(("text", "message"), JSON_FAULTS)
def test_json_that_is_none(write, text, message):
    with pytest.raises(LogError) as error:
        read_ocel(write(text))
    assert message in str(error.value)


def test_an_item_without_end_is_refused_in_bounded_memory(write, monkeypatch):
    monkeypatch.setattr(ocel_json_parser, "_LONGEST", 1000)
    monkeypatch.setattr(ocel_json_plain, "_BLOCK", 100)
    with pytest.raises(LogError, match="an item has more than 1,000 characters"):
        read_ocel(write('{"events": [{"id": "' + "x" * 5000))


def test_text_that_is_not_utf_8(tmp_path):
    path = tmp_path / "log.json"
    path.write_bytes('{"events": [{"id": "单"}]}'.encode("gb18030"))
    with pytest.raises(LogError, match=r"its text cannot be decoded: .* Save it as UTF-8"):
        read_ocel(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda log: log["events"].append(log["events"][0]), "the id 'e1' is that of 2 events. An id each."),
        (lambda log: log["objects"].append(log["objects"][0]), "the id 'o1' is that of 2 objects. An id each."),
        (
            lambda log: log["events"][2].update(time="noon"),
            "the event 'e3' has the time 'noon'. A time such as 2024-01-31T09:30:00.000+08:00.",
        ),
    ],
)
def test_logs_that_are_not_sound(write, change, message):
    log = shop()
    change(log)
    with pytest.raises(LogError) as error:
        read_ocel(path := write(log), object_type="orders")
    assert str(error.value) == f"{path}: {message}"


def test_a_type_that_is_not_there_or_has_no_events(write):
    path = write(shop())
    with pytest.raises(LogError) as error:
        read_ocel(path)
    assert str(error.value) == (
        f"{path}: it has no object of type 'order'. Give another object_type. Did you mean 'orders'? "
        "Known: customers, items, orders, parcels."
    )
    log = shop()
    log["objects"].append(thing("x", "boxes"))
    with pytest.raises(LogError, match=r"no event has an object of type 'boxes'. Give another object_type"):
        read_ocel(write(log), object_type="boxes")


def database(path, *statements):
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("\n".join(statements))
    return path


FOREIGN = """
CREATE TABLE event_map_type (ocel_type, ocel_type_map);
CREATE TABLE object_map_type (ocel_type, ocel_type_map);
CREATE TABLE event (ocel_id TEXT, ocel_type TEXT);
CREATE TABLE object (ocel_id TEXT, ocel_type TEXT);
CREATE TABLE event_object (ocel_event_id, ocel_object_id, ocel_qualifier);
CREATE TABLE object_object (ocel_source_id, ocel_target_id, ocel_qualifier);
INSERT INTO event_map_type VALUES ('Create Order', 'CreateOrder');
INSERT INTO object_map_type VALUES ('order', 'Order');
INSERT INTO event VALUES (1, 'Create Order'), (2, 'Create Order');
INSERT INTO object VALUES ('o1', 'order');
INSERT INTO event_object VALUES (1, 'o1', 'x'), (2, 'o1', 'x');
CREATE TABLE event_CreateOrder (ocel_id, ocel_time TEXT, "total items" INTEGER, ok BOOLEAN);
INSERT INTO event_CreateOrder VALUES (2, '2024-01-01 09:00:00', 1, 1), (1, '2024-01-01 09:00:00', 2.5, 0);
CREATE TABLE object_Order (ocel_id, ocel_time, ocel_changed_field, item INTEGER, note TEXT);
INSERT INTO object_Order VALUES ('o1', '1970-01-01 00:00:00', NULL, 1, CAST('单' AS BLOB)),
    ('o1', '2024-01-01 10:00:00', 'item', 5, 'not this');
"""


def test_a_database_of_another_tool(tmp_path):
    """Ids that are numbers, times without zone, a changed field, bytes, and rows of a type in another order."""
    log, said = told(database(tmp_path / "log.sqlite", FOREIGN))
    frame = log.to_pandas()
    assert list(frame["source_row"]) == [1, 2]
    assert list(frame["event:total items"]) == ["2.5", "1"]
    assert list(frame["event:ok"]) == [False, True]
    assert set(frame["case:item"]) == {5}
    assert set(frame["case:note"]) == {"单"}
    assert frame["timestamp"][0] == pd.Timestamp("2024-01-01T09:00Z")
    assert said == {SetAsideWarning: "not in the log: 1 earlier values of attributes of objects of type order"}


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("DROP TABLE event_object", "it has no table event_object: OCEL 2.0 requires it. An OCEL 2.0 database."),
        (
            "DROP TABLE event_CreateOrder",
            "it has no table event_CreateOrder: the type 'Create Order' is mapped to it. An OCEL 2.0 database.",
        ),
        (
            "DROP TABLE event; CREATE TABLE event (id, ocel_type)",
            "its table event has no column ocel_id. Found: id, ocel_type.",
        ),
        ("DELETE FROM event_CreateOrder WHERE ocel_id = 2", "the event '2' has the time None. A time such as"),
        (
            "INSERT INTO event_CreateOrder SELECT * FROM event_CreateOrder",
            "the id '2' is that of 2 events. An id each.",
        ),
    ],
)
def test_databases_that_are_not_ocel(tmp_path, statement, message):
    path = database(tmp_path / "log.sqlite", FOREIGN, statement)
    with pytest.raises(LogError) as error:
        read_ocel(path)
    assert str(error.value).startswith(f"{path}: {message}")


def test_a_file_that_is_no_database(tmp_path):
    path = tmp_path / "log.sqlite"
    path.write_bytes(b"not a database, but long enough to be looked at as one" * 100)
    with pytest.raises(LogError, match=r"SQLite cannot read it: file is not a database. A whole OCEL"):
        read_ocel(path)


def test_a_database_that_is_cut_off(make_log, tmp_path):
    path = write_ocel(make_log(" | ".join(f"{n}: X" for n in range(500))), tmp_path / "log.sqlite")
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(LogError, match="SQLite cannot read it: database disk image is malformed"):
        read_ocel(path)


def test_reading_leaves_a_database_as_it_is(tmp_path):
    path = database(tmp_path / "log.sqlite", FOREIGN)
    before = path.read_bytes()
    told(path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["log.sqlite"]


@pytest.mark.parametrize("name", ["log.xml", "none.json"])
def test_files_that_are_not_there(tmp_path, name):
    with pytest.raises(LogError, match=r"A file ending in .json or .sqlite"):
        read_ocel(tmp_path / name)
