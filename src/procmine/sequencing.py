"""Put the events of every order in their one order, and store beside each event what follows it."""

from collections.abc import Sequence

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine.schema import CASE, EVENT_ATTRIBUTE, LOG, NEXT, attributes

TIE_BREAKERS = ("timestamp", "rank", "sequence", "source", "source_row", "place")
"""What decides the order of two events of one order, first to last: their time, the rank of their system, the export's
own sequence column, the export, the row in it, and for a row with several time columns their place in the mapping."""


def sequence(events: Table, *, by: Sequence[str] = TIE_BREAKERS) -> Table:
    """The log of `events`: `schema.LOG` and the `case:` and `event:` columns, sorted by case and position.

    `events` has the columns of `schema.EVENT` and those named in `by`; two rows of an order that agree in all of `by`
    would be ordered by luck, so `by` must tell every two of them apart. Nulls sort last.
    """
    again = ibis.window(group_by=["case_id", "activity"], order_by=[_[name].asc() for name in by])
    log = _placed(events, order="case_id", by=by).mutate(occurrence=ibis.row_number().over(again) + 1)
    return _log_columns(log).order_by("case_id", "position")


def sequence_all(events: Table, orders: Table, *, by: Sequence[str] = TIE_BREAKERS) -> Table:
    """The log of `events` as `sequence` gives it, with the `case:` columns of `orders`, one row per order.

    For a log that is computed as a whole, where it takes half the time: orders are compared by number instead of by
    name, their attributes are joined when the events are in order, and only the few events whose activity the order
    has again are counted. Where just some columns are asked for, `sequence` leaves out more.
    """
    numbered = orders.mutate(order=ibis.row_number().over(order_by="case_id"))
    keyed = events.inner_join(numbered.select("case_id", "order"), "case_id").drop("case_id")
    placed = _placed(keyed, order="order", by=by)
    several = placed.group_by("order", "activity").agg(events=_.count()).filter(_.events > 1)
    own = ibis.window(group_by=["order", "activity"], order_by="position")
    again = placed.semi_join(several, ["order", "activity"])
    again = again.select("order", "position", occurrence=ibis.row_number().over(own) + 1)
    log = placed.left_join(again, ["order", "position"], rname="{name}_again").inner_join(numbered, "order")
    return _log_columns(log.mutate(occurrence=_.occurrence.fill_null(1)).order_by("order", "position"))


def _placed(events: Table, *, order: str, by: Sequence[str]) -> Table:
    within = ibis.window(group_by=order, order_by=[_[name].asc() for name in by])
    return events.mutate(
        position=ibis.row_number().over(within) + 1, **{f"next_{name}": _[name].lead().over(within) for name in NEXT}
    )


def _log_columns(log: Table) -> Table:
    return log.select(*LOG, *attributes(log, CASE), *attributes(log, EVENT_ATTRIBUTE))


def resequence(log: Table) -> Table:
    """`log` after events were dropped from it: positions, look-ahead and occurrences anew, the order kept."""
    return sequence(log, by=("position",))
