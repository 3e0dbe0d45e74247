"""What came about when orders were played: the orders, and each step that was done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from procmine.simulate.team import Person


@dataclass(frozen=True, eq=False)
class Order:
    """One order: its place in the row of all orders, the moment it came, and its attributes."""

    number: int
    created: int
    attributes: Mapping[str, str]


@dataclass(slots=True, kw_only=True, eq=False)
class Event:
    """A step done. Moments are whole seconds since the simulation's first midnight.

    `enabled` is when the order could move on to the step, `ready` when it had come to the department, `called` when it
    could be taken there: later than `ready` where it waited for a meeting.
    """

    order: Order
    task: str
    department: str
    person: Person
    enabled: int
    ready: int
    called: int
    start: int
    completed: int
    outcome: str = ""
    """The branch taken after it."""
    reason: str = ""
    faults: tuple[str, ...] = ()
    """The planted faults that show in it."""
    registration: int = 0
    """0, or 1 where it is noted under the order's second number."""


@dataclass
class Run:
    """The orders played, their events by order and time, and the orders that stood still for good."""

    orders: Sequence[Order]
    events: list[Event] = field(default_factory=list)
    stuck: list[tuple[Order, str, str]] = field(default_factory=list)
    """Order, a fault that no event of it shows, and the step that never came."""
