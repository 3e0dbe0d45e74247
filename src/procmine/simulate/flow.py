"""The words in which an order flow is described: steps, decisions, the faults planted in it, and who works when.

A flow is data: `play` walks it, `flow_bpmn` draws it, and a study's exports are laid out beside it. Its nodes stand in
the order in which they are drawn, left to right.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from procmine.simulate.hours import Hours, PublicCalendar, Week


@dataclass(frozen=True)
class Span:
    """A length of working time, log-normal: `median` hours, and `spread`, the standard deviation of its logarithm."""

    median: float
    spread: float


@dataclass(frozen=True)
class Start:
    """Where orders come in."""

    name: str
    department: str
    next: str


@dataclass(frozen=True)
class Task:
    """A step: who owns it, the system that records it, how long orders wait for it and how long it takes."""

    name: str
    department: str
    system: str
    wait: Span
    work: Span
    next: str = ""
    """The node that follows; empty for a step that the designed flow does not know."""
    checkpoint: bool = False
    meets: int | None = None
    """The weekday (Monday 0) on which the step is done, where it waits for a weekly meeting."""
    rushed: bool = False
    """Whether orders wait less for it in the month-end rush."""


@dataclass(frozen=True)
class Branch:
    """One way on from a decision. `share` is its weight, `shares` its weight for the products named."""

    label: str
    to: str
    share: float
    shares: Mapping[str, float] | None = None

    def weight(self, product: str) -> float:
        """The branch's weight for orders of `product`."""
        return self.share if self.shares is None else self.shares.get(product, self.share)


@dataclass(frozen=True)
class Decision:
    """A point where orders part; the first branch is the way on to the order's goal."""

    name: str
    department: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True)
class Merge:
    """A point where ways come together again."""

    department: str
    next: str


@dataclass(frozen=True)
class End:
    """Where orders are over."""

    name: str
    department: str


Node = Start | Task | Decision | Merge | End


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that goes wrong, with its strength: the probability that an order which comes to the place has it."""

    name: str
    strength: float
    products: frozenset[str] | None = None
    """The products that it befalls; all where none are named."""
    rush: float = 1.0
    """How many times as likely it is in the month-end rush."""


@dataclass(frozen=True, kw_only=True)
class Skipped(Fault):
    """The step `task` is left out."""

    task: str


@dataclass(frozen=True, kw_only=True)
class Early(Fault):
    """The step `task` is done just before the step `before`, and not at its own place."""

    task: str
    before: str


@dataclass(frozen=True, kw_only=True)
class SentBack(Fault):
    """When `task` is done the order goes back over the steps `via` to the step `to`; one of `reasons` is noted."""

    task: str
    to: str
    reasons: tuple[str, ...]
    via: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Stalled(Fault):
    """The order waits so much longer for the step `task`."""

    task: str
    wait: Span


@dataclass(frozen=True, kw_only=True)
class Mix:
    """What orders are like: the share of each value, in the order's attributes tier, product and region."""

    tiers: Mapping[str, float]
    products: Mapping[str, float]
    regions: Mapping[str, float]
    patience: Mapping[str, float]
    """By tier, the factor on every wait."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """An order flow: the designed way, the steps outside it, its faults, orders, calendars and staff."""

    name: str
    title: str
    time_zone: str
    window: tuple[dt.datetime, dt.datetime]
    """From when, until when the systems record; orders come in over the whole of it."""
    nodes: Mapping[str, Node]
    extra: Mapping[str, Task]
    """Steps that only faults lead to."""
    faults: tuple[Fault, ...]
    mix: Mix
    calendar: PublicCalendar
    departments: Mapping[str, Week]
    """The departments, in the order of their lanes, and the hours that each keeps."""
    staff: Mapping[str, tuple[str, ...]]
    rush_days: int
    """How many working days at the end of a month are the rush."""
    rush_pace: float
    """The factor on the wait for a rushed step in the rush."""

    @cached_property
    def tasks(self) -> dict[str, Task]:
        """The steps, designed and other, by their ids."""
        return {**{key: node for key, node in self.nodes.items() if isinstance(node, Task)}, **self.extra}

    @cached_property
    def start(self) -> str:
        """The id of the start."""
        return next(key for key, node in self.nodes.items() if isinstance(node, Start))

    @cached_property
    def arcs(self) -> list[tuple[str, str, str]]:
        """The designed arcs: from, to, and the label of the branch, empty where there is no choice."""
        found = []
        for key, node in self.nodes.items():
            if isinstance(node, Decision):
                found += [(key, branch.to, branch.label) for branch in node.branches]
            elif not isinstance(node, End):
                found.append((key, node.next, ""))
        return found

    @cached_property
    def hours(self) -> dict[str, Hours]:
        """The open time of each department over the window."""
        return {name: Hours(week, self.calendar, *self.window) for name, week in self.departments.items()}

    @cached_property
    def rush(self) -> frozenset[dt.date]:
        """The days of month-end rush; the first department's week says which days are worked."""
        first, last = (moment.date() for moment in self.window)
        days = (first + dt.timedelta(days=more) for more in range((last - first).days + 1))
        office = next(iter(self.hours.values()))
        return frozenset(day for day in days if office.is_rush(day, self.rush_days))
