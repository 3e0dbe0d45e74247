"""Stretches of time in `study.yaml`: the window of the data, and how long a name holds."""

import datetime
import itertools
import zoneinfo
from collections.abc import Iterator, Sequence
from typing import Annotated

from pydantic import Field, model_validator

from procmine.assemble.mapping.part import Part
from procmine.assemble.mapping.values import Day, Name, Zone

Bounds = tuple[datetime.datetime | None, datetime.datetime | None]
"""The first and the last moment of a period, in UTC; None where it is open."""


class Period(Part):
    """From a moment to a moment, both included, either of which may be left open.

    A date without a time is the first moment of that day for `from`, the last for `to`.
    """

    start: Day = Field(default=None, alias="from")
    end: Day = Field(default=None, alias="to")
    time_zone: Zone | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Period":
        first, last = self.bounds()
        if first and last and first >= last:
            raise ValueError(f"from {self.start} is not before to {self.end}")
        return self

    def bounds(self, zone: str | None = None) -> Bounds:
        """Its first and last moment: by its own time zone, else by `zone`, else in UTC."""
        info = zoneinfo.ZoneInfo(self.time_zone or zone or "UTC")
        return _moment(self.start, datetime.time.min, info), _moment(self.end, datetime.time.max, info)


class Window(Period):
    """The time over which the exports are complete. Rows outside are set aside; `to` is the study's as-of moment."""

    time_zone: Zone = "UTC"


class Naming(Period):
    """A name that holds for a time: ``{name: Enterprise division, from: 2024-07-01}``.

    Its days are those of the zone of the system that an event is from; the event's true time decides.
    """

    name: Name


Names = dict[str, Name | Annotated[list[Naming], Field(min_length=1)]]
"""What an export calls something, and its name in the log; or several, each with the time in which it holds. At a time
when none does it keeps the export's name."""


def overlapping(names: Sequence[Naming]) -> Iterator[tuple[Naming, Naming]]:
    """Names that hold at the same time: the first of them and the next to begin."""
    far = datetime.timedelta(days=1)
    earliest = datetime.datetime.min.replace(tzinfo=datetime.UTC) + far
    latest = datetime.datetime.max.replace(tzinfo=datetime.UTC) - far
    spans = [(first or earliest, last or latest, name) for name in names for first, last in [name.bounds()]]
    spans.sort(key=lambda span: span[0])
    for (_begin, last, one), (first, _end, other) in itertools.pairwise(spans):
        if first <= last:
            yield one, other


def _moment(
    given: datetime.datetime | datetime.date | None, time: datetime.time, zone: zoneinfo.ZoneInfo
) -> datetime.datetime | None:
    if given is None:
        return None
    moment = given if isinstance(given, datetime.datetime) else datetime.datetime.combine(given, time)
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    try:
        return zoned.astimezone(datetime.UTC)
    except OverflowError:  # 9999-12-31 is how systems write that there is no end
        return None
