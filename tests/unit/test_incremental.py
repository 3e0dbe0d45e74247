"""Rows that were read are kept: only what changed is read again, and nothing in the tables tells the difference."""

import json
import os
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from conftest import rows, study_in
from procmine import engine
from procmine.assemble.mapping import Source
from procmine.assemble.mapping.database import Database
from procmine.assemble.reading import RowCache, exports, source_rows
from procmine.errors import ExportError
from procmine.study import open_study

STUDY = """\
title: A file a day, of every format
order: order
systems:
  crm: {rank: 1, time_zone: UTC}
  net: {rank: 2, time_zone: Asia/Shanghai}
sources:
  crm:
    file: crm_*.csv
    system: crm
    keys: {order: no}
    doubles: set_aside
    events: &events {form: row, activity: step, timestamp: time, resource: by}
    order_attributes: {tier: tier}
  net:
    file: "*/net.jsonl"
    system: net
    keys: {order: no}
    events: *events
  field:
    file: field_*.xlsx
    system: net
    keys: {work: work}
    events: {form: row, activity: step, timestamp: time}
  links:
    file: links.sqlite
    keys: {order: no, work: work}
  boss:
    file: boss.csv
    encoding: gb18030
    system: crm
    keys: {order: no}
    events: *events
mirrors: [{activity: Activate, keep: boss, drop: net, within: 2 h}]
"""


def table(*lines: str) -> pd.DataFrame:
    return pd.DataFrame([line.split(",") for line in lines], columns=["no", "step", "time", "by", "tier"])


def day(number: int, *, tier: str = "gold") -> pd.DataFrame:
    """A day's rows: of an order of its own, and again the one of the day before."""
    at = f"2025-03-{number:02d}"
    return table(
        f"{number - 1},Accept,2025-03-{number - 1:02d} 09:00,Ann,gold",
        f"{number},Accept,{at} 09:00,Ann,{tier}",
        f"{number},安装,{at} 11:00,Bob,",
        f",Accept,{at} 12:00,Bob,",
    )


def write(exports: Path, number: int, **said: str) -> None:
    frame = day(number, **said)
    columns = ["no", "step", "time", "by"] if number == 1 else [*frame]  # the tier came later
    frame[columns].to_csv(exports / f"crm_{number:02d}.csv", index=False)


def write_all(exports: Path) -> None:
    for number in (1, 2, 3):
        write(exports, number)
        (exports / f"net{number}").mkdir()
        lines = [
            {"no": str(number), "step": step, "time": f"2025-03-{number:02d} {hour}:00", "by": "x"}
            for step, hour in (("Activate", 20), ("Bill", 23))
        ]
        (exports / f"net{number}" / "net.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\nno JSON\n")
        day(number).assign(work=f"w{number}").to_excel(exports / f"field_{number}.xlsx", index=False)
    with closing(sqlite3.connect(exports / "links.sqlite")) as database:
        pd.DataFrame({"no": ["1", "2"], "work": ["w1", "w2"]}).to_sql("links", database, index=False)
    activated = table(*(f"{number},Activate,2025-03-{number:02d} 13:00,王," for number in (1, 2, 3)))
    activated.to_csv(exports / "boss.csv", index=False, encoding="gb18030")


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.setenv("PROCMINE_HOME", str(tmp_path))
    opened = study_in(tmp_path / "eventlogs" / "small", STUDY, {})
    write_all(opened.folder / "exports")
    return opened


@pytest.fixture
def read(monkeypatch):
    """Which exports were read from their files, how often."""
    counted = Counter()

    def counting(path, *args):
        counted[path.name if path.stem != "net" else f"{path.parent.name}/net.jsonl"] += 1
        return write_rows(path, *args)

    write_rows = source_rows.write_rows
    monkeypatch.setattr(source_rows, "write_rows", counting)
    return counted


def tables(study) -> dict[str, bytes]:
    study.log()
    newest = max((study.outputs / "log").iterdir(), key=lambda folder: folder.stat().st_mtime_ns)
    return {path.relative_to(newest).as_posix(): path.read_bytes() for path in newest.rglob("*.parquet")}


