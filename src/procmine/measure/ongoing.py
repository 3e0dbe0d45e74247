"""Orders that are not over yet."""

from datetime import datetime

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine.errors import LogError
from procmine.measure.expressions import elapsed_s
from procmine.schema import CASE, STATUS, TIME, attributes, require_log


def board(log: Table, *, as_of: datetime) -> Table:
    """Which orders are open at `as_of`, where did each last move, and for how long has nothing happened to it?

    Definition: the orders whose `case:status` is open. An order stands where its latest event was completed: that
    owner did its part, and who should take it next only a designed flow can say. Standing still is elapsed time from
    that completion to `as_of`, by the clock on the wall; no standard is applied.

    Reads: case_id, activity, timestamp, start, system, department, resource, next_activity and every `case:` column.

    Returns one row per open order, the longest standing first:

    - case_id: string
    - activity, system, department, resource: string, of its latest event
    - since: timestamp UTC, completion of that event
    - standing_s: float64, seconds from `since` to `as_of`
    - age_s: float64, seconds from the order's first completion to `as_of`
    - every `case:` column of the log but the status

    Errors: `LogError` where `log` lacks a log's columns or `case:status`, or `as_of` is no datetime with a zone.

    Source: ours; the work-in-progress list of a dashboard.

    >>> from datetime import datetime, timezone
    >>> from procmine.example import example_log
    >>> log = example_log().mutate(**{"case:status": ibis.ifelse(_.case_id == "o1", "finished", "open")})
    >>> now = datetime(2024, 1, 1, 12, tzinfo=timezone.utc)
    >>> board(log, as_of=now)[["case_id", "activity", "department", "standing_s"]].to_pandas()
      case_id activity department  standing_s
    0      o2  Install  Engineers      7200.0
    """
    if STATUS not in require_log(log).columns:
        raise LogError(f"the log has no {STATUS}", expected="State in study.yaml, under status, when an order is over")
    if not isinstance(as_of, datetime) or as_of.tzinfo is None:
        raise LogError(
            f"{as_of!r} is no moment with a time zone", where="as_of", expected="Give study.as_of or an aware datetime"
        )
    begun = log.group_by("case_id").agg(begun=_.timestamp.min())
    now = ibis.literal(as_of, TIME)
    last = log.filter((_[STATUS] == "open") & _.next_activity.isnull()).join(begun, "case_id")
    standing = last.select(
        "case_id",
        "activity",
        "system",
        "department",
        "resource",
        since=_.timestamp,
        standing_s=elapsed_s(last.timestamp, now),
        age_s=elapsed_s(last.begun, now),
        **{name: _[name] for name in attributes(log, CASE) if name != STATUS},
    )
    return standing.order_by(_.standing_s.desc(), "case_id")
