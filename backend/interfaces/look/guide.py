"""The samples of the style guide: every part in every state."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from backend.interfaces.look.drawings import symbols
from backend.interfaces.look.states import STATES

QUILT = {"zh-Hans": "床", "en": "quilt|quilts"}


@dataclass(frozen=True)
class Day:
    """One day of a strip: `kind` is empty, maybe, likely or shut."""

    on: date
    kind: str


@dataclass(frozen=True)
class Guide:
    states: list[str]
    icons: list[str]
    goods: list[str]
    days: list[Day]
    units: dict[str, str]
    counts: list[tuple[int, int, int]]
    at: datetime
    boxes: list[int]
    sides: list[int]


def samples() -> Guide:
    names = list(symbols())
    kinds = ("", "maybe", "maybe", "shut", "shut", "likely", "maybe")
    monday = date(2026, 11, 25)
    return Guide(
        states=[state.value for state in STATES],
        icons=[name.removeprefix("i-") for name in names if name.startswith("i-")],
        goods=[name.removeprefix("g-") for name in names if name.startswith("g-")],
        days=[Day(monday + timedelta(days=n), kind) for n, kind in enumerate(kinds)],
        units=QUILT,
        counts=[(120, 0, 0), (120, 84, 0), (120, 84, 39), (120, 120, 120), (3, 2, 1), (3000, 1700, 450)],
        at=datetime(2026, 11, 23, 2, 52, tzinfo=UTC),
        boxes=list(range(1, 9)),
        sides=[1, 2, 3, 4],
    )
