"""Checks that a study declares under `expect:`, of its events and of its orders."""

from collections.abc import Iterator
from functools import reduce
from operator import and_

import ibis
import ibis.expr.datatypes as dt
import pandas as pd
from ibis import _
from ibis.expr.types import BooleanValue, Table

from procmine import engine
from procmine.assemble.findings import concurrence, labels
from procmine.assemble.findings.belonging import left_out
from procmine.assemble.findings.finding import Check, Flag, flagged, tally, words
from procmine.assemble.mapping.expectations import Condition, Expectations, Filled, Range
from procmine.schema import STATUS, TIME

EMPTY = Check("column not filled", "Ask why the system lets it be empty; measures by it leave these events out")
OUT_OF_RANGE = Check("value out of range", "Correct it in the system, or widen expect.ranges")
DEPENDENCY = Check("values do not go together", "Ask which of the two columns is wrong")
TOO_SHORT = Check("activity shorter than expected", "Ask whether it was entered afterwards; leave it out of durations")
TOO_LONG = Check("activity longer than expected", "Ask whether its end was forgotten; leave it out of durations")
TOO_OFTEN = Check("activity more often than expected", "Ask whether it was registered twice or is rework")
OUT_OF_ORDER = Check("activity out of the expected order", "Ask whether its time is that of the entry, not of the work")
INCOMPLETE = Check("required activity missing", "Ask whether it was done and not recorded; keep these orders apart")
ALONE = Check("activity without the one it belongs with", "Ask which system should have recorded the other")
ABSENT = Check("activity missing from orders of this kind", "Ask whether it was done and not recorded")
AMBIGUOUS = Check("several values where one is expected", "Ask which of them is right, or drop expect.determines")


def findings(log: Table, expect: Expectations, personal: list[str]) -> Iterator[Table | pd.DataFrame]:
    """Every finding of what `expect` declares. The values of `personal` columns are not shown as examples."""
    if expect.activities:
        yield labels.not_allowed(log, expect.activities)
    if flags := [*_of_events(log, expect, personal)]:
        yield flagged(log, flags)
    for rule in expect.order:
        yield _out_of_order(log, rule.activities, once=rule.once)
    for activity, most in expect.at_most.items():
        yield _too_often(log, activity, most)
    yield from _of_orders(log, expect)
    for column, other in expect.determines.items():
        yield _several(log, column, other, personal)
    if expect.consecutive_orders:
        yield left_out(log)
    yield from _of_time(log, expect)
    suspicions = {
        "long durations": concurrence.long_durations,
        "synonymous labels": labels.synonymous,
        "homonymous labels": labels.homonymous,
    }
    for name in expect.suspect:
        yield suspicions[name](log)


def _of_time(log: Table, expect: Expectations) -> Iterator[Table]:
    if expect.batches is not None:
        yield concurrence.batches(log, within=expect.batches.within, by=expect.batches.by)
    for column in expect.overlaps:
        yield concurrence.overlaps(log, by=column)
    if expect.longest_silence is not None:
        yield concurrence.silences(log, longest=expect.longest_silence)


def _of_events(log: Table, expect: Expectations, personal: list[str]) -> Iterator[Flag]:
    where = words(log.case_id, log.activity)
    for rule in expect.filled:
        given = rule if isinstance(rule, Filled) else Filled(column=rule)
        concerned = log.activity.isin(given.activities) if given.activities else ibis.literal(True)
        yield Flag(EMPTY, concerned & log[given.column].isnull(), words(given.column, where))
    for column, allowed in expect.ranges.items():
        shown = [] if column in personal else [log[column]]
        yield Flag(OUT_OF_RANGE, _outside(log, column, allowed), words(column, *shown, log.case_id))
    for dependency in expect.dependencies:
        broken = _meets(log, dependency.where) & ~_meets(log, dependency.then)
        yield Flag(DEPENDENCY, broken, words(", ".join(dependency.then), where))
    lasted = (engine.microseconds(log.timestamp) - engine.microseconds(log.start)) / 1e6
    for activity, span in expect.durations.items():
        own = log.activity == activity
        if span.least is not None:
            yield Flag(TOO_SHORT, own & (lasted < span.least.total_seconds()), where)
        if span.most is not None:
            yield Flag(TOO_LONG, own & (lasted > span.most.total_seconds()), where)


