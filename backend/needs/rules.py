"""The life of an appeal, and when a need line can be given to."""

from dataclasses import dataclass
from enum import StrEnum

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


SQUARE_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)


def pieces_per_square(wanted: int, *, most: int = 24) -> int:
    """How many pieces one square stands for, so that a need has at most `most` squares."""
    return next((size for size in SQUARE_SIZES if -(-wanted // size) <= most), -(-wanted // most))
