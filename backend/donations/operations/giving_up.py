"""A whole gift goes back: all its needs are free, all its money is on its way.

A large one goes in chunks, each in its own short transaction, so that small gifts to the same needs go on. Its
refund grows with every chunk and is due when it is whole: the gateway is called once.
"""

import logging
import time
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet

from backend.donations.models import Donation, DonationLine, FundedLine, Funding, Payment, Refund
from backend.donations.operations.gathering import void_still_funded
from backend.donations.operations.giving_back import refund_lines
from backend.donations.operations.returning import (
    WHEN_WHOLE,
    add_to_refund,
    ask_refund,
    begin_refund,
    end_refund,
)
from backend.donations.rules import GIFT, GiftStatus, PaymentStatus
from backend.kernel.db import claim, joins_transaction, release
from backend.kernel.errors import Conflicts
from backend.kernel.states import must_move
from backend.needs.operations.standing import free

log = logging.getLogger(__name__)
AT_ONCE = 500  # lines of a gift that goes back in one transaction
CHUNK = 250
BREATH = 0.2  # of a chunk's time, so that others get their turn at the database
LEASE = timedelta(seconds=20)
TOUCHED = Q(sourced__gt=0) | Q(held__gt=0) | Q(released__gt=0)


class TooLateToTakeBack(Conflicts):
    """The time to take this gift back is over, or suppliers are at work on it."""

    code = "too_late_to_take_back"


class _Lost(Exception):
    """Another worker holds this refund now."""


def those_in_chunks(*, gift_ids: Collection[int]) -> set[int]:
    """Of these gifts (by id) those that have too many lines to go back in one transaction. One query."""
    counted = Donation.objects.filter(pk__in=gift_ids).annotate(count=Count("lines"))
    return set(counted.filter(count__gt=AT_ONCE).values_list("pk", flat=True))


def is_touched(line: FundedLine) -> bool:
    """Suppliers or a question hold units of it, or some were given up."""
    return bool(line.sourced or line.held or line.released)


@joins_transaction
def lock_units(gift: Donation) -> list[FundedLine]:
    """Joins the caller's transaction, which has locked `gift`. Its units, which nobody claims meanwhile."""
    return list(_units(gift).order_by("pk").select_for_update(no_key=True))


def _units(gift: Donation) -> "QuerySet[FundedLine]":
    return FundedLine.objects.filter(
        pk__in=FundedLine.objects.filter(fundings__line__donation=gift).values("pk")
    )


@joins_transaction
def give_up_whole(*, gift: Donation, key: str, reason: str, actor: str, at: datetime) -> None:
    """Joins the caller's transaction, which has locked this paid gift. All needs free, all money back.

    A large gift is no longer due to anybody from now on; `give_back_due` goes on with it, chunk by chunk.
    Raises TooLateToTakeBack when suppliers or a question hold units of it, or some were given up before.
    """
    if not those_in_chunks(gift_ids=[gift.pk]):
        units = lock_units(gift)
        if any(is_touched(line) for line in units):
            raise TooLateToTakeBack
        refund_lines(amounts=_give_up(units), key=key, reason=reason, actor=actor, at=at)
        return
    units_of_it = _units(gift)
    units_of_it.update(due_at=None)
    if units_of_it.filter(TOUCHED).exists():
        raise TooLateToTakeBack
    payment = Payment.objects.get(donation=gift, status=PaymentStatus.PAID.value)
    first = _next_lines(gift.pk, 0)
    amounts = _give_up(_untouched(first))
    begin_refund(payment=payment, amounts=amounts, key=f"{key}:{payment.merchant_ref}", reason=reason, at=at)


@joins_transaction
def give_up_late(*, payment: Payment, actor: str, at: datetime) -> None:
    """Joins the caller's transaction, which has locked the gift and its gathering. It was paid after it had expired:
    all money back, of a large gift chunk by chunk as `give_back_due` comes to it.
    """
    gift = payment.donation
    must_move(Donation.objects.filter(pk=gift.pk), GIFT, to=GiftStatus.RETURNED, paid_at=at)
    key, reason = f"late:{gift.public_id}", "paid_late"
    if those_in_chunks(gift_ids=[gift.pk]):
        amounts = _give_up_unpaid(_next_lines(gift.pk, 0))
        begin_refund(payment=payment, amounts=amounts, key=key, reason=reason, at=at)
    else:
        amounts = _give_up_unpaid(list(gift.lines.values_list("pk", flat=True)))
        ask_refund(payment=payment, amounts=amounts, key=key, reason=reason, actor=actor, at=at)


