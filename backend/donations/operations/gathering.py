"""A large gift, «everything that is missing»: claimed in chunks, seen by nobody before it is whole, or not at all.

Small gifts go on beside it: no chunk holds its needs for longer than its own short transaction. Each chunk is
committed with the wishes it settled, so a dead worker's gathering is taken up where it stood; what has to be
given up is given back in chunks too.
"""

import hashlib
import json
import logging
import time
from collections.abc import Callable, Collection
from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, F, QuerySet, Sum

from backend.donations import statements
from backend.donations.models import (
    Checkout,
    Donation,
    DonationLine,
    FundedLine,
    Gathering,
    Payment,
    PaymentAccount,
    Wish,
)
from backend.donations.operations.facts import record_gift
from backend.donations.rules import (
    GATHERING,
    GIFT,
    UNITS,
    Choice,
    DonorDetail,
    GatheringStatus,
    GiftStatus,
    KeyReused,
    NothingGiven,
    TooMuch,
    UnitState,
)
from backend.donations.writer.chunk import claim_chunk
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import claim, joins_transaction, release
from backend.kernel.errors import Conflicts, Missing, Refused
from backend.kernel.states import move, must_move
from backend.needs import statements as needs
from backend.needs.operations.standing import free
from backend.needs.queries import Scope

log = logging.getLogger(__name__)
BREATH = 0.2  # of a chunk's time, so that others get their turn at the database
LEASE = timedelta(seconds=20)
GIVE_UP = timedelta(minutes=30)  # a gathering that nobody could finish
CHUNK = 500
GIVE_BACK = 250  # nobody waits for it: shorter, so that small gifts wait less


class NoSuchGathering(Missing):
    """There is no such large gift."""

    code = "no_such_gathering"


class OneAtATime(Conflicts):
    """This donor's last large gift is not paid yet: pay it or let it go, then begin another."""

    code = "one_at_a_time"


class _Lost(Exception):
    """Somebody else holds this gathering now, or its donor let it go."""


@transaction.atomic
def start_gathering(
    *,
    client: str,
    key: str,
    scope: Scope,
    exact: bool,
    donor: DonorDetail,
    promise: Choice,
    actor: str,
    at: datetime,
) -> Gathering:
    """Own transaction. Begin to fund all that is missing within `scope`, once per key; nothing is claimed yet.

    `exact`: all as it stands now or nothing; else what others give meanwhile is left out.
    Raises NothingGiven, TooMuch, KeyReused, OneAtATime.
    """
    who = {**donor._asdict(), "user_id": None}
    mark = hashlib.sha256(json.dumps([asdict(scope), exact, who, promise.value]).encode()).hexdigest()
    checkout, fresh = Checkout.objects.get_or_create(
        client=client, key=key, defaults={"fingerprint": mark, "created_at": at}
    )
    if not fresh:
        if checkout.fingerprint != mark or not hasattr(checkout, "gathering"):
            raise KeyReused
        return checkout.gathering
    _refuse_a_second(donor.user_id, client)
    gathering = Gathering.objects.create(
        checkout=checkout,
        user_id=donor.user_id,
        donor={name: value for name, value in who.items() if name != "user_id"},
        promise=promise.value,
        exact=exact,
        actor=actor,
        started_at=at,
    )
    _wish(gathering, scope, at)
    record(
        kind=Kind.GATHERING_STARTED,
        subject=f"gathering:{gathering.public_id}",
        actor=actor,
        at=at,
        public={"lines": gathering.wished_lines, "amount": gathering.wished_amount, "exact": exact},
    )
    return gathering


def _refuse_a_second(user_id: int | None, client: str) -> None:
    rows = (
        Gathering.objects.filter(user=user_id)
        if user_id
        else Gathering.objects.filter(checkout__client=client)
    )
    at_work = rows.filter(status__in=[GatheringStatus.GATHERING.value, GatheringStatus.DROPPING.value])
    unpaid = rows.filter(
        status=GatheringStatus.GATHERED.value, checkout__donations__status=GiftStatus.PLACED.value
    )
    if at_work.exists() or unpaid.exists():
        raise OneAtATime


