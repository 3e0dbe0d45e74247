"""What can go wrong in an order flow, each kind with its place, and how strong it is.

A fault is data, planted in a `Flow` or a `Layout`. Most strengths are probabilities: that an order which comes to the
place has the fault. `limits` says what a strength may be, `unit` what it counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from procmine.errors import SimulationError
from procmine.simulate.hours import Week
from procmine.simulate.span import Span


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that goes wrong."""

    limits: ClassVar[tuple[float, float]] = (0.0, 1.0)
    unit: ClassVar[str] = "of the orders that come to the place"

    name: str
    at: str
    """Where it acts: the step or end that an order comes to, the department, the export, or the system."""
    strength: float
    only: Mapping[str, frozenset[str]] | None = None
    """By attribute of orders, the values that it befalls; all orders where none are named."""
    rush: float = 1.0
    """How many times as likely it is in the month-end rush."""

    def with_strength(self, strength: float) -> Self:
        """The same fault at another strength.

        Errors: `SimulationError` for one outside of the fault's limits.
        """
        least, most = self.limits
        if not least <= strength <= most:
            raise SimulationError(
                f"strength {strength:g} is out of range",
                where=f"fault {self.name}",
                expected=f"From {least:g} to {most:g} {self.unit}",
            )
        return replace(self, strength=strength)

    def means(self, attributes: Mapping[str, str]) -> bool:
        """Whether an order with `attributes` can have it."""
        return self.only is None or all(attributes[name] in values for name, values in self.only.items())


@dataclass(frozen=True, kw_only=True)
class Skipped(Fault):
    """The step is left out: a checkpoint passed over, a box activated that was never installed."""


@dataclass(frozen=True, kw_only=True)
class Early(Fault):
    """The step `task` is done just before the one that the order comes to, and not at its own place.

    Billing is opened before the service works.
    """

    task: str


@dataclass(frozen=True, kw_only=True)
class Late(Fault):
    """The step is not done at its place but just after the step `after`: a checkpoint recorded after the fact."""

    after: str


@dataclass(frozen=True, kw_only=True)
class SentBack(Fault):
    """When the step is done the order goes over the steps `via` back to the step `to`; one of `reasons` is noted.

    It may happen again when the order comes round, up to `rounds` times.
    """

    to: str
    reasons: tuple[str, ...]
    via: tuple[str, ...] = ()
    rounds: int = 1


@dataclass(frozen=True, kw_only=True)
class PingPong(Fault):
    """Before the step, the order goes to and fro over the steps `via`, of two departments, `least` to `most` times."""

    via: tuple[str, str]
    least: int = 2
    most: int = 3


@dataclass(frozen=True, kw_only=True)
class Meeting(Fault):
    """The step waits for a weekly meeting, on `weekday` (Monday 0), that decides all orders come together by then."""

    weekday: int


@dataclass(frozen=True, kw_only=True)
class Understaffed(Fault):
    """The department lacks a share of the people that it needs."""

    limits: ClassVar[tuple[float, float]] = (0.0, 0.9)
    unit: ClassVar[str] = "of the people needed"


@dataclass(frozen=True, kw_only=True)
class Favoured(Fault):
    """A share of the orders is taken first at the department, whenever they came."""

    unit: ClassVar[str] = "of the orders meant, taken first"


@dataclass(frozen=True, kw_only=True)
class UncoveredHours(Fault):
    """A share of the department's people keeps `week`, with long lunches and all holidays, and nobody stands in."""

    unit: ClassVar[str] = "of the people"

    week: Week


@dataclass(frozen=True, kw_only=True)
class Lost(Fault):
    """The document that calls for the step is lost: the order stands still for good."""


@dataclass(frozen=True, kw_only=True)
class Rush(Fault):
    """More orders come in a month's last working days; of those, a share is taken back after the step, over `via`."""

    unit: ClassVar[str] = "of the orders of the month-end rush"

    via: str
    to: str
    later: Span


@dataclass(frozen=True, kw_only=True)
class WrongDepartment(Fault):
    """The step is done by another `department` than the one that owns it."""

    department: str


@dataclass(frozen=True, kw_only=True)
class UnclearOwner(Fault):
    """Two departments perform the step: the order lies for `dither` until one does, either as likely as the other."""

    department: str
    dither: Span


@dataclass(frozen=True, kw_only=True)
class EarlyLife(Fault):
    """Some time after the end the service fails: the steps `via` mend it."""

    via: tuple[str, ...]
    later: Span


@dataclass(frozen=True, kw_only=True)
class RegisteredTwice(Fault):
    """After the step the order is registered again under a second number: the step is done again for it, and what the
    systems `recorded` there note from then on goes under the second number.
    """

    recorded: frozenset[str]
    later: Span


@dataclass(frozen=True, kw_only=True)
class LostLinks(Fault):
    """Keys of another system are missing in the export: rows of a link table, or the links of an own key."""

    unit: ClassVar[str] = "of the links"


@dataclass(frozen=True, kw_only=True)
class ClockSkew(Fault):
    """The clock of the system is fast by so many minutes; slow where they are negative."""

    limits: ClassVar[tuple[float, float]] = (-10.0, 10.0)
    unit: ClassVar[str] = "minutes fast"
