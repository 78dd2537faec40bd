"""A foundation funds everything a county is missing: whole or not at all, while others go on giving."""

from typing import Any

import pytest
from django.db import connection

from backend.donations.models import Donation, FundedLine, Gathering, Payment, Wish
from backend.donations.operations import (
    Choice,
    DonorDetail,
    OneAtATime,
    cancel_gathering,
    expire_due,
    gather_due,
    start_gathering,
)
from backend.donations.operations import gathering as room
from backend.donations.queries import gathering, gift, gifts_of_user, reconcile
from backend.donations.rules import GatheringStatus, KeyReused, NothingGiven, TooMuch
from backend.journal.kinds import Kind
from backend.journal.models import Entry
from backend.kernel.states import WrongState
from backend.needs.models import NeedLine
from backend.needs.operations import close_appeal
from backend.needs.queries import Scope, rest
from tests import factories
from tests.backend.donations.stories import give, pay
from tests.cast import MONDAY, later
from tests.factories import Village

pytestmark = pytest.mark.django_db
ALL = Scope()
FOUNDATION = DonorDetail(name="山那边基金会", mail="post@example.org")


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "CHUNK", 3)
    monkeypatch.setattr(room, "GIVE_BACK", 2)


@pytest.fixture
def county() -> Village:
    """One appeal that asks for eight things."""
    village = Village(wanted=10)
    for n in range(7):
        factories.need(village.appeal, factories.item(f"东西{n}"), wanted=5 + n)
    return village


def begin(*, exact: bool = True, key: str = "all", scope: Scope = ALL, **more: Any) -> Gathering:
    return start_gathering(
        client="visitor:foundation", key=key, scope=scope, exact=exact, donor=more.pop("donor", FOUNDATION),
        promise=Choice.REFUND, actor="visitor:foundation", at=more.pop("at", MONDAY),
    )  # fmt: skip


def one_chunk(work: Gathering, by: str = "w", at: Any = MONDAY) -> None:
    """A worker that takes the gathering, does one chunk and is never heard of again."""
    Gathering.objects.filter(pk=work.pk).update(claimed_by=by, claimed_until=at + room.LEASE)
    room._step(work.pk, by, lambda: at)


def missing() -> int:
    return sum(need.wanted - need.reserved for need in NeedLine.objects.all())


def test_everything_is_one_gift_that_is_paid_and_bought(county: Village) -> None:
    asked = rest(scope=Scope(), at=MONDAY)
    work = begin()
    assert (work.wished_lines, work.wished_amount) == (asked.needs, asked.amount) == (8, asked.amount)
    assert gather_due(at=MONDAY, by="w") == 1
    assert missing() == 0 and reconcile() == [] and Wish.objects.count() == 0
    page = gathering(public_id=work.public_id)
    assert page is not None and page.status is GatheringStatus.GATHERED
    assert (page.gathered_lines, page.gathered_amount) == (page.wished_lines, page.wished_amount)
    (public_id,) = page.gifts
    whole = Donation.objects.get(public_id=public_id)
    assert whole.amount == asked.amount and whole.detail.name == "山那边基金会"
    assert Gathering.objects.get().donor == {}
    pay(whole)
    assert FundedLine.objects.filter(due_at__isnull=False).count() == 8 and reconcile() == []


def test_nobody_sees_it_before_it_is_whole(county: Village) -> None:
    member = factories.user("阿明")
    work = begin(donor=DonorDetail(user_id=member.pk))
    one_chunk(work)
    half = Donation.objects.get()
    assert gift(public_id=half.public_id) is None and gifts_of_user(user_id=member.pk) == []
    assert not Payment.objects.exists() and not Entry.objects.filter(kind=Kind.GIFT_PLACED).exists()
    assert reconcile() == []  # the counters are exact in the middle too
    assert FundedLine.objects.filter(due_at__isnull=False).count() == 0


def test_a_chunk_is_never_larger_than_five_hundred(monkeypatch: pytest.MonkeyPatch, county: Village) -> None:
    monkeypatch.undo()
    assert room.CHUNK == 500


def test_one_thing_that_cannot_be_had_and_nothing_is_taken(county: Village) -> None:
    work = begin()
    last = NeedLine.objects.order_by("-pk")[0]
    give(last, 1)
    before = missing()
    gather_due(at=MONDAY, by="w")
    work.refresh_from_db()
    assert (work.status, work.reason) == ("dropped", "not_enough_left")
    assert missing() == before and reconcile() == [] and Wish.objects.count() == 0
    assert not Payment.objects.filter(donation__checkout=work.checkout).exists()
    assert Entry.objects.get(kind=Kind.GATHERING_DROPPED).public == {"reason": "not_enough_left"}


def test_who_takes_what_is_left_leaves_out_what_others_gave(county: Village) -> None:
    work = begin(exact=False)
    first, second = NeedLine.objects.order_by("pk")[:2]
    give(first, 4)
    NeedLine.objects.filter(pk=second.pk).update(stopped_at=MONDAY)
    gather_due(at=MONDAY, by="w")
    work.refresh_from_db()
    assert work.status == "gathered" and work.gathered_lines == 7
    assert missing() == second.wanted and reconcile() == []
    assert work.gathered_amount == Donation.objects.get(checkout=work.checkout).amount


def test_nothing_left_is_no_gift(county: Village) -> None:
    work = begin(exact=False)
    close_appeal(appeal=county.appeal.public_id, reason="over", actor="test", at=MONDAY)
    gather_due(at=MONDAY, by="w")
    work.refresh_from_db()
    assert (work.status, work.reason) == ("dropped", "nothing_left")


