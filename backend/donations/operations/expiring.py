"""Reservations that were not paid in time: the gateway is asked, its order closed, then the goods are freed."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from backend.donations.models import Donation, DonationLine, Gathering, Payment
from backend.donations.operations.facts import gift_fact
from backend.donations.operations.gathering import void_still_funded
from backend.donations.operations.paying import AmountDiffers, check_amount
from backend.donations.operations.settling import settle_these
from backend.donations.payments import registry
from backend.donations.payments.port import GatewayDown, OrderState, Standing
from backend.donations.rules import (
    GATHERING,
    GIFT,
    PAYMENT,
    GatheringStatus,
    GiftStatus,
    PaymentStatus,
)
from backend.journal.kinds import Kind
from backend.journal.operations import record_all
from backend.kernel.states import move

log = logging.getLogger(__name__)
ASK_AGAIN = timedelta(minutes=1)  # when the gateway gave no answer


def expire_due(*, at: datetime, limit: int = 200, actor: str = "system:jobs") -> int:
    """Own transactions. Expire gifts whose time to pay is over; return how many did.

    A gift that the gateway calls paid is settled instead; one that it gives no answer for waits a minute.
    """
    due = Payment.objects.filter(
        donation__status=GiftStatus.PLACED.value,
        donation__expires_at__lte=at,
        status=PaymentStatus.CREATED.value,
    )
    gifts = due.select_related("donation__charity__organisation", "account")
    return _close(list(gifts.order_by("donation__expires_at", "pk")[:limit]), actor, at)


def let_go(*, donation: str, actor: str, at: datetime) -> bool:
    """Own transactions. The donor does not want to pay: close the order now and free what was held.

    False when the gateway calls it paid (then it is settled), gives no answer (then it is let go in a minute), or
    nothing waits any more.
    """
    waiting = Payment.objects.filter(
        donation__public_id=donation,
        donation__status=GiftStatus.PLACED.value,
        status=PaymentStatus.CREATED.value,
    )
    return bool(_close(list(waiting.select_related("donation__charity__organisation", "account")), actor, at))


def _close(picked: Sequence[Payment], actor: str, at: datetime) -> int:
    paid: dict[int, Standing] = {}
    unpaid: list[int] = []
    for payment in picked:
        standing = _closed(payment, at)
        if standing is None:
            continue
        if standing.state is OrderState.PAID:
            paid[payment.pk] = standing
        else:
            unpaid.append(payment.donation_id)
    if paid:
        settle_these(paid, actor=actor, at=at)
    return _expire(unpaid, actor, at) if unpaid else 0


def _closed(payment: Payment, at: datetime) -> Standing | None:
    """The gateway's word after its order was closed; None when nothing may be done now."""
    account = payment.account
    try:
        port = registry.gateway(account.gateway)
        standing = port.close(merchant_no=account.merchant_no, merchant_ref=payment.merchant_ref, at=at)
        if standing.state is OrderState.PAID:
            check_amount(payment, standing, at, f"gateway:{account.gateway}")
    except (GatewayDown, AmountDiffers) as refusal:
        log.warning("gift %s does not expire yet: %s", payment.donation.public_id, refusal.code)
        Donation.objects.filter(pk=payment.donation_id).update(expires_at=at + ASK_AGAIN)
        return None
    return standing


@transaction.atomic
def _expire(gift_ids: Collection[int], actor: str, at: datetime) -> int:
    rows = Donation.objects.filter(pk__in=gift_ids, status=GiftStatus.PLACED.value).order_by("pk")
    locked = rows.select_related("charity__organisation").select_for_update(of=("self",), no_key=True)
    gifts = list(locked)
    ids = [gift.pk for gift in gifts]
    move(Donation.objects.filter(pk__in=ids), GIFT, to=GiftStatus.EXPIRED)
    move(Payment.objects.filter(donation__in=ids), PAYMENT, to=PaymentStatus.CLOSED, closed_at=at)
    large = _leave_large(ids)
    _free([pk for pk in ids if pk not in large])
    _record(gifts, actor, at)
    return len(gifts)


def _leave_large(gift_ids: Collection[int]) -> set[int]:
    """Large gifts give their needs back chunk by chunk: see gathering. Returns those gifts."""
    rows = Donation.objects.filter(pk__in=gift_ids, checkout__gathering__isnull=False)
    large = dict(rows.values_list("pk", "checkout__gathering"))
    gatherings = Gathering.objects.filter(pk__in=large.values())
    move(gatherings, GATHERING, to=GatheringStatus.DROPPING, reason="not_paid")
    return set(large)


def _free(gift_ids: Collection[int]) -> None:
    void_still_funded(lines=DonationLine.objects.filter(donation__in=gift_ids))


def _record(gifts: Sequence[Donation], actor: str, at: datetime) -> None:
    record_all(
        facts=[
            gift_fact(Kind.GIFT_EXPIRED, gift, actor=actor, at=at, amount=gift.amount, currency=gift.currency)
            for gift in gifts
        ]
    )
