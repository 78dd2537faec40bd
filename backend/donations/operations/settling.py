"""Payments become paid: gifts with them, the ledger, and the lines that are now due."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from backend.donations import statements
from backend.donations.models import Donation, DonationLine, FundedLine, Gathering, Payment, Review
from backend.donations.operations.books import Accounts
from backend.donations.operations.facts import gift_fact
from backend.donations.operations.gathering import void_still_funded
from backend.donations.operations.giving_up import give_up_late, those_in_chunks
from backend.donations.payments.port import Standing
from backend.donations.rules import GIFT, UNITS, GiftStatus, PaymentStatus, UnitState
from backend.journal.kinds import Kind
from backend.journal.models import Entry
from backend.journal.operations import record_all
from backend.kernel.db import joins_transaction
from backend.kernel.states import move, must_move
from backend.ledger.operations import Posting, post_many
from backend.ledger.rules import AccountKind, TransferKind
from backend.needs.operations.standing import claim_open, free, lock


@transaction.atomic
def settle_these(standings: Mapping[int, Standing], *, actor: str, at: datetime) -> list[Payment]:
    """Own transaction. The gateway says that these payments (by id) are paid; see `settle`."""
    payments = locked_payments(pk__in=list(standings))
    return settle(payments=payments, standings=standings, actor=actor, at=at)


@joins_transaction
def locked_payments(**which: Any) -> list[Payment]:
    """Joins the caller's transaction. The payments and their gifts, locked in id order. One query."""
    rows = Payment.objects.filter(**which).order_by("pk")
    gifts = rows.select_related("donation__charity__organisation", "donation__checkout", "account")
    return list(gifts.select_for_update(of=("self", "donation"), no_key=True))


@joins_transaction
def settle(
    *, payments: Sequence[Payment], standings: Mapping[int, Standing], actor: str, at: datetime
) -> list[Payment]:
    """Joins the caller's transaction, which has locked these payments. The gateway says that they are paid.

    `standings` by payment id. Returns those that were not known as paid before. Each gift of them is paid; one
    that had expired is reserved again where there is room, else sent back whole; a large one always goes back, in
    chunks.
    """
    fresh = [payment for payment in payments if payment.status != PaymentStatus.PAID.value]
    if not fresh:
        return []
    _mark_paid(fresh, standings)
    late = [payment for payment in fresh if payment.donation.status == GiftStatus.EXPIRED.value]
    in_time = [payment for payment in fresh if payment.donation.status == GiftStatus.PLACED.value]
    _settle_in_time(in_time, at)
    entries = _record(in_time, actor, at)
    _post(in_time, entries, at)
    _settle_late(late, actor, at)
    return fresh


def _mark_paid(fresh: Sequence[Payment], standings: Mapping[int, Standing]) -> None:
    values: dict[str, Any] = {
        "payment_ids": [payment.pk for payment in fresh],
        "gateway_refs": [standings[payment.pk].gateway_ref for payment in fresh],
    }
    with connection.cursor() as cursor:
        cursor.execute(statements.MARK_PAID, values)


def _order_after(at: datetime) -> datetime:
    return at + timedelta(minutes=settings.UNDO_MINUTES)


def _settle_in_time(paid: Sequence[Payment], at: datetime) -> None:
    gifts = [payment.donation_id for payment in paid]
    due = _order_after(at)
    move(Donation.objects.filter(pk__in=gifts), GIFT, to=GiftStatus.PAID, paid_at=at, order_after=due)
    with connection.cursor() as cursor:
        cursor.execute(statements.MAKE_DUE, {"donation_ids": gifts, "due": due})


def _is_held(gift_id: int) -> bool:
    """Whether a person has to look at it first."""
    return Review.objects.filter(donation=gift_id, decision__isnull=True).exists()


def _record(
    paid: Sequence[Payment], actor: str, at: datetime, kind: Kind = Kind.GIFT_PAID, **public: str
) -> list[Entry]:
    return record_all(
        facts=[
            gift_fact(
                kind,
                payment.donation,
                actor=actor,
                at=at,
                amount=payment.amount,
                currency=payment.currency,
                **public,
            )
            for payment in paid
        ]
    )


def _post(paid: Sequence[Payment], entries: Sequence[Entry], at: datetime) -> None:
    accounts = Accounts()
    postings = [
        Posting(
            accounts.of(payment, AccountKind.GATEWAY),
            accounts.of(payment, AccountKind.GIFTS),
            payment.amount,
            TransferKind.GIFT_PAID,
            entry,
        )
        for payment, entry in zip(paid, entries, strict=True)
    ]
    post_many(postings=postings, at=at)


@dataclass(frozen=True)
class _Room:
    """What a late gift wants again: units per need, and the funded lines that hold them."""

    quantities: dict[int, int]
    funded_lines: list[int]


def _settle_late(late: Sequence[Payment], actor: str, at: datetime) -> None:
    if not late:
        return
    many = _hold_gatherings(late)
    for payment in late:
        if payment.donation_id in many:
            _record_late(payment, "returned", actor, at)
            give_up_late(payment=payment, actor=actor, at=at)
    _settle_at_once([payment for payment in late if payment.donation_id not in many], actor, at)


def _hold_gatherings(late: Sequence[Payment]) -> set[int]:
    """Nobody gives their needs back meanwhile. Returns the gifts that have too many lines for one transaction."""
    gifts = [payment.donation_id for payment in late]
    rows = Gathering.objects.filter(checkout__donations__in=gifts).order_by("pk")
    if not list(rows.select_for_update(of=("self",), no_key=True)):
        return set()
    return those_in_chunks(gift_ids=gifts)


def _settle_at_once(late: Sequence[Payment], actor: str, at: datetime) -> None:
    for payment in late:  # a large one may not have given everything back yet
        void_still_funded(lines=DonationLine.objects.filter(donation=payment.donation_id))
    wishes = [(payment, _room(payment)) for payment in late]
    lock(need_ids=sorted({need for _, room in wishes for need in room.quantities}))
    for payment, room in wishes:
        again = _claim_whole(room, at)
        _record_late(payment, "reserved_again" if again else "returned", actor, at)
        if again:
            _revive(payment, room, at)
        else:
            give_up_late(payment=payment, actor=actor, at=at)


def _record_late(payment: Payment, outcome: str, actor: str, at: datetime) -> None:
    _post([payment], _record([payment], actor, at, Kind.GIFT_LATE_PAID, outcome=outcome), at)


def _room(payment: Payment) -> _Room:
    rows = FundedLine.objects.filter(fundings__line__donation=payment.donation_id, state=UnitState.VOID.value)
    room = _Room({}, [])
    for pk, need, quantity in rows.order_by("pk").values_list("pk", "need_line_id", "quantity"):
        room.quantities[need] = room.quantities.get(need, 0) + quantity
        room.funded_lines.append(pk)
    return room


def _claim_whole(room: _Room, at: datetime) -> bool:
    """All or nothing: what was won of a part is given back."""
    won = claim_open(quantities=room.quantities, at=at)
    if won == set(room.quantities):
        return True
    if won:
        free(quantities={need: room.quantities[need] for need in won})
    return False


def _revive(payment: Payment, room: _Room, at: datetime) -> None:
    due = _order_after(at)
    rows = Donation.objects.filter(pk=payment.donation_id)
    must_move(rows, GIFT, to=GiftStatus.PAID, paid_at=at, order_after=due)
    lines = FundedLine.objects.filter(pk__in=room.funded_lines)
    due_at = None if _is_held(payment.donation_id) else due
    move(lines, UNITS, to=UnitState.FUNDED, field="state", due_at=due_at)