def from_scratch(study, monkeypatch, tmp_path, name: str) -> dict[str, bytes]:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("PROCMINE_HOME", str(tmp_path / name))
        return tables(open_study(study.folder))


def test_only_what_changed_is_read_and_the_tables_are_those_of_a_full_build(study, read, tmp_path, monkeypatch):
    exports = study.folder / "exports"
    tables(study)
    assert set(read.values()) == {1, 2}  # the first day's file lacks a column, and is opened again without it
    assert len(read) == 3 * 3 + 2
    read.clear()

    write(exports, 4)
    assert len(pd.read_parquet(max((study.outputs / "log").iterdir()) / "log.parquet")) > 0
    added = tables(study)
    assert read == {"crm_04.csv": 1}
    assert added == from_scratch(study, monkeypatch, tmp_path, "added")
    assert {"log.parquet", "ledger.parquet", "findings.parquet", "doubles.parquet", "set_aside/crm.parquet"} <= {*added}
    read.clear()

    write(exports, 2, tier="silver")
    day(3).assign(work="w2").to_excel(exports / "field_3.xlsx", index=False)
    changed = tables(study)
    assert read == {"crm_02.csv": 1, "field_3.xlsx": 1}
    assert changed == from_scratch(study, monkeypatch, tmp_path, "changed")
    assert changed["log.parquet"] != added["log.parquet"]
    read.clear()

    (exports / "crm_01.csv").unlink()
    (exports / "net3" / "net.jsonl").unlink()
    removed = tables(study)
    assert not read
    assert removed == from_scratch(study, monkeypatch, tmp_path, "removed")
    assert len(list((study.outputs / "rows").iterdir())) == 3 + 2 + 3 + 2


def test_a_mapping_that_reads_the_same_reads_nothing_again(study, read):
    tables(study)
    read.clear()
    study_in(study.folder, STUDY + "activities: {安装: Install}\n", {}).log()
    assert not read
    study_in(study.folder, STUDY.replace("tier: tier", "tier: step"), {}).log()
    assert {name for name in read if name.startswith("crm")} == {"crm_01.csv", "crm_02.csv", "crm_03.csv"} == {*read}


def test_what_says_how_an_export_is_read_is_part_of_the_name(study):
    cache = RowCache(study.outputs / "rows", own="own", code=["1"])
    export = study._exports()["boss"][0]
    source = study.file.sources["boss"]
    of_meaning = {"system", "time_format", "keys", "many", "shared", "line", "events", "order_attributes", "doubles"}
    of_meaning |= {"newest"}
    said = {"encoding": "gbk", "delimiter": ";", "format": "tsv", "sheet": "May", "table": "t", "header_row": 2}
    said |= {"database": Database(host="h", name="n", user="u"), "empty": ["-"]}
    assert {*said} == {*Source.model_fields} - of_meaning - {"file"}
    names = {cache.name(export, source.model_copy(update={key: value}), ["no"]) for key, value in said.items()}
    names |= {cache.name(export, source, ["no"]), cache.name(export, source, ["no", "step"])}
    names |= {cache.name(export._replace(**{part: "x"}), source, ["no"]) for part in ("name", "state")}
    names.add(RowCache(study.outputs / "rows", own="own", code=["2"]).name(export, source, ["no"]))
    assert len(names) == len(said) + 5
    assert cache.name(export, source.model_copy(update={"system": "net"}), ["no"]) in names
    assert cache.name(export, source.model_copy(update={"time_format": "%d.%m.%Y"}), ["no"]) in names
    assert cache.name(export, source.model_copy(update={"time_format": "excel"}), ["no"]) not in names
    assert cache.name(export, source.model_copy(update={"keys": {"order": "step"}}), ["no"]) not in names


