"""Expressions that several measures are made of."""

import ibis
from ibis import _
from ibis.expr.types import FloatingValue, Table, TimestampValue


def elapsed_s(earlier: TimestampValue, later: TimestampValue) -> FloatingValue:
    """Seconds from `earlier` to `later`, from microseconds: engines differ in fractions of a second."""
    return later.delta(earlier, unit="microsecond") / 1e6


def sequences(log: Table) -> Table:
    """One row an order: `case_id` and `activities`, the array of its activities by position."""
    return log.group_by("case_id").agg(activities=_.activity.collect(order_by=_.position))


def variant_numbers(orders: Table) -> Table:
    """`orders` with `variant`: 1 for the most frequent `activities`, equal counts by alphabetical order."""
    counted = orders.mutate(alike=_.count().over(group_by="activities"))
    rank = ibis.dense_rank().over(order_by=[_.alike.desc(), _.activities.asc()])
    return counted.mutate(variant=rank + 1).drop("alike")
