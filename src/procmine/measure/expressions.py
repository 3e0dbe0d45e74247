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


PRINT = ("one", "two", "events")
"""The columns by which `prints` knows a sequence."""


def prints(log: Table, **others: Value) -> Table:
    """One row an order: `case_id`, `events`, and `one` and `two`, a print of its sequence of activities; and `others`,
    what else is to be known of an order.

    Two orders have the same three exactly when they have the same sequence, but for a chance below 10⁻²⁰ in a log of a
    billion variants: the prints are hashes of (activity, position), xor one another, and no two events of an order
    share a position. That needs no sorting, which is what makes sequences dear.
    """
    one = engine.hash_of(_.activity, _.position)
    two = engine.hash_of(_.position, _.activity)
    return log.group_by("case_id").agg(one=one.bit_xor(), two=two.bit_xor(), events=_.count(), **others)


def numbered_variants(log: Table, printed: Table) -> Table:
    """One row a variant: `variant` (1 for the most frequent, equal counts by alphabetical order), `activities`, its
    `events`, the `count` of its orders, and its print, `one` and `two`. `printed` is the `prints` of `log`.
    """
    counted = printed.group_by(PRINT).agg(count=_.count(), sample=_.case_id.min())
    of_samples = log.select("case_id", "position", "activity").join(counted, [("case_id", "sample")])
    spelled = of_samples.group_by(*PRINT, "count").agg(activities=_.activity.collect(order_by=_.position))
    return spelled.mutate(variant=ibis.row_number().over(order_by=[_["count"].desc(), _.activities.asc()]) + 1)
