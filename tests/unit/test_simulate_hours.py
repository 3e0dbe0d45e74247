import datetime as dt

import pytest

from procmine.simulate.hours import DAY, HOUR, Calendar, Hours, PublicCalendar, Week, china

OFFICE = Week(((9, 12), (13, 18)), frozenset(range(5)))
NO_HOLIDAYS = PublicCalendar({}, frozenset())
FIRST = dt.date(2024, 1, 1)  # a Monday


def at(text: str) -> int:
    return round((dt.datetime.fromisoformat(text) - dt.datetime(2024, 1, 1)).total_seconds())


@pytest.mark.parametrize(
    ("moment", "hours", "expected"),
    [
        ("2024-01-01T09:00", 0, "2024-01-01T09:00"),
        ("2024-01-01T10:00", 1.5, "2024-01-01T11:30"),
        ("2024-01-01T11:00", 1, "2024-01-01T12:00"),  # done as the office closes for lunch
        ("2024-01-01T11:00", 2, "2024-01-01T14:00"),  # an hour, lunch, an hour
        ("2024-01-01T12:00", 0, "2024-01-01T13:00"),  # handed over as it closes: not before it opens again
        ("2024-01-01T12:30", 1, "2024-01-01T14:00"),  # handed over at lunch
        ("2024-01-01T03:00", 1, "2024-01-01T10:00"),  # handed over before the first opening of all
        ("2024-01-05T17:00", 3, "2024-01-08T11:00"),  # over a weekend
        ("2024-01-06T12:00", 8.5, "2024-01-09T09:30"),  # handed over on a Saturday; a day is eight hours
    ],
)
def test_so_many_working_hours_later(moment: str, hours: float, expected: str) -> None:
    assert Hours(OFFICE, NO_HOLIDAYS, FIRST, 31).after(at(moment), round(hours * HOUR)) == at(expected)


def test_working_time_up_to_a_moment_and_whether_it_is_open() -> None:
    hours = Hours(OFFICE, NO_HOLIDAYS, FIRST, 31)
    asked = ["2024-01-01T08:00", "2024-01-01T12:30", "2024-01-02T10:00", "2024-01-06T10:00"]
    assert [hours.worked(at(moment)) / HOUR for moment in asked] == [0, 3, 9, 40]
    assert [hours.is_open(at(f"2024-01-01T{hour}")) for hour in ("08:59", "09:00", "12:00", "13:00", "18:00")] == [
        False,
        True,
        False,
        True,
        False,
    ]


def test_public_holidays_and_makeup_days() -> None:
    calendar = PublicCalendar({dt.date(2024, 1, 5): "holiday"}, frozenset({dt.date(2024, 1, 6)}))
    hours = Hours(OFFICE, calendar, FIRST, 31)
    assert hours.after(at("2024-01-04T17:00"), 2 * HOUR) == at("2024-01-06T10:00")
    every_day = Week(((9, 18),), frozenset(range(7)), keeps_holidays=False)
    assert Hours(every_day, calendar, FIRST, 31).after(at("2024-01-04T17:00"), 2 * HOUR) == at("2024-01-05T10:00")


def test_what_is_done_once_a_week() -> None:
    thursday = 3
    calendar = PublicCalendar({dt.date(2024, 1, 11): "holiday"}, frozenset())
    hours = Hours(OFFICE, calendar, FIRST, 31)
    assert hours.next_weekday(at("2024-01-02T10:00"), thursday) == at("2024-01-04T09:00")
    assert hours.next_weekday(at("2024-01-04T09:00"), thursday) == at("2024-01-04T09:00")
    assert hours.next_weekday(at("2024-01-04T09:01"), thursday) == at("2024-01-18T09:00")  # the 11th is a holiday


def test_a_part_of_the_day() -> None:
    assert OFFICE.shortened(0.5).spans == ((9, 10.5), (13, 15.5))
    assert OFFICE.shortened(1) is OFFICE


def test_month_end_rush_counts_working_days() -> None:
    calendar = Calendar(NO_HOLIDAYS, FIRST, 182)
    rush = [calendar.moment(day * DAY).date() for day in range(182) if calendar.is_rush(day * DAY)]
    assert [day.day for day in rush if day.month == 1] == [29, 30, 31]
    assert [day.day for day in rush if day.month == 6] == [26, 27, 28, 29, 30]  # with the weekend at its end


def test_china_works_on_the_days_that_the_state_council_announced_for_2025() -> None:
    def days(*spans: tuple[int, int, int]) -> set[dt.date]:
        return {
            dt.date(2025, month, day) + dt.timedelta(more) for month, day, length in spans for more in range(length)
        }

    holidays = days((1, 1, 1), (1, 28, 8), (4, 4, 3), (5, 1, 5), (5, 31, 3), (10, 1, 8))
    makeup = days((1, 26, 1), (2, 8, 1), (4, 27, 1), (9, 28, 1), (10, 11, 1))
    calendar = china(dt.date(2025, 1, 1), 365)
    year = [dt.date(2025, 1, 1) + dt.timedelta(more) for more in range(365)]
    for weekdays in (5, 6, 7):
        week = Week(((9, 18),), frozenset(range(weekdays)))
        worked = {day for day in year if calendar.works(day, week)}
        assert worked == {day for day in year if day in makeup or (day.weekday() < weekdays and day not in holidays)}
    assert {day for day in calendar.holidays if day in year} == holidays
    assert calendar.holidays[dt.date(2025, 10, 4)] == "National Day (weekend)"
    assert calendar.holidays[dt.date(2025, 2, 2)] == "Chinese New Year (weekend)"


def test_a_holiday_over_the_turn_of_the_year_has_its_weekend() -> None:
    calendar = china(dt.date(2022, 12, 1), 31)  # announced: 31 December 2022 to 2 January 2023
    assert [day for day in sorted(calendar.holidays) if dt.date(2022, 12, 1) <= day <= dt.date(2023, 1, 3)] == [
        dt.date(2022, 12, 31),
        dt.date(2023, 1, 1),
        dt.date(2023, 1, 2),
    ]