def test_a_failed_assembly_keeps_what_was_read_whole_and_nothing_else(study, read):
    good = (study.folder / "exports" / "boss.csv").read_bytes()
    (study.folder / "exports" / "boss.csv").write_bytes(b"")
    with pytest.raises(ExportError, match=r"boss\.csv: the file is empty"):
        study.log()
    assert sorted(path.suffix for path in (study.outputs / "rows").iterdir()) == [".parquet"] * 10
    read.clear()
    (study.folder / "exports" / "boss.csv").write_bytes(good)
    study.log()
    assert read == {"boss.csv": 1}


def test_reading_that_ends_half_way_leaves_nothing(study, monkeypatch):
    def dying(path, source, columns, target):
        target.write_bytes(b"PAR1half")
        raise KeyboardInterrupt

    monkeypatch.setattr(source_rows, "write_rows", dying)
    with pytest.raises(KeyboardInterrupt):
        study.log()
    assert list((study.outputs / "rows").iterdir()) == []


def test_a_file_of_the_same_size_and_time_is_read_again(study, read):
    study.log()
    export = study.folder / "exports" / "boss.csv"
    known = export.stat()
    read.clear()
    export.write_bytes(export.read_bytes().replace(b"2025-03-03", b"2025-03-04"))
    os.utime(export, ns=(known.st_atime_ns, known.st_mtime_ns))
    assert (export.stat().st_size, export.stat().st_mtime_ns) == (known.st_size, known.st_mtime_ns)
    days = {str(at.date()) for source, at in rows(study.log(), "source", "timestamp") if source == "boss.csv"}
    assert days == {"2025-03-01", "2025-03-02", "2025-03-04"}
    assert read == {"boss.csv": 1}


MS = 10**6


@pytest.mark.parametrize(
    ("changed", "now", "waited"),
    [
        (7 * MS, 12 * MS, [0.015]),
        (7 * MS, 27 * MS, []),
        (7 * MS, 6 * MS, []),
        (0, 500 * MS, [1.5]),
        (0, 2000 * MS, []),
    ],
)
def test_a_file_that_could_be_written_again_at_the_same_time_is_waited_for(tmp_path, monkeypatch, changed, now, waited):
    """A file system has 20 ms for one time, or 2 s where its times are whole seconds."""
    sizes = iter([3, 14])

    class Dated(type(Path())):
        def stat(self, **_options):
            return SimpleNamespace(st_size=next(sizes), st_mtime_ns=0, st_ctime_ns=changed)

    path = Dated(tmp_path / "boss.csv")
    path.write_text("no\n")
    slept = []
    monkeypatch.setattr(exports.time, "time_ns", lambda: now)
    monkeypatch.setattr(exports.time, "sleep", slept.append)
    assert exports.file_state(path) == f"boss.csv {14 if waited else 3} 0 {changed}"
    assert slept == waited


def test_a_damaged_file_of_rows_is_read_again(study, read, tmp_path, monkeypatch):
    study.log()
    damaged = sorted((study.outputs / "rows").iterdir())
    for path, content in zip(damaged, [b"", b"PAR1", damaged[2].read_bytes()[:-9]], strict=False):
        path.write_bytes(content)
    read.clear()
    write(study.folder / "exports", 4)
    assert tables(study) == from_scratch(study, monkeypatch, tmp_path, "elsewhere")
    assert max(read.values()) <= 4  # here and from scratch, each twice where a column is missing
    read.clear()
    write(study.folder / "exports", 4, tier="silver")
    study.log()
    assert {*read} == {"crm_04.csv"}


def test_a_file_that_changes_while_it_is_read_is_an_error(study, monkeypatch):
    def growing(path, *args):
        write_rows(path, *args)
        if path.name == "crm_02.csv":
            with path.open("a") as file:
                file.write("2,Bill,2025-03-02 15:00,Ann,\n")

    write_rows = source_rows.write_rows
    with monkeypatch.context() as changing:
        changing.setattr(source_rows, "write_rows", growing)
        with pytest.raises(ExportError) as caught:
            study.log()
    export = study.folder / "exports" / "crm_02.csv"
    assert str(caught.value) == f"{export}: the file changed while it was read. Try again when it is written whole."
    assert "Bill" in {activity for (activity,) in rows(study.log(), "activity")}


