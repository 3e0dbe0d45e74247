"""What checking a log against a flow gives."""

from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import pandas as pd
from ibis import _
from ibis.expr.types import Table

from procmine.errors import LogError
from procmine.mine.net import Net

By = Literal["department", "system", "activity", "kind"]


class Checkable(Protocol):
    """What orders can be checked against: a designed flow, or a model discovered from a log."""

    @property
    def petri(self) -> Net:
        """The net that says what may follow what."""
        ...

    @property
    def steps(self) -> pd.DataFrame:
        """Its steps: id, activity, department, checkpoint."""
        ...


@dataclass(frozen=True)
class Unmatched:
    """Activities that only one side knows: in the log they are always unplanned, in the flow always skipped."""

    log: tuple[str, ...]
    flow: tuple[str, ...]

    def __str__(self) -> str:
        if not self.log and not self.flow:
            return "every activity of the log is in the flow, and the reverse"
        sides = (("only in the log", self.log), ("only in the flow", self.flow))
        return "; ".join(f"{side}: {', '.join(map(repr, names))}" for side, names in sides if names)


@dataclass(frozen=True, eq=False)
class Check:
    """What `conformance` found.

    `unmatched` says which activities only one side has; look at it before the figures.

    `fitness` is the log fitness, 1 − cost of all orders / worst cost of all orders; `mean_fitness` the mean of the
    orders' own fitness; `fitting_share` the share of orders, 0…1, without any deviation. All three leave out the orders
    of variants that could not be checked.

    `orders` has one row an order, by case_id:

    - case_id: string
    - status: string, where the log has `case:status`
    - ongoing: boolean, whether it was checked as the beginning of an order (status open or cut)
    - events: int64
    - cost: int64, steps skipped and events unplanned; null where the order could not be checked
    - fitness: float64, 1 − cost / worst cost, 0…1; null likewise
    - fits: boolean, cost 0; null likewise

    `deviations` has one row a deviation, by case_id and position:

    - case_id: string
    - kind: string, "skipped" (the flow has the step, the order lacks it) or "unplanned" (the reverse)
    - activity: string
    - position: int64, of an unplanned event its position in the order; of a skipped step the position of the event
      before which it should have happened, one more than the order's events where that is the end
    - department: string, of an unplanned event its own, or without one the lane of its activity; of a skipped step its
      lane; null where that is unknown
    - system: string, of an unplanned event; null else
    - checkpoint: boolean, whether a checkpoint was skipped
    - sentence, sentence_zh: string, the deviation said in English and in Chinese

    `unchecked` has one row a variant whose alignment was given up: activities (array), ongoing, orders, statement.
    """

    unmatched: Unmatched
    fitness: float
    mean_fitness: float
    fitting_share: float
    orders: Table
    deviations: Table
    unchecked: Table

    def by(self, column: By) -> Table:
        """Where the deviations are.

        One row per value of `column`, the most deviations first: that column; rows, int64, deviations; orders, int64,
        distinct orders with one; share, float64, those of all orders checked, 0…1. A null is a department or system
        that is not known.
        """
        if column not in get_args(By):
            raise LogError(f"no column {column!r}", where="by", expected=f"One of {', '.join(get_args(By))}")
        checked = self.orders.filter(_.cost.notnull()).count()
        counted = self.deviations.group_by(column).agg(rows=_.count(), orders=_.case_id.nunique())
        shared = counted.mutate(share=_.orders / checked.as_scalar())
        return shared.order_by(_.rows.desc(), _[column].asc())

    def __repr__(self) -> str:
        return (
            f"Check({self.unmatched}; fitness {self.fitness:.4f}, {self.fitting_share:.1%} of orders without deviation)"
        )
