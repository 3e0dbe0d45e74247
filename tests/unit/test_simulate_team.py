"""Queues at a department, each worked by hand."""

import datetime as dt
from collections.abc import Generator
from typing import Any

import simpy

from procmine.simulate.hours import HOUR, Hours, PublicCalendar, Week
from procmine.simulate.team import Clock, Person, Team

NO_HOLIDAYS = PublicCalendar({}, frozenset())
DAY_SHIFT, EVENING = (
    Hours(Week((span,), frozenset(range(7))), NO_HOLIDAYS, dt.date(2024, 1, 1), 3) for span in ((8, 12), (12, 20))
)
Told = list[tuple[str, str, float]]


def run(people: list[Person], arrivals: list[tuple[str, float, float, bool, Person | None]]) -> Told:
    """What happens to orders (name, hour of arrival, hours of work, favoured, wanted): name, who, hour of the start."""
    clock = Clock()
    team = Team(clock, people)
    told: Told = []

    def order(name: str, hour: float, work: float, favoured: bool, wanted: Person | None) -> Generator[Any, Any, None]:
        yield clock.timeout(round(hour * HOUR))
        person: Person = yield team.ask(favoured=favoured, wanted=wanted)
        told.append((name, person.name, clock.second / HOUR))
        yield clock.timeout(person.hours.after(clock.second, round(work * HOUR)) - clock.second)
        team.done(person)

    for arrival in arrivals:
        clock.process(order(*arrival))
    clock.run(until=60 * HOUR)
    assert isinstance(clock, simpy.Environment)
    return told


def test_first_come_first_served() -> None:
    one = Person("one", DAY_SHIFT)
    told = run([one], [("a", 8, 2, False, None), ("b", 8.5, 1, False, None), ("c", 8.75, 0.5, False, None)])
    assert told == [("a", "one", 8), ("b", "one", 10), ("c", "one", 11)]


def test_the_favoured_go_before_those_who_wait_but_do_not_interrupt() -> None:
    one = Person("one", DAY_SHIFT)
    told = run([one], [("a", 8, 2, False, None), ("b", 8.5, 1, False, None), ("c", 9, 0.5, True, None)])
    assert told == [("a", "one", 8), ("c", "one", 10), ("b", "one", 10.5)]


def test_who_did_the_last_step_takes_the_order_if_idle() -> None:
    one, two = Person("one", DAY_SHIFT), Person("two", DAY_SHIFT)
    told = run([one, two], [("a", 8, 2, False, two), ("b", 8.5, 1, False, two), ("c", 9, 0.5, False, None)])
    assert told == [("a", "two", 8), ("b", "one", 8.5), ("c", "one", 9.5)]


def test_shifts_take_over_from_each_other_and_begun_work_goes_on_in_own_hours() -> None:
    early, late = Person("early", DAY_SHIFT), Person("late", EVENING)
    told = run(
        [early, late],
        [
            ("a", 11, 2, False, None),
            ("b", 11.5, 1, False, None),
            ("c", 21, 1, False, None),
            ("d", 21.5, 1, False, None),
        ],
    )
    # `early` has a until 9 on the second day; b waits for noon; c and d come at night, when nobody works
    assert told == [("a", "early", 11), ("b", "late", 12), ("c", "early", 33), ("d", "early", 34)]


def test_whoever_ends_at_closing_time_takes_no_more() -> None:
    one = Person("one", DAY_SHIFT)
    told = run([one], [("a", 10, 2, False, None), ("b", 11, 1, False, None)])
    assert told == [("a", "one", 10), ("b", "one", 32)]
