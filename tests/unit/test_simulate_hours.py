import datetime as dt

import pytest

from procmine.simulate.enterprise_activation.described import CHINA_2025
from procmine.simulate.hours import Hours, PublicCalendar, Week

OFFICE = Week(((9.0, 12.0), (13.0, 18.0)), frozenset(range(5)))
NO_HOLIDAYS = PublicCalendar(frozenset(), frozenset())
JANUARY = (dt.datetime(2024, 1, 1), dt.datetime(2024, 2, 1))


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        ("2024-01-01T09:00", 0, "2024-01-01T09:00"),
        ("2024-01-01T10:00", 1.5, "2024-01-01T11:30"),
        ("2024-01-01T11:00", 2, "2024-01-01T14:00"),  # an hour, lunch, an hour
        ("2024-01-01T12:30", 1, "2024-01-01T14:00"),  # handed over at lunch
        ("2024-01-01T03:00", 1, "2024-01-01T10:00"),  # handed over before the first opening of all
        ("2024-01-05T17:00", 3, "2024-01-08T11:00"),  # over a weekend
        ("2024-01-06T12:00", 8.5, "2024-01-09T09:30"),  # handed over on a Saturday; a day is eight hours
    ],
)
def test_so_many_working_hours_later(moment: str, hours: float, expected: str) -> None:
    assert Hours(OFFICE, NO_HOLIDAYS, *JANUARY).after(at(moment), hours) == at(expected)


def test_public_holidays_and_makeup_days() -> None:
    calendar = PublicCalendar(frozenset({dt.date(2024, 1, 5)}), frozenset({dt.date(2024, 1, 6)}))
    hours = Hours(OFFICE, calendar, *JANUARY)
    assert hours.after(at("2024-01-04T17:00"), 2) == at("2024-01-06T10:00")
    assert hours.is_open(at("2024-01-06T10:00"))
    assert not hours.is_open(at("2024-01-05T10:00"))
    assert not hours.is_open(at("2024-01-04T12:30"))


def test_what_is_done_once_a_week() -> None:
    thursday = 3
    calendar = PublicCalendar(frozenset({dt.date(2024, 1, 11)}), frozenset())
    hours = Hours(OFFICE, calendar, *JANUARY)
    assert hours.next_weekday(at("2024-01-02T10:00"), thursday) == at("2024-01-04T09:00")
    assert hours.next_weekday(at("2024-01-04T10:00"), thursday) == at("2024-01-04T10:00")
    assert hours.next_weekday(at("2024-01-04T19:00"), thursday) == at("2024-01-18T09:00")  # the 11th is a holiday


def test_month_end_rush_counts_working_days() -> None:
    hours = Hours(OFFICE, NO_HOLIDAYS, *JANUARY)
    rush = [day for day in range(1, 32) if hours.is_rush(dt.date(2024, 1, day), 3)]
    assert rush == [29, 30, 31]
    assert [day for day in range(1, 30) if hours.is_rush(dt.date(2024, 6, day), 2)] == [27, 28, 29]


def test_calendar_agrees_with_the_holidays_package() -> None:
    holidays = pytest.importorskip("holidays", reason="the holidays package is not installed: nothing to compare with")
    china = holidays.CN(years=2025)
    office = Week(((9.0, 18.0),), frozenset(range(5)))
    days = [dt.date(2025, 1, 1) + dt.timedelta(days=more) for more in range(365)]
    assert [day for day in days if CHINA_2025.works(day, office)] == [day for day in days if china.is_working_day(day)]
