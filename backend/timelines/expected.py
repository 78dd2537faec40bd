"""When goods should be at the door: always a range, pushed to days on which somebody receives."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from backend.parties.rules import Hours, windows_on
from backend.timelines.story import Day, Expected

STRIP = 7


def expected_between(first: date, last: date, hours: Hours) -> Expected:
    """The range [first, last] pushed to days on which somebody receives; likely is the middle of those."""
    first, last = _next_open(first, hours), _next_open(last, hours)
    span = (last - first).days
    days = [first + timedelta(days=n) for n in range(span + 1)]
    takes = [on for on in days if _open(on, hours)] or [first]
    likely = takes[len(takes) // 2]
    return Expected(first, last, likely, _strip(first, last, likely, hours))


def _strip(first: date, last: date, likely: date, hours: Hours) -> tuple[Day, ...]:
    """Seven days around the range; none when the range is longer than that."""
    if (last - first).days >= STRIP:
        return ()
    start = first - timedelta(days=1 if (last - first).days < STRIP - 1 else 0)
    return tuple(
        Day(on, _kind(on, first, last, likely, hours))
        for on in (start + timedelta(days=n) for n in range(STRIP))
    )


def _kind(on: date, first: date, last: date, likely: date, hours: Hours) -> str:
    if not _open(on, hours):
        return "shut"
    if on == likely:
        return "likely"
    return "maybe" if first <= on <= last else ""


def _open(on: date, hours: Hours) -> bool:
    return bool(windows_on(hours, on.weekday()))


def _next_open(on: date, hours: Hours) -> date:
    for n in range(STRIP):
        if _open(on + timedelta(days=n), hours):
            return on + timedelta(days=n)
    return on


def day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def on_route(frm: datetime, to: datetime, hours: Hours, zone: str) -> Expected:
    """The hour that a released route promises, on one day."""
    on = day(frm, zone)
    return Expected(on, on, on, _strip(on, on, on, hours), (frm, to))
