"""Money comes in: a gateway's notice, or its answer when we ask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from backend.donations import statements
from backend.donations.models import Donation, Payment, PaymentNotice
from backend.donations.operations.attempts import look_at_payer, note_failure, payer_digest
from backend.donations.operations.placing import NoSuchGift
from backend.donations.operations.settling import settle
from backend.donations.operations.together import Together
from backend.donations.payments import registry
from backend.donations.payments.port import Notice, OrderState, Standing
from backend.donations.rules import GiftStatus, PaymentStatus
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.errors import Conflicts, Missing


class NoSuchPayment(Missing):
    """The notice speaks of an order that we do not know."""

    code = "no_such_payment"


class AmountDiffers(Conflicts):
    """The gateway's amount or currency is not what we asked for: nothing is settled, a person must look."""

    code = "amount_differs"


class Receipt(StrEnum):
    """What became of a notice."""

    SETTLED = "settled"
    REPLAYED = "replayed"
    NOT_PAID = "not_paid"
    FAILED = "failed"  # somebody tried to pay and could not
    STOPPED = "stopped"  # once too often: no payment is begun for this visitor for a while


def receive_notice(*, gateway: str, headers: Mapping[str, str], body: bytes, at: datetime) -> Receipt:
    """Own transaction. Believe a gateway's notice once: the payment is settled, or was already.

    A notice from outside the time window is neither believed nor dropped: the gateway is asked, and its
    answer counts. Raises UnknownGateway, BadSignature, NoSuchPayment, AmountDiffers, GatewayDown.
    """
    port = registry.gateway(gateway)
    notice = port.verify(headers=headers, body=body)
    payment = _payment(gateway, notice)
    if PaymentNotice.objects.filter(account_id=payment.account_id, notice_id=notice.notice_id).exists():
        return Receipt.REPLAYED
    standing = notice.standing
    if abs(at - notice.signed_at) > timedelta(minutes=settings.NOTICE_WINDOW_MINUTES):
        standing = port.query(merchant_no=notice.merchant_no, merchant_ref=notice.merchant_ref)
    actor, payer = f"gateway:{gateway}", payer_digest(notice.payer)
    if notice.failed:
        return _note_failed(payment, notice, payer, actor, at)
    if standing.state is not OrderState.PAID:
        return Receipt.NOT_PAID
    check_amount(payment, standing, at, actor)
    receipt = _arriving.do(_Arrival(payment, notice.notice_id, standing, actor, at))
    if receipt is Receipt.SETTLED:
        look_at_payer(payment=payment, payer=payer, actor=actor, at=at)
    return receipt


@transaction.atomic
def _note_failed(payment: Payment, notice: Notice, payer: str, actor: str, at: datetime) -> Receipt:
    _, first = PaymentNotice.objects.get_or_create(
        account_id=payment.account_id, notice_id=notice.notice_id, defaults={"received_at": at}
    )
    if not first:
        return Receipt.REPLAYED
    stop = note_failure(payment=payment, payer=payer, actor=actor, at=at)
    return Receipt.STOPPED if stop else Receipt.FAILED


def _payment(gateway: str, notice: Notice) -> Payment:
    found = Payment.objects.filter(
        account__gateway=gateway, account__merchant_no=notice.merchant_no, merchant_ref=notice.merchant_ref
    )
    payment = found.select_related("donation__charity__organisation", "donation__checkout", "account").first()
    if payment is None:
        raise NoSuchPayment
    return payment


@dataclass(frozen=True)
class _Arrival:
    """A believed notice that waits to be settled."""

    payment: Payment
    notice_id: str
    standing: Standing
    actor: str
    at: datetime

    @property
    def name(self) -> tuple[int, str]:
        return self.payment.account_id, self.notice_id


@transaction.atomic
def _settle_together(arrivals: Sequence[_Arrival]) -> list[Receipt]:
    """Own transaction. Settle what arrived, each notice once; one answer for each."""
    last = arrivals[-1]
    names = {arrival.name: arrival for arrival in arrivals}
    values: dict[str, Any] = {
        "account_ids": [account for account, _ in names],
        "notice_ids": [notice for _, notice in names],
        "at": last.at,
    }
    with connection.cursor() as cursor:
        cursor.execute(statements.INSERT_NOTICES, values)
        new = {
            names[account, notice].payment.pk: names[account, notice] for account, notice in cursor.fetchall()
        }
    standings = {pk: arrival.standing for pk, arrival in new.items()}
    settled = {payment.pk for payment in settle(standings=standings, actor=last.actor, at=last.at)}
    answers = []
    for arrival in arrivals:
        first = arrival.payment.pk in settled and new.get(arrival.payment.pk) is arrival
        answers.append(Receipt.SETTLED if first else Receipt.REPLAYED)
    return answers


_arriving: Together[_Arrival, Receipt] = Together(_settle_together)


def check_amount(payment: Payment, standing: Standing, at: datetime, actor: str) -> None:
    """Own transaction. Raise AmountDiffers, after writing it down, when the gateway names another amount."""
    if (standing.amount, standing.currency) == (payment.amount, payment.currency):
        return
    with transaction.atomic():
        record(
            kind=Kind.NOTICE_REFUSED,
            subject=f"gift:{payment.donation.public_id}",
            actor=actor,
            at=at,
            charity=payment.donation.charity.organisation.public_id,
            public={"asked": payment.amount, "said": standing.amount, "currency": standing.currency},
        )
    raise AmountDiffers


def sync(*, donation: str, at: datetime) -> GiftStatus:
    """Own transaction. Ask the gateway about a gift that is not paid yet; settle when it says so.

    For the page to which the gateway leads back: its notice may still be on the way. Raises NoSuchGift,
    AmountDiffers, GatewayDown.
    """
    waiting = Payment.objects.filter(donation__public_id=donation).exclude(status=PaymentStatus.PAID.value)
    for payment in waiting.select_related("donation__charity__organisation", "account").order_by("pk"):
        account = payment.account
        port = registry.gateway(account.gateway)
        standing = port.query(merchant_no=account.merchant_no, merchant_ref=payment.merchant_ref)
        if standing.state is OrderState.PAID:
            check_amount(payment, standing, at, f"gateway:{account.gateway}")
            with transaction.atomic():
                settle(standings={payment.pk: standing}, actor=f"gateway:{account.gateway}", at=at)
    status = Donation.objects.filter(public_id=donation).values_list("status", flat=True).first()
    if status is None:
        raise NoSuchGift
    return GiftStatus(status)
