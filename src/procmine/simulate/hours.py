"""Opening hours: when a department works, and where so many working hours lead from a moment.

Times here are naive wall time of the flow's one time zone.
"""

import bisect
import datetime as dt
from collections.abc import Set
from dataclasses import dataclass
from functools import cached_property

DAY = dt.timedelta(days=1)
SPARE = 400 * DAY
"""How far past the window hours are still known: work begun in the window may end after it."""


@dataclass(frozen=True)
class Week:
    """The opening hours of one kind of department: pairs of opening and closing hour, and the weekdays (Monday 0)."""

    spans: tuple[tuple[float, float], ...]
    weekdays: frozenset[int]


@dataclass(frozen=True)
class PublicCalendar:
    """A country's public holidays, and the weekend days on which offices work to make up for them."""

    holidays: Set[dt.date]
    makeup_days: Set[dt.date]

    def works(self, day: dt.date, week: Week) -> bool:
        """Whether a department that keeps `week` works on `day`."""
        return day in self.makeup_days or (day.weekday() in week.weekdays and day not in self.holidays)


@dataclass(frozen=True)
class Hours:
    """The open time of one kind of department between two dates."""

    week: Week
    calendar: PublicCalendar
    first: dt.datetime
    last: dt.datetime

    @cached_property
    def _openings(self) -> tuple[list[dt.datetime], list[float]]:
        """Every opening, and the open hours before it."""
        opens, before, total = [], [], 0.0
        day = self.first.replace(hour=0, minute=0, second=0)
        while day < self.last + SPARE:
            if self.calendar.works(day.date(), self.week):
                for opening, closing in self.week.spans:
                    opens.append(day + dt.timedelta(hours=opening))
                    before.append(total)
                    total += closing - opening
            day += DAY
        return opens, [*before, total]

    def after(self, moment: dt.datetime, hours: float) -> dt.datetime:
        """The moment at which `hours` of open time have passed since `moment`; whole seconds."""
        opens, before = self._openings
        place = bisect.bisect_right(opens, moment) - 1
        worked = before[0] if place < 0 else min(before[place] + _hours(moment - opens[place]), before[place + 1])
        target = worked + hours
        span = min(bisect.bisect_right(before, target) - 1, len(opens) - 1)
        return opens[span] + dt.timedelta(seconds=round(3600 * (target - before[span])))

    def next_weekday(self, moment: dt.datetime, weekday: int) -> dt.datetime:
        """The first open moment not before `moment` that falls on `weekday`, for what is done once a week."""
        opens, _ = self._openings
        now = self.after(moment, 0.0)
        if now.weekday() == weekday:
            return now
        later = opens[bisect.bisect_right(opens, now) :]
        return next(opening for opening in later if opening.weekday() == weekday)

    def is_open(self, moment: dt.datetime) -> bool:
        """Whether the department works at `moment`; its closing moments count as open."""
        spans = self.week.spans if self.calendar.works(moment.date(), self.week) else ()
        hour = _hours(moment - moment.replace(hour=0, minute=0, second=0))
        return any(opening <= hour <= closing for opening, closing in spans)

    def is_rush(self, day: dt.date, days: int) -> bool:
        """Whether `day` is among the last `days` working days of its month."""
        rest, ahead = 0, day + DAY
        while ahead.month == day.month:
            rest += self.calendar.works(ahead, self.week)
            ahead += DAY
        return rest < days


def _hours(interval: dt.timedelta) -> float:
    return interval.total_seconds() / 3600
