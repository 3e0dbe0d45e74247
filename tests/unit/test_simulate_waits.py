"""Why orders waited, each case worked by hand: one person, at work from 8 to 12 every day."""

import datetime as dt
from typing import Any

from procmine.simulate.faults import Favoured, UncoveredHours, Understaffed
from procmine.simulate.flow import Department, End, Flow, Orders, Start, Task
from procmine.simulate.happened import Event, Order, Run
from procmine.simulate.hours import HOUR, Calendar, PublicCalendar, Week
from procmine.simulate.span import Span
from procmine.simulate.team import Person
from procmine.simulate.truth import Wait, Waits

MORNING = Week(((8, 12),), frozenset(range(7)))
LATE_START = Week(((10, 12),), frozenset(range(7)))
CALENDAR = Calendar(PublicCalendar({}, frozenset()), dt.date(2024, 1, 1), 10)
FLOW = Flow(
    name="tiny",
    title="Tiny",
    nodes={
        "start": Start("Start", "desk", "check"),
        "check": Task("Check", "desk", "BOSS", Span(1, 0), Span(1, 0), "end"),
        "end": End("End", "desk"),
    },
    extra={},
    faults=(
        Understaffed(name="understaffed", at="desk", strength=0.5),
        Favoured(name="favoured", at="desk", strength=1),
        UncoveredHours(name="gaps", at="desk", strength=1, week=LATE_START),
    ),
    orders=Orders(attributes={}, hours=MORNING),
    departments={"desk": Department(hours=MORNING), "machine": Department()},
)
ONE = Person("one", CALENDAR.hours(MORNING))
LATE = Person("late", CALENDAR.hours(LATE_START), short=True)


def event(
    enabled: float, ready: float, called: float, start: float, end: float, *, person: Person = ONE, **more: Any
) -> Event:
    moments = {"enabled": enabled, "ready": ready, "called": called, "start": start, "completed": end}
    seconds = {name: round(hour * HOUR) for name, hour in moments.items()}
    order = Order(0, 0, {})
    return Event(order=order, task="check", department=more.get("department", "desk"), person=person, **seconds)


def wait(asked: Event, *others: Event) -> tuple[Wait, list[str]]:
    """The wait in hours, and the faults that slowed the event."""
    waits = Waits(Run([], [asked, *others]), FLOW, CALENDAR)
    found = waits.of(asked)
    assert sum(found) == asked.start - asked.enabled
    return Wait(*(seconds // HOUR for seconds in found)), list(waits.slowed(asked, found))


def test_on_its_way_in_working_time_and_over_night() -> None:
    # handed over at 11, an hour and a half on its way at the desk: there at 8:30 on the next day
    found, slowed = wait(event(11, 32.5, 32.5, 32.5, 33))
    assert found == Wait(1, 0, 0, 0, 20)
    assert slowed == []


def test_for_the_meeting() -> None:
    found, _ = wait(event(8, 9, 8 + 3 * 24, 8 + 3 * 24, 81))
    assert found == Wait(1, 71, 0, 0, 0)


def test_for_somebody_who_has_an_order_that_came_before() -> None:
    before = event(7, 8, 8, 8, 10)
    found, slowed = wait(event(8, 9, 9, 10, 11), before)
    assert found == Wait(1, 0, 1, 0, 0)
    assert slowed == ["understaffed"]


def test_for_somebody_who_took_an_order_that_came_later() -> None:
    first, favoured = event(7, 8, 8, 8, 10), event(9, 9, 9.5, 10, 11)
    found, slowed = wait(event(8, 9, 9, 11, 12), first, favoured)
    assert found == Wait(1, 0, 1, 1, 0)
    assert slowed == ["understaffed", "favoured"]


def test_for_the_next_shift_since_this_one_has_other_orders_in_hand() -> None:
    second = Person("second", CALENDAR.hours(LATE_START))
    found, slowed = wait(event(7, 8, 8, 10, 11, person=second))
    assert found == Wait(0, 0, 2, 0, 1)
    assert slowed == ["understaffed"]


def test_over_night_in_the_queue() -> None:
    # one hour in the queue before noon, one after eight the next day; the twenty between are nobody's
    busy = event(7, 8, 8, 8, 33)
    found, _ = wait(event(10, 11, 11, 33, 34), busy)
    assert found == Wait(1, 0, 2, 0, 20)


def test_for_somebody_away_in_hours_that_the_desk_should_cover() -> None:
    found, slowed = wait(event(7, 8, 8, 10, 11, person=LATE))
    assert found == Wait(0, 0, 0, 0, 3)
    assert slowed == ["gaps"]


def test_a_machine_lets_nobody_wait() -> None:
    found, slowed = wait(event(20, 22, 22, 22, 23, department="machine"))
    assert found == Wait(2, 0, 0, 0, 0)
    assert slowed == []