def _give_up_unpaid(lines: Sequence[int]) -> dict[int, int]:
    """Free what these lines of a gift that had expired still hold; the amount (fen) of each that has one left."""
    void_still_funded(lines=lines)
    Funding.objects.filter(line__in=lines).update(released=F("amount"))
    left = DonationLine.objects.filter(pk__in=lines, directed__gt=0)
    return dict(left.values_list("pk", "directed"))


def _next_lines(gift: int, after: int) -> list[int]:
    rows = DonationLine.objects.filter(donation=gift, pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:CHUNK])


def _untouched(lines: Sequence[int]) -> list[FundedLine]:
    """Units of these gift lines that were not given up yet, locked in id order."""
    ids = FundedLine.objects.filter(fundings__line__in=lines).exclude(TOUCHED).values("pk")
    return list(FundedLine.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True))


def _give_up(units: Sequence[FundedLine]) -> dict[int, int]:
    """Release these locked, untouched units and free their needs; the amount (fen) of each gift line (by id)."""
    ids = [line.pk for line in units]
    quantities: dict[int, int] = {}
    for line in units:
        quantities[line.need_line_id] = quantities.get(line.need_line_id, 0) + line.quantity
    back: dict[int, int] = {}
    fundings = Funding.objects.filter(funded_line__in=ids)
    for gift_line, amount in fundings.values_list("line", F("amount") - F("released")):
        back[gift_line] = back.get(gift_line, 0) + amount
    FundedLine.objects.filter(pk__in=ids).update(released=F("quantity"))
    fundings.update(released=F("amount"))
    free(quantities=quantities)
    return back


def give_back_due(
    *, at: datetime, by: str, limit: int = 1, seconds: float = 60.0, actor: str = "system:jobs"
) -> int:
    """Own transactions. Go on with large gifts that go back, for at most `seconds`; return how many are whole.

    Taken by a lease that each chunk renews: what a dead worker left is taken up by the next.
    """
    began = time.monotonic()

    def now() -> datetime:
        return at + timedelta(seconds=time.monotonic() - began)

    picked = claim(Refund.objects.filter(due_at=WHEN_WHOLE), by=by, at=at, lease=LEASE, limit=limit)
    done = 0
    for refund in picked:
        try:
            done += _go_on(refund, by, actor, now, began + seconds)
        except _Lost:
            log.info("refund %s is in other hands", refund.public_id)
        release(refund, by=by)
    return done


def _go_on(refund: Refund, by: str, actor: str, now: Callable[[], datetime], end: float) -> bool:
    """Chunk after chunk until it is whole (True) or time is up."""
    after = 0
    while time.monotonic() < end:
        chunk_began = time.monotonic()
        last = _chunk(refund.pk, by, actor, now(), after)
        if last is None:
            return True
        after = last
        time.sleep((time.monotonic() - chunk_began) * BREATH)
    return False


@transaction.atomic
def _chunk(refund_id: int, by: str, actor: str, at: datetime, after: int) -> int | None:
    """The lines behind `after` that come next; the last of them, None when the refund is whole now."""
    mine = Refund.objects.filter(pk=refund_id, claimed_by=by, due_at=WHEN_WHOLE)
    if not mine.update(claimed_until=at + LEASE):
        raise _Lost
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    gift = Donation.objects.select_for_update(no_key=True).get(pk=refund.payment.donation_id)
    lines = _next_lines(gift.pk, after)
    if not lines:
        end_refund(refund=refund, actor=actor, at=at)
        return None
    if amounts := _amounts_of(gift, lines):
        add_to_refund(refund=refund, amounts=amounts)
    return lines[-1]


def _amounts_of(gift: Donation, lines: Sequence[int]) -> dict[int, int]:
    if gift.status != GiftStatus.RETURNED.value:
        units = _untouched(lines)
        return _give_up(units) if units else {}
    return _give_up_unpaid(lines)
