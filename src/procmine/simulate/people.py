"""Who works in the departments of a flow: as many people as its orders need, with made-up names."""

import functools
import math
from collections.abc import Iterator
from itertools import product
from random import Random

from procmine.simulate.faults import Meeting, UncoveredHours, Understaffed
from procmine.simulate.flow import Flow
from procmine.simulate.hours import HOUR, Calendar, Week
from procmine.simulate.team import Person

_FAMILY = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国文辉力健波宁福生龙元全胜"


def hire(flow: Flow, calendar: Calendar, *, orders: int, paid: tuple[int, int], seed: str) -> dict[str, list[Person]]:
    """The people of each department that is no machine, for so many orders that come in from one second to another.

    Equal seeds give a department the same people, whether it needs more of them or fewer.
    """
    people = {}
    names = _names(seed)
    for place, (name, department) in enumerate(flow.departments.items()):
        if department.hours is not None:
            shifts = [calendar.hours(week) for week in department.shifts or (department.hours,)]
            each = sum(hours.worked(paid[1]) - hours.worked(paid[0]) for hours in shifts) / len(shifts) / HOUR
            weeks = _weeks(flow, name, flow.load(name) * orders / (department.busy * each))
            own = names[place :: len(flow.departments)]
            people[name] = [
                Person(own[number], calendar.hours(week), short) for number, (week, short) in enumerate(weeks)
            ]
    return people


def heads(flow: Flow, calendar: Calendar, *, seed: str) -> dict[str, Person]:
    """Who decides at the meetings of the departments that hold some; they have no other work."""
    holders = {flow.tasks[fault.at].department for fault in flow.faults if isinstance(fault, Meeting)}
    names = _names(seed)
    places = {name: place for place, name in enumerate(flow.departments)}
    weeks = {name: flow.departments[name].hours for name in places if name in holders}
    return {name: Person(names[-1 - places[name]], calendar.hours(week)) for name, week in weeks.items() if week}


def _weeks(flow: Flow, name: str, needed: float) -> Iterator[tuple[Week, bool]]:
    """The week of each person of a department that needs so many, and whether it leaves hours uncovered.

    An understaffed department may have somebody who works only a part of the day, so that it lacks the stated share
    also where few are needed.
    """
    department = flow.departments[name]
    assert department.hours is not None
    shifts = department.shifts or (department.hours,)
    people = float(max(math.ceil(needed), department.least))
    for lacking in flow.faults_at(Understaffed, name):
        people = max(needed * (1 - lacking.strength), 0.1) if lacking.strength else people
    uncovered = next(iter(flow.faults_at(UncoveredHours, name)), None)
    for number in range(math.ceil(people)):
        short = uncovered is not None and number < round(uncovered.strength * math.ceil(people))
        week = uncovered.week if uncovered is not None and short else shifts[number * len(shifts) // math.ceil(people)]
        yield week.shortened(min(people - number, 1.0)), short


@functools.lru_cache(maxsize=1)
def _names(seed: str) -> tuple[str, ...]:
    """All names of two and three characters there are, shuffled."""
    random = Random(f"{seed}/names")
    names = ["".join(name) for name in (*product(_FAMILY, _GIVEN), *product(_FAMILY, _GIVEN, _GIVEN))]
    draws = [random.random() for _ in names]
    return tuple(names[place] for place in sorted(range(len(names)), key=draws.__getitem__))
