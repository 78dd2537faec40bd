"""The people of our stories. Every test speaks of them by name.

Aming (阿明) gives. Lao Zhou (老周) runs the supplier's desk, Xiao Tan (小谭) plans the routes, Lao Yang (老杨)
drives them, Teacher Wei (韦老师) keeps the school's gate, Ms Cen (岑女士) answers for the charity, and the
stranger has no business here. All of them are invented.
"""

from datetime import UTC, datetime, timedelta

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 9:00 in Anlong


def later(*, minutes: float = 0, hours: float = 0, days: float = 0) -> datetime:
    """A moment after MONDAY."""
    return MONDAY + timedelta(minutes=minutes, hours=hours, days=days)
