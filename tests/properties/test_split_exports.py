"""Cutting an export into files changes nothing but where a row is said to be; nor does reading it in instalments."""

import tempfile
from pathlib import Path

import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import study_in
from procmine import engine
from procmine.errors import LogError

STUDY = """\
title: One system in files
order: order
systems: {crm: {rank: 1, time_zone: Asia/Shanghai}}
sources:
  crm:
    file: "FILE"
    system: crm
    keys: {order: order, contract: contract}
    events: {form: row, activity: step, timestamp: time}
    order_attributes: {customer: customer}
  later:
    file: later.csv
    system: crm
    keys: {contract: contract}
    events: {form: row, activity: step, timestamp: time}
same_order: [{key: contract}]
"""
HEAD = "order,contract,step,time,customer\n"
LATER = "contract,step,time\nx,Bill,2024-01-09\ny,Bill,2024-01-09 10:00\nq,Bill,2024-01-09\n"
rows = st.tuples(
    st.sampled_from(["", "A", "B", "C"]),
    st.sampled_from(["", "x", "y"]),
    st.sampled_from(["Find", "Build", ""]),
    st.sampled_from(["2024-01-05", "2024-01-05 10:00", "2024-01-06 10:00", "soon", ""]),
    st.sampled_from(["", "Acme", "Best"]),
)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    doubles=st.sampled_from(["keep", "set_aside"]),
    parts=st.lists(st.lists(rows, max_size=5), min_size=2, max_size=4),
)
def test_files_give_the_log_of_the_one_file_that_they_make_together(doubles, parts):
    texts = ["".join(",".join(row) + "\n" for row in part) for part in parts]
    said = STUDY.replace("    keys: {order: order,", f"    doubles: {doubles}\n    keys: {{order: order,")
    with tempfile.TemporaryDirectory() as folder:
        one = {"crm_0.csv": HEAD + "".join(texts), "later.csv": LATER}
        whole = outcome(study_in(Path(folder) / "whole", said.replace("FILE", "crm_0.csv"), one))
        split = study_in(Path(folder) / "split", said.replace("FILE", "crm_*.csv"), {"later.csv": LATER})
        for place, text in enumerate(texts):
            (split.folder / "exports" / f"crm_{place}.csv").write_text(HEAD + text)
            if place == 0:
                outcome(split)
        found = outcome(split)
        assert found.keys() == whole.keys()
        begins = {f"crm_{place}.csv": sum(map(len, parts[:place])) for place in range(len(parts))}
        for name, table in whole.items():
            pd.testing.assert_frame_equal(as_of_one_file(found[name], begins), table, check_dtype=False)


def outcome(study) -> dict[str, pd.DataFrame]:
    try:
        log = engine.collect(study.log())
    except LogError:
        return {}
    ledger = study.ledger().drop(columns="first_row")
    aside = engine.collect(study.set_aside("crm")).drop(columns="procmine:kept")
    return {"log": log, "ledger": ledger, "aside": aside, "doubles": study.doubles().drop(columns="kept")}


def as_of_one_file(table: pd.DataFrame, begins: dict[str, int]) -> pd.DataFrame:
    """A table of many files, its rows numbered as in the one that they make together."""
    table = table.copy()
    for file, row in (("source", "source_row"), ("export", "source_row"), ("procmine:file", "procmine:row")):
        if file in table and row in table:
            table[row] += table[file].map(begins).fillna(0).astype("int64")
    if "rows" in table:
        parts = table["source"].replace(dict.fromkeys(begins, "crm_0.csv"))
        table = table.assign(source=parts).groupby(["source", "reason"], as_index=False)[["rows", "events"]].sum()
    for file in ("source", "export"):
        if file in table:
            table[file] = table[file].replace(dict.fromkeys(begins, "crm_0.csv"))
    return table.drop(columns="procmine:file", errors="ignore")
