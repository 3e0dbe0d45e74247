"""Walk orders through a described flow: what was truly done, when, by whom, and which planted faults show in it."""

import datetime as dt
import math
from bisect import bisect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import accumulate
from random import Random
from statistics import NormalDist
from typing import TypeVar

from procmine.simulate.flow import Decision, Early, End, Fault, Flow, SentBack, Skipped, Span, Stalled, Task
from procmine.simulate.hours import DAY

MINUTES = 1 / 60
SAME_HANDS = 0.75
"""How often a department's next step of an order is done by whoever did its last one."""
RUSH_ORDERS = 1.6
"""How many times as many orders come in on a day of the month-end rush."""

Named = TypeVar("Named")


@dataclass(frozen=True)
class Order:
    """One order: its place in the row of all orders, when its need was found, and its attributes."""

    number: int
    created: dt.datetime
    tier: str
    product: str
    region: str


@dataclass(frozen=True)
class Event:
    """A step done. `outcome` is the branch taken after it, `faults` the planted faults that show in it."""

    task: str
    start: dt.datetime
    completed: dt.datetime
    performer: str
    outcome: str = ""
    reason: str = ""
    faults: tuple[str, ...] = ()


def draw_orders(flow: Flow, *, orders: int, seed: int) -> list[Order]:
    """So many orders, by the time they came in, spread over the working days of the flow's window."""
    random = Random(f"{seed}/orders")
    first, last = flow.window
    office = next(iter(flow.hours.values()))
    days = [first + place * DAY for place in range((last - first).days)]
    weights = {
        day: (RUSH_ORDERS if day.date() in flow.rush else 1.0)
        for day in days
        if flow.calendar.works(day.date(), office.week)
    }
    length = sum(closing - opening for opening, closing in office.week.spans)
    came = sorted(office.after(_pick(weights, random), random.random() * (length - 1)) for _ in range(orders))
    return [
        Order(
            number,
            created,
            _pick(flow.mix.tiers, random),
            _pick(flow.mix.products, random),
            _pick(flow.mix.regions, random),
        )
        for number, created in enumerate(came, start=1)
    ]


def play(order: Order, flow: Flow, *, seed: int) -> list[Event]:
    """The events of `order` that are complete by the end of the flow's window, first to last.

    Each order has its own stream of random numbers, and each fault its own draw in it, so that a fault's strength
    changes only the orders that it befalls.
    """
    walk = _Walk(order, flow, Random(f"{seed}/order/{order.number}"))
    walk.run()
    return [event for event in walk.events if event.completed <= flow.window[1]]


@dataclass
class _Walk:
    order: Order
    flow: Flow
    random: Random
    events: list[Event] = field(default_factory=list)
    done_early: set[str] = field(default_factory=set)
    marks: list[str] = field(default_factory=list)
    """Faults that show in the next event."""

    def __post_init__(self) -> None:
        self.clock = self.order.created
        self.luck = {fault.name: self.random.random() for fault in self.flow.faults}
        self.hands: dict[str, str] = {}

    def run(self) -> None:
        """Go from the start to an end, or to the end of the window."""
        at = self.flow.start
        while self.clock <= self.flow.window[1]:
            node = self.flow.nodes[at]
            if isinstance(node, End):
                return
            if isinstance(node, Task):
                at = self._task(at, node)
            elif isinstance(node, Decision):
                at = self._decide(node)
            else:
                at = node.next

    def _task(self, key: str, task: Task) -> str:
        if key in self.done_early:
            return task.next
        if fault := self._befalls(fault for fault in self._faults(Skipped) if fault.task == key):
            self.marks.append(fault.name)
            return self._way_on(task.next)
        if early := self._befalls(fault for fault in self._faults(Early) if fault.before == key):
            self.done_early.add(early.task)
            self.marks.append(early.name)
            self._perform(early.task)
        self._perform(key)
        if back := self._befalls(fault for fault in self._faults(SentBack) if fault.task == key):
            return self._send_back(back)
        return task.next

    def _send_back(self, fault: SentBack) -> str:
        reason = fault.reasons[int(self.random.random() * len(fault.reasons))]
        self.marks.append(fault.name)
        for step in fault.via:
            self._perform(step)
        place = -len(fault.via) if fault.via else -1
        self.events[place] = replace(self.events[place], reason=reason)
        return fault.to

    def _decide(self, decision: Decision) -> str:
        weights = [branch.weight(self.order.product) for branch in decision.branches]
        branch = decision.branches[_place(weights, self.random)]
        self.events[-1] = replace(self.events[-1], outcome=branch.label)
        return branch.to

    def _way_on(self, key: str) -> str:
        """Where an order comes out that nobody looked at: past decisions by their first branch."""
        node = self.flow.nodes[key]
        return self._way_on(node.branches[0].to) if isinstance(node, Decision) else key

    def _faults(self, kind: type["_AnyFault"]) -> "Iterable[_AnyFault]":
        return (fault for fault in self.flow.faults if isinstance(fault, kind))

    def _befalls(self, faults: "Iterable[_AnyFault]") -> "_AnyFault | None":
        """The first of `faults` that befalls the order now. Each befalls an order at most once."""
        for fault in faults:
            factor = fault.rush if self.clock.date() in self.flow.rush else 1.0
            meant = fault.products is None or self.order.product in fault.products
            if meant and self.luck[fault.name] < fault.strength * factor:
                self.luck[fault.name] = 1.0
                return fault
        return None

    def _perform(self, key: str) -> None:
        task = self.flow.tasks[key]
        hours = self.flow.hours[task.department]
        wait = self._length(task.wait) * self.flow.mix.patience[self.order.tier]
        if task.rushed and self.clock.date() in self.flow.rush:
            wait *= self.flow.rush_pace
        if stall := self._befalls(fault for fault in self._faults(Stalled) if fault.task == key):
            wait += self._length(stall.wait)
            self.marks.append(stall.name)
        start = hours.after(self.clock, wait if self.events else 0.0)
        if task.meets is not None:
            start = hours.next_weekday(start, task.meets)
        self.clock = hours.after(start, self._length(task.work))
        performer = self._performer(task.department)
        self.events.append(Event(key, start, self.clock, performer, faults=tuple(self.marks)))
        self.marks.clear()

    def _length(self, span: Span) -> float:
        """Hours drawn from `span`, at least some minutes: two steps of an order never end at the same second."""
        normal = NormalDist().inv_cdf(max(self.random.random(), 1e-12))
        return max(span.median * math.exp(span.spread * normal), 3 * MINUTES)

    def _performer(self, department: str) -> str:
        staff = self.flow.staff[department]
        same, other = self.random.random(), staff[int(self.random.random() * len(staff))]
        if same >= SAME_HANDS or department not in self.hands:
            self.hands[department] = other
        return self.hands[department]


_AnyFault = TypeVar("_AnyFault", bound=Fault)


def _pick(weights: Mapping[Named, float], random: Random) -> Named:
    return list(weights)[_place(list(weights.values()), random)]


def _place(weights: list[float], random: Random) -> int:
    """A place in `weights`, drawn by them. `Random.random` alone is promised to stay the same in later Pythons."""
    bounds = list(accumulate(weights))
    return min(bisect(bounds, random.random() * bounds[-1]), len(bounds) - 1)
