"""The same dirty rows give the same log in whatever form, encoding and order they come, and with broken lines."""

import csv
import datetime
import io
import json
import random
import re
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pandas as pd
import xlsxwriter
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import study_in
from procmine import engine
from procmine.assemble import reasons
from procmine.errors import LogError
from procmine.schema import USED_ROWS

STUDY = """\
title: Any form
order: order
systems:
  crm: {rank: 1, time_zone: Asia/Shanghai, clock_offset: -4 min}
  boss: {rank: 2, time_zone: UTC}
  net: {rank: 3, time_zone: Asia/Shanghai}
sources:
  crm:
    system: crm
    keys: {lead: lead, contract: contract}
    doubles: set_aside
    events: {form: row, activity: step, timestamp: time, sequence: n}
    order_attributes: {customer: customer}
  boss:
    system: boss
    keys: {order: order}
    events: {form: row, activity: step, timestamp: time, sequence: n}
    order_attributes: {customer: customer}
  net:
    system: net
    keys: {order: order}
    events:
      form: columns
      columns:
        - {activity: Build, timestamp: built, start: begun}
        - {activity: 开通, timestamp: activated, resolution: day}
  links:
    keys: {contract: contract, order: order}
mirrors:
  - {activity: 开通, keep: boss, drop: net, within: 2 d}
  - {activity: Find, keep: boss, drop: crm, within: 12 h}
recover: [{source: crm, match: [customer], within: 2 d}]
same_order: [{key: contract}, {match: [customer], within: 1 h}]
known_order: [[Find, Build]]
window: {from: 2024-01-02, to: 2024-01-07T12:00:00}
status: {finished: [开通]}
"""
HEADERS = {
    "crm": ["n", "lead", "contract", "step", "time", "customer"],
    "boss": ["n", "order", "step", "time", "customer"],
    "net": ["n", "order", "built", "begun", "activated"],
    "links": ["n", "contract", "order"],
}
times = st.one_of(
    st.sampled_from(["", "soon", "2024-01-05T10:00:00Z"]),
    st.integers(1, 8).map(lambda day: f"2024-01-{day:02d}"),
    st.tuples(st.integers(1, 8), st.integers(0, 23)).map(lambda at: f"2024-01-{at[0]:02d} {at[1]:02d}:30:00"),
)
cells = {
    "lead": st.sampled_from(["", "1", "2", "3"]),
    "contract": st.sampled_from(["", "x", "y", "z"]),
    "order": st.sampled_from(["", "A", "B", "C", "D"]),
    "step": st.sampled_from(["Find", "开通", "Build", "", "a,b", 'say "so"', "two\nlines", "=1+1"]),
    "customer": st.sampled_from(["", "Acme", "云岭医院"]),
    **dict.fromkeys(("time", "built", "begun", "activated"), times),
}
Rows = list[tuple[str, ...]]


def rows_of(columns: list[str]) -> st.SearchStrategy[Rows]:
    """Rows with a number of their own: it is the sequence, and a row without any cell would be none in a workbook."""
    found = st.lists(st.tuples(*(cells[column] for column in columns[1:])), max_size=14)
    return found.map(lambda rows: [(str(number), *row) for number, row in enumerate(rows, 1)])


exports = st.fixed_dictionaries({name: rows_of(columns) for name, columns in HEADERS.items()})


def plain(path: Path, head: list[str], rows: Rows, **_written: object) -> None:
    delimited(path, head, rows, delimiter=",", encoding="utf-8", title="", broken=[])


def delimited(
    path: Path, head: list[str], rows: Rows, *, delimiter: str, encoding: str, title: str, broken: list[tuple[int, str]]
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    out.write(title)
    writer.writerow(head)
    for number, row in enumerate([*rows, None]):
        for _place, line in (one for one in broken if min(one[0], len(rows)) == number):
            out.write(line.replace(",", delimiter) + "\r\n")
        if row is not None:
            writer.writerow(row)
    path.write_bytes(out.getvalue().encode(encoding))


def json_lines(path: Path, head: list[str], rows: Rows) -> None:
    objects = [{name: cell or None for name, cell in zip(head, row, strict=True)} for row in rows]
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects), "utf-8")


