"""The directly-follows relation."""

from ibis import _
from ibis.expr.types import Table

from procmine.measure.expressions import elapsed_s, elapsed_us
from procmine.schema import require_log


def follows(log: Table) -> Table:
    """Which activity comes straight after which, how often, and how long it takes to get there.

    Definition: every two consecutive events of an order (by `position`) count once for the pair of their activities.
    Elapsed is the time between their two completions; it is not waiting, since work is in it. The first event of an
    order follows nothing and the last is followed by nothing: the counts sum to events less orders.

    Reads: case_id, activity, timestamp, department, next_activity, next_timestamp, next_department.

    Returns one row per pair of activities that occurs, the most frequent first:

    - activity, next_activity: string
    - count: int64, how many times
    - orders: int64, in how many orders
    - handoffs: int64, how many of them passed from one department to another, both known
    - elapsed_mean_s, elapsed_median_s, elapsed_p90_s: float64, seconds; null where no time is recorded; the quantiles
      interpolate linearly

    Errors: `LogError` where `log` lacks a log's columns.

    Source: van der Aalst, *Process Mining: Data Science in Action* (2016), section 6.2.

    >>> from procmine.example import example_log
    >>> follows(example_log())[["activity", "next_activity", "count", "orders"]].to_pandas()
      activity next_activity  count  orders
    0   Accept       Install      2       2
    1   Accept        Accept      1       1
    2  Install        Survey      1       1
    3   Survey        Accept      1       1
    """
    pairs = require_log(log).filter(_.next_activity.notnull())
    pairs = pairs.mutate(
        elapsed_s=elapsed_s(_.timestamp, _.next_timestamp), elapsed_us=elapsed_us(_.timestamp, _.next_timestamp)
    )
    arcs = pairs.group_by("activity", "next_activity").agg(
        count=_.count(),
        firsts=_.count(where=_.occurrence == 1),
        handoffs=(_.department != _.next_department).sum().fill_null(0),
        elapsed_mean_s=_.elapsed_us.mean() / 1e6,
        quantiles=_.elapsed_s.quantile([0.5, 0.9]),
    )
    counted = arcs.left_join(_later_orders(log), ["activity", "next_activity"]).select(
        "activity",
        "next_activity",
        "count",
        orders=_.firsts + _.later.fill_null(0),
        handoffs=_.handoffs,
        elapsed_mean_s=_.elapsed_mean_s,
        elapsed_median_s=_.quantiles[0],
        elapsed_p90_s=_.quantiles[1],
    )
    return counted.order_by(_["count"].desc(), "activity", "next_activity")


def _later_orders(log: Table) -> Table:
    """How many orders have a pair, but not from the first occurrence of its activity: `later` a pair.

    From the first occurrence a pair counts its order once, so only the few others need telling apart by order.
    """
    pair = ["case_id", "activity", "next_activity"]
    again = log.filter((_.occurrence > 1) & _.next_activity.notnull()).select(pair).distinct()
    firsts = log.filter(_.occurrence == 1).select(pair).semi_join(again, "case_id")  # few, so that they are soon joined
    later = again.anti_join(firsts, pair)
    return later.group_by("activity", "next_activity").agg(later=_.count())
