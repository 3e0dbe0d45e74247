"""Checks that compare events in the order of time: recorded in one go, overlapping, or with nothing between."""

import datetime
from typing import Literal

import ibis
from ibis import _
from ibis.expr.types import IntegerValue, Table

from procmine import engine
from procmine.assemble.findings.finding import Check, tally, words

BATCHED = Check("recorded in one go", "Times are of the entry, not of the work: leave these events out of waits")
OVERLAPPING = Check("overlaps the event before", "Ask whether work is shared or its start was entered too early")
SILENCE = Check("silence longer than expected", "Ask for the missing part of the export")
LONG = Check("duration far above the usual", "Ask whether its end was forgotten; leave it out of durations")

Doer = Literal["resource", "case_id"]
_FAR = 3.0


def batches(log: Table, *, within: datetime.timedelta, by: Doer) -> Table:
    """Events that complete at most `within` after or before another one of the same resource, or order.

    daqapo's `detect_multiregistration`. `rows` counts all events of such runs.
    """
    own = ibis.window(group_by=by, order_by=["timestamp", "case_id", "position"])
    timed = log.filter(_[by].notnull()).mutate(moment=engine.microseconds(log.timestamp))
    near = timed.mutate(since=_.moment - _.moment.lag().over(own), until=_.moment.lead().over(own) - _.moment)
    most = _microseconds(within)
    return tally(near.filter((_.since <= most) | (_.until <= most)), BATCHED, example=words(_.case_id, _.activity))


def overlaps(log: Table, *, by: Doer) -> Table:
    """Events that start before one of the same resource, or order, that started earlier has completed.

    daqapo's `detect_overlaps`; events without a start, or that end before it, are left out.
    """
    whole = log.filter(_[by].notnull() & (_.start <= _.timestamp))
    order = ["start", "timestamp", "case_id", "position"]
    earlier = ibis.window(group_by=by, order_by=order, preceding=(None, 1))
    found = whole.mutate(until=_.timestamp.max().over(earlier)).filter(_.start < _.until)
    return tally(found, OVERLAPPING, example=words(_.case_id, _.activity))


def silences(log: Table, *, longest: datetime.timedelta) -> Table:
    """Times in which a source records nothing for more than `longest` (daqapo's `detect_inactive_periods`).

    `rows` and `orders` count the events that end a silence.
    """
    own = ibis.window(group_by="source", order_by=["timestamp", "case_id", "position"])
    timed = log.mutate(before=_.timestamp.lag().over(own))
    lasted = engine.microseconds(timed.timestamp) - engine.microseconds(timed.before)
    day = "%Y-%m-%d %H:%M"
    shown = timed.before.strftime(day) + " – " + timed.timestamp.strftime(day)
    return tally(timed.mutate(shown=shown).filter(lasted > _microseconds(longest)), SILENCE, example=_.shown)


def long_durations(log: Table) -> Table:
    """Events that take longer than their activity's third quartile and three times its interquartile range.

    Tukey's outer fence; daqapo's `detect_duration_outliers` takes three standard deviations, which one very long event
    moves. Activities of fewer than 30 events with a start are left out, and a spread of zero has no outlier.
    """
    lasted = engine.microseconds(log.timestamp) - engine.microseconds(log.start)
    timed = log.mutate(lasted=lasted).filter(_.lasted >= 0)
    usual = timed.group_by("activity").agg(low=_.lasted.quantile(0.25), high=_.lasted.quantile(0.75), events=_.count())
    fence = usual.filter((_.events >= 30) & (_.high > _.low)).mutate(fence=_.high + _FAR * (_.high - _.low))
    found = timed.inner_join(fence.select("activity", "fence"), "activity").filter(_.lasted > _.fence)
    return tally(found, LONG, example=words(_.case_id, _.activity))


def _microseconds(duration: datetime.timedelta) -> IntegerValue:
    return ibis.literal(duration // datetime.timedelta(microseconds=1), "int64")
