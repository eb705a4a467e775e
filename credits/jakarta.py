"""Days and months as the shops know them: in Jakarta, whatever zone a machine or a customer is in. Pure."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Jakarta")
MONTH = re.compile(r"2[01]\d\d-(0[1-9]|1[0-2])", re.ASCII)


def day(moment: datetime) -> date:
    """Return the day of an aware time."""
    return moment.astimezone(ZONE).date()


def start(day: date) -> datetime:
    """Return the first moment of a day, in UTC."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def next_day(moment: datetime) -> datetime:
    """Return the first moment of the day after that of an aware time, in UTC."""
    return start(day(moment) + timedelta(days=1))


def month(moment: datetime) -> str:
    """Return the month of an aware time, as 2026-11."""
    return f"{day(moment):%Y-%m}"


def bounds(month: str) -> tuple[datetime, datetime]:
    """Return the first moment of a month and of the one after, in UTC; raise ValueError unless it is like 2026-11."""
    if not MONTH.fullmatch(month):
        raise ValueError(month)
    first = date.fromisoformat(f"{month}-01")
    return start(first), start((first + timedelta(days=31)).replace(day=1))


def months(since: datetime, until: datetime) -> list[str]:
    """Return the months that begin at or after `since` and before `until`."""
    found, at = [], bounds(month(since))[0]
    while at < until:
        if at >= since:
            found.append(month(at))
        at = bounds(month(at))[1]
    return found
