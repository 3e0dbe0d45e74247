"""Give played orders the numbers under which the systems know them, and their customers."""

from collections import Counter
from collections.abc import Sequence
from random import Random

from procmine.simulate.exports import Played
from procmine.simulate.flow import Flow
from procmine.simulate.happened import Event, Order, Run
from procmine.simulate.layout import Layout


def with_numbers(runs: Sequence[tuple[str, Flow, Run]], layout: Layout, *, seed: str) -> list[Played]:
    """The orders of all runs (state, flow, what came about) that have an event, by the time they came.

    The order's own numbers rise with the time of registration; those of other kinds are shuffled, so that no two kinds
    share one. An order that was registered twice has two of its own number.
    """
    random = Random(f"{seed}/numbers")
    orders = [(order, state, flow, events) for state, flow, run in runs for order, events in _events(run) if events]
    orders.sort(key=lambda one: (one[0].created, one[1]))
    order_kind, *others = layout.keys
    registered = sorted(
        (moment, place, registration)
        for place, (_order, _state, _flow, events) in enumerate(orders)
        for registration, moment in _registrations(events).items()
    )
    own: list[dict[int, str]] = [{} for _ in orders]
    for number, (_moment, place, registration) in enumerate(registered, start=1):
        own[place][registration] = layout.keys[order_kind].format(number)
    shuffled = {kind: _shuffled(len(orders), random) for kind in others}
    halves = [[names[int(random.random() * len(names))] for _ in orders] for names in layout.customers]
    work_orders = _work_orders([events for *_, events in orders], layout)
    return [
        Played(
            order=order,
            flow=flow,
            state=state,
            events=events,
            keys={
                order_kind: [own[place][registration] for registration in sorted(own[place])],
                **{kind: [layout.keys[kind].format(shuffled[kind][place] + 1)] for kind in others},
            },
            work_orders=work_orders[place],
            attributes={"customer": halves[0][place] + halves[1][place], "version": state, **order.attributes},
        )
        for place, (order, state, flow, events) in enumerate(orders)
    ]


def _events(run: Run) -> list[tuple[Order, list[Event]]]:
    by_order: dict[Order, list[Event]] = {order: [] for order in run.orders}
    for event in run.events:
        by_order[event.order].append(event)
    return list(by_order.items())


def _registrations(events: Sequence[Event]) -> dict[int, int]:
    """When each registration of an order was made: 0 when it came, 1 where it was registered again."""
    made = {0: events[0].order.created}
    for event in events:
        made.setdefault(event.registration, event.completed)
    return made


def _shuffled(count: int, random: Random) -> list[int]:
    draws = [random.random() for _ in range(count)]
    return sorted(range(count), key=draws.__getitem__)


def _work_orders(journeys: Sequence[Sequence[Event]], layout: Layout) -> list[list[str]]:
    """For each event of each order its work order. Numbers rise with the time at which a work order begins."""
    begun: list[tuple[int, int, int, str]] = []
    groups: list[list[int | None]] = []
    for order, events in enumerate(journeys):
        last: tuple[str, int] | None = None
        groups.append([])
        for event in events:
            pattern = layout.work_orders.get(event.task)
            if pattern is not None and (pattern, event.registration) != last:
                last = (pattern, event.registration)
                begun.append((event.start, order, len(begun), pattern))
            groups[-1].append(None if pattern is None else begun[-1][2])
    counts: Counter[str] = Counter()
    names: dict[int, str] = {}
    for _start, _order, group, pattern in sorted(begun):
        counts[pattern] += 1
        names[group] = pattern.format(counts[pattern])
    return [["" if group is None else names[group] for group in marks] for marks in groups]