def json_document(path: Path, head: list[str], rows: Rows) -> None:
    objects = [{name: cell or None for name, cell in zip(head, row, strict=True)} for row in rows]
    path.write_text(json.dumps({"code": 0, "data": {"total": len(rows), "rows": objects}}, indent=1), "utf-8")


def parquet(path: Path, head: list[str], rows: Rows) -> None:
    pd.DataFrame([[cell or None for cell in row] for row in rows], columns=head, dtype="str").to_parquet(path)


def sqlite(path: Path, head: list[str], rows: Rows) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE rows ({})".format(", ".join(f'"{name}"' for name in head)))
        database.executemany(f"INSERT INTO rows VALUES ({', '.join('?' * len(head))})", rows)
        database.commit()


def typed(cell: str) -> str | datetime.datetime | int:
    """A cell as a spreadsheet holds it: times and numbers are no texts there."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?", cell):
        return datetime.datetime.fromisoformat(cell)
    return int(cell) if cell.isdigit() else cell


def excel(path: Path, head: list[str], rows: Rows) -> None:
    with xlsxwriter.Workbook(path, {"strings_to_formulas": False}) as book:
        as_time = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        sheet = book.add_worksheet()
        for number, row in enumerate([("Exported",), tuple(head), *rows]):
            for place, value in enumerate(map(typed, row)):
                if isinstance(value, datetime.datetime):
                    sheet.write_datetime(number, place, value, as_time)
                elif value != "":
                    sheet.write(number, place, value)


FORMS: dict[str, tuple[dict[str, object], Callable[..., None]]] = {
    "csv": ({}, plain),
    "txt": ({"delimiter": ";", "encoding": "gb18030", "header_row": 3}, delimited),
    "tsv": ({"encoding": "utf-16", "header_row": 2}, delimited),
    "jsonl": ({}, json_lines),
    "json": ({}, json_document),
    "xlsx": ({"header_row": 2}, excel),
    "parquet": ({}, parquet),
    "sqlite": ({}, sqlite),
}
TITLES = {"txt": "订单导出\r\n\r\n", "tsv": 'made on "2024\r\n'}
BROKEN = {"7": reasons.TOO_FEW, "7,a,b,c,d,e,f,g": reasons.TOO_MANY, '7,"a"b,c': reasons.QUOTE}


def assembled(
    found: dict[str, Rows], forms: dict[str, str], broken: dict[str, list[tuple[int, str]]], study_yaml: str = STUDY
):
    """The log, its ledger, findings and other tables by the names of the sources; None where no row gives an event."""
    definition = yaml.safe_load(study_yaml)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "study"
        (folder / "exports").mkdir(parents=True)
        for name, form in forms.items():
            given, write = FORMS[form]
            file = f"{name}.{form}"
            definition["sources"][name] |= {"file": file, **given}
            more = {}
            if form in TITLES:
                delimiter = "\t" if form == "tsv" else ";"
                more = {"delimiter": delimiter, "encoding": given["encoding"], "title": TITLES[form]}
                more["broken"] = broken[name]
            write(folder / "exports" / file, HEADERS[name], found[name], **more)
        definition["sources"] = {name: definition["sources"][name] for name in forms}
        study = study_in(folder, yaml.safe_dump(definition, allow_unicode=True), {})
        try:
            log = engine.collect(study.log())
        except LogError:
            return None
        aside = {name: engine.collect(study.set_aside(name)) for name in forms}
        tables = [log, study.ledger(), study.findings(), study.same_orders(), study.clocks()]
    names = {f"{name}.{form}": name for name, form in forms.items()}
    return [table.replace({"source": names}) if "source" in table else table for table in tables], aside


def of_ledger(ledger: pd.DataFrame) -> Counter[tuple[str, str]]:
    return Counter({(row.source, row.reason): row.rows for row in ledger.itertuples()})


def days_apart(found: Rows) -> Rows:
    """The rows of `net` of which no time is on a day that one before it has."""
    kept, seen = [], set()
    for row in found:
        days = {cell[:10] for cell in row[2:] if cell.startswith("2024")}
        if days.isdisjoint(seen):
            kept.append(row)
            seen |= days
    return kept


def order_of_sources(chance: random.Random) -> list[str]:
    """Any order but that of the two that give `customer`: of these, the first with a value counts."""
    names = chance.sample([*HEADERS], len(HEADERS))
    one, other = sorted((names.index("crm"), names.index("boss")))
    names[one], names[other] = "crm", "boss"
    return names


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(exports, st.randoms(use_true_random=False))
def test_form_encoding_and_order_change_nothing(found, chance: random.Random):
    """No two rows of `net`, which has no sequence, have times of one day: several numbers may be of one order."""
    found["net"] = days_apart(found["net"])
    plainly = dict.fromkeys(HEADERS, "csv")
    forms = {name: chance.choice([*FORMS]) for name in order_of_sources(chance)}
    shuffled = {name: chance.sample(rows, len(rows)) for name, rows in found.items()}
    broken = {
        name: [(chance.randint(0, 14), chance.choice([*BROKEN])) for _line in range(chance.randint(0, len(rows)))]
        if forms[name] in TITLES
        else []
        for name, rows in found.items()
    }
    first = assembled(found, plainly, broken)
    second = assembled(shuffled, forms, broken)
    if first is None or second is None:
        assert first is second
        return
    (log, ledger, findings, same, clocks), _aside = first
    (other_log, other_ledger, *others), aside = second
    order = ["case_id", "position"]
    columns = [column for column in log.columns if column != "source_row"]
    pd.testing.assert_frame_equal(log[columns].sort_values(order), other_log[columns].sort_values(order))
    expected = of_ledger(ledger) + Counter((name, BROKEN[line]) for name in broken for _place, line in broken[name])
    assert of_ledger(other_ledger) == expected
    for one, other in zip((findings, same, clocks), others, strict=True):
        by = [column for column in one.columns if column != "advice"]
        pd.testing.assert_frame_equal(
            one.sort_values(by, ignore_index=True), other.sort_values(by, ignore_index=True), check_dtype=False
        )
    assert set(other_ledger["reason"]) <= {value for name, value in vars(reasons).items() if name.isupper()} | {
        *USED_ROWS
    }
    unused = other_ledger[~other_ledger["reason"].isin(USED_ROWS)].groupby("source")["rows"].sum()
    assert unused.to_dict() == {name: len(rows) for name, rows in aside.items() if len(rows)}


UNORDERED = STUDY.replace(", sequence: n", "")


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(exports, st.randoms(use_true_random=False))
def test_what_only_the_row_decides_is_counted(found, chance: random.Random):
    """Without a sequence column, shuffling may change the order of equal times; every event that it can is counted."""
    plainly, nothing = dict.fromkeys(HEADERS, "csv"), {name: [] for name in HEADERS}
    shuffled = {name: chance.sample(rows, len(rows)) for name, rows in found.items()}
    results = [assembled(rows, plainly, nothing, UNORDERED) for rows in (found, shuffled)]
    if None in results:
        assert results == [None, None]
        return
    counts = []
    for (log, _ledger, findings, *_others), _aside in results:
        told = findings[findings["check"] == "order decided only by the row in the export"]
        tied = log.groupby(["case_id", "timestamp", "system"])["source_row"].agg(["size", "nunique"])
        tied = tied[(tied["size"] > 1) & (tied["nunique"] > 1)]
        assert told["rows"].sum() == (tied["size"] - 1).sum()
        counts.append(told["rows"].sum())
    (log, ledger, *_others), _aside = results[0]
    (other_log, other_ledger, *_others), _aside = results[1]
    assert counts[0] == counts[1]
    activated = [row[-1][:10] for row in found["net"] if row[-1].startswith("2024")]
    if len({*activated}) == len(activated):  # of equal ones, the row decides which is the mirrored one
        assert of_ledger(ledger) == of_ledger(other_ledger)
    columns = ["case_id", "position", "activity", "timestamp"]
    if not counts[0]:
        pd.testing.assert_frame_equal(log[columns], other_log[columns])
    unordered = ["case_id", "activity", "timestamp", "source"]
    assert Counter(log[unordered].itertuples(index=False)) == Counter(other_log[unordered].itertuples(index=False))
