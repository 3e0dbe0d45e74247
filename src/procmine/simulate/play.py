"""Play a described flow: orders come, and run all at once through the same departments."""

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from random import Random

from procmine.simulate.faults import Rush
from procmine.simulate.flow import Flow
from procmine.simulate.happened import Order, Run
from procmine.simulate.hours import Calendar, Week
from procmine.simulate.journey import MACHINE, Journey, Steps, World
from procmine.simulate.people import heads, hire
from procmine.simulate.span import draw_place
from procmine.simulate.team import Clock, Person, Team

RUSH_ORDERS = 3.0
"""How many times as many orders come in on a day of the month-end rush, at full strength of the fault."""
ALWAYS = Week(((0, 24),), frozenset(range(7)), keeps_holidays=False)


def play(
    flow: Flow,
    calendar: Calendar,
    *,
    orders: int,
    first: int,
    last: int,
    seed: str,
    progress: Callable[[float], None] = lambda _share: None,
) -> Run:
    """Let so many orders come in from second `first` to second `last`, and run until the calendar's end.

    What is not complete by then is not there. Departments have people for the orders that come. `progress` is called
    with the share of the time that has passed.
    """
    drawn = _draw(flow, calendar, orders=orders, first=first, last=last, seed=seed)
    clock = Clock()
    people = hire(flow, calendar, orders=orders, paid=(first, last), seed=seed)
    teams = {department: Team(clock, team) for department, team in people.items()}
    machine = Person(MACHINE, calendar.hours(ALWAYS))
    world = World(flow, calendar, clock, teams, heads(flow, calendar, seed=seed), machine, Run(drawn))
    clock.process(_arrivals(world, drawn, seed))
    for share in range(1, 101):
        clock.run(until=calendar.end * share // 100)
        progress(share / 100)
    world.run.events.sort(key=lambda event: (event.order.number, event.completed))
    return world.run


def _draw(flow: Flow, calendar: Calendar, *, orders: int, first: int, last: int, seed: str) -> list[Order]:
    """The orders by the time they came, spread over the opening hours from second `first` to second `last`."""
    random = Random(f"{seed}/orders")
    hours = calendar.hours(flow.orders.hours)
    rush = max((fault.strength for fault in flow.faults if isinstance(fault, Rush)), default=0.0)
    spans = [span for span in zip(hours.opens, hours.closes, strict=True) if first <= span[0] < last]
    weights = [(end - begin) * (1 + (RUSH_ORDERS - 1) * rush * calendar.is_rush(begin)) for begin, end in spans]
    bounds = list(accumulate(weights))
    came = []
    for _ in range(orders):
        begin, end = spans[draw_place(bounds, random)]
        came.append(begin + int(random.random() * (end - begin)))
    return [
        Order(number, created, {name: _value(shares, random) for name, shares in flow.orders.attributes.items()})
        for number, created in enumerate(sorted(came))
    ]


def _value(shares: Mapping[str, float], random: Random) -> str:
    return list(shares)[draw_place(list(accumulate(shares.values())), random)]


def _arrivals(world: World, drawn: Sequence[Order], seed: str) -> Steps:
    for order in drawn:
        yield world.clock.timeout(order.created - world.clock.second)
        world.clock.process(Journey(order, world, Random(f"{seed}/order/{order.number}")).run())
