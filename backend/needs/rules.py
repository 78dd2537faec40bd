"""The life of an appeal, and when a need line can be given to."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from backend.kernel.states import Transitions


class AppealState(StrEnum):
    DRAFT = "draft"
    LIVE = "live"
    CLOSED = "closed"


APPEAL = Transitions(
    "appeal",
    {
        AppealState.DRAFT: frozenset({AppealState.LIVE, AppealState.CLOSED}),
        AppealState.LIVE: frozenset({AppealState.CLOSED}),
        AppealState.CLOSED: frozenset(),
    },
)


class RemainderRule(StrEnum):
    """What happens to money that is left when the appeal ends (Charity Law art. 24)."""

    SAME_RECIPIENT = "same_recipient"
    NEAREST_SAME_PURPOSE = "nearest_same_purpose"
    BACK_TO_DONORS = "back_to_donors"


@dataclass(frozen=True)
class Standing:
    """How a need line stands: asked for, promised by gifts, counted at the door."""

    wanted: int
    reserved: int
    received: int

    @property
    def missing(self) -> int:
        return self.wanted - self.reserved

    @property
    def given_not_counted(self) -> int:
        return max(self.reserved - self.received, 0)


EARTH_KM = 6_371.0088


def straight_km(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> float:
    """Great-circle distance (haversine) between two WGS-84 positions in degrees."""
    a, b = math.radians(lat_a), math.radians(lat_b)
    h = math.sin((b - a) / 2) ** 2
    h += math.cos(a) * math.cos(b) * math.sin(math.radians(lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_KM * math.asin(math.sqrt(h))


SQUARE_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)


def pieces_per_square(wanted: int, *, most: int = 24) -> int:
    """How many pieces one square stands for, so that a need has at most `most` squares."""
    return next((size for size in SQUARE_SIZES if -(-wanted // size) <= most), -(-wanted // most))


class OpenNeed(NamedTuple):
    """A need line as it stands at the moment of a claim, with what its appeal and charity say."""

    public_id: str
    id: int
    appeal_id: int
    charity_id: int
    wanted: int
    reserved: int
    unit_price: int
    stopped: bool
    charity: str
    currency: str
    live: bool
    starts_at: datetime | None
    ends_at: datetime | None
    certificate_no: str
    certificate_until: date | None
    mode: str

    @property
    def left(self) -> int:
        return self.wanted - self.reserved

    def is_open(self, at: datetime) -> bool:
        """The appeal is live and `at` lies within its dates."""
        begun = self.starts_at is not None and self.starts_at <= at
        return self.live and begun and self.ends_at is not None and at < self.ends_at

    def is_certified(self, on: date) -> bool:
        """The charity may ask the public on that day (Charity Law art. 22)."""
        return (
            bool(self.certificate_no) and self.certificate_until is not None and on <= self.certificate_until
        )


def open_needs(lines: Iterable[Sequence[Any]], appeals: Iterable[Sequence[Any]]) -> dict[str, OpenNeed]:
    """Needs by their public id, from rows of statements.READ and READ_APPEALS."""
    standing = {row[0]: row[1:] for row in appeals}
    return {row[0]: OpenNeed(*row, *standing[row[2]]) for row in lines}
