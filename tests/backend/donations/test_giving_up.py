"""A foundation takes a large gift back: in chunks, whole in the end, and its money goes back once."""

from typing import Any

import pytest
from django.db import connection

from backend.donations.models import Donation, FundedLine, Refund
from backend.donations.operations import (
    AlreadyDecided,
    Choice,
    DonorDetail,
    ReviewReason,
    TooLateToTakeBack,
    gather_due,
    give_back_due,
    hold,
    pay_refunds,
    release_held,
    send_back_held,
    start_gathering,
    take_back,
)
from backend.donations.operations import giving_up as room
from backend.donations.queries import due_lines, reconcile
from backend.journal.kinds import Kind
from backend.journal.models import Entry
from backend.ledger.queries import trial_balance
from backend.needs.models import NeedLine
from backend.needs.queries import Scope
from tests import factories
from tests.backend.donations.stories import give, pay
from tests.cast import MONDAY, later
from tests.factories import Village

pytestmark = pytest.mark.django_db
ACTOR = "visitor:foundation"


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.UNDO_MINUTES = 30
    monkeypatch.setattr(room, "AT_ONCE", 3)
    monkeypatch.setattr(room, "CHUNK", 3)


@pytest.fixture
def gift(db: None) -> Donation:
    """Eight things of one appeal, paid."""
    village = Village(wanted=10)
    for n in range(7):
        factories.need(village.appeal, factories.item(f"东西{n}"), wanted=5 + n)
    start_gathering(
        client=ACTOR, key="all", scope=Scope(), exact=True, donor=DonorDetail(name="山那边基金会"),
        promise=Choice.REFUND, actor=ACTOR, at=MONDAY,
    )  # fmt: skip
    gather_due(at=MONDAY, by="w")
    whole = Donation.objects.get()
    pay(whole)
    return whole


def missing() -> int:
    return sum(need.wanted - need.reserved for need in NeedLine.objects.all())


def undo(gift: Donation) -> None:
    take_back(donation=gift.public_id, actor=ACTOR, at=later(minutes=1))


def test_it_goes_back_in_chunks_and_its_money_once(gift: Donation) -> None:
    undo(gift)
    assert 0 < missing() < sum(NeedLine.objects.values_list("wanted", flat=True)) and reconcile() == []
    assert due_lines(at=later(days=9)) == []  # no supplier gets what is about to go back
    assert (
        pay_refunds(at=later(days=365), by="w") == 0
        and not Entry.objects.filter(kind=Kind.REFUND_ASKED).exists()
    )
    assert give_back_due(at=later(minutes=2), by="w") == 1
    assert missing() == sum(NeedLine.objects.values_list("wanted", flat=True)) and reconcile() == []
    (refund,) = Refund.objects.all()
    assert (
        refund.amount == gift.amount
        and Entry.objects.get(kind=Kind.REFUND_ASKED).public["amount"] == gift.amount
    )
    assert pay_refunds(at=later(hours=1), by="w") == 1
    gift.refresh_from_db()
    assert gift.status == "refunded" and trial_balance().of("gateway") == 0 and reconcile() == []
    assert give_back_due(at=later(hours=1), by="w") == 0


def test_a_worker_dies_and_another_goes_on(gift: Donation) -> None:
    undo(gift)
    refund = Refund.objects.get()
    Refund.objects.update(claimed_by="dead", claimed_until=MONDAY + room.LEASE)
    last = room._chunk(refund.pk, "dead", ACTOR, MONDAY, 0)
    assert last is not None
    assert give_back_due(at=MONDAY, by="other") == 0  # its lease still runs
    assert give_back_due(at=MONDAY + 2 * room.LEASE, by="other") == 1
    with pytest.raises(room._Lost):  # the dead one was only slow
        room._chunk(refund.pk, "dead", ACTOR, MONDAY, last)
    refund.refresh_from_db()
    assert refund.amount == gift.amount and reconcile() == []


def test_it_is_taken_back_once(gift: Donation) -> None:
    undo(gift)
    with pytest.raises(TooLateToTakeBack):
        undo(gift)
    give_back_due(at=later(minutes=2), by="w")
    with pytest.raises(TooLateToTakeBack):
        undo(gift)
    assert Refund.objects.get().amount == gift.amount and reconcile() == []


def test_what_suppliers_work_on_stays_and_is_still_due(gift: Donation) -> None:
    last = FundedLine.objects.order_by("-pk")[0]
    FundedLine.objects.filter(pk=last.pk).update(sourced=1)
    with pytest.raises(TooLateToTakeBack):
        undo(gift)
    assert missing() == 0 and not Refund.objects.exists()
    assert not FundedLine.objects.filter(due_at__isnull=True).exists()  # as it was before


def test_the_office_sends_a_held_one_back_the_same_way(gift: Donation) -> None:
    hold(donation=gift.public_id, reason=ReviewReason.PACE, seen={}, actor="system:shop", at=MONDAY)
    review = gift.review.public_id
    undo(gift)
    for decide in (release_held, send_back_held):  # its donor was faster
        with pytest.raises(AlreadyDecided):
            decide(review=review, actor="user:office", at=later(minutes=1))
    assert give_back_due(at=later(minutes=2), by="w") == 1 and reconcile() == []


def test_held_and_sent_back(gift: Donation) -> None:
    hold(donation=gift.public_id, reason=ReviewReason.PACE, seen={}, actor="system:shop", at=MONDAY)
    send_back_held(review=gift.review.public_id, actor="user:office", at=later(minutes=1))
    assert give_back_due(at=later(minutes=2), by="w") == 1
    assert Refund.objects.get().amount == gift.amount and reconcile() == []


def test_others_give_between_two_chunks(gift: Donation) -> None:
    """No lock outlives a chunk: a need that is free already can be given at once."""
    undo(gift)
    connection.cursor().execute("SET LOCAL lock_timeout = '1s'")
    first = NeedLine.objects.order_by("pk")[0]
    assert give(first, 1).status == "placed"
    give_back_due(at=later(minutes=2), by="w")
    assert missing() == sum(NeedLine.objects.values_list("wanted", flat=True)) - 1 and reconcile() == []
