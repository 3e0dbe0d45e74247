"""Opening hours: when people work, and where so many working seconds lead from a moment.

Moments here are whole seconds since the first midnight of a simulation, on the clock of the flow's one time zone.
"""

import datetime as dt
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass

import holidays

HOUR = 3600
DAY = 24 * HOUR
SATURDAY = 5
SPARE = 400
"""How many days past the simulated ones hours are still known: work begun in them may end after them."""


@dataclass(frozen=True)
class Week:
    """Working hours: pairs of opening and closing hour, the weekdays (Monday 0), and whether holidays are kept."""

    spans: tuple[tuple[float, float], ...]
    weekdays: frozenset[int]
    keeps_holidays: bool = True

    def shortened(self, share: float) -> "Week":
        """The same days, with only the first `share` of each span."""
        if share == 1:
            return self
        return Week(
            tuple((opening, opening + share * (closing - opening)) for opening, closing in self.spans),
            self.weekdays,
            self.keeps_holidays,
        )


@dataclass(frozen=True)
class PublicCalendar:
    """A country's public holidays, and the weekend days on which offices work to make up for them."""

    holidays: Mapping[dt.date, str]
    """By day, its name."""
    makeup_days: Set[dt.date]

    def works(self, day: dt.date, week: Week) -> bool:
        """Whether those who keep `week` work on `day`."""
        if not week.keeps_holidays:
            return day.weekday() in week.weekdays
        return day in self.makeup_days or (day.weekday() in week.weekdays and day not in self.holidays)

    def is_working_day(self, day: dt.date) -> bool:
        """Whether offices work on `day`: Monday to Friday, but for holidays, and on make-up days."""
        return self.works(day, OFFICE_DAYS)


def china(first: dt.date, days: int) -> PublicCalendar:
    """China's public holidays and make-up workdays, as the State Council announces them, from `first` on.

    An announced holiday runs on over the weekend days in it and next to it, which `holidays` does not list: the eight
    days from 1 October 2025 have a Saturday and a Sunday. Those who work on Saturdays are off on these as well. Where a
    year is not announced yet its holidays are the statutory ones, without make-up days.
    """
    last = first + dt.timedelta(days)
    known = holidays.country_holidays("CN", years=range(first.year - 1, last.year + 2), language="en_US")
    makeup_days = frozenset(known.weekend_workdays)
    named = dict(known)
    for day in sorted(known, key=lambda day: ("substituted" in known[day], day)):
        for step in (dt.timedelta(1), dt.timedelta(-1)):
            near = day + step
            while near not in known and near.weekday() >= SATURDAY and near not in makeup_days:
                named.setdefault(near, f"{known[day].partition(' (')[0]} (weekend)")
                near += step
    return PublicCalendar(named, makeup_days)


class Hours:
    """The working time of those who keep `week`, from midnight of `first` on, for so many days and `SPARE` more."""

    def __init__(self, week: Week, calendar: PublicCalendar, first: dt.date, days: int) -> None:
        self.opens: list[int] = []
        self.closes: list[int] = []
        self._before = [0]
        """The working seconds before each opening, and in all."""
        self._mornings: dict[int, list[int]] = defaultdict(list)
        for number in range(days + SPARE):
            day = first + dt.timedelta(number)
            if calendar.works(day, week):
                self._mornings[day.weekday()].append(number * DAY + round(week.spans[0][0] * HOUR))
                for opening, closing in week.spans:
                    self.opens.append(number * DAY + round(opening * HOUR))
                    self.closes.append(number * DAY + round(closing * HOUR))
                    self._before.append(self._before[-1] + self.closes[-1] - self.opens[-1])

    def after(self, moment: int, seconds: int) -> int:
        """The moment at which so many working seconds have passed since `moment`; with none, the next open one."""
        target = self.worked(moment) + seconds
        find = bisect_left if seconds else bisect_right
        span = min(find(self._before, target) - 1, len(self.opens) - 1)
        return self.opens[span] + target - self._before[span]

    def worked(self, moment: int) -> int:
        """The working seconds up to `moment`."""
        span = bisect_right(self.opens, moment) - 1
        return 0 if span < 0 else self._before[span] + min(moment, self.closes[span]) - self.opens[span]

    def is_open(self, moment: int) -> bool:
        """Whether work goes on at `moment`; a closing moment is not open."""
        span = bisect_right(self.opens, moment) - 1
        return span >= 0 and moment < self.closes[span]

    def next_weekday(self, moment: int, weekday: int) -> int:
        """The first opening of a day, not before `moment`, on `weekday`: for what is done once a week."""
        mornings = self._mornings[weekday]
        return mornings[bisect_left(mornings, moment)]


class Calendar:
    """The time that is simulated: `days` days from midnight of `first` on, of people who keep `public` holidays."""

    def __init__(self, public: PublicCalendar, first: dt.date, days: int, *, rush_days: int = 3) -> None:
        self.public = public
        self.first = first
        self.days = days
        self.end = days * DAY
        self._hours: dict[Week, Hours] = {}
        self._rush = frozenset(day for day in range(days) if self._is_last(first + dt.timedelta(day), rush_days))

    def hours(self, week: Week) -> Hours:
        """The hours of those who keep `week`; equal weeks share them."""
        if week not in self._hours:
            self._hours[week] = Hours(week, self.public, self.first, self.days)
        return self._hours[week]

    def is_rush(self, moment: int) -> bool:
        """Whether `moment` falls into the month-end rush: the last working days of its month."""
        return moment // DAY in self._rush

    def moment(self, seconds: int) -> dt.datetime:
        """The time on the clock so many seconds after the first midnight."""
        return dt.datetime.combine(self.first, dt.time()) + dt.timedelta(seconds=seconds)

    def _is_last(self, day: dt.date, days: int) -> bool:
        rest, ahead = 0, day + dt.timedelta(1)
        while ahead.month == day.month:
            rest += self.public.is_working_day(ahead)
            ahead += dt.timedelta(1)
        return rest < days


OFFICE_DAYS = Week(((9, 17),), frozenset(range(5)))