def test_another_process_may_take_away_what_is_kept(study, tmp_path, monkeypatch):
    """As one with other exports does when it is done: rows taken are links, which stay."""
    study.log()

    def robbed(*args):
        for path in (study.outputs / "rows").glob("*.parquet"):
            path.unlink()
        return own_rows_in(*args)

    own_rows_in = source_rows.rows_in
    write(study.folder / "exports", 4)
    with monkeypatch.context() as other:
        other.setattr(source_rows, "rows_in", robbed)
        found = tables(study)
    assert found == from_scratch(study, monkeypatch, tmp_path, "elsewhere")


def test_a_file_system_without_links_has_copies(study, read, monkeypatch):
    def refused(self, target):
        if not Path(target).exists():
            raise FileNotFoundError(target)
        raise PermissionError("no links here")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    study.log()
    read.clear()
    write(study.folder / "exports", 4)
    study.log()
    assert read == {"crm_04.csv": 1}


def test_rows_of_another_study_of_the_same_name_stay(study, tmp_path):
    other = study_in(tmp_path / "after" / "small", STUDY, {})
    write_all(other.folder / "exports")
    study.log()
    mine = {*(study.outputs / "rows").iterdir()}
    other.log()
    assert mine < {*(study.outputs / "rows").iterdir()}


def test_what_a_killed_process_left_goes_after_a_day(study):
    left = [study.outputs / name for name in ("rows/.reading-old", "rows/.reading-new", "log/.building-old")]
    for folder in left:
        folder.mkdir(parents=True)
        stamp = folder.stat().st_mtime - (25 * 3600 if folder.name.endswith("old") else 0)
        os.utime(folder, (stamp, stamp))
    study.log()
    assert [folder.exists() for folder in left] == [False, True, False]


ONE = """\
title: One system
order: order
systems: {crm: {rank: 1, time_zone: UTC}}
sources:
  crm:
    file: crm_*.csv
    system: crm
    keys: {order: no}
    events: {form: row, activity: step, timestamp: time}
"""


def test_many_files_make_no_more_queries(make_study, monkeypatch):
    """After reading, a source of forty files is one table, as is one of two."""
    counted = Counter()

    def count(name, asked):
        def counting(*args, **said):
            counted[name] += 1
            return asked(*args, **said)

        monkeypatch.setattr(engine, name, counting)

    for name in ("collect", "scalar", "materialized", "store"):
        count(name, getattr(engine, name))
    steps = [(number, hour, step) for number in range(40) for hour, step in enumerate("AB")]
    lines = [f"{number},{step},2025-03-0{number % 9 + 1} 0{hour}:00" for number, hour, step in steps]
    found = []
    for files in (2, 40):
        parts = {f"crm_{place:02d}.csv": "\n".join(["no,step,time", *lines[place::files]]) for place in range(files)}
        found.append((len(make_study(ONE, parts).ledger()), dict(counted)))
        counted.clear()
        for name in parts:
            (open_study("small").folder / "exports" / name).unlink()
    assert [rows for rows, _queries in found] == [2, 40]
    assert found[0][1] == found[1][1]


def test_a_table_that_changes_while_it_is_read_is_not_kept(study, monkeypatch):
    source = study.file.sources["boss"].model_copy(update={"database": object(), "format": "csv"})
    export = study._exports()["boss"][0]._replace(state="before")
    cache = RowCache(study.outputs / "rows", own="own", code=[])
    for state, names in (("after", 0), ("before", 1)):
        monkeypatch.setattr(source_rows, "table_state", lambda _source, state=state: state)
        monkeypatch.setattr(RowCache, "name", lambda *_: "own-name.parquet")
        with engine.Scratch() as scratch:
            source_rows.read_source([export], source, scratch, cache=cache)
        assert len([*(study.outputs / "rows").glob("own-*")]) == names
