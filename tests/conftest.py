"""What all tests share: `make_log`, which types a tiny log by hand, and the folder of real data."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from ibis.expr.types import Table

from procmine import engine
from procmine.assemble.sequence import sequence
from procmine.schema import CASE, EVENT, EVENT_ATTRIBUTE

SHARED = Path(os.environ.get("PROCMINE_SHARED", Path(__file__).resolve().parents[2] / "shared"))
BEGIN = pd.Timestamp("2024-01-01T00:00Z")
TOKEN = re.compile(r"(?P<activity>[^@/+]+)(@(?P<department>[^/+]+))?(/(?P<resource>[^+]+))?(\+(?P<hours>[\d.]+))?$")


def log_of(text: str, **columns: list[object]) -> Table:
    """A log typed by hand: ``"a: X Y@sales/Ann Z+5 | b: X Z"``.

    Orders are separated by ``|``; ``@`` names an event's department, ``/`` its resource. An event completes an hour
    after the one before it (the first at 2024-01-01 00:00 UTC), ``+5`` says five hours after. ``columns`` gives more
    columns, one value an event in the order typed: ``start=[…]``, or ``**{"case:tier": […]}``.
    """
    rows = []
    for order in text.split("|"):
        case_id, tokens = order.split(":", 1)
        time = BEGIN
        for place, token in enumerate(tokens.split()):
            match = TOKEN.match(token)
            assert match, f"not an event: {token!r}"
            time += pd.Timedelta(hours=float(match["hours"] or (1 if place else 0)))
            rows.append((case_id.strip(), match["activity"], time, match["department"], match["resource"]))
    frame = pd.DataFrame(rows, columns=["case_id", "activity", "timestamp", "department", "resource"])
    frame["source"], frame["source_row"] = "typed", range(1, len(frame) + 1)
    frame["system"], frame["start"] = None, pd.NaT
    for name, values in columns.items():
        frame[name] = values
    order = list(EVENT) + [name for name in frame if name.startswith((CASE, EVENT_ATTRIBUTE))]
    own = {name: engine.table(frame[[name]]).schema()[name] for name in order if name not in EVENT}
    return sequence(engine.table(frame[order], {**EVENT, **own}), by=("timestamp", "source_row"))


@pytest.fixture
def make_log() -> Callable[..., Table]:
    return log_of


@pytest.fixture
def shared() -> Path:
    """The folder of real logs, or a skip that says where it was looked for."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"real logs are not here: no folder {SHARED / 'data'} (set PROCMINE_SHARED)")
    return SHARED / "data"


def rows(table: Table, *columns: str) -> list[tuple[object, ...]]:
    """The rows of `table` as sorted tuples, nulls as None: for comparisons that do not depend on the order of rows."""
    frame = engine.collect(table.select(*columns) if columns else table).astype(object)
    return sorted(map(tuple, frame.where(frame.notna(), None).itertuples(index=False)), key=repr)