def _wish(gathering: Gathering, scope: Scope, at: datetime) -> None:
    asked = {**asdict(scope), "gathering": gathering.pk, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(statements.INSERT_WISHES.format(rest=needs.OPEN_REST), asked)
    sums = gathering.wishes.aggregate(lines=Count("pk"), amount=Sum(F("quantity") * F("unit_price")))
    if not sums["lines"]:
        raise NothingGiven(pointer="/scope")
    if sums["lines"] > settings.GATHER_MOST_LINES:
        raise TooMuch(pointer="/scope", most_lines=settings.GATHER_MOST_LINES)
    gathering.wished_lines, gathering.wished_amount = sums["lines"], sums["amount"]
    gathering.save(update_fields=["wished_lines", "wished_amount"])


@transaction.atomic
def cancel_gathering(*, gathering: str, actor: str, at: datetime) -> None:
    """Own transaction. The donor lets a large gift go before it is whole. Raises NoSuchGathering, WrongState."""
    rows = Gathering.objects.filter(public_id=gathering)
    if not rows.exists():
        raise NoSuchGathering
    at_work = rows.filter(status=GatheringStatus.GATHERING.value)
    must_move(at_work, GATHERING, to=GatheringStatus.DROPPING, reason="cancelled")


def gather_due(*, at: datetime, by: str, limit: int = 1, seconds: float = 60.0) -> int:
    """Own transactions. Work on gatherings for at most `seconds`; return how many were finished.

    Taken by a lease that each chunk renews: what a dead worker left is taken up by the next.
    """
    began = time.monotonic()

    def now() -> datetime:
        return at + timedelta(seconds=time.monotonic() - began)

    waiting = [GatheringStatus.GATHERING.value, GatheringStatus.DROPPING.value]
    picked = claim(Gathering.objects.filter(status__in=waiting), by=by, at=at, lease=LEASE, limit=limit)
    done = 0
    for gathering in picked:
        try:
            while time.monotonic() - began < seconds:
                chunk_began = time.monotonic()
                if _step(gathering.pk, by, now):
                    done += 1
                    break
                time.sleep((time.monotonic() - chunk_began) * BREATH)
        except _Lost:
            log.info("gathering %s is in other hands", gathering.public_id)
        release(gathering, by=by)
    return done


def _step(pk: int, by: str, now: Callable[[], datetime]) -> bool:
    """One chunk; True when nothing is left to do."""
    gathering = Gathering.objects.get(pk=pk)
    if gathering.status == GatheringStatus.DROPPING.value:
        return _drop_chunk(gathering, by, now())
    if gathering.status != GatheringStatus.GATHERING.value:
        return True
    if now() - gathering.started_at > GIVE_UP:
        _give_up(gathering, "too_slow")
        return False
    try:
        return _gather_chunk(gathering, by, now())
    except Refused as refusal:
        _give_up(gathering, refusal.code)
        return False


@transaction.atomic
def _gather_chunk(gathering: Gathering, by: str, at: datetime) -> bool:
    _hold(gathering, by, GatheringStatus.GATHERING, at)
    chunk = claim_chunk(gathering=gathering, at=at, most=CHUNK)
    if chunk.wishes == 0:
        return _finish(gathering, at)
    Gathering.objects.filter(pk=gathering.pk).update(
        gathered_lines=F("gathered_lines") + chunk.lines,
        gathered_amount=F("gathered_amount") + chunk.amount,
    )
    return False


@joins_transaction
def _hold(gathering: Gathering, by: str, status: GatheringStatus, at: datetime) -> None:
    """Joins the caller's transaction. Renew the lease, or leave: the donor or another worker was faster."""
    held = Gathering.objects.filter(pk=gathering.pk, status=status.value, claimed_by=by)
    if not held.update(claimed_until=at + LEASE):
        raise _Lost


def _give_up(gathering: Gathering, reason: str) -> None:
    """Own transaction (one statement). What was claimed is given back from now on."""
    at_work = Gathering.objects.filter(pk=gathering.pk, status=GatheringStatus.GATHERING.value)
    move(at_work, GATHERING, to=GatheringStatus.DROPPING, reason=reason)


def _finish(gathering: Gathering, at: datetime) -> bool:
    """The whole is there: now it is a gift like any other, and waits for its payment."""
    gifts = Donation.objects.filter(checkout=gathering.checkout_id).order_by("pk")
    gifts = gifts.select_related("charity__organisation")
    if not gifts:
        move(
            Gathering.objects.filter(pk=gathering.pk),
            GATHERING,
            to=GatheringStatus.DROPPING,
            reason="nothing_left",
        )
        return False
    until = at + timedelta(minutes=settings.RESERVATION_MINUTES)
    rows = Gathering.objects.filter(pk=gathering.pk)
    must_move(rows, GATHERING, to=GatheringStatus.GATHERED, ended_at=at, donor={})
    accounts = _accounts([gift.charity_id for gift in gifts])
    for gift in gifts:
        must_move(
            Donation.objects.filter(pk=gift.pk), GIFT, to=GiftStatus.PLACED, placed_at=at, expires_at=until
        )
        Payment.objects.create(
            donation=gift,
            account_id=accounts[gift.charity_id],
            merchant_ref=gift.public_id,
            amount=gift.amount,
            currency=gift.currency,
        )
        record_gift(
            Kind.GIFT_PLACED,
            gift,
            actor=gathering.actor,
            at=at,
            amount=gift.amount,
            currency=gift.currency,
            needs=gift.lines.count(),
        )
    return True


def _accounts(charities: Collection[int]) -> dict[int, int]:
    rows = PaymentAccount.objects.filter(charity__in=charities, gateway=settings.PAYMENT_GATEWAY)
    return dict(rows.order_by("-pk").values_list("charity_id", "pk"))


@transaction.atomic
def _drop_chunk(gathering: Gathering, by: str, at: datetime) -> bool:
    """Give back the next chunk of what was claimed; when nothing is left, the gathering is over."""
    _hold(gathering, by, GatheringStatus.DROPPING, at)
    over = [GiftStatus.GATHERING.value, GiftStatus.EXPIRED.value]
    gifts = Donation.objects.filter(checkout=gathering.checkout_id, status__in=over)
    lines = DonationLine.objects.filter(
        donation__in=list(gifts.values_list("pk", flat=True)), pk__gt=gathering.given_back_to
    )
    looked_at = list(lines.order_by("pk").values_list("pk", flat=True)[:GIVE_BACK])
    if looked_at:
        void_still_funded(lines=looked_at)
        Gathering.objects.filter(pk=gathering.pk).update(given_back_to=looked_at[-1])
        return False
    Wish.objects.filter(gathering=gathering.pk).delete()
    move(gifts.filter(status=GiftStatus.GATHERING.value), GIFT, to=GiftStatus.EXPIRED)
    mine = Gathering.objects.filter(pk=gathering.pk)
    must_move(mine, GATHERING, to=GatheringStatus.DROPPED, ended_at=at, donor={}, given_back_to=0)
    record(
        kind=Kind.GATHERING_DROPPED,
        subject=f"gathering:{gathering.public_id}",
        actor=gathering.actor,
        at=at,
        public={"reason": gathering.reason},
    )
    return True


@joins_transaction
def void_still_funded(*, lines: Collection[int] | QuerySet[DonationLine]) -> None:
    """Joins the caller's transaction; nobody else may free these meanwhile. What unpaid gift lines still hold is free."""
    units = FundedLine.objects.filter(fundings__line__in=lines, state=UnitState.FUNDED.value)
    void_units(list(units.order_by("pk").values_list("pk", "need_line_id", "quantity")))


@joins_transaction
def void_units(rows: Collection[tuple[int, int, int]]) -> None:
    """Joins the caller's transaction. Void unpaid units, (id, need, quantity) each, and free their needs."""
    quantities: dict[int, int] = {}
    for _, need, quantity in rows:
        quantities[need] = quantities.get(need, 0) + quantity
    units = FundedLine.objects.filter(pk__in=[row[0] for row in rows])
    move(units, UNITS, to=UnitState.VOID, field="state", due_at=None)
    free(quantities=quantities)
