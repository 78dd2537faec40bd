"""A foundation takes a large gift back: in chunks, whole in the end, and its money goes back once."""

from typing import Any

import pytest
from django.db import connection

from backend.donations.models import Donation, FundedLine, Gathering, Refund
from backend.donations.operations import (
    AlreadyDecided,
    Choice,
    DonorDetail,
    ReviewReason,
    TooLateToTakeBack,
    expire_due,
    gather_due,
    give_back_due,
    hold,
    pay_refunds,
    release_held,
    send_back_held,
    start_gathering,
    sync,
    take_back,
)
from backend.donations.operations import gathering as gathering_room
from backend.donations.operations import giving_up as room
from backend.donations.payments.sandbox.models import SandboxOrder
from backend.donations.queries import due_lines, reconcile
from backend.donations.rules import GiftStatus
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
    whole = large_gift()
    pay(whole)
    return whole


def large_gift() -> Donation:
    """Eight things of one appeal, not paid yet."""
    village = Village(wanted=10)
    for n in range(7):
        factories.need(village.appeal, factories.item(f"东西{n}"), wanted=5 + n)
    start_gathering(
        client=ACTOR, key="all", scope=Scope(), exact=True, donor=DonorDetail(name="山那边基金会"),
        promise=Choice.REFUND, actor=ACTOR, at=MONDAY,
    )  # fmt: skip
    gather_due(at=MONDAY, by="w")
    return Donation.objects.get()


def missing() -> int:
    return sum(need.wanted - need.reserved for need in NeedLine.objects.all())


def undo(gift: Donation) -> None:
    take_back(donation=gift.public_id, actor=ACTOR, at=later(minutes=1))


def test_it_goes_back_in_chunks_and_its_money_once(gift: Donation) -> None:
    undo(gift)
    assert 0 < missing() < wanted() and reconcile() == []
    assert due_lines(at=later(days=9)) == []  # no supplier gets what is about to go back
    assert (
        pay_refunds(at=later(days=365), by="w") == 0
        and not Entry.objects.filter(kind=Kind.REFUND_ASKED).exists()
    )
    assert give_back_due(at=later(minutes=2), by="w") == 1
    assert missing() == wanted() and reconcile() == []
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
    assert missing() == wanted() - 1 and reconcile() == []


class TestPaidLate:
    """A large gift whose time to pay was over, and then the money comes."""

    @pytest.fixture
    def late(self, monkeypatch: pytest.MonkeyPatch) -> Donation:
        monkeypatch.setattr(gathering_room, "GIVE_BACK", 3)
        large_gift()
        expire_due(at=later(hours=1))
        return Donation.objects.get()

    def test_it_goes_back_in_chunks(self, late: Donation) -> None:
        settle_late(late)
        late.refresh_from_db()
        assert (
            late.status == "returned"
            and Entry.objects.get(kind=Kind.GIFT_LATE_PAID).public["outcome"] == "returned"
        )
        assert 0 < missing() < wanted() and reconcile() == []
        assert pay_refunds(at=later(days=365), by="w") == 0
        assert give_back_due(at=later(hours=2), by="w") == 1
        assert missing() == wanted() and reconcile() == []
        assert gather_due(at=later(hours=2), by="w") == 1  # its own giving back finds nothing left to do
        assert missing() == wanted() and reconcile() == []
        (refund,) = Refund.objects.all()
        assert (refund.amount, refund.reason) == (late.amount, "paid_late")
        assert pay_refunds(at=later(hours=3), by="w") == 1
        late.refresh_from_db()
        assert late.status == "returned" and trial_balance().of("gateway") == 0 and reconcile() == []

    def test_while_its_needs_are_being_given_back(self, late: Donation) -> None:
        give_back_one_chunk()
        before = missing()
        settle_late(late)
        assert missing() == before and reconcile() == []  # the same three
        give_back_one_chunk()
        give_back_due(at=later(hours=2), by="w")
        gather_due(at=later(hours=3), by="w")
        assert missing() == wanted() and reconcile() == []
        assert (
            Refund.objects.get().amount == late.amount
            and not FundedLine.objects.exclude(state="void").exists()
        )

    def test_after_all_was_given_back(self, late: Donation) -> None:
        gather_due(at=later(hours=1), by="w")
        other = give(NeedLine.objects.order_by("pk")[0], 1, at=later(hours=1))
        pay(other, at=later(hours=1))
        settle_late(late)
        give_back_due(at=later(hours=2), by="w")
        assert missing() == wanted() - 1 and reconcile() == []
        assert Refund.objects.get().amount == late.amount

    def test_told_twice(self, late: Donation) -> None:
        settle_late(late)
        settle_late(late)
        give_back_due(at=later(hours=2), by="w")
        assert Refund.objects.get().amount == late.amount and reconcile() == []


def wanted() -> int:
    return sum(NeedLine.objects.values_list("wanted", flat=True))


def settle_late(gift: Donation) -> None:
    SandboxOrder.objects.filter(merchant_ref=gift.public_id).update(
        state="paid", amount=gift.amount, currency="CNY", notice_url="http://testserver/"
    )
    assert sync(donation=gift.public_id, at=later(hours=1)) is GiftStatus.RETURNED


def give_back_one_chunk() -> None:
    work = Gathering.objects.get()
    Gathering.objects.update(claimed_by="w", claimed_until=later(hours=1) + gathering_room.LEASE)
    gathering_room._step(work.pk, "w", lambda: later(hours=1))
    Gathering.objects.update(claimed_by="", claimed_until=None)
