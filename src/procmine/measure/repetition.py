"""Rework: activities performed more than once in an order."""

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine.schema import LINE, require_log


def rework(log: Table) -> Table:
    """Which activities are done again, at once or after something else, and by the same person or another.

    Definition: every event of an activity that its order performed before is one piece of rework. It is a *self-loop*
    where the event just before it is that performance, a *repetition* where another came between; a run of length L
    has L − 1 self-loops. It is a *repeat* where the resource is that of the activity's previous occurrence,
    a *redo* where it is another, *unknown* where either is not recorded. An order with five lines performs a line's
    step five times, which is no rework: where the log tells lines apart, an activity is performed before if it was for
    the same line, or, of an event about no line, for none.

    Reads: case_id, activity, resource, position, occurrence; event:order_line where the log has it.

    Returns one row per activity, kind and by that occurs, in their alphabetical order:

    - activity: string
    - kind: string, "self-loop" or "repetition"
    - by: string, "repeat", "redo" or "unknown"
    - count: int64, pieces of rework
    - orders: int64, orders with at least one

    Errors: `LogError` where `log` lacks a log's columns.

    Source: repetitions and self-loops of edeaR (Swennen et al., "Capturing Rework and Inefficiencies", 2016).

    >>> from procmine.example import example_log
    >>> rework(example_log()).to_pandas()
      activity        kind      by  count  orders
    0   Accept  repetition    redo      1       1
    1   Accept   self-loop  repeat      1       1
    """
    counted = _pieces(log).group_by("activity", "kind", "by").agg(count=_.count(), orders=_.case_id.nunique())
    return counted.order_by("activity", "kind", "by")


def rework_events(log: Table) -> Table:
    """Every piece of rework, as `rework` defines it, with who did the activity before: the referral.

    Returns one row per piece of rework, by case_id and position:

    - case_id, activity: string; position: int64, of the event done again
    - kind, by: as in `rework`
    - previous_position: int64; previous_resource, resource: string

    >>> from procmine.example import example_log
    >>> rework_events(example_log())[["position", "kind", "previous_resource", "resource"]].to_pandas()
       position        kind previous_resource resource
    0         2   self-loop               Ann      Ann
    1         5  repetition               Ann      Bob
    """
    return _pieces(log).order_by("case_id", "position")


def _pieces(log: Table) -> Table:
    """`rework_events` in any order: counting them needs none."""
    done, same_work = _occurrences(require_log(log))
    again = done.filter(_.occurrence > 1).select(*same_work, "position", "resource", before=_.occurrence - 1)
    previous = done.select(
        *same_work,
        before=_.occurrence,
        previous_position=_.position,
        previous_resource=_.resource,
    )
    pieces = again.join(previous, [*same_work, "before"])
    same = pieces.resource == pieces.previous_resource
    return pieces.select(
        "case_id",
        "activity",
        "position",
        kind=ibis.ifelse(_.position == _.previous_position + 1, "self-loop", "repetition"),
        by=ibis.cases((same, "repeat"), (~same, "redo"), else_="unknown"),
        previous_position=_.previous_position,
        previous_resource=_.previous_resource,
        resource=_.resource,
    )


def _occurrences(log: Table) -> tuple[Table, list[str]]:
    """The events with `occurrence`, how many times the work was done by then, and the columns that tell work apart.

    Of a log with lines, only the events whose activity the order has several times.
    """
    if LINE not in log.columns:
        return log, ["case_id", "activity"]
    several = log.filter(_.occurrence == 2).select("case_id", "activity")
    of_lines = log.semi_join(several, ["case_id", "activity"]).mutate(line=_[LINE].cast("string").fill_null(""))
    same_work = ["case_id", "activity", "line"]
    so_far = ibis.row_number().over(group_by=same_work, order_by="position") + 1
    return of_lines.mutate(occurrence=so_far), same_work
