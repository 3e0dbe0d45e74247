"""Check a log against a flow: every order aligned, every place where it leaves the flow a named deviation."""

import warnings
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import chain
from typing import NamedTuple

import pyarrow as pa
from ibis import _
from ibis.expr.types import Table

from procmine import engine
from procmine.errors import FlowError, LogError
from procmine.mine.align import Alignment, align, cheapest_run
from procmine.mine.bridge import Way, orders_and_ways, way_table
from procmine.mine.check import Check, Checkable, Unmatched
from procmine.mine.deviations import Owners, order_deviations, way_deviations
from procmine.mine.net import Net, stoppable

MAX_STATES = 1_000_000
OUTCOME = {
    "variant": pa.int64(),
    "ongoing": pa.bool_(),
    "way": pa.int64(),
    "cost": pa.int64(),
    "worst": pa.int64(),
}
UNCHECKED = {"activities": pa.list_(pa.string()), "ongoing": pa.bool_(), "orders": pa.int64(), "statement": pa.string()}


class UncheckedWarning(UserWarning):
    """Variants whose alignment was given up: their orders have no figure."""


def conformance(log: Table, flow: Checkable, *, max_states: int = MAX_STATES) -> Check:
    """Where do orders leave the designed flow, who leaves it there, and how far are they from it?

    Definition: the optimal alignment of each distinct variant with the net of `flow`, at standard cost: 1 for an event
    that the flow has no place for, 1 for a step of the flow that the order lacks, nothing for silent transitions. The
    fitness of an order is 1 − cost / worst cost; the worst is every event unplanned and a shortest run of the flow
    skipped. An order with `case:status` open or cut is checked as a beginning: the flow may stop after any step, so
    that what has not happened yet is no deviation, and its worst cost is its number of events. Of several optimal
    alignments it is always the same one.

    Reads: case_id, activity, position, department, system, case:status.

    Errors: `LogError` for an empty log; `FlowError` where log and flow have no activity in common, where no run of the
    flow reaches its end, or where no variant could be checked. A variant whose search goes over `max_states` states is
    named in `Check.unchecked` and in an `UncheckedWarning`, and its orders have no figure.

    Source: van der Aalst, Adriansyah, van Dongen, Replaying history on process models for conformance checking and
    performance analysis, WIREs Data Mining and Knowledge Discovery 2 (2012).
    """
    with orders_and_ways(log) as (orders, found):
        if not found:
            raise LogError("the log has no events", expected="A log with at least one order")
        unmatched = _unmatched(frozenset(chain(*(way.activities for way in found))), flow.petri.labels)
        shortest = cheapest_run(flow.petri, max_states=max_states)
        with engine.collector_paused():
            alignments = _alignments(flow.petri, found, max_states)
        unchecked = [way for way in found if alignments[way] is None]
        _tell(unchecked, found, max_states)
        outcomes = [
            _Outcome(way, alignments[way], len(way.activities) + (0 if way.ongoing else shortest)) for way in found
        ]
        rows = [outcome.row(number) for number, outcome in enumerate(outcomes)]
        checked = _by_order(orders, way_table(rows, OUTCOME))
    aligned = {
        number: (outcome.way.activities, outcome.alignment)
        for number, outcome in enumerate(outcomes)
        if outcome.alignment is not None
    }
    with engine.collector_paused():
        ways = way_deviations(aligned, Owners.of(flow.steps))
    fitness, mean_fitness, fitting_share = _fitness(outcomes)
    return Check(
        unmatched=unmatched,
        fitness=fitness,
        mean_fitness=mean_fitness,
        fitting_share=fitting_share,
        orders=checked.drop("way"),
        deviations=order_deviations(checked, ways, log),
        unchecked=way_table([_statement(way, max_states) for way in unchecked], UNCHECKED),
    )


class _Outcome(NamedTuple):
    """What checking a way gave: its alignment, None where that was given up, and the worst cost it could have had."""

    way: Way
    alignment: Alignment | None
    worst: int

    @property
    def cost(self) -> int | None:
        return None if self.alignment is None else self.alignment.cost

    def row(self, number: int) -> tuple[object, ...]:
        """It as a row of `OUTCOME`."""
        return self.way.variant, self.way.ongoing, number, self.cost, self.worst


def _fitness(outcomes: Iterable[_Outcome]) -> tuple[float, float, float]:
    """The three figures of a `Check`: fitness, mean fitness, and the share of the orders that fit."""
    costs = [(one.way.orders, one.cost, one.worst) for one in outcomes if one.cost is not None]
    total = sum(orders for orders, _cost, _worst in costs)
    return (
        1 - sum(n * cost for n, cost, _worst in costs) / sum(n * worst for n, _cost, worst in costs),
        sum(n * (1 - cost / worst) for n, cost, worst in costs) / total,
        sum(n for n, cost, _worst in costs if cost == 0) / total,
    )


def _alignments(net: Net, found: Iterable[Way], max_states: int) -> dict[Way, Alignment | None]:
    by_state = {state: [way for way in found if way.ongoing == state] for state in (False, True)}
    aligned = {
        state: align(stoppable(net) if state else net, [way.activities for way in held], max_states=max_states)
        for state, held in by_state.items()
    }
    return {way: aligned[state][way.activities] for state, held in by_state.items() for way in held}


def _by_order(orders: Table, outcomes: Table) -> Table:
    """One row an order, computed now, so that what is asked of the result does not go through the log again."""
    each = orders.join(outcomes, ["variant", "ongoing"]).mutate(fitness=1 - _.cost / _.worst, fits=_.cost == 0)
    status = ["status"] if "status" in orders.columns else []
    columns = ("case_id", *status, "ongoing", "events", "cost", "fitness", "fits", "way")
    return engine.table(engine.collect_arrow(each.select(*columns).order_by("case_id")))


def _unmatched(log: frozenset[str], flow: frozenset[str]) -> Unmatched:
    if log & flow:
        return Unmatched(tuple(sorted(log - flow)), tuple(sorted(flow - log)))
    close = {name: get_close_matches(name, sorted(flow), n=1, cutoff=0.5) for name in sorted(log)}
    hints = "; ".join(f"{name!r} may be {near[0]!r}" for name, near in close.items() if near)
    raise FlowError(
        f"log and flow have no activity in common. The log has {_some(log)}; the flow has {_some(flow)}",
        expected=f"Name the activities alike, in the study's `activities` or in the flow{': ' if hints else ''}{hints}",
    )


def _some(names: frozenset[str], most: int = 10) -> str:
    shown = ", ".join(repr(name) for name in sorted(names)[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def _statement(way: Way, max_states: int) -> tuple[object, ...]:
    orders = "1 order" if way.orders == 1 else f"{way.orders} orders"
    said = f"{orders} of {len(way.activities)} events: no optimal alignment within {max_states:,} states"
    return way.activities, way.ongoing, way.orders, said


def _tell(unchecked: list[Way], found: list[Way], max_states: int) -> None:
    if not unchecked:
        return
    orders = sum(way.orders for way in unchecked)
    few = f"{len(unchecked)} of {len(found)} variants ({orders} orders)"
    found_none = f"{few} have no optimal alignment within {max_states:,} states"
    if len(unchecked) == len(found):
        raise FlowError(found_none, expected="Raise max_states, or simplify the flow")
    warnings.warn(
        f"{found_none}; their orders have no figure. Raise max_states to check them", UncheckedWarning, stacklevel=3
    )
