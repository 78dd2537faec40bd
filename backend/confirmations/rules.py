"""How a count of one item is settled, spread over the lines of many gifts, and paid for."""

from collections.abc import Iterable, Mapping, Sequence
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

    @property
    def lacking(self) -> int:
        """Units that the gift still has to get: everything but what arrived whole."""
        return self.total - self.received


FATES = ("received", "damaged", "wrong", "expired", "missing")
FAULTS = FATES[1:]


@dataclass(frozen=True)
class Found:
    """What one phone says of one order item (`order_item` is its public id), before it is settled."""

    order_item: str
    received: int
    damaged: int = 0
    wrong: int = 0
    expired: int = 0
    missing: int = 0
    reason: str = ""


def settle(found: Found, quantity: int) -> tuple[Counted, int]:
    """Make `found` add up to the shipped `quantity`; return it with what was found beyond that.

    What nobody found is missing, whatever the phone says; what is too much is told, never booked.
    Faulty units count before whole ones: a broken lamp is not made good by one too many.
    """
    damaged = min(found.damaged, quantity)
    wrong = min(found.wrong, quantity - damaged)
    expired = min(found.expired, quantity - damaged - wrong)
    usable = quantity - damaged - wrong - expired
    received = min(found.received, usable)
    held = found.received + found.damaged + found.wrong + found.expired
    return Counted(received, damaged, wrong, expired, usable - received), max(held - quantity, 0)


def shipment_whole(lines: Iterable[tuple[int, int | None]]) -> bool | None:
    """Whether a shipment came whole, by (shipped, received) of its lines; None while one is not counted yet."""
    rows = list(lines)
    if any(received is None for _, received in rows):
        return None
    return all(received == quantity for quantity, received in rows)


def spread(count: Counted, quantities: Sequence[int]) -> list[Counted]:
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


def state_of(counts: Iterable[Counted], surplus: int = 0) -> ConfirmationState:
    """Complete only when every unit arrived whole and none was too many."""
    whole = surplus == 0 and all(count.whole for count in counts)
    return ConfirmationState.COMPLETE if whole else ConfirmationState.DISCREPANCY


@dataclass(frozen=True)
class Settlement:
    """Money (fen) of units that arrived whole, out of what was given for them.

    given: to take out of the gifts; price: owed to the supplier; saved: given but not spent;
    topped_up: price beyond what was given, out of earlier savings.
    """

    given: int = 0
    price: int = 0

    @property
    def from_gifts(self) -> int:
        return min(self.given, self.price)

    @property
    def saved(self) -> int:
        return max(self.given - self.price, 0)

    @property
    def topped_up(self) -> int:
        return max(self.price - self.given, 0)

    def plus(self, *, units: int, given_price: int, order_price: int) -> "Settlement":
        return Settlement(self.given + units * given_price, self.price + units * order_price)


class ShortReason(StrEnum):
    """What a keeper can see of why something is missing."""

    BOX_WHOLE = "box_whole"  # the box was sound and held too few
    BOX_OPEN = "box_open"  # torn, or opened on the way
    BOX_MISSING = "box_missing"  # a whole box did not come
    UNCLEAR = "unclear"


def join_reason(seen: str, words: str) -> str:
    """One text out of what was ticked and what was written."""
    known = seen if seen in {reason.value for reason in ShortReason} else ""
    return f"{known}|{words.strip()}" if known or words.strip() else ""


def split_reason(reason: str) -> tuple[str, str]:
    """(what was ticked, what was written) of a reason; a text of another origin is all words."""
    seen, bar, words = reason.partition("|")
    return (seen, words) if bar else ("", reason)


def divide(found: Found, parts: Mapping[str, int]) -> list[Found]:
    """Divide what was found of one heap over its order items (id: quantity), oldest gift first.

    What is too much stays with the last: it is told, never lost.
    """
    count, surplus = settle(found, sum(parts.values()))
    shares = spread(count, list(parts.values()))
    last = len(shares) - 1
    return [
        Found(
            item,
            share.received + (surplus if i == last else 0),
            share.damaged,
            share.wrong,
            share.expired,
            share.missing,
            found.reason if share.lacking or surplus else "",
        )
        for i, (item, share) in enumerate(zip(parts, shares, strict=True))
    ]
