"""Rows that were stored in runs come back a range of whole orders at a time."""

import tempfile
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procmine import engine
from procmine.exchange import runs
from procmine.exchange.runs import Runs

ORDERS = ["", "a", "B", "b'", "é", "z", "单", "\U0001f600"]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(ORDERS), min_size=1), st.integers(1, 20), st.integers(1, 20), st.integers(1, 7))
def test_every_row_comes_back_once_and_orders_are_whole(orders, run, length, block):
    numbers = list(range(len(orders)))
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "RUN", run)
        patch.setattr(runs, "RANGE", length)
        stored = Runs(Path(folder), "order")
        for begin in range(0, len(orders), block):
            rows = pl.DataFrame({"order": orders[begin : begin + block], "n": numbers[begin : begin + block]})
            stored.add(rows if begin != block else rows.with_columns(late=rows["n"].cast(pl.String)))
        stored.finish()
        found = [engine.collect(rows).to_dict("records") for rows in stored.ranges()]
    together = sorted((row for rows in found for row in rows), key=lambda row: row["n"])
    assert [(row["order"], row["n"]) for row in together] == list(zip(orders, numbers, strict=True))
    if len(orders) > block:
        assert [row["n"] for row in together if row["late"] == f"{row['n']}"] == numbers[block : 2 * block]
    for before, after in pairwise(found):
        assert max(row["order"] for row in before) < min(row["order"] for row in after)
    for rows in found:
        last = max(row["order"] for row in rows)
        assert len([row for row in rows if row["order"] != last]) < length


def test_of_one_order_the_rows_stay_as_they_came(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "RUN", 5)
    stored = Runs(tmp_path, "order")
    stored.add(pl.DataFrame({"order": ["b", "a", "b", "a", "b"], "n": [1, 2, 3, 4, 5]}))
    (file,) = tmp_path.iterdir()
    assert pl.read_parquet(file)["n"].to_list() == [2, 4, 1, 3, 5]
