"""Give: claim the needs, then lead to the gateway's page."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import connection

from backend.donations import queries, writer
from backend.donations.payments import registry
from backend.donations.payments.port import Order
from backend.donations.rules import DonorDetail, Due, Gift, GiftLine, GiftStatus, check_shape
from backend.donations.tokens import gift_token
from backend.donations.writer import Placed, Said
from backend.donations.writer.batch import house
from backend.kernel.db import TransactionStance
from backend.kernel.errors import Missing, NotAllowed
from backend.kernel.settings import settings
from backend.kernel.states import WrongState


class TooManyFailures(NotAllowed):
    """So many payments failed just now that no more are begun: wait, or use another way to pay."""

    code = "too_many_failures"


class NoSuchGift(Missing):
    """There is no such gift."""

    code = "no_such_gift"


class PlacedGift(NamedTuple):
    """A gift and where it is paid: its donations (public ids, one per charity), the sum in minor units.

    `pay_url` is the page of the first donation that waits for its payment, empty when none does;
    `tokens` are the signed links to the donations' pages, in the same order.
    """

    donations: tuple[str, ...]
    tokens: tuple[str, ...]
    amount: int
    currency: str
    pay_url: str
    replayed: bool


def place(
    *, client: str, key: str, lines: Sequence[GiftLine], donor: DonorDetail, actor: str, at: datetime
) -> PlacedGift:
    """Own transaction (of this process's writer; refuses to run inside one). Place a gift, once per key.

    The same client and key with the same content is the same gift (`replayed`). Nothing is changed by a
    refusal: NothingGiven, TooMuch, NoSuchNeed, AppealClosed, NeedStopped, PriceChanged, NotEnoughLeft,
    NoCertificate, MembersOnly, NoGiftsHere, NoAccount, MixedCurrencies, KeyReused, Busy.
    """
    if connection.in_atomic_block:
        raise TransactionStance("place has its own transaction: inside one, call writer.place_many")
    return presented(writer.submit(_shaped(client, key, lines, donor, actor, at)))


def place_soon(
    *,
    client: str,
    key: str,
    lines: Sequence[GiftLine],
    donor: DonorDetail,
    actor: str,
    at: datetime,
    tell: Callable[[Said], None],
) -> None:
    """Own transaction, by this process's writer: `place` for a door that does not wait for it.

    `tell` is called once, in the writer's thread, with what `presented` makes a gift of, or with the refusal or
    failure that `place` would raise. Raises at once NothingGiven, TooMuch, Busy.
    """
    writer.submit_soon(_shaped(client, key, lines, donor, actor, at), tell)


def _shaped(
    client: str, key: str, lines: Sequence[GiftLine], donor: DonorDetail, actor: str, at: datetime
) -> Gift:
    gift = Gift(client, key, tuple(lines), donor, actor, at)
    check_shape(gift.lines, house(gift))
    return gift


def presented(placed: Placed) -> PlacedGift:
    """What a door needs of a gift as written."""
    dues = placed.donations
    tokens = tuple(_token(due) for due in dues)
    pages = (_page(due, token) for due, token in zip(dues, tokens, strict=True) if _is_open(due))
    return PlacedGift(
        tuple(due.donation for due in dues),
        tokens,
        sum(due.amount for due in dues),
        dues[0].currency,
        next(pages, ""),
        placed.replayed,
    )


def start_payment(*, donation: str, at: datetime) -> str:
    """No transaction. The address where a placed gift is paid.

    Raises NoSuchGift, WrongState, TooManyFailures, GatewayDown.
    """
    dues = queries.dues(donation=donation)
    if not dues:
        raise NoSuchGift
    if not _is_open(dues[0]):
        raise WrongState("this gift waits for no payment", to=GiftStatus.PAID.value)
    if queries.failed_payments(donation=donation, at=at) >= settings.CARD_MOST_FAILURES:
        raise TooManyFailures
    return _page(dues[0], _token(dues[0]))


def _is_open(due: Due) -> bool:
    return due.status is GiftStatus.PLACED


def _token(due: Due) -> str:
    return gift_token(donation=due.donation, link_version=due.link_version)


def _page(due: Due, token: str) -> str:
    site = settings.SITE_URL
    order = Order(
        due.merchant_no,
        due.merchant_ref,
        due.amount,
        due.currency,
        subject=due.donation,
        return_url=f"{site}/paid/{token}/",
        notice_url=f"{site}/payments/{due.gateway}/notice/",
        expires_at=due.expires_at,
    )
    return registry.gateway(due.gateway).create(order)
