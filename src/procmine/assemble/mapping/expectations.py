"""`expect:` of `study.yaml`: what the people who know the process say of its data, each checked on every assembling.

What breaks an expectation stays in the log and becomes a row of the findings. Columns are named as the log names them:
`activity`, `system`, `department`, `resource`, `case:<name>`, `event:<name>`.
"""

import datetime
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from procmine.assemble.mapping.evidence import Span
from procmine.assemble.mapping.part import Part
from procmine.errors import nearest


def _listed(given: Any) -> Any:
    return given if isinstance(given, list) else [given]


def _in_utc(given: Any) -> Any:
    if isinstance(given, datetime.date) and not isinstance(given, datetime.datetime):
        given = datetime.datetime.combine(given, datetime.time.min)
    if not isinstance(given, datetime.datetime):
        raise ValueError("not a date or time; write it as 2024-01-31 or 2024-01-31T08:00:00+08:00")
    return given.replace(tzinfo=given.tzinfo or datetime.UTC)


Moment = Annotated[datetime.datetime, BeforeValidator(_in_utc)]
Values = Annotated[list[str], BeforeValidator(_listed), Field(min_length=1)]
"""One value or several: any of them will do."""
Condition = Annotated[dict[str, Values], Field(min_length=1)]
"""Columns and the values that each must have: ``{activity: Triage, case:tier: [gold, silver]}``."""


class Order(Part):
    """Activities that come in this order where an order has them; `once` where none of them may come again."""

    activities: list[str] = Field(min_length=2)
    once: bool = False


class Filled(Part):
    """A column that is never empty, for all events or for those of some activities."""

    column: str
    activities: list[str] = []


class Range(Part):
    """The values that a column may have: one of `values`; numbers from `least` to `most`, both allowed; or times not
    before `since` and before `until`, as in UTC where they state no offset.
    """

    values: list[str] | None = None
    least: float | None = None
    most: float | None = None
    since: Moment | None = None
    until: Moment | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "Range":
        kinds = [self.values is not None, self.is_of_numbers, self.since is not None or self.until is not None]
        if sum(kinds) != 1:
            raise ValueError("give values, or least and most, or since and until; of a pair one is enough")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"least {self.least:g} is more than most {self.most:g}")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise ValueError(f"since {self.since:%Y-%m-%d %H:%M} is not before until {self.until:%Y-%m-%d %H:%M}")
        return self

    @property
    def is_of_numbers(self) -> bool:
        """Whether it is about numbers."""
        return self.least is not None or self.most is not None


class Dependency(Part):
    """Where an event is as `where` says, it is also as `then` says."""

    where: Condition
    then: Condition


class Presence(Part):
    """An order with an event as `where` says has each of `activities`."""

    where: Condition
    activities: Values


class TimeTaken(Part):
    """How long an activity may take, from its start to its completion."""

    least: Span | None = None
    most: Span | None = None

    @model_validator(mode="after")
    def _some(self) -> "TimeTaken":
        if self.least is None and self.most is None:
            raise ValueError("give least or most, such as most: 2 h")
        return self


class Batch(Part):
    """Events at most `within` of each other, by one resource or in one order, are recorded in one go."""

    within: Span
    by: Literal["resource", "case_id"] = "resource"


Suspicion = Literal["long durations", "synonymous labels", "homonymous labels"]


class Expectations(Part):
    """All that a study expects of its data. Rules about whole orders leave out those still open, cancelled or cut."""

    activities: list[str] = []
    """The allowed labels of activities."""
    required: list[str] = []
    """Activities that every order has."""
    at_most: dict[str, Annotated[int, Field(ge=0)]] = {}
    """How many times an order may have an activity."""
    order: list[Order] = []
    together: dict[str, Values] = {}
    """An activity and those that an order with it has too."""
    present: list[Presence] = []
    filled: list[str | Filled] = []
    ranges: dict[str, Range] = {}
    dependencies: list[Dependency] = []
    determines: dict[str, str] = {}
    """A column, and another that has one value for each of its values, as a resource has one department."""
    durations: dict[str, TimeTaken] = {}
    consecutive_orders: bool = False
    """Whether the numbers of orders have no gap."""
    batches: Batch | None = None
    overlaps: list[Literal["resource", "case_id"]] = []
    """Of what no two events overlap in time: one resource's, one order's."""
    longest_silence: Span | None = None
    """The longest time in which a source may record nothing."""
    suspect: list[Suspicion] = []
    """Checks that compare events with each other and raise false alarms in some logs, so that they run on request."""

    @property
    def filled_columns(self) -> list[str]:
        """The columns of which some event must not be empty."""
        return [rule if isinstance(rule, str) else rule.column for rule in self.filled]

    def named_activities(self) -> dict[str, list[str]]:
        """By rule, the activities that it names and the log should therefore know."""
        return {
            "required": self.required,
            "at_most": [*self.at_most],
            "order": [name for order in self.order for name in order.activities],
            "together": [name for first, needed in self.together.items() for name in (first, *needed)],
            "present": [name for rule in self.present for name in rule.activities],
            "filled": [name for rule in self.filled if isinstance(rule, Filled) for name in rule.activities],
            "durations": [*self.durations],
        }

    def unknown_columns(self, known: Iterable[str]) -> Iterator[str]:
        """Each rule about a column that the study's log does not have, as the key and what is wrong with it."""
        given = {
            "filled": self.filled_columns,
            "ranges": [*self.ranges],
            "dependencies": [name for rule in self.dependencies for side in (rule.where, rule.then) for name in side],
            "determines": [name for pair in self.determines.items() for name in pair],
            "present": [name for rule in self.present for name in rule.where],
        }
        columns = list(known)
        for rule, names in given.items():
            for name in names:
                if name not in columns:
                    yield f"expect.{rule}: no column {name!r} in the log. {nearest(name, columns)}"
