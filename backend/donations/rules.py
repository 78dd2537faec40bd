"""The life of a gift, its payment, its refund, and of the whole units it buys; what a gift may be."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from backend.kernel.errors import Conflicts, Exhausted, Malformed, Missing, NotAllowed
from backend.kernel.states import Transitions
from backend.needs.rules import OpenNeed


class GiftStatus(StrEnum):
    GATHERING = "gathering"  # a large gift that is being put together, seen by nobody
    PLACED = "placed"
    PAID = "paid"
    EXPIRED = "expired"
    RETURNED = "returned"  # paid too late and sent back whole
    REFUNDED = "refunded"


GIFT = Transitions(
    "gift",
    {
        GiftStatus.GATHERING: frozenset({GiftStatus.PLACED, GiftStatus.EXPIRED}),
        GiftStatus.PLACED: frozenset({GiftStatus.PAID, GiftStatus.EXPIRED}),
        GiftStatus.PAID: frozenset({GiftStatus.REFUNDED}),
        GiftStatus.EXPIRED: frozenset({GiftStatus.PAID, GiftStatus.RETURNED}),
        GiftStatus.RETURNED: frozenset(),
        GiftStatus.REFUNDED: frozenset(),
    },
)


class PaymentStatus(StrEnum):
    CREATED = "created"
    PAID = "paid"
    CLOSED = "closed"


PAYMENT = Transitions(
    "payment",
    {
        PaymentStatus.CREATED: frozenset({PaymentStatus.PAID, PaymentStatus.CLOSED}),
        PaymentStatus.CLOSED: frozenset({PaymentStatus.PAID}),  # the gateway's word counts, also late
        PaymentStatus.PAID: frozenset(),
    },
)


class RefundStatus(StrEnum):
    ASKED = "asked"
    PAID = "paid"
    FAILED = "failed"


REFUND = Transitions(
    "refund",
    {
        RefundStatus.ASKED: frozenset({RefundStatus.PAID, RefundStatus.FAILED}),
        RefundStatus.FAILED: frozenset({RefundStatus.PAID}),  # tried again
        RefundStatus.PAID: frozenset(),
    },
)


class UnitState(StrEnum):
    """Of a FundedLine: whole units to buy."""

    GATHERING = "gathering"
    FUNDED = "funded"
    VOID = "void"


UNITS = Transitions(
    "funded_line",
    {
        UnitState.GATHERING: frozenset({UnitState.FUNDED, UnitState.VOID}),
        UnitState.FUNDED: frozenset({UnitState.VOID}),
        UnitState.VOID: frozenset({UnitState.FUNDED}),  # paid late and reserved again
    },
)


class GatheringStatus(StrEnum):
    """Of a large gift: its needs are claimed in chunks, whole or not at all."""

    GATHERING = "gathering"
    GATHERED = "gathered"
    DROPPING = "dropping"  # what was claimed is being given back, in chunks too
    DROPPED = "dropped"


GATHERING = Transitions(
    "gathering",
    {
        GatheringStatus.GATHERING: frozenset({GatheringStatus.GATHERED, GatheringStatus.DROPPING}),
        GatheringStatus.GATHERED: frozenset({GatheringStatus.DROPPING}),  # not paid in time
        GatheringStatus.DROPPING: frozenset({GatheringStatus.DROPPED}),
        GatheringStatus.DROPPED: frozenset(
            {GatheringStatus.DROPPING}
        ),  # another charity's part expires later
    },
)


class ReviewReason(StrEnum):
    """Why a person should look at a gift before anything is ordered for it."""

    PACE = "pace"  # one visitor gave faster than people can
    CARD_PACE = "card_pace"  # one card paid for more gifts than people make
    CARD_TESTING = "card_testing"  # this card or visitor had many failed payments just before


class Source(StrEnum):
    GATEWAY = "gateway"
    POOL = "pool"
    SALE = "sale"
    IN_KIND = "in_kind"
    OWN = "own"


class LineKind(StrEnum):
    NEED = "need"
    APPEAL = "appeal"
    CHARITY = "charity"
    CARD = "card"


class QuestionKind(StrEnum):
    NO_SUPPLIER = "no_supplier"
    STOPPED = "stopped"  # the recipient said: enough


class Choice(StrEnum):
    """What a donor may answer, and promise before paying as the fallback."""

    REFUND = "refund"
    WAIT = "wait"  # ask the suppliers again
    NEAREST = "nearest"  # the same item for the nearest other need


MOST_WAITS = 3  # a donor who promised to wait is asked again this often, then the money goes back


def fallback_for(promised: Choice, kind: QuestionKind, *, waits: int) -> Choice:
    """What is done when the donor does not answer: what was promised before paying, where it makes sense."""
    if promised is Choice.WAIT and (kind is QuestionKind.STOPPED or waits >= MOST_WAITS):
        return Choice.REFUND
    return promised


def choices_for(kind: QuestionKind) -> tuple[Choice, ...]:
    """What a donor may answer: nobody waits for a need that was stopped."""
    if kind is QuestionKind.STOPPED:
        return (Choice.NEAREST, Choice.REFUND)
    return (Choice.WAIT, Choice.NEAREST, Choice.REFUND)


class GiftLine(NamedTuple):
    """So many of one need, at the price (fen) that the page showed, with the donor's word for a shortfall."""

    need_line: str
    quantity: int
    unit_price: int
    promise: Choice = Choice.REFUND

    @property
    def amount(self) -> int:
        return self.quantity * self.unit_price


