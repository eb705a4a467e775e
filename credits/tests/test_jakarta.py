"""A day is Jakarta's: one, and the right one, whatever zone the moment is written in."""

import random
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credits import jakarta

ZONES = [
    "Asia/Jakarta",
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # summer time of half an hour
    "Asia/Kathmandu",  # 5:45
    "Pacific/Kiritimati",  # 14 hours ahead
    "Pacific/Pago_Pago",  # 11 behind
    "America/St_Johns",
    "Africa/Casablanca",
]
SEVEN = timezone(timedelta(hours=7))
BEGIN, END = datetime(1970, 1, 2), datetime(2100, 1, 1)
TICK = timedelta(microseconds=1)


def instants() -> list[datetime]:
    """10,000 moments: near midnight in Jakarta, and near every change of the clocks of ten zones, in those zones."""
    chance = random.Random(6)
    found: list[datetime] = []
    while len(found) < 10_000:
        zone = ZoneInfo(chance.choice(ZONES))
        day = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(days=chance.randrange(20 * 365))
        midnight = day - timedelta(hours=7)
        near = chance.choice([midnight, chance.choice(_changes_of_clocks(zone, day.year) or [midnight])])
        found.append((near + timedelta(microseconds=chance.randrange(-3_600_000_000, 3_600_000_000))).astimezone(zone))
    edges = [midnight + timedelta(microseconds=step) for step in (-1, 0, 1)]
    return [*found[:-3], *edges]


@cache
def _changes_of_clocks(zone: ZoneInfo, year: int) -> list[datetime]:
    """Return the moments of the year at which the zone's clocks change, to the hour."""
    days = [datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(365)]
    changes = [day for day in days if _ahead(zone, day) != _ahead(zone, day + timedelta(days=1))]
    hours = [[day + timedelta(hours=hour) for hour in range(25)] for day in changes]
    return [next(hour for hour in of_day if _ahead(zone, hour) != _ahead(zone, of_day[0])) for of_day in hours]


def _ahead(zone: ZoneInfo, moment: datetime) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def test_ten_thousand_instants_have_the_day_that_the_clock_in_jakarta_shows() -> None:
    moments = instants()

    assert len(moments) == 10_000
    for moment in moments:
        day = jakarta.day(moment)
        assert day == moment.astimezone(SEVEN).date()  # seven hours ahead since 1964, no summer time
        # Never two days: the day's own bounds hold it, and begin where the day before ends.
        assert jakarta.start(day) <= moment < jakarta.next_day(moment)
        assert jakarta.next_day(moment) - jakarta.start(day) == timedelta(days=1)
        assert jakarta.day(moment.astimezone(UTC)) == day
        since, until = jakarta.bounds(jakarta.month(moment))
        assert since <= moment < until


@given(st.datetimes(BEGIN, END, timezones=st.sampled_from(ZONES).map(ZoneInfo)))
def test_a_later_moment_never_has_an_earlier_day(moment: datetime) -> None:
    later = moment.astimezone(UTC) + timedelta(microseconds=1)

    assert jakarta.day(later) - jakarta.day(moment) in (timedelta(0), timedelta(days=1))


def test_the_day_begins_at_seventeen_hours_utc() -> None:
    assert jakarta.day(datetime(2026, 11, 22, 16, 59, 59, 999_999, tzinfo=UTC)) == date(2026, 11, 22)
    assert jakarta.day(datetime(2026, 11, 22, 17, tzinfo=UTC)) == date(2026, 11, 23)
    assert jakarta.start(date(2026, 11, 23)) == datetime(2026, 11, 22, 17, tzinfo=UTC)


def test_a_month_reaches_from_its_first_midnight_to_the_next_ones() -> None:
    assert jakarta.bounds("2026-12") == (
        datetime(2026, 11, 30, 17, tzinfo=UTC),
        datetime(2026, 12, 31, 17, tzinfo=UTC),
    )


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "2026-00", "2026-1", "26-11", "2026-11-01", "١٢٣٤-١١", "x"])
def test_what_is_no_month_is_refused(month: str) -> None:
    with pytest.raises(ValueError, match=month or "^$"):
        jakarta.bounds(month)


def test_months_are_those_that_begin_in_a_span() -> None:
    since, until = datetime(2026, 10, 31, 17, tzinfo=UTC), datetime(2026, 12, 31, 17, tzinfo=UTC)

    assert jakarta.months(since, until) == ["2026-11", "2026-12"]
    assert jakarta.months(since + TICK, until) == ["2026-12"]
    assert jakarta.months(since, until + TICK) == ["2026-11", "2026-12", "2027-01"]
