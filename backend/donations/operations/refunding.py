"""Money goes back: asked by an undo or an answer, paid by the gateway, then written into the books."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from backend.donations.models import Donation, FundedLine, Payment, Refund
from backend.donations.operations.giving_back import refund_lines, take_money
from backend.donations.operations.placing import NoSuchGift
from backend.donations.payments import registry
from backend.donations.payments.port import GatewayDown, GatewayRefused
from backend.donations.rules import GIFT, REFUND, GiftStatus, RefundStatus
from backend.journal.kinds import Kind
from backend.journal.models import Entry
from backend.journal.operations import record
from backend.kernel.db import claim, release
from backend.kernel.errors import Conflicts
from backend.kernel.states import move
from backend.ledger.operations import account, post
from backend.ledger.rules import AccountKind, TransferKind
from backend.needs.operations.standing import free

log = logging.getLogger(__name__)
LEASE = timedelta(seconds=60)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)


class TooLateToTakeBack(Conflicts):
    """The time to take this gift back is over, or suppliers are at work on it."""

    code = "too_late_to_take_back"


@transaction.atomic
def take_back(*, donation: str, actor: str, at: datetime) -> Donation:
    """Own transaction. The donor takes a paid gift back within its undo time: all needs free, all money back.

    Raises NoSuchGift, TooLateToTakeBack.
    """
    rows = Donation.objects.filter(public_id=donation).select_related("charity__organisation")
    gift = rows.select_for_update(of=("self",), no_key=True).first()
    if gift is None:
        raise NoSuchGift
    in_time = gift.order_after is not None and at < gift.order_after
    units = FundedLine.objects.filter(
        pk__in=FundedLine.objects.filter(fundings__line__donation=gift).values("pk")
    )
    lines = list(units.order_by("pk").select_for_update(no_key=True))
    if gift.status != GiftStatus.PAID.value or not in_time or any(_touched(line) for line in lines):
        raise TooLateToTakeBack
    _give_up(lines, gift, actor, at)
    record(
        kind=Kind.GIFT_TAKEN_BACK,
        subject=f"gift:{gift.public_id}",
        actor=actor,
        at=at,
        charity=gift.charity.organisation.public_id,
        public={"amount": gift.amount, "currency": gift.currency},
    )
    return gift


def _touched(line: FundedLine) -> bool:
    return bool(line.sourced or line.held or line.released)


def _give_up(lines: list[FundedLine], gift: Donation, actor: str, at: datetime) -> None:
    back: dict[int, int] = {}
    quantities: dict[int, int] = {}
    for line in lines:
        FundedLine.objects.filter(pk=line.pk).update(released=F("quantity"))
        quantities[line.need_line_id] = quantities.get(line.need_line_id, 0) + line.quantity
        for gift_line, amount in take_money(units=line, amount=line.amount).items():
            back[gift_line] = back.get(gift_line, 0) + amount
    free(quantities=quantities)
    refund_lines(amounts=back, key=f"undo:{gift.public_id}", reason="taken_back", actor=actor, at=at)


def pay_refunds(*, at: datetime, by: str, limit: int = 20, actor: str = "system:jobs") -> int:
    """Own transactions. Send back what was asked for; return how many refunds were paid.

    The gateway is called outside any transaction, by the refund's key: a worker that dies between the call
    and the commit leaves a lease that runs out, and the next call with the key changes nothing there.
    """
    waiting = [RefundStatus.ASKED.value, RefundStatus.FAILED.value]
    rows = Refund.objects.filter(status__in=waiting, due_at__lte=at)
    picked = claim(rows, by=by, at=at, lease=LEASE, limit=limit)
    paid = 0
    for refund in picked:
        paid += _pay(refund, actor, at)
        release(refund, by=by)
    return paid


def _pay(refund: Refund, actor: str, at: datetime) -> bool:
    payment = Payment.objects.select_related("account", "donation__charity__organisation").get(
        pk=refund.payment_id
    )
    try:
        registry.gateway(payment.account.gateway).refund(
            merchant_no=payment.account.merchant_no,
            merchant_ref=payment.merchant_ref,
            key=refund.key,
            amount=refund.amount,
            at=at,
        )
    except (GatewayDown, GatewayRefused) as refusal:
        _fail(refund, payment, refusal.code, actor, at)
        return False
    return _book(refund, payment, actor, at)


@transaction.atomic
def _book(refund: Refund, payment: Payment, actor: str, at: datetime) -> bool:
    gift = Donation.objects.select_for_update(no_key=True).get(pk=payment.donation_id)
    if not move(Refund.objects.filter(pk=refund.pk), REFUND, to=RefundStatus.PAID, paid_at=at, failure=""):
        return False
    Payment.objects.filter(pk=payment.pk).update(refunded=F("refunded") + refund.amount)
    whole = Payment.objects.filter(pk=payment.pk, refunded=F("amount"))
    if gift.status == GiftStatus.PAID.value and whole.exists():
        move(Donation.objects.filter(pk=gift.pk), GIFT, to=GiftStatus.REFUNDED)
    entry = _record(Kind.REFUND_PAID, refund, payment, actor, at)
    charity, currency = payment.donation.charity_id, payment.currency
    post(
        debit=account(charity_id=charity, kind=AccountKind.GIFTS, currency=currency),
        credit=account(charity_id=charity, kind=AccountKind.GATEWAY, currency=currency),
        amount=refund.amount,
        kind=TransferKind.GIFT_REFUNDED,
        entry=entry,
        at=at,
    )
    return True


@transaction.atomic
def _fail(refund: Refund, payment: Payment, code: str, actor: str, at: datetime) -> None:
    """Kept, told once, tried again later and later."""
    log.warning("refund %s failed: %s", refund.public_id, code)
    wait = min(FIRST_WAIT * 2**refund.tries, LONGEST_WAIT)
    rows = Refund.objects.filter(pk=refund.pk).exclude(status=RefundStatus.PAID.value)
    rows.update(status=RefundStatus.FAILED.value, failure=code, tries=F("tries") + 1, due_at=at + wait)
    if refund.tries == 0:
        _record(Kind.REFUND_FAILED, refund, payment, actor, at)


def _record(kind: Kind, refund: Refund, payment: Payment, actor: str, at: datetime) -> Entry:
    return record(
        kind=kind,
        subject=f"gift:{payment.donation.public_id}",
        actor=actor,
        at=at,
        charity=payment.donation.charity.organisation.public_id,
        public={"refund": refund.public_id, "amount": refund.amount, "reason": refund.reason},
    )
