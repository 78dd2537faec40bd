"""Short sentences for stories about gifts: Aming gives, pays, and the gateway tells us."""

import itertools
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from backend.donations.models import Donation, FundedLine, Payment
from backend.donations.operations import Choice, DonorDetail, GiftLine, Receipt, receive_notice
from backend.donations.payments.port import OrderState
from backend.donations.payments.sandbox import remote
from backend.donations.rules import Gift
from backend.donations.writer import Placed, place_many
from backend.kernel.errors import Refused
from backend.needs.models import NeedLine
from tests.cast import MONDAY

_keys = itertools.count(1)
AMING = DonorDetail(name="阿明", mail="aming@example.org", message="冬天不冷")


def line(need: NeedLine, quantity: int = 1, promise: Choice = Choice.REFUND, **fields: Any) -> GiftLine:
    return GiftLine(need.public_id, quantity, **{"unit_price": need.unit_price, "promise": promise, **fields})


def wish(*lines: GiftLine, key: str = "", donor: DonorDetail = AMING, at: datetime = MONDAY) -> Gift:
    return Gift("visitor:aming", key or f"key-{next(_keys)}", tuple(lines), donor, "visitor:aming", at)


def place_all(*wishes: Gift) -> Sequence[Placed | Refused]:
    return place_many(connection, wishes)


def give(
    need: NeedLine, quantity: int = 1, *, promise: Choice = Choice.REFUND, at: datetime = MONDAY
) -> Donation:
    """Aming places a gift and has not paid yet."""
    (placed,) = place_all(wish(line(need, quantity, promise), at=at))
    assert isinstance(placed, Placed), placed
    return Donation.objects.get(public_id=placed.donations[0].donation)


def order_of(gift: Donation) -> remote.Wish:
    payment = Payment.objects.select_related("account").get(donation=gift)
    return remote.Wish(
        payment.account.merchant_no,
        payment.merchant_ref,
        payment.amount,
        payment.currency,
        "",
        "",
        "http://testserver/payments/sandbox/notice/",
        MONDAY.timestamp() * 2,
    )


def pay_at_gateway(gift: Donation, *, at: datetime = MONDAY) -> None:
    """Aming pays on the gateway's page; we have not heard of it."""
    assert remote.pay(order_of(gift), at=at) is OrderState.PAID


def notice_of(gift: Donation, *, signed_at: datetime = MONDAY) -> dict[str, Any]:
    (notice_id,) = remote.due_notices(merchant_ref=gift.public_id)
    letter = remote.envelope(notice_id=notice_id, signed_at=signed_at)
    return {"gateway": "sandbox", "headers": letter.headers, "body": letter.body}


def pay(gift: Donation, *, at: datetime = MONDAY) -> Receipt:
    """Aming pays and the gateway's notice arrives at once."""
    pay_at_gateway(gift, at=at)
    return receive_notice(**notice_of(gift, signed_at=at), at=at)


def given(
    need: NeedLine, quantity: int = 1, *, promise: Choice = Choice.REFUND, at: datetime = MONDAY
) -> Donation:
    """A gift that is placed and paid."""
    gift = give(need, quantity, promise=promise, at=at)
    assert pay(gift, at=at) is Receipt.SETTLED
    return gift


def units_of(gift: Donation) -> FundedLine:
    return FundedLine.objects.get(fundings__line__donation=gift)


__all__ = ["AMING", "Choice", "transaction"]