def _outside(log: Table, column: str, allowed: Range) -> BooleanValue:
    if allowed.values is not None:
        return log[column].notnull() & log[column].cast("string").notin(allowed.values)
    kind = dt.float64 if allowed.is_of_numbers else TIME
    value = log[column] if log[column].type() == kind else log[column].try_cast(kind)
    bounds = [value.isnull()]
    bounds += [] if allowed.least is None else [value < allowed.least]
    bounds += [] if allowed.most is None else [value > allowed.most]
    bounds += [] if allowed.since is None else [value < ibis.literal(allowed.since, TIME)]
    bounds += [] if allowed.until is None else [value >= ibis.literal(allowed.until, TIME)]
    return log[column].notnull() & ibis.or_(*bounds)


def _meets(log: Table, condition: Condition) -> BooleanValue:
    """Whether an event is as `condition` says; an empty cell is not."""
    each = [log[column].cast("string").isin(values).fill_null(False) for column, values in condition.items()]
    return reduce(and_, each)


def _out_of_order(log: Table, activities: list[str], *, once: bool) -> Table:
    """Events that come after one that should follow them; where each comes `once`, also those that come again."""
    place = log.activity.cases(*((name, place) for place, name in enumerate(activities)), else_=None)
    listed = log.filter(_.activity.isin(activities)).select("case_id", "source", "activity", "position", place=place)
    earlier = ibis.window(group_by="case_id", order_by="position", preceding=(None, 1))
    seen = listed.mutate(furthest=_.place.max().over(earlier))
    late = seen.furthest >= seen.place if once else seen.furthest > seen.place
    return tally(seen.filter(late), OUT_OF_ORDER, example=words(_.case_id, _.activity))


def _too_often(log: Table, activity: str, most: int) -> Table:
    counted = log.filter((_.activity == activity) & (_.occurrence > most))
    return tally(counted, TOO_OFTEN, example=words(_.case_id, _.activity))


def _of_orders(log: Table, expect: Expectations) -> Iterator[Table]:
    """Activities that finished orders lack; all of them in one pass. An order still on its way lacks nothing yet."""
    over = log if STATUS not in log.columns else log.filter(log[STATUS] == "finished")
    rules: list[tuple[Check, BooleanValue | None, str]] = [(INCOMPLETE, None, name) for name in expect.required]
    rules += [(ALONE, over.activity == first, needed) for first, others in expect.together.items() for needed in others]
    rules += [(ABSENT, _meets(over, rule.where), needed) for rule in expect.present for needed in rule.activities]
    if not rules:
        return
    reasons = {
        f"due{place}": ibis.literal(True) if due is None else due.any() for place, (_check, due, _n) in enumerate(rules)
    }
    has = {f"has{place}": (over.activity == needed).any() for place, (_check, _due, needed) in enumerate(rules)}
    orders = over.group_by("case_id").agg(**reasons, **has).mutate(source=ibis.null("string"))
    for place, (check, _due, needed) in enumerate(rules):
        lacking = orders.filter(orders[f"due{place}"] & ~orders[f"has{place}"])
        yield tally(lacking, check, example=words(needed, _.case_id), rows=ibis.literal(0))


def _several(log: Table, column: str, other: str, personal: list[str]) -> Table:
    """Events whose value in `column` has several values in `other` (daqapo's `detect_unique_values`, as a rule)."""
    pairs = log.filter(_[column].notnull() & _[other].notnull()).group_by(value=_[column])
    several = pairs.agg(least=_[other].min(), most=_[other].max()).filter(_.least != _.most)
    events = log.select("case_id", "source", value=_[column]).inner_join(several, "value")
    shown = words(column, _.case_id) if {column, other} & {*personal} else words(_.value, _.least, _.most)
    return tally(events, AMBIGUOUS, example=shown)
