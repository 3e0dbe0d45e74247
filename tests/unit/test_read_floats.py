"""A key that pandas wrote as a float, since one was missing, is the same key in every format that knows types."""

import json
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procmine import engine
from procmine.assemble.mapping import Source
from procmine.assemble.reading import read_export
from procmine.assemble.reading.cell_text import float_text
from procmine.assemble.rows import CELL


def as_json(frame: pd.DataFrame, path: Path) -> None:
    path.write_text(json.dumps([{"no": None if pd.isna(value) else value} for value in frame["no"].tolist()]))


def as_sqlite(frame: pd.DataFrame, path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        frame.to_sql("crm", database, index=False)


def as_duckdb(frame: pd.DataFrame, path: Path) -> None:
    with closing(duckdb.connect(path)) as database:
        database.sql("CREATE TABLE crm AS SELECT * FROM frame")


def as_xes(frame: pd.DataFrame, path: Path) -> None:
    values = ["" if pd.isna(value) else f'<float key="no" value="{value!r}"/>' for value in frame["no"].tolist()]
    events = "".join(f'<event><string key="concept:name" value="a"/>{value}</event>' for value in values)
    path.write_text(f'<log xmlns="http://www.xes-standard.org/"><trace>{events}</trace></log>')


WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    "json": as_json,
    "jsonl": lambda frame, path: frame.to_json(path, orient="records", lines=True, double_precision=15),
    "parquet": lambda frame, path: frame.to_parquet(path, index=False),
    "sqlite": as_sqlite,
    "duckdb": as_duckdb,
    "xes": as_xes,
    "xlsx": lambda frame, path: frame.assign(row="x").to_excel(path, index=False),
}


def read(folder: str, form: str, values: list[float | None]) -> list[str | None]:
    path = Path(folder) / f"crm.{form}"
    WRITERS[form](pd.DataFrame({"no": pd.Series(values, dtype="float64")}), path)
    source = Source.model_validate({"file": path.name, "keys": {"order": "no"}})
    with ExitStack() as scratch:
        rows = read_export(path, source, ["no"], scratch)
        return [row[f"{CELL}no"] for row in engine.collect_arrow(rows).to_pylist()]


@pytest.mark.parametrize("form", WRITERS)
def test_an_id_is_the_same_key_wherever_it_is_a_float(form):
    with tempfile.TemporaryDirectory() as folder:
        ids = [1.0, None, 1700000000000.0, -3.0, 2.5]
        assert read(folder, form, ids) == ["1", None, "1700000000000", "-3", "2.5"]


@settings(deadline=None, max_examples=20)
@given(st.lists(st.floats(-1e22, 1e22) | st.integers(-(10**22), 10**22).map(float), min_size=1, max_size=20))
def test_all_formats_agree_on_every_float(values):
    """As Python writes them, with zeros where a float of up to 1e21 holds no digits."""
    expected = [float_text(repr(value)) for value in values]
    assert [float(text) for text in expected] == values
    assert not any(set(".e") & set(text) for text, value in zip(expected, values, strict=True) if is_short(value))
    for form in ("json", "parquet", "sqlite", "duckdb", "xes"):
        with tempfile.TemporaryDirectory() as folder:
            assert read(folder, form, [*values]) == expected, form


def is_short(value: float) -> bool:
    return value.is_integer() and abs(value) < 1e21