class DonorDetail(NamedTuple):
    """Who gives: a member (`user_id`) or a guest; everything else may be empty."""

    user_id: int | None = None
    name: str = ""
    mail: str = ""
    phone: str = ""
    message: str = ""
    language: str = "zh-hans"


class Gift(NamedTuple):
    """One visitor's wish to give, keyed: the same key with the same content is the same gift."""

    client: str
    key: str
    lines: tuple[GiftLine, ...]
    donor: DonorDetail
    actor: str
    at: datetime

    @property
    def fingerprint(self) -> str:
        user_id, *words = self.donor
        said = [str(user_id), *words]  # always as many, and NUL is in none of them: it is never written
        for need_line, quantity, unit_price, promise in self.lines:
            said += (need_line, str(quantity), str(unit_price), promise)
        return hashlib.sha256("\0".join(said).encode()).hexdigest()


class Due(NamedTuple):
    """What one donation still waits for: all that its payment page needs. `status` is the gift's."""

    donation: str
    amount: int
    currency: str
    gateway: str
    merchant_no: str
    merchant_ref: str
    expires_at: datetime | None
    link_version: int = 1
    status: GiftStatus = GiftStatus.PLACED


class House(NamedTuple):
    """What the deployment allows: its mode, its limits, and the day at its place."""

    mode: str
    on: date
    most_lines: int = 500
    most_quantity: int = 100_000


class NothingGiven(Malformed):
    """A gift needs at least one item, each once, with a whole quantity above zero."""

    code = "nothing_given"


class TooMuch(Malformed):
    """That is more than one gift may hold."""

    code = "too_much"


class NoSuchNeed(Missing):
    """There is no such need."""

    code = "no_such_need"


class NoGiftsHere(NotAllowed):
    """This house moves goods only; it takes no gifts."""

    code = "no_gifts_here"


class MembersOnly(NotAllowed):
    """This charity asks its own members only."""

    code = "members_only"


class NoCertificate(Conflicts):
    """The charity's certificate for public appeals is missing or has run out."""

    code = "no_certificate"


class AppealClosed(Conflicts):
    """This appeal takes no gifts now."""

    code = "appeal_closed"


class NeedStopped(Conflicts):
    """The recipient said: enough of this."""

    code = "need_stopped"


class PriceChanged(Conflicts):
    """The price is another one now; look again, then give."""

    code = "price_changed"


class NotEnoughLeft(Exhausted):
    """Fewer are left than were asked for."""

    code = "not_enough_left"


class MixedCurrencies(Malformed):
    """One gift is in one currency."""

    code = "mixed_currencies"


class NoAccount(Conflicts):
    """The charity cannot take payments here yet."""

    code = "no_payment_account"


class KeyReused(Conflicts):
    """This key was used for another gift."""

    code = "key_reused"


def check_shape(lines: Collection[GiftLine], house: House) -> None:
    """Refuse nonsense before anything is locked."""
    quantities = [line.quantity for line in lines]
    if not quantities or min(quantities) <= 0 or len({line.need_line for line in lines}) != len(quantities):
        raise NothingGiven(pointer="/lines")
    if len(quantities) > house.most_lines or max(quantities) > house.most_quantity:
        raise TooMuch(pointer="/lines", most_lines=house.most_lines, most_quantity=house.most_quantity)


@dataclass
class Shelf:
    """The needs as locked, and what this batch has claimed of them so far, in arrival order."""

    needs: Mapping[str, OpenNeed]
    members: Collection[tuple[int, int]] = ()  # (charity, user) who belong together
    claimed: dict[str, int] = field(default_factory=dict)

    def left(self, need: OpenNeed) -> int:
        return need.left - self.claimed.get(need.public_id, 0)


def admit(gift: Gift, shelf: Shelf, house: House) -> None:
    """Claim every line of `gift` on `shelf`, or raise the reason and claim none."""
    check_shape(gift.lines, house)
    for index, line in enumerate(gift.lines):
        _check_line(line, f"/lines/{index}", gift, shelf, house)
    if len({shelf.needs[line.need_line].currency for line in gift.lines}) > 1:
        raise MixedCurrencies(pointer="/lines")
    for line in gift.lines:
        shelf.claimed[line.need_line] = shelf.claimed.get(line.need_line, 0) + line.quantity


def _check_line(line: GiftLine, pointer: str, gift: Gift, shelf: Shelf, house: House) -> None:
    need = shelf.needs.get(line.need_line)
    if need is None:
        raise NoSuchNeed(pointer=pointer, need=line.need_line)
    _check_lawful(need, gift, shelf, house)
    if not need.is_open(gift.at):
        raise AppealClosed(pointer=pointer, need=line.need_line)
    if need.stopped:
        raise NeedStopped(pointer=pointer, need=line.need_line)
    if need.unit_price != line.unit_price:
        raise PriceChanged(pointer=pointer, need=line.need_line, unit_price=need.unit_price)
    if shelf.left(need) < line.quantity:
        raise NotEnoughLeft(pointer=pointer, need=line.need_line, left=shelf.left(need))


def _check_lawful(need: OpenNeed, gift: Gift, shelf: Shelf, house: House) -> None:
    modes = {house.mode, need.mode}
    if "logistics_only" in modes:
        raise NoGiftsHere
    if "directed" in modes:
        if (need.charity_id, gift.donor.user_id) not in shelf.members:
            raise MembersOnly
    elif not need.is_certified(house.on):
        raise NoCertificate
