"""The people of a department, and the orders that wait for one of them: the favoured first, then as they came."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from typing import Any

import simpy

from procmine.simulate.hours import Hours


@dataclass(frozen=True, eq=False)
class Person:
    """Somebody, and the hours that this person keeps."""

    name: str
    hours: Hours
    short: bool = False
    """Whether the hours are shorter than the department should cover, and nobody stands in."""


class Clock(simpy.Environment):
    """SimPy's clock, in whole seconds."""

    @property
    def second(self) -> int:
        """Now."""
        return int(self.now)


class Team:
    """People who take one order at a time, each in own hours, and finish it before the next."""

    def __init__(self, clock: Clock, people: Sequence[Person]) -> None:
        self._clock = clock
        self._idle = dict.fromkeys(people)
        """Those with no order in hand, the one idle the longest first."""
        self._waiting: list[tuple[int, int, simpy.Event, Person | None]] = []
        self._came = count()
        for hours in dict.fromkeys(person.hours for person in people):
            clock.process(self._openings(hours))

    def ask(self, *, favoured: bool, wanted: Person | None) -> simpy.Event:
        """An event that comes with the `Person` who takes the order: the `wanted` one if idle, else anybody."""
        taken = self._clock.event()
        person = self._free(wanted)
        if person is None:
            heappush(self._waiting, (0 if favoured else 1, next(self._came), taken, wanted))
        else:
            self._give(person, taken)
        return taken

    def done(self, person: Person) -> None:
        """`person` has finished an order, and takes the next one if at work."""
        if self._waiting and person.hours.is_open(self._clock.second):
            self._give(person, heappop(self._waiting)[2])
        else:
            self._idle[person] = None

    def _free(self, wanted: Person | None) -> Person | None:
        now = self._clock.second
        if wanted in self._idle and wanted is not None and wanted.hours.is_open(now):
            return wanted
        return next((person for person in self._idle if person.hours.is_open(now)), None)

    def _give(self, person: Person, taken: simpy.Event) -> None:
        self._idle.pop(person, None)
        taken.succeed(person)

    def _openings(self, hours: Hours) -> Generator[simpy.Event, Any, None]:
        """At each opening of `hours`, orders that wait go to people who keep them."""
        for opening in hours.opens:
            yield self._clock.timeout(opening - self._clock.second)
            for person in [one for one in self._idle if one.hours is hours]:
                if not self._waiting:
                    break
                self._give(person, heappop(self._waiting)[2])
