"""What a designed flow allows: the time for each step and handoff by customer tier, and when its departments work."""

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from procmine.simulate.files import write_rows
from procmine.simulate.flow import Decision, End, Flow, Task
from procmine.simulate.hours import DAY, HOUR, Calendar

ALLOWED = 3.0
"""How many times the median of the designed flow a step or a handoff may take."""
STANDARDS = ("kind", "from_department", "to_department", "activity", "tier", "working_hours")
OPEN = ("version", "department", "weekday", "opens", "closes", "keeps_holidays")
CALENDAR = ("date", "works", "name")


def write_standards(versions: Mapping[str, Flow], calendar: Calendar, folder: Path) -> None:
    """Write to `folder` what the flow promises of which `versions` are given, the designed one last.

    - ``standards.csv``, a row a step or handoff of the designed flow and customer tier: the working hours of the
      department that has the order which a step may take from its start, and a handoff until that start.
    - ``hours.csv``, a row for each version of the flow, department, weekday (Monday 1) and span in which it works.
    - ``calendar.csv``, a row a day of the simulation: whether offices work, and the name of a public holiday.
    """
    *_earlier, designed = versions.values()
    write_rows(folder / "standards.csv", STANDARDS, _standards(designed))
    hours = ((version, *row) for version, flow in versions.items() for row in _hours(flow))
    write_rows(folder / "hours.csv", OPEN, hours)
    write_rows(folder / "calendar.csv", CALENDAR, _days(calendar))


def _standards(flow: Flow) -> Iterator[tuple[str, ...]]:
    attribute, factors = flow.orders.patience
    tiers = {"": 1.0} if attribute != "tier" or not factors else dict(factors)
    designed = [task for task in flow.nodes.values() if isinstance(task, Task)]
    for task in designed:
        for tier, factor in tiers.items():
            yield "step", "", task.department, task.name, tier, _allowed(task.work.median * factor)
    for task in designed:
        for following in dict.fromkeys(_next_tasks(flow, task.next)):
            if following.department != task.department:
                owners = task.department, following.department
                for tier, factor in tiers.items():
                    yield "handoff", *owners, following.name, tier, _allowed(following.delay.median * factor)


def _next_tasks(flow: Flow, key: str) -> Iterator[Task]:
    node = flow.nodes[key]
    if isinstance(node, Task):
        yield node
    elif isinstance(node, Decision):
        for branch in node.branches:
            yield from _next_tasks(flow, branch.to)
    elif not isinstance(node, End):
        yield from _next_tasks(flow, node.next)


def _allowed(median: float) -> str:
    """`ALLOWED` times the median hours, as full half hours."""
    return f"{math.ceil(2 * ALLOWED * median) / 2:g}"


def _hours(flow: Flow) -> Iterator[tuple[str, ...]]:
    for name, department in flow.departments.items():
        week = department.hours
        spans = ((0.0, 24.0),) if week is None else week.spans
        for weekday in sorted(range(7) if week is None else week.weekdays):
            for opening, closing in spans:
                holidays = "yes" if week is not None and week.keeps_holidays else "no"
                yield name, str(weekday + 1), _clock(opening), _clock(closing), holidays


def _clock(hour: float) -> str:
    seconds = round(hour * HOUR)
    return "24:00" if seconds == DAY else f"{dt.datetime(2000, 1, 1) + dt.timedelta(seconds=seconds):%H:%M}"


def _days(calendar: Calendar) -> Iterator[tuple[str, ...]]:
    for number in range(calendar.days):
        day = calendar.first + dt.timedelta(number)
        yield (
            day.isoformat(),
            "yes" if calendar.public.is_working_day(day) else "no",
            calendar.public.holidays.get(day, ""),
        )
