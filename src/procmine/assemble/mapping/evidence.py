"""What a study may declare to say that two records are of one action, or of one order."""

import datetime
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from procmine.assemble.mapping.part import Part

_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_LONGEST = datetime.timedelta(days=36525)


def _a_duration(given: object) -> object:
    match = re.fullmatch(r"(-?\d+(?:\.\d+)?) ?(s|min|h|d)", given.strip()) if isinstance(given, str) else None
    if match is None:
        raise ValueError("not a duration; write it as 90 s, 30 min, 12 h or 3 d")
    seconds = float(match[1]) * _SECONDS[match[2]]
    if abs(seconds) > _LONGEST.total_seconds():
        raise ValueError("a duration of more than a hundred years")
    return datetime.timedelta(seconds=seconds)


def _not_negative(given: datetime.timedelta) -> datetime.timedelta:
    if given < datetime.timedelta():
        raise ValueError("a time span below zero")
    return given


Duration = Annotated[datetime.timedelta, BeforeValidator(_a_duration)]
"""A number and its unit: ``30 min``."""
Span = Annotated[Duration, AfterValidator(_not_negative)]
"""A duration that is not negative."""


class Mirror(Part):
    """An action that two systems record: ``{activity: Activate service, keep: boss, drop: gateway, within: 30 min}``.

    An event of `drop` is set aside where `keep` has one of the same order and activity, at most `within` away.
    """

    activity: str
    """By its name in the log."""
    keep: str
    """The source whose event stays."""
    drop: str
    """The source whose event goes, where it has a partner."""
    within: Span


class Recovery(Part):
    """Lost links that may be found again: ``{source: crm, match: [customer, product], within: 3 d}``.

    A key of `source` that leads to no order, or a row of it without any key, is given to the one order that agrees in
    all of `match` and has events at most `within` away. Where several orders fit, it stays set aside with them as its
    candidates. An order that has a key of that kind takes no other, unless the kind is listed under `many`.
    """

    source: str
    match: list[str] = Field(min_length=1)
    """Order attributes that the source itself gives, and the order has from elsewhere."""
    within: Span


class SameOrder(Part):
    """What shows that two numbers are of one order: ``{key: contract}``, or ``{match: [customer], within: 1 d}``.

    Orders that share a key of a kind are one; or orders that agree in all of `match`, the first event of each at most
    `within` after that of the one before it.
    """

    key: str | None = None
    match: list[str] = []
    """Order attributes."""
    within: Span | None = None
    then: Literal["join", "report"] = "join"
    """Whether they become one, under the smallest of their numbers, or are only listed by `Study.same_orders()`."""

    @model_validator(mode="after")
    def _one_kind_of_evidence(self) -> "SameOrder":
        if (self.key is None) == (not self.match) or bool(self.match) != (self.within is not None):
            raise ValueError("either a key, or match and within")
        return self
