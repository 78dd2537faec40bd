"""What supplier and platform say to each other about an order, and how an answer is spread over gifts."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from backend.kernel.states import Transitions
from backend.parties.rules import Hours, windows_on


class RequestStatus(StrEnum):
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    PARTIALLY_ACCEPTED = "partially_accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


ACCEPTED = (RequestStatus.ACCEPTED, RequestStatus.PARTIALLY_ACCEPTED)
REQUEST = Transitions(
    "order_request",
    {
        RequestStatus.SUBMITTED: frozenset(
            {
                RequestStatus.ACCEPTED,
                RequestStatus.PARTIALLY_ACCEPTED,
                RequestStatus.REJECTED,
                RequestStatus.EXPIRED,
                RequestStatus.CANCELLED,
            }
        ),
        # a supplier gives back what it accepted and has not packed
        RequestStatus.ACCEPTED: frozenset({RequestStatus.PARTIALLY_ACCEPTED, RequestStatus.CANCELLED}),
        RequestStatus.PARTIALLY_ACCEPTED: frozenset({RequestStatus.CANCELLED}),
        RequestStatus.REJECTED: frozenset(),
        RequestStatus.EXPIRED: frozenset(),
        RequestStatus.CANCELLED: frozenset(),
    },
)


class Policy(StrEnum):
    """What a supplier may do when it cannot supply all."""

    FILL_OR_KILL = "fill_or_kill"  # everything now, or nothing
    FILL_ALL = "fill_all"  # everything, some of it later, or nothing
    FILL_AVAILABLE = "fill_available"  # what there is


class OrderAction(StrEnum):
    ANSWER = "answer"
    PACK = "pack"
    GIVE_BACK = "give_back"


def order_actions(status: RequestStatus, unpacked: int) -> list[OrderAction]:
    """What the supplier may do with an order of which `unpacked` accepted units are not in a box."""
    if status is RequestStatus.SUBMITTED:
        return [OrderAction.ANSWER]
    if status in ACCEPTED and unpacked > 0:
        return [OrderAction.PACK, OrderAction.GIVE_BACK]
    return []


@dataclass(frozen=True)
class Because:
    """Why an offer was chosen: a code of routing.sourcing, the next best offer, what it would cost more (fen)."""

    why: str
    instead: int | None = None
    saved: int = 0


@dataclass(frozen=True)
class Choice:
    """Units of a funded line to be asked of an offer; `replaces` names the order line they make good."""

    funded_line: int
    offer: int
    quantity: int
    replaces: int | None = None
    replacement: bool = False  # at the supplier's cost
    because: Because | None = field(default=None, compare=False)


@dataclass(frozen=True)
class ItemAnswer:
    """A supplier's answer to one item (public id): the three quantities add up to what was asked."""

    item: str
    accepted: int = 0
    backordered: int = 0
    rejected: int = 0
    expected_at: datetime | None = None
    reason: str = ""

    @property
    def kept(self) -> int:
        return self.accepted + self.backordered

    @property
    def total(self) -> int:
        return self.kept + self.rejected


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a request: where (JSON pointer), a stable code, and words."""

    pointer: str
    code: str
    message: str


def answer_problems(
    rows: Sequence[ItemAnswer], asked: Mapping[str, int], policy: Policy, at: datetime
) -> list[Problem]:
    """Everything wrong with an answer; empty when it may stand."""
    problems = [p for i, row in enumerate(rows) for p in _row_problems(f"/items/{i}", row, asked, at)]
    named = [row.item for row in rows]
    problems += [
        Problem(f"/items/{i}/item", "twice", "this item is answered twice")
        for i, item in enumerate(named)
        if item in named[:i]
    ]
    problems += [
        Problem("/items", "unanswered", f"no answer for {item}") for item in asked if item not in named
    ]
    return problems or _policy_problems(rows, policy)


def _row_problems(pointer: str, row: ItemAnswer, asked: Mapping[str, int], at: datetime) -> Iterable[Problem]:
    if row.item not in asked:
        yield Problem(f"{pointer}/item", "unknown_item", "this item is not in the order")
        return
    if min(row.accepted, row.backordered, row.rejected) < 0:
        yield Problem(pointer, "negative", "quantities are not negative")
    if row.total != asked[row.item]:
        yield Problem(
            pointer,
            "does_not_add_up",
            f"accepted + backordered + rejected is {row.total}, asked were {asked[row.item]}",
        )
    if row.backordered and (row.expected_at is None or row.expected_at <= at):
        yield Problem(f"{pointer}/expected_at", "expected_at", "a back-order needs a time to come")
    if row.rejected and not row.reason:
        yield Problem(f"{pointer}/reason", "reason", "a rejection needs a reason")


def _policy_problems(rows: Sequence[ItemAnswer], policy: Policy) -> list[Problem]:
    whole = all(row.rejected == 0 for row in rows)
    nothing = all(row.kept == 0 for row in rows)
    if policy is Policy.FILL_OR_KILL and not nothing and not all(row.accepted == row.total for row in rows):
        return [Problem("/items", "policy", "fill_or_kill: accept everything or reject everything")]
    if policy is Policy.FILL_ALL and not nothing and not whole:
        return [Problem("/items", "policy", "fill_all: supply everything, some later, or reject everything")]
    return []


def status_after(rows: Iterable[tuple[int, int]]) -> RequestStatus:
    """What an answered order is, by (kept, rejected) of its items."""
    rows = list(rows)
    if all(kept == 0 for kept, _ in rows):
        return RequestStatus.REJECTED
    if any(rejected for _, rejected in rows):
        return RequestStatus.PARTIALLY_ACCEPTED
    return RequestStatus.ACCEPTED


def serve(quantity: int, lines: Sequence[int]) -> list[int]:
    """Spread `quantity` over `lines` (oldest gift first): the oldest gift is served first.

    Raises ValueError when the lines hold less than `quantity`.
    """
    if quantity < 0 or quantity > sum(lines):
        raise ValueError("the lines hold less than is to be spread")
    parts = []
    for held in lines:
        part = min(held, quantity)
        parts.append(part)
        quantity -= part
    return parts


def lose(quantity: int, lines: Sequence[int]) -> list[int]:
    """Spread a loss of `quantity` over `lines` (oldest gift first): the newest gift loses first."""
    return serve(quantity, lines[::-1])[::-1]


Span = tuple[datetime, datetime]


def respond_by(local: datetime, hours: Hours, answer_hours: int, closures: Sequence[Span] = ()) -> datetime:
    """When an answer is due: `answer_hours` after `local`, counted in the opening `hours` alone.

    `local` is in the deployment's zone. The clock stands still during `closures` of the warehouse (apart from
    each other, in order of time). A supplier that is never open answers by the plain clock.
    """
    left = timedelta(hours=answer_hours)
    if hours and not any(hours):
        return local + left
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    for _ in range(400):
        for opens, closes in windows_on(hours, midnight.weekday()):
            start = max(local, midnight + timedelta(minutes=opens))
            for begin, end in _without(start, midnight + timedelta(minutes=closes), closures):
                if left <= end - begin:
                    return begin + left
                left -= end - begin
        midnight += timedelta(days=1)
    return local + timedelta(hours=answer_hours)


def _without(start: datetime, end: datetime, closures: Sequence[Span]) -> Iterator[Span]:
    """What is left of [start, end) outside of `closures`."""
    for shut, opens in closures:
        if shut >= end:
            break
        if start < shut:
            yield start, shut
        start = max(start, opens)
    if start < end:
        yield start, end


CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def slip_number(letter: str, row: int) -> str:
    """The number on a slip or a box: `letter`, six signs that tell no order or amount, a check sign.

    A bijection on 30 bits (an odd multiplier), so that numbers of different rows never meet.
    """
    value = (row * 0x2545_F491 + 0x1234_5678) % 2**30
    signs = "".join(CROCKFORD[(value >> shift) & 31] for shift in range(25, -1, -5))
    return f"{letter}{signs[:3]}-{signs[3:]}{check_sign(signs)}"


def check_sign(signs: str) -> str:
    """A sign that is wrong whenever one sign was misread, and nearly always when two changed places."""
    return CROCKFORD[sum((2 * i + 1) * CROCKFORD.index(sign) for i, sign in enumerate(signs)) % 32]


ROAD_FACTORS = {"plain": 1.3, "hills": 1.45, "mountains": 1.6}
ROUTE_STOPS = 6  # on a usual route
ROUTE_PRICE = 12_000  # of a vehicle for a day
KM_PRICE = 120


def usual_stop(straight_km: float, terrain: str) -> int:
    """What a stop costs (fen) that nobody has driven to yet: its share of a small van there and back."""
    road = straight_km * ROAD_FACTORS[terrain]
    return round((ROUTE_PRICE + 2 * KM_PRICE * road) / ROUTE_STOPS)


def gathers_at(at: datetime, *, hours: int = 6) -> datetime:
    """When orders too small for their warehouse are looked at again: all at the same moments of the day."""
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(hours=hours * (at.hour // hours + 1))
