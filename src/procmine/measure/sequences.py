"""The variants of a log."""

from ibis import _
from ibis.expr.types import Table

from procmine.measure.expressions import fingerprints, numbered_variants
from procmine.schema import require_log


def variants(log: Table) -> Table:
    """Which distinct sequences of activities occur, and how many orders take each.

    Definition: the variant of an order is the sequence of its activities by `position`. Times, owners and attributes
    do not count. Open orders have the variant of what they did so far.

    Reads: case_id, activity, position.

    Returns one row per variant, the most frequent first:

    - variant: int64, 1 for the most frequent; equal counts by the activities' alphabetical order
    - activities: array<string>, in order
    - events: int64, length of the sequence
    - count: int64, orders
    - share: float64, of all orders, 0…1

    Errors: `LogError` where `log` lacks a log's columns.

    Source: van der Aalst, *Process Mining: Data Science in Action* (2016), section 5.2.

    >>> from procmine.example import example_log
    >>> variants(example_log())[["variant", "activities", "count"]].to_pandas()
       variant                                 activities  count
    0        1  [Accept, Accept, Install, Survey, Accept]      1
    1        2                          [Accept, Install]      1
    """
    numbered = numbered_variants(log, fingerprints(require_log(log))).mutate(share=_["count"] / _["count"].sum().over())
    return numbered.select("variant", "activities", "events", "count", "share").order_by("variant")
