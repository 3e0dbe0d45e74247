"""What truly happened, beside the exports: every event with what it waited for, every fault, every key, every row.

`procmine` reads none of it when it assembles a log; lessons and tests judge by it what was found.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from procmine.simulate import faults as ft
from procmine.simulate.exports import WORK_ORDER, Played, Written
from procmine.simulate.files import write_rows
from procmine.simulate.flow import Flow
from procmine.simulate.happened import Event, Order, Run
from procmine.simulate.hours import Calendar
from procmine.simulate.team import Person

EVENTS = ("event", "order", "version", "activity", "department", "performer", "system", "enabled", "start", "completed")
CAUSES = ("extraneous_s", "batching_s", "contention_s", "prioritisation_s", "unavailability_s")
FAULTS = ("fault", "version", "strength", "order", "event", "from_activity", "activity", "detail")


class Wait(NamedTuple):
    """Why an event waited from when it was enabled until its start, in seconds; the five add up to the wait."""

    extraneous: int
    """On its way to the department, or unnoticed there, in the department's working time."""
    batching: int
    """Until the meeting that took it, from when it had come."""
    contention: int
    """The people of the department had other orders in hand, or were too few to be there."""
    prioritisation: int
    """The person who then took it had one in hand that came later."""
    unavailability: int
    """Outside the working time of the department, or in hours that the person who took it leaves uncovered."""


class Waits:
    """The causes of the waits of a run."""

    def __init__(self, run: Run, flow: Flow, calendar: Calendar) -> None:
        self._flow, self._calendar = flow, calendar
        self._work: dict[Person, list[Event]] = defaultdict(list)
        for event in sorted(run.events, key=lambda event: event.start):
            self._work[event.person].append(event)
        self._starts = {person: [event.start for event in work] for person, work in self._work.items()}

    def of(self, event: Event) -> Wait:
        """Why `event` waited."""
        week = self._flow.departments[event.department].hours
        on_its_way = event.ready - event.enabled
        if week is None:
            return Wait(on_its_way, event.called - event.ready, 0, 0, event.start - event.called)
        open_way = self._calendar.hours(week).worked(event.ready) - self._calendar.hours(week).worked(event.enabled)
        covered = event.person.hours if event.person.short else self._calendar.hours(week)
        in_queue = covered.worked(event.start) - covered.worked(event.called)
        overtaken = self._overtaken(event)
        closed = on_its_way - open_way + event.start - event.called - in_queue
        return Wait(open_way, event.called - event.ready, in_queue - overtaken, overtaken, closed)

    def slowed(self, event: Event, wait: Wait) -> Iterator[str]:
        """The faults of the department that `event` waited for."""
        flow, department = self._flow, event.department
        if wait.contention + wait.prioritisation:
            yield from (fault.name for fault in flow.faults_at(ft.Understaffed, department) if fault.strength)
        if wait.prioritisation:
            yield from (fault.name for fault in flow.faults_at(ft.Favoured, department) if fault.strength)
        if event.person.short and self._uncovered(event):
            yield from (fault.name for fault in flow.faults_at(ft.UncoveredHours, department))

    def _uncovered(self, event: Event) -> bool:
        """Whether `event` waited for a person who was away in hours that the department should cover."""
        week = self._flow.departments[event.department].hours
        full = self._calendar.hours(week) if week else event.person.hours
        own = event.person.hours
        return full.worked(event.start) - full.worked(event.called) > own.worked(event.start) - own.worked(event.called)

    def _overtaken(self, event: Event) -> int:
        """The working seconds in which the person who took `event` had in hand what was called later."""
        if event.start == event.called:
            return 0
        work, hours = self._work[event.person], event.person.hours
        last = bisect_right(self._starts[event.person], event.start)
        found = 0
        for other in reversed(work[:last]):
            if other.completed <= event.called:
                break
            if other is not event and other.called > event.called:
                found += hours.worked(min(other.completed, event.start)) - hours.worked(max(other.start, event.called))
        return found


