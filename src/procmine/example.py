"""Two orders for the examples in docstrings: small enough to check every figure by hand."""

import pandas as pd
from ibis.expr.types import Table

from procmine import engine
from procmine.schema import EVENT
from procmine.sequencing import sequence

_EVENTS = [
    ("o1", "Accept", 0, "Centre", "Ann"),
    ("o1", "Accept", 1, "Centre", "Ann"),
    ("o1", "Install", 2, "Engineers", "Cai"),
    ("o1", "Survey", 3, "Engineers", "Cai"),
    ("o1", "Accept", 4, "Centre", "Bob"),
    ("o2", "Accept", 0, "Centre", "Bob"),
    ("o2", "Install", 1, "Engineers", "Cai"),
]


def example_log() -> Table:
    """Order o1 is accepted twice, installed, surveyed and accepted again by another; o2 is accepted and installed.

    Events are an hour apart, from 2024-01-01 09:00 UTC.
    """
    frame = pd.DataFrame(_EVENTS, columns=["case_id", "activity", "hour", "department", "resource"])
    frame["timestamp"] = pd.Timestamp("2024-01-01T09:00Z") + pd.to_timedelta(frame.pop("hour"), unit="h")
    frame = frame.assign(source="example", source_row=range(1, len(frame) + 1)).reindex(columns=list(EVENT))
    frame["start"] = frame["start"].astype("datetime64[us, UTC]")
    return sequence(engine.table(frame, EVENT), by=("timestamp", "source_row"))
