"""Put the events of every order in their one order, and store beside each event what follows it."""

from collections.abc import Sequence

import ibis
from ibis import _
from ibis.expr.types import Table

from procmine.schema import CASE, EVENT, EVENT_ATTRIBUTE, NEXT, attributes

TIE_BREAKERS = ("timestamp", "rank", "sequence", "source", "source_row", "place")
"""What decides the order of two events of one order, first to last: their time, the rank of their system, the export's
own sequence column, the export, the row in it, and for a row with several time columns their place in the mapping."""


def sequence(events: Table, *, by: Sequence[str] = TIE_BREAKERS) -> Table:
    """The log of `events`: `schema.LOG` and the `case:` and `event:` columns, sorted by case and position.

    `events` has the columns of `schema.EVENT` and those named in `by`; two rows of an order that agree in all of `by`
    would be ordered by luck, so `by` must tell every two of them apart. Nulls sort last.
    """
    within = ibis.window(group_by="case_id", order_by=[_[name].asc() for name in by])
    again = ibis.window(group_by=["case_id", "activity"], order_by=[_[name].asc() for name in by])
    log = events.mutate(
        position=ibis.row_number().over(within) + 1,
        **{f"next_{name}": _[name].lead().over(within) for name in NEXT},
        occurrence=ibis.row_number().over(again) + 1,
    )
    kept = [*EVENT, "position", *(f"next_{name}" for name in NEXT), "occurrence"]
    extra = [*attributes(events, CASE), *attributes(events, EVENT_ATTRIBUTE)]
    return log.select(*kept, *extra).order_by("case_id", "position")


def resequence(log: Table) -> Table:
    """`log` after events were dropped from it: positions, look-ahead and occurrences anew, the order kept."""
    return sequence(log, by=("position",))
