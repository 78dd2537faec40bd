"""How a count of one item is spread over the lines of many gifts."""

from dataclasses import dataclass
from enum import StrEnum


class ConfirmationState(StrEnum):
    COMPLETE = "complete"
    DISCREPANCY = "discrepancy"


@dataclass(frozen=True)
class Counted:
    """What was found of a shipped quantity. The five add up to it."""

    received: int
    damaged: int = 0
    wrong: int = 0
    expired: int = 0
    missing: int = 0

    @property
    def total(self) -> int:
        return self.received + self.damaged + self.wrong + self.expired + self.missing

    @property
    def whole(self) -> bool:
        return self.received == self.total


FATES = ("received", "damaged", "wrong", "expired", "missing")


def spread(count: Counted, quantities: list[int]) -> list[Counted]:
    """Spread `count` over lines of `quantities` (oldest gift first): the oldest is served first.

    What came whole goes to the oldest gifts; what is missing falls on the newest.
    Raises ValueError when the quantities do not add up to the count.
    """
    if sum(quantities) != count.total:
        raise ValueError("a count must add up to what was shipped")
    left = [getattr(count, fate) for fate in FATES]
    return [_take(left, quantity) for quantity in quantities]


def _take(left: list[int], quantity: int) -> Counted:
    taken = []
    for i, available in enumerate(left):
        part = min(available, quantity)
        left[i] -= part
        quantity -= part
        taken.append(part)
    return Counted(*taken)
