"""Small tables that a report shows, out of what the measures give."""

from datetime import datetime

import pandas as pd

from procmine.errors import LogError
from procmine.schema import CASE, STATUS
from procmine.show.words import FEWEST


def slowest_pairs(handoffs: pd.DataFrame, *, top: int = 10, fewest: int = FEWEST) -> pd.DataFrame:
    """Between which owners does it take longest? Pairs with at least `fewest` timed handoffs, the slowest first.

    `handoffs` is the measure of that name. One row per pair: from_owner, to_owner, count, elapsed_median_s,
    elapsed_p90_s (seconds from the sender's completion to the receiver's, the receiver's work included).
    """
    elapsed = handoffs.dropna(subset=["elapsed_s"]).groupby(["from_owner", "to_owner"])["elapsed_s"]
    pairs = pd.DataFrame(
        {"count": elapsed.count(), "elapsed_median_s": elapsed.median(), "elapsed_p90_s": elapsed.quantile(0.9)}
    ).reset_index()
    ranked = pairs[pairs["count"] >= fewest].sort_values(
        ["elapsed_median_s", "from_owner", "to_owner"], ascending=[False, True, True]
    )
    return ranked.head(top).reset_index(drop=True)


def open_orders(cases: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """Which orders are open, where do they stand, and for how long? The longest standing first.

    `cases` is the measure of that name, of a log whose study says when an order is over. One row per order with status
    open: case_id, last_activity, last_department, last_resource, last_event (its time), standing_s (float, seconds from
    the last event to `as_of`; elapsed by the clock on the wall, work on the next step included).

    Errors: `LogError` where `cases` has no status.
    """
    if STATUS not in cases.columns:
        raise LogError("the log does not say which orders are open", expected="State rules of status in study.yaml")
    standing = cases[cases[STATUS] == "open"]
    table = standing[["case_id", "last_activity", "last_department", "last_resource"]].assign(
        last_event=standing["end"], standing_s=(pd.Timestamp(as_of) - standing["end"]).dt.total_seconds()
    )
    return table.sort_values(["standing_s", "case_id"], ascending=[False, True], ignore_index=True)


def holders(standing: pd.DataFrame) -> pd.DataFrame:
    """Who holds the open orders now? One row per department and activity that came last, the most orders first.

    `standing` is what `open_orders` gives. Columns: last_department (null where none is recorded), last_activity,
    orders, standing_median_s, standing_max_s.
    """
    groups = standing.groupby(["last_department", "last_activity"], dropna=False)["standing_s"]
    table = groups.agg(orders="size", standing_median_s="median", standing_max_s="max").reset_index()
    return table.sort_values(["orders", "standing_max_s"], ascending=[False, False], kind="stable", ignore_index=True)


def by_status(cases: pd.DataFrame) -> pd.Series:
    """How many orders have each status; empty where the log has none."""
    return cases[STATUS].value_counts() if STATUS in cases.columns else pd.Series(dtype="int64", name=CASE)
