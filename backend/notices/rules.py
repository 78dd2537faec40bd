"""Which letter is due for which fact, to whom, and when a letter that could not be sent is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from backend.kernel.states import Transitions


class LetterState(StrEnum):
    DUE = "due"
    SENT = "sent"
    FAILED = "failed"
    NEEDLESS = "needless"  # nobody to write to any more, or the news is over


LETTER = Transitions(
    "letter",
    {
        LetterState.DUE: frozenset({LetterState.SENT, LetterState.FAILED, LetterState.NEEDLESS}),
        LetterState.SENT: frozenset(),
        LetterState.FAILED: frozenset({LetterState.DUE}),
        LetterState.NEEDLESS: frozenset(),
    },
)


class Audience(StrEnum):
    """Who gets a letter about a fact."""

    DONORS = "donors"  # every gift that the fact is about
    RECIPIENT = "recipient"  # the keepers of the drop's recipient
    SUPPLIER = "supplier"  # the desk of the order's supplier
    OFFICERS = "officers"  # those who answer for the charity


class LetterKind(StrEnum):
    PAID = "paid"
    RETURNED = "returned"
    TAKEN_BACK = "taken_back"
    REFUNDED = "refunded"
    QUESTION = "question"
    ROAD = "road"
    LATE = "late"
    COUNTED = "counted"
    COMING = "coming"
    NOT_TODAY = "not_today"
    ORDER = "order"
    DISPUTED = "disputed"


@dataclass(frozen=True)
class Due:
    kind: LetterKind
    audience: Audience


DONORS, RECIPIENT = Audience.DONORS, Audience.RECIPIENT
SIMPLE: dict[str, tuple[Due, ...]] = {
    "gift.paid": (Due(LetterKind.PAID, DONORS),),
    "gift.taken_back": (Due(LetterKind.TAKEN_BACK, DONORS),),
    "gift.refund_paid": (Due(LetterKind.REFUNDED, DONORS),),
    "gift.question_asked": (Due(LetterKind.QUESTION, DONORS),),
    "drop.expected": (Due(LetterKind.COMING, RECIPIENT),),
    "drop.confirmed": (Due(LetterKind.COUNTED, DONORS),),
    "order.sent": (Due(LetterKind.ORDER, Audience.SUPPLIER),),
}
NOT_LOADED = "not_loaded"  # the boxes never left: donors were promised nothing yet


def letters_for(kind: str, public: Mapping[str, Any]) -> tuple[Due, ...]:
    """The letters that are due for a fact of `kind`, as its public part says."""
    if kind == "gift.late_paid":
        back = public.get("outcome") == "returned"
        return (Due(LetterKind.RETURNED if back else LetterKind.PAID, DONORS),)
    if kind == "shipment.moved":
        return (Due(LetterKind.ROAD, DONORS),) if public.get("state") == "in_transit" else ()
    if kind == "drop.failed":
        told = (Due(LetterKind.NOT_TODAY, RECIPIENT),)
        return told if public.get("reason") == NOT_LOADED else (Due(LetterKind.LATE, DONORS), *told)
    if kind == "tally.received":
        return (Due(LetterKind.DISPUTED, Audience.OFFICERS),) if public.get("differs") else ()
    return SIMPLE.get(kind, ())


MOST_TRIES = 8
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)


def wait_after(tries: int) -> timedelta:
    """How long to wait after the `tries`-th failure (1, 2, …): a minute, four times longer each time, six hours at most."""
    longer: int = 4 ** (tries - 1)
    return min(FIRST_WAIT * longer, LONGEST_WAIT)