def write_truth(
    runs: Sequence[tuple[str, Flow, Run]], played: Sequence[Played], written: Written, calendar: Calendar, folder: Path
) -> None:
    """Write the truth to `folder`.

    - ``events.csv``, one row an event, by order and time: its number, `order` (its first number), `version` (before or
      after the redesign), `activity` as in the log, `department`, `performer`, `system`; `enabled`, when the step
      before was complete, `start` and `completed`, on the clock of the flow's zone; the seconds from `enabled` to
      `start`, by cause (`Wait`); `faults`, those that show in it, joined by ``;``.
    - ``faults.csv``, one row for each time that a fault touched an order: the fault, `version` and strength, the order,
      the event in which it shows, and the handoff `from_activity` → `activity`. An order that stands still for good has
      no event there, nor for what befell it just before; a lost link (`detail` names the export) has no handoff, a
      clock (`detail` names the system) no order.
    - ``keys.csv``: every key by its kind, and its order.
    - ``records.csv``: which row (1 below the header) of which export records which event.
    """
    numbers: dict[int, int] = {}
    for one in played:
        for event in one.events:
            numbers[id(event)] = len(numbers) + 1
    waits = {id(flow): Waits(run, flow, calendar) for _state, flow, run in runs}
    unseen: dict[Order, list[tuple[str, str]]] = defaultdict(list)
    for _state, _flow, run in runs:
        for stuck, name, key in run.stuck:
            unseen[stuck].append((name, key))
    lost: dict[int, list[str]] = defaultdict(list)
    for one, file in written.lost:
        lost[id(one)].append(file)
    events: list[Sequence[object]] = []
    faults: list[Sequence[object]] = [
        (fault.name, state, f"{fault.strength:g}", "", "", "", "", fault.at)
        for state, flow, _run in runs
        for fault in flow.faults
        if isinstance(fault, ft.ClockSkew) and fault.strength
    ]
    for one in played:
        tasks, order, before = one.flow.tasks, _order(one), ""
        strengths = {fault.name: f"{fault.strength:g}" for fault in one.flow.faults}
        touched: list[tuple[str, object, str, str, str]] = []
        for event in one.events:
            task, wait = tasks[event.task], waits[id(one.flow)].of(event)
            shown = dict.fromkeys((*event.faults, *waits[id(one.flow)].slowed(event, wait)))
            moments = (calendar.moment(at).isoformat() for at in (event.enabled, event.start, event.completed))
            told = (task.name, event.department, event.person.name, task.system, *moments, *wait)
            events.append((numbers[id(event)], order, one.state, *told, ";".join(shown)))
            touched += [(name, numbers[id(event)], before, task.name, "") for name in shown]
            before = task.name
        touched += [(name, "", before, tasks[key].name, "") for name, key in unseen[one.order]]
        for file in lost[id(one)]:
            touched += [(fault.name, "", "", "", file) for fault in one.flow.faults_at(ft.LostLinks, file)]
        faults += [(name, one.state, strengths[name], order, *rest) for name, *rest in touched]
    write_rows(folder / "events.csv", (*EVENTS, *CAUSES, "faults"), _text(events))
    write_rows(folder / "faults.csv", FAULTS, _text(faults))
    keys = ((kind, key, _order(one)) for one in played for kind, key in _keys(one))
    write_rows(folder / "keys.csv", ("kind", "key", "order"), keys)
    records = ((file, row, numbers[id(one.events[place])]) for file, row, one, place in written.records)
    write_rows(folder / "records.csv", ("file", "row", "event"), _text(records))


def _order(one: Played) -> str:
    return next(iter(one.keys.values()))[0]


def _keys(one: Played) -> Iterator[tuple[str, str]]:
    for kind, keys in one.keys.items():
        yield from ((kind, key) for key in keys)
    yield from ((WORK_ORDER, key) for key in dict.fromkeys(one.work_orders) if key)


def _text(rows: Iterable[Sequence[object]]) -> Iterator[list[str]]:
    return ([str(cell) for cell in row] for row in rows)
