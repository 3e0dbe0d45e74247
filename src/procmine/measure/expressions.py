"""Expressions that several measures are made of."""

import ibis
from ibis import _
from ibis.expr.types import FloatingValue, IntegerValue, Table, TimestampValue, Value

from procmine import engine


def elapsed_s(earlier: TimestampValue, later: TimestampValue) -> FloatingValue:
    """Seconds from `earlier` to `later`, from microseconds: engines differ in fractions of a second."""
    return elapsed_us(earlier, later) / 1e6


def elapsed_us(earlier: TimestampValue, later: TimestampValue) -> IntegerValue:
    """Microseconds from `earlier` to `later`: sums of them are exact, whatever their order."""
    return engine.microseconds(later) - engine.microseconds(earlier)


FINGERPRINT = ("one", "two", "events")
"""The columns that together tell one sequence of activities from another; see `fingerprints`."""


def fingerprints(log: Table, **others: Value) -> Table:
    """One row an order: `case_id`, and the fingerprint of its sequence of activities: the number of its `events`, and
    `one` and `two`, hashes. `others` are more columns, aggregates of an order's events.

    Two orders have the same fingerprint exactly when they have the same sequence, but for a chance below 10⁻²⁰ in a log
    of a billion variants. Each of the two is the xor of the hashes of (activity, position) of all events; since no two
    events of an order share a position, none cancel out. That needs no sorting, which is what makes sequences dear.
    """
    one = engine.hash_of(_.activity, _.position)
    two = engine.hash_of(_.position, _.activity)
    return log.group_by("case_id").agg(one=one.bit_xor(), two=two.bit_xor(), events=_.count(), **others)


def numbered_variants(log: Table, orders: Table) -> Table:
    """One row a variant: `variant` (1 for the most frequent, equal counts by alphabetical order), `activities`, its
    `events`, the `count` of its orders, and `one` and `two` of its fingerprint. `orders` has the `fingerprints`.
    """
    counted = orders.group_by(FINGERPRINT).agg(count=_.count(), sample=_.case_id.min())
    of_samples = log.select("case_id", "position", "activity").join(counted, [("case_id", "sample")])
    spelled = of_samples.group_by(*FINGERPRINT, "count").agg(activities=_.activity.collect(order_by=_.position))
    return spelled.mutate(variant=ibis.row_number().over(order_by=[_["count"].desc(), _.activities.asc()]) + 1)
