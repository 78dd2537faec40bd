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
from backend.donations.operations.attempts import look_at_payers, note_failure, payer_digest
from backend.donations.operations.facts import record_gift
from backend.donations.operations.placing import NoSuchGift
from backend.donations.operations.settling import locked_payments, settle, settle_these
from backend.donations.operations.together import Together
from backend.donations.payments import registry
from backend.donations.payments.port import Notice, OrderState, Standing
from backend.donations.rules import GiftStatus, PaymentStatus
from backend.journal.kinds import Kind
from backend.kernel.errors import Conflicts, Missing, Refused

NOTICES_KEPT = timedelta(days=30)


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
    """Own transaction, shared with notices that arrive at the same moment. Believe a gateway's notice once.

    A notice from outside the time window is neither believed nor dropped: the gateway is asked, and its
    answer counts. Raises UnknownGateway, BadSignature, NoSuchPayment, AmountDiffers, GatewayDown.
    """
    port = registry.gateway(gateway)
    notice = port.verify(headers=headers, body=body)
    standing = notice.standing
    if abs(at - notice.signed_at) > timedelta(minutes=settings.NOTICE_WINDOW_MINUTES):
        if _is_known(gateway, notice):
            return Receipt.REPLAYED
        standing = port.query(merchant_no=notice.merchant_no, merchant_ref=notice.merchant_ref)
    answer = _arriving.do(_Arrival(gateway, notice, standing, at))
    if isinstance(answer, Refused):
        raise answer
    return answer


def _is_known(gateway: str, notice: Notice) -> bool:
    account = {"account__gateway": gateway, "account__merchant_no": notice.merchant_no}
    return PaymentNotice.objects.filter(notice_id=notice.notice_id, **account).exists()


@dataclass(frozen=True)
class _Arrival:
    """A notice whose signature is good, and how its order stands."""

    gateway: str
    notice: Notice
    standing: Standing
    at: datetime

    @property
    def order(self) -> tuple[str, str, str]:
        return self.gateway, self.notice.merchant_no, self.notice.merchant_ref

    @property
    def actor(self) -> str:
        return f"gateway:{self.gateway}"

    @property
    def payer(self) -> str:
        return payer_digest(self.notice.payer)


@transaction.atomic
def _settle_together(arrivals: Sequence[_Arrival]) -> list[Receipt | Refused]:
    """Own transaction. Settle what arrived, each notice once; one answer for each."""
    payments = _payments(arrivals)
    answers = [_refusal(arrival, payments.get(arrival.order)) for arrival in arrivals]
    open_ones = [n for n, answer in enumerate(answers) if answer is None]
    new = _first_time([(n, payments[arrivals[n].order], arrivals[n]) for n in open_ones])
    settled = _settle_new([(payments[arrivals[n].order], arrivals[n]) for n in new])
    looked: list[tuple[Payment, str]] = []
    for n in new:
        payment, arrival = payments[arrivals[n].order], arrivals[n]
        if arrival.notice.failed:
            stop = note_failure(payment=payment, payer=arrival.payer, actor=arrival.actor, at=arrival.at)
            answers[n] = Receipt.STOPPED if stop else Receipt.FAILED
        elif payment.pk in settled:
            settled.discard(payment.pk)  # of two new notices the first one settled it
            answers[n] = Receipt.SETTLED
            looked.append((payment, arrival.payer))
    look_at_payers(paid=looked, actor=arrivals[-1].actor, at=arrivals[-1].at)
    return [answer if answer is not None else Receipt.REPLAYED for answer in answers]


def _payments(arrivals: Sequence[_Arrival]) -> dict[tuple[str, str, str], Payment]:
    """By gateway, merchant and reference; locked with their gifts for the whole batch. One query."""
    rows = locked_payments(
        merchant_ref__in={arrival.notice.merchant_ref for arrival in arrivals},
        account__merchant_no__in={arrival.notice.merchant_no for arrival in arrivals},
    )
    return {(row.account.gateway, row.account.merchant_no, row.merchant_ref): row for row in rows}


def _refusal(arrival: _Arrival, payment: Payment | None) -> Receipt | Refused | None:
    """What is said at once; None where the notice has to be settled."""
    if payment is None:
        return NoSuchPayment()
    if arrival.notice.failed:
        return None
    if arrival.standing.state is not OrderState.PAID:
        return Receipt.NOT_PAID
    if (arrival.standing.amount, arrival.standing.currency) != (payment.amount, payment.currency):
        _record_difference(payment, arrival.standing, arrival.at, arrival.actor)
        return AmountDiffers()
    return None


def _settle_new(new: Sequence[tuple[Payment, _Arrival]]) -> set[int]:
    """Settle the payments of new notices, per gateway; those (ids) that were not known as paid before."""
    settled: set[int] = set()
    for actor in sorted({arrival.actor for _, arrival in new}):
        mine = [(payment, arrival) for payment, arrival in new if arrival.actor == actor]
        standings = {payment.pk: arrival.standing for payment, arrival in mine if not arrival.notice.failed}
        payments = {payment.pk: payment for payment, _ in mine if payment.pk in standings}
        settled |= {
            payment.pk
            for payment in settle(
                payments=list(payments.values()), standings=standings, actor=actor, at=mine[-1][1].at
            )
        }
    return settled


def _first_time(found: Sequence[tuple[int, Payment, _Arrival]]) -> list[int]:
    """Those of `found` (by number) whose notice was not known before, each notice once."""
    if not found:
        return []
    places: dict[tuple[int, str], int] = {}
    for number, payment, arrival in found:
        places.setdefault((payment.account_id, arrival.notice.notice_id), number)
    values: dict[str, Any] = {
        "account_ids": [account for account, _ in places],
        "notice_ids": [notice for _, notice in places],
        "at": found[-1][2].at,
    }
    with connection.cursor() as cursor:
        cursor.execute(statements.INSERT_NOTICES, values)
        return sorted(places[row] for row in cursor.fetchall())


def purge_notices(*, at: datetime, limit: int = 5_000) -> int:
    """Own transaction. Notices are forgotten after a month; how many. One that is replayed after that is out of
    its time window: the gateway is asked, and its payment is found settled.
    """
    oldest = PaymentNotice.objects.order_by("pk").values_list("pk", "received_at")[:limit]
    old = [pk for pk, received_at in oldest if received_at < at - NOTICES_KEPT]
    return PaymentNotice.objects.filter(pk__in=old).delete()[0] if old else 0


_arriving: Together[_Arrival, Receipt | Refused] = Together(_settle_together)


def check_amount(payment: Payment, standing: Standing, at: datetime, actor: str) -> None:
    """Own transaction. Raise AmountDiffers, after writing it down, when the gateway names another amount."""
    if (standing.amount, standing.currency) == (payment.amount, payment.currency):
        return
    with transaction.atomic():
        _record_difference(payment, standing, at, actor)
    raise AmountDiffers


def _record_difference(payment: Payment, standing: Standing, at: datetime, actor: str) -> None:
    record_gift(
        Kind.NOTICE_REFUSED,
        payment.donation,
        actor=actor,
        at=at,
        asked=payment.amount,
        said=standing.amount,
        currency=standing.currency,
    )


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
            settle_these({payment.pk: standing}, actor=f"gateway:{account.gateway}", at=at)
    status = Donation.objects.filter(public_id=donation).values_list("status", flat=True).first()
    if status is None:
        raise NoSuchGift
    return GiftStatus(status)