def test_the_donor_lets_it_go_in_the_middle(county: Village) -> None:
    work = begin()
    before = missing()
    one_chunk(work)
    assert missing() < before
    cancel_gathering(gathering=work.public_id, actor="visitor:foundation", at=MONDAY)
    gather_due(at=later(minutes=1), by="w")
    work.refresh_from_db()
    assert (work.status, work.reason) == ("dropped", "cancelled")
    assert missing() == before and reconcile() == []
    with pytest.raises(WrongState):
        cancel_gathering(gathering=work.public_id, actor="visitor:foundation", at=MONDAY)


def test_a_worker_dies_and_another_goes_on_where_it_stood(county: Village) -> None:
    work = begin()
    one_chunk(work, by="dead")
    assert gather_due(at=MONDAY, by="other") == 0  # its lease still runs
    assert gather_due(at=MONDAY + 2 * room.LEASE, by="other") == 1
    assert missing() == 0 and reconcile() == []
    with pytest.raises(room._Lost):  # the dead one was only slow: it does nothing any more
        room._hold(work, "dead", GatheringStatus.GATHERING, MONDAY)


def test_it_dies_while_giving_back_too(county: Village) -> None:
    work = begin()
    before = missing()
    one_chunk(work)
    one_chunk(work)
    cancel_gathering(gathering=work.public_id, actor="visitor:foundation", at=MONDAY)
    one_chunk(work, by="dead")
    assert gather_due(at=MONDAY + 2 * room.LEASE, by="other") == 1
    assert missing() == before and reconcile() == []


def test_nobody_finishes_it_and_it_is_given_back(county: Village) -> None:
    work = begin()
    before = missing()
    one_chunk(work)
    gather_due(at=MONDAY + 2 * room.GIVE_UP, by="w")
    work.refresh_from_db()
    assert (work.status, work.reason) == ("dropped", "too_slow") and missing() == before


def test_not_paid_in_time_it_gives_everything_back_chunk_by_chunk(county: Village) -> None:
    begin()
    before = missing()
    gather_due(at=MONDAY, by="w")
    assert expire_due(at=later(hours=1)) == 1
    assert missing() == 0 and reconcile() == []  # nothing is freed in one long statement
    gather_due(at=later(hours=1), by="w")
    assert missing() == before and reconcile() == []
    assert Donation.objects.get().status == "expired"


def test_paid_late_while_it_is_given_back(county: Village) -> None:
    """Half is free again already: the whole is reserved again, or goes back."""
    work = begin()
    gather_due(at=MONDAY, by="w")
    whole = Donation.objects.get(checkout=work.checkout)
    from backend.donations.operations.settling import settle_these
    from backend.donations.payments.port import OrderState, Standing

    expire_due(at=later(hours=1))
    one_chunk(work, at=later(hours=1))
    payment = Payment.objects.get(donation=whole)
    paid = Standing(OrderState.PAID, "ref", payment.amount, payment.currency)
    settle_these({payment.pk: paid}, actor="test", at=later(hours=1))
    whole.refresh_from_db()
    assert whole.status == "paid" and missing() == 0 and reconcile() == []
    gather_due(at=later(hours=2), by="w")
    assert missing() == 0 and reconcile() == []


def test_the_same_key_is_the_same_large_gift(county: Village) -> None:
    work = begin()
    assert begin().pk == work.pk
    with pytest.raises(KeyReused):
        begin(exact=False)


def test_one_at_a_time(county: Village) -> None:
    begin()
    with pytest.raises(OneAtATime):
        begin(key="another")
    gather_due(at=MONDAY, by="w")
    with pytest.raises(OneAtATime):
        begin(key="another")


def test_what_is_meant(county: Village) -> None:
    other = factories.appeal(county.charity, factories.recipient("示范中学", township_code="522328107000"))
    factories.need(other, factories.item("大米", "袋", category="food"), wanted=3)
    assert rest(scope=Scope(appeal=other.public_id), at=MONDAY).pieces == 3
    assert rest(scope=Scope(category="food"), at=MONDAY).needs == 1
    assert rest(scope=Scope(township="522328107000"), at=MONDAY).pieces == 3
    work = begin(scope=Scope(appeal=other.public_id))
    assert work.wished_lines == 1
    with pytest.raises(NothingGiven):
        start_gathering(
            client="visitor:x", key="x", scope=Scope(appeal="apl_unknown"), exact=True, donor=DonorDetail(),
            promise=Choice.REFUND, actor="visitor:x", at=MONDAY,
        )  # fmt: skip


def test_too_many_needs_for_one_gift(county: Village, settings: Any) -> None:
    settings.GATHER_MOST_LINES = 5
    with pytest.raises(TooMuch):
        begin()
    assert not Gathering.objects.exists()


def test_two_charities_are_two_gifts_of_one_gathering(county: Village) -> None:
    school = factories.recipient("示范中学")
    other = factories.appeal(factories.charity("水边人家慈善会（演示）"), school)
    factories.need(other, county.item, wanted=3)
    work = begin()
    gather_due(at=MONDAY, by="w")
    page = gathering(public_id=work.public_id)
    assert page is not None and len(page.gifts) == 2 and reconcile() == []
    assert sum(Donation.objects.values_list("amount", flat=True)) == work.wished_amount


def test_others_give_between_two_chunks(county: Village) -> None:
    """No lock outlives a chunk: a gift to a need that is not reached yet is placed at once."""
    work = begin(exact=False)
    one_chunk(work)
    connection.cursor().execute("SET LOCAL lock_timeout = '1s'")
    given = give(NeedLine.objects.order_by("-pk")[0], 1)
    gather_due(at=MONDAY + 2 * room.LEASE, by="w")
    assert given.status == "placed" and missing() == 0 and reconcile() == []
