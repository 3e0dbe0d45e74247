"""The orders of a log."""

from ibis import _
from ibis.expr.types import Table

from procmine.measure.expressions import FINGERPRINT, elapsed_s, fingerprints, numbered_variants
from procmine.schema import CASE, attributes, require_log


def cases(log: Table) -> Table:
    """When each order began and ended so far, how many events it has, and what is known of it.

    Definition: an order begins at the start of its earliest event, or at that event's completion where no start is
    recorded, and ends at its latest completion. For an open order that is its latest sign of life, not its end: see
    `case:status`, and do not average over open orders.

    Reads: case_id, timestamp, start, position, activity and every `case:` column.

    Returns one row per order, by case_id:

    - case_id: string
    - start, end: timestamp UTC, null in a log without times
    - duration_s: float64, seconds between them, by the clock on the wall
    - events: int64
    - variant: int64, its variant's number, as in `variants`
    - last_activity, last_department, last_resource: string, of its latest event: who has it
    - every `case:` column of the log

    Errors: `LogError` where `log` lacks a log's columns.

    Source: throughput time as in edeaR (Janssenswillen 2021), first start to last completion.

    >>> from procmine.example import example_log
    >>> cases(example_log())[["case_id", "events", "duration_s", "last_activity"]].to_pandas()
      case_id  events  duration_s last_activity
    0      o1       5     14400.0        Accept
    1      o2       2      3600.0       Install
    """
    last = require_log(log).next_activity.isnull()
    orders = log.group_by("case_id").agg(
        start=_.start.fill_null(_.timestamp).min(),
        end=_.timestamp.max(),
        events=_.count(),
        last_activity=_.activity.max(where=last),
        last_department=_.department.max(where=last),
        last_resource=_.resource.max(where=last),
        **{name: _[name].arbitrary() for name in attributes(log, CASE)},
    )
    columns = ["case_id", "start", "end", "duration_s", "events", "variant"]
    known = fingerprints(log)
    variants = known.join(numbered_variants(log, known), FINGERPRINT).select("case_id", "variant")
    timed = orders.mutate(duration_s=elapsed_s(_.start, _.end)).join(variants, "case_id")
    return timed.relocate(*columns).order_by("case_id")
