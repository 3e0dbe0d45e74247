"""The standard lifecycle of XES: which events are steps of their own, and which start belongs to which completion."""

from collections.abc import Sequence

import ibis
from ibis import _
from ibis.expr.types import BooleanValue, Table

START, COMPLETE = "start", "complete"
STANDARD = frozenset(
    {
        *("schedule", "assign", "reassign", START, "suspend", "resume", COMPLETE),
        *("withdraw", "autoskip", "manualskip", "ate_abort", "pi_abort"),
    }
)
"""The transitions of the standard model (IEEE 1849, lifecycle extension), compared without regard to case."""

_ACTIVITY = ("case_id", "activity", "instance", "pair")


class SetAsideWarning(UserWarning):
    """Parts of a file that did not become rows of the log: how many, why, and how to keep them."""


def steps() -> BooleanValue:
    """Whether an event is a row of its own: it is no standard transition, or it is `complete`."""
    return _.transition.isnull() | _.transition.notin(sorted(STANDARD - {COMPLETE}))


def pairs(events: Table) -> Table:
    """The start of each completion that has one.

    `events` has `number` (the place in the file), `case_id`, `activity`, `instance` (concept:instance), `resource`,
    `timestamp`, `place` (what orders events in time), `transition` in lower case, and `pair`: where it is not null, it
    alone says which start belongs to which event. Within an order, an activity and an instance, the first start is that
    of the first completion after it: first among events of the same resource, then among those left over.

    One row a pair: `number` of the completion, `start_number`, and `start`, the start's timestamp.
    """
    moves = events.filter(_.transition.isin([START, COMPLETE]) | _.pair.notnull()).mutate(
        is_start=(_.transition == START).fill_null(False),
        place=_.pair.isnull().ifelse(_.place, ibis.null(events.place.type())),
    )
    ordered = moves.mutate(turn=_.pair.isnull().ifelse(1, _.is_start.ifelse(0, 1)))
    same = _matched(ordered, (*_ACTIVITY, "resource"))
    taken = same.select("number").union(same.select(number="start_number"))
    return same.union(_matched(ordered.anti_join(taken, "number"), _ACTIVITY))


def _matched(moves: Table, by: Sequence[str]) -> Table:
    """First come, first served within `by`: a completion takes the first start before it that is not yet taken."""
    so_far = ibis.cumulative_window(group_by=by, order_by=["place", "turn", "number"])
    counted = moves.mutate(
        starts=_.is_start.cast("int64").sum().over(so_far), ends=(~_.is_start).cast("int64").sum().over(so_far)
    )
    served = counted.mutate(lacking=ibis.greatest((_.ends - _.starts).max().over(so_far), 0))
    before = ibis.window(group_by=by, order_by=["place", "turn", "number"])
    told = served.mutate(
        lacks=~_.is_start & (_.lacking > _.lacking.lag().over(before).fill_null(0)),
        nth=_.is_start.ifelse(_.starts, _.ends - _.lacking),
    ).filter(~_.lacks)
    couple = ibis.window(group_by=[*by, "nth"], order_by=_.is_start.desc())
    return (
        told.mutate(start_number=_.number.lag().over(couple), start=_.timestamp.lag().over(couple))
        .filter(~_.is_start & _.start_number.notnull())
        .select("number", "start_number", "start")
    )
