"""One order's way through a flow: from step to step, past decisions, into the faults that befall it."""

import math
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random
from typing import Any

import simpy

from procmine.simulate import faults as ft
from procmine.simulate.flow import Decision, End, Flow, Some, Task
from procmine.simulate.happened import Event, Order, Run
from procmine.simulate.hours import Calendar, Hours
from procmine.simulate.span import Span, draw_place
from procmine.simulate.team import Clock, Person, Team

SAME_HANDS = 0.75
"""How often a department's next step of an order is meant for whoever did its last one."""
MACHINE = "system"

Steps = Generator[simpy.Event, Any, None]
Way = Generator[simpy.Event, Any, str]


@dataclass(frozen=True)
class World:
    """What all orders share: the flow, the time, and the people of the departments."""

    flow: Flow
    calendar: Calendar
    clock: Clock
    teams: dict[str, Team]
    heads: dict[str, Person]
    machine: Person
    run: Run

    def hours(self, department: str) -> Hours | None:
        """The hours of a department; None for a machine."""
        week = self.flow.departments[department].hours
        return None if week is None else self.calendar.hours(week)


@dataclass
class Journey:
    """An order on its way.

    It has its own stream of random numbers, and each fault its own draw in it, so that a fault's strength changes only
    the orders that it befalls, and those that queue behind them. The month-end rush alone moves when orders come.
    """

    order: Order
    world: World
    random: Random
    events: list[Event] = field(default_factory=list)
    done_before: set[str] = field(default_factory=set)
    """Steps that are not done when the order next comes to their place, since they were done before it."""
    owed: dict[str, ft.Late] = field(default_factory=dict)
    """By step, what is to be done after it, and not at its place before."""
    marks: list[str] = field(default_factory=list)
    """Faults that show in the next event."""
    decided_by: Event | None = None
    """The step last done on its way: a decision is noted there."""
    second: frozenset[str] = frozenset()
    """The systems that know the order by a second number."""

    def __post_init__(self) -> None:
        self.flow = self.world.flow
        self.luck = {fault.name: self.random.random() for fault in self.flow.faults}
        self.hands: dict[str, Person] = {}
        self.rounds: Counter[str] = Counter()

    def run(self) -> Steps:
        """Go from the start to an end, or to where the order stands still for good."""
        at = self.flow.start
        while at:
            node = self.flow.nodes[at]
            if isinstance(node, Task):
                at = yield from self._come_to(at, node)
            elif isinstance(node, Decision):
                at = self._decide(node)
            elif isinstance(node, End):
                yield from self._early_life(at)
                return
            else:
                at = node.next

    def _come_to(self, key: str, task: Task) -> Way:
        """Come to a step, and do it or not. Returns the node that follows; none where the order stands still."""
        if key in self.done_before:
            self.done_before.remove(key)
            return self._way_on(task.next)
        if any(late.at == key for late in self.owed.values()):
            return self._way_on(task.next)
        if lost := self._befallen(ft.Lost, key):
            self.world.run.stuck += [(self.order, name, key) for name in (*self.marks, lost.name)]
            return ""
        if skipped := self._befallen(ft.Skipped, key):
            self.marks.append(skipped.name)
            return self._way_on(task.next)
        if late := self._befallen(ft.Late, key):
            self.owed[late.after] = late
            return self._way_on(task.next)
        yield from self._before(key)
        done = self.decided_by = yield from self._perform(key)
        if key in self.owed:
            late = self.owed.pop(key)
            self.marks.append(late.name)
            yield from self._perform(late.at)
        return (yield from self._leave(key, task, done))

    def _before(self, key: str) -> Steps:
        if early := self._befallen(ft.Early, key):
            self.done_before.add(early.task)
            self.marks.append(early.name)
            yield from self._perform(early.task)
        if bounced := self._befallen(ft.PingPong, key):
            times = bounced.least + int(self.random.random() * (bounced.most - bounced.least + 1))
            for step in bounced.via * times:
                self.marks.append(bounced.name)
                yield from self._perform(step)

    def _leave(self, key: str, task: Task, done: Event) -> Way:
        """Where the order goes when it has `done` a step."""
        if twice := self._befallen(ft.RegisteredTwice, key):
            self.world.clock.process(self._register_again(twice))
        if self.world.calendar.is_rush(self.order.created) and (taken_back := self._befallen(ft.Rush, key)):
            self.marks.append(taken_back.name)
            yield from self._perform(taken_back.via, delay=taken_back.later)
            return taken_back.to
        if back := self._befallen(ft.SentBack, key):
            self.rounds[back.name] += 1
            if self.rounds[back.name] < back.rounds:
                self.luck[back.name] = self.random.random()
            reason = back.reasons[int(self.random.random() * len(back.reasons))]
            self.marks.append(back.name)
            for step in back.via:
                event = yield from self._perform(step)
                event.reason, reason = reason, ""  # the first of them notes it
            done.reason = reason
            return back.to
        return task.next

    def _register_again(self, fault: ft.RegisteredTwice) -> Steps:
        yield from self._perform(fault.at, delay=fault.later, marks=[fault.name], registration=1)
        self.second = fault.recorded

    def _early_life(self, at: str) -> Steps:
        if failed := self._befallen(ft.EarlyLife, at):
            yield self.world.clock.timeout(failed.later.draw(self.random))
            for step in failed.via:
                self.marks.append(failed.name)
                yield from self._perform(step)

    def _decide(self, decision: Decision) -> str:
        weights = decision.weights(self.order.attributes)
        branch = decision.branches[draw_place(list(accumulate(weights)), self.random)]
        if self.decided_by:
            self.decided_by.outcome = branch.label
        return branch.to

    def _way_on(self, key: str) -> str:
        """Where an order comes out that nobody looked at: past decisions by their first branch."""
        node = self.flow.nodes[key]
        return self._way_on(node.branches[0].to) if isinstance(node, Decision) else key

    def _befallen(self, kind: type[Some], place: str) -> Some | None:
        """The fault of a kind that befalls the order here and now: once each, but for further rounds."""
        for fault in self.flow.faults_at(kind, place):
            if self._has(fault):
                self.luck[fault.name] = math.inf
                return fault
        return None

    def _has(self, fault: ft.Fault) -> bool:
        factor = fault.rush if fault.rush != 1 and self.world.calendar.is_rush(self.world.clock.second) else 1.0
        return self.luck[fault.name] < fault.strength * factor and fault.means(self.order.attributes)

    def _perform(
        self, key: str, *, delay: Span | None = None, marks: list[str] | None = None, registration: int | None = None
    ) -> Generator[simpy.Event, Any, Event]:
        """Do a step: come to the department, wait for the meeting, wait for somebody, work."""
        clock, task = self.world.clock, self.flow.tasks[key]
        shown = self.marks if marks is None else marks
        department, dither = self._owner(key, task, shown)
        hours = self.world.hours(department)
        enabled, ready = clock.second, clock.second
        if self.events:
            way = (delay or task.delay).draw(self.random, self._patience) + dither
            ready = enabled + way if hours is None else hours.after(enabled, way)
        called, met = ready, False
        for meeting in self.flow.faults_at(ft.Meeting, key):
            if hours is not None and self._has(meeting):
                called, met = hours.next_weekday(ready, meeting.weekday), True
                shown.append(meeting.name)
        yield clock.timeout(called - enabled)
        person = self.world.heads[department] if met else (yield from self._somebody(department))
        start = clock.second
        length = task.work.draw(self.random)
        yield clock.timeout(length if hours is None else person.hours.after(start, length) - start)
        if hours is not None and not met:
            self.world.teams[department].done(person)
        system_knows = int(task.system in self.second) if registration is None else registration
        event = Event(
            order=self.order,
            task=key,
            department=department,
            person=person,
            enabled=enabled,
            ready=ready,
            called=called,
            start=start,
            completed=clock.second,
            faults=tuple(dict.fromkeys(shown)),
            registration=system_knows,
        )
        shown.clear()
        self.events.append(event)
        self.world.run.events.append(event)
        return event

    def _owner(self, key: str, task: Task, shown: list[str]) -> tuple[str, int]:
        """The department that does the step, and for how many seconds the order lies before it does."""
        if wrong := self._befallen(ft.WrongDepartment, key):
            shown.append(wrong.name)
            return wrong.department, 0
        if unclear := self._befallen(ft.UnclearOwner, key):
            shown.append(unclear.name)
            owners = (task.department, unclear.department)
            return owners[int(self.random.random() * 2)], unclear.dither.draw(self.random)
        return task.department, 0

    def _somebody(self, department: str) -> Generator[simpy.Event, Any, Person]:
        """Wait until somebody of the department takes the order."""
        team = self.world.teams.get(department)
        if team is None:
            return self.world.machine
        same = self.random.random() < SAME_HANDS
        favoured = any(self._has(fault) for fault in self.flow.faults_at(ft.Favoured, department))
        person: Person = yield team.ask(favoured=favoured, wanted=self.hands.get(department) if same else None)
        self.hands[department] = person
        return person

    @property
    def _patience(self) -> float:
        attribute, factors = self.flow.orders.patience
        return factors.get(self.order.attributes[attribute], 1.0) if factors else 1.0
