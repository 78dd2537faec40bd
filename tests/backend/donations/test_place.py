"""Aming gives: what a placed gift claims and writes, and what a refusal leaves behind (nothing)."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection

from backend.donations.models import Checkout, Detail, Donation, DonationLine, Payment, PaymentAccount
from backend.donations.operations import DonorDetail, place
from backend.donations.queries import reconcile
from backend.donations.rules import KeyReused, MembersOnly, NoAccount, NoSuchNeed, NotEnoughLeft
from backend.donations.writer import Placed, place_many
from backend.journal.models import Entry
from backend.kernel.db import TransactionStance
from backend.ledger.queries import trial_balance
from backend.needs.models import NeedLine
from backend.parties.rules import Role
from tests.backend.donations.stories import AMING, Choice, give, line, place_all, units_of, wish
from tests.cast import MONDAY, later
from tests.factories import Village, appeal, charity, item, member, need

pytestmark = pytest.mark.django_db


@pytest.fixture
def village() -> Village:
    return Village(wanted=10)


def reserved(row: NeedLine) -> int:
    return NeedLine.objects.get(pk=row.pk).reserved


def test_a_gift_claims_the_need_and_waits_for_its_payment(village: Village) -> None:
    gift = give(village.need, 3)
    units = units_of(gift)
    assert reserved(village.need) == 3
    assert (gift.amount, gift.status) == (3 * 6_800, "placed")
    assert gift.expires_at == MONDAY + timedelta(minutes=30)
    assert (units.quantity, units.filled, units.due_at) == (3, 3 * 6_800, None)
    assert Payment.objects.get(donation=gift).amount == gift.amount
    assert Detail.objects.get(donation=gift).name == "阿明"
    assert reconcile() == []


def test_the_promise_is_kept_with_the_line(village: Village) -> None:
    gift = give(village.need, promise=Choice.NEAREST)
    assert DonationLine.objects.get(donation=gift).promise == {"shortfall": "nearest"}


def test_placing_is_a_fact_without_names_and_no_money_in_the_books(village: Village) -> None:
    gift = give(village.need, 2)
    entry = Entry.objects.get(kind="gift.placed")
    assert (entry.subject, entry.charity) == (
        f"gift:{gift.public_id}",
        village.charity.organisation.public_id,
    )
    assert entry.public["lines"] == [{"need": village.need.public_id, "quantity": 2}]
    assert "阿明" not in str(entry.public) and entry.private is None
    assert trial_balance().accounts == ()


def test_a_batch_is_admitted_in_arrival_order(village: Village) -> None:
    first, second, third = place_all(
        wish(line(village.need, 6)), wish(line(village.need, 5)), wish(line(village.need, 4))
    )
    assert isinstance(first, Placed) and isinstance(third, Placed)
    assert isinstance(second, NotEnoughLeft) and second.details["left"] == 4
    assert reserved(village.need) == 10
    assert reconcile() == []


def test_a_refused_gift_leaves_nothing_and_may_come_again(village: Village) -> None:
    asked = wish(line(village.need, 11), key="again")
    (refusal,) = place_all(asked)
    assert isinstance(refusal, NotEnoughLeft)
    assert not Checkout.objects.exists() and not Entry.objects.filter(kind="gift.placed").exists()
    NeedLine.objects.filter(pk=village.need.pk).update(wanted=11)
    (placed,) = place_all(asked)
    assert isinstance(placed, Placed) and not placed.replayed


def test_the_same_key_and_content_is_the_same_gift(village: Village) -> None:
    asked = wish(line(village.need, 2), key="once")
    (first,) = place_all(asked)
    (second,) = place_all(asked)
    assert isinstance(first, Placed) and isinstance(second, Placed)
    assert second.replayed and second.donations == first.donations
    assert Donation.objects.count() == 1 and reserved(village.need) == 2


def test_twice_in_one_batch_is_once(village: Village) -> None:
    asked = wish(line(village.need, 2), key="double-click")
    first, second = place_all(asked, asked)
    assert isinstance(first, Placed) and isinstance(second, Placed)
    assert (first.replayed, second.replayed) == (False, True)
    assert reserved(village.need) == 2


def test_a_key_is_for_one_gift_only(village: Village) -> None:
    place_all(wish(line(village.need, 2), key="mine"))
    later_one, in_batch, its_twin = place_all(
        wish(line(village.need, 3), key="mine"),
        wish(line(village.need, 1), key="other"),
        wish(line(village.need, 2), key="other"),
    )
    assert isinstance(later_one, KeyReused) and isinstance(its_twin, KeyReused)
    assert isinstance(in_batch, Placed)
    assert reserved(village.need) == 3


def test_another_visitor_may_use_the_same_key(village: Village) -> None:
    mine = wish(line(village.need), key="key")
    theirs = type(mine)("visitor:stranger", "key", mine.lines, mine.donor, mine.actor, mine.at)
    assert all(isinstance(answer, Placed) and not answer.replayed for answer in place_all(mine, theirs))


def test_a_basket_for_two_charities_is_two_donations_with_two_payments(village: Village) -> None:
    other = charity("另一个慈善会（演示）")
    lamps = need(appeal(other, village.recipient), item("台灯", "盏"), price=3_000)
    (placed,) = place_all(wish(line(village.need, 2), line(lamps, 3)))
    assert isinstance(placed, Placed)
    assert [due.amount for due in placed.donations] == [2 * 6_800, 3 * 3_000]
    assert len({due.merchant_no for due in placed.donations}) == 2
    assert Checkout.objects.count() == 1 and Payment.objects.count() == 2
    assert reconcile() == []


def test_a_basket_with_one_thing_missing_takes_nothing(village: Village) -> None:
    lamps = need(village.appeal, item("台灯", "盏"), wanted=1, price=3_000)
    (refusal,) = place_all(wish(line(village.need, 2), line(lamps, 2)))
    assert isinstance(refusal, NotEnoughLeft) and refusal.pointer == "/lines/1"
    assert reserved(village.need) == 0


def test_a_charity_without_an_account_takes_no_gift(village: Village) -> None:
    PaymentAccount.objects.all().delete()
    assert isinstance(place_all(wish(line(village.need)))[0], NoAccount)


def test_an_unheard_need_refuses_its_gift_alone(village: Village) -> None:
    ghost = line(village.need)
    ghost = type(ghost)("nee_unheard", 1, 1)
    refusal, placed = place_all(wish(ghost), wish(line(village.need)))
    assert isinstance(refusal, NoSuchNeed) and isinstance(placed, Placed)


def test_a_charity_that_asks_its_members_alone(village: Village) -> None:
    village.charity.mode = "directed"
    village.charity.save(update_fields=["mode"])
    ms_cen = member("岑女士", village.charity.organisation, Role.OFFICER)
    stranger, theirs = place_all(
        wish(line(village.need)), wish(line(village.need), donor=DonorDetail(user_id=ms_cen.pk))
    )
    assert isinstance(stranger, MembersOnly) and isinstance(theirs, Placed)
    assert Donation.objects.get().user == ms_cen


def test_the_certificate_counts_on_the_day_at_the_charity(village: Village, settings) -> None:  # type: ignore[no-untyped-def]
    settings.ZONE = "Asia/Shanghai"
    village.charity.certificate_until = MONDAY.date()
    village.charity.save(update_fields=["certificate_until"])
    last_minute, too_late = place_all(
        wish(line(village.need), at=later(hours=14, minutes=59)), wish(line(village.need), at=later(hours=15))
    )
    assert isinstance(last_minute, Placed)
    assert not isinstance(too_late, Placed) and too_late.code == "no_certificate"


def test_place_refuses_to_run_inside_a_transaction(village: Village) -> None:
    with pytest.raises(TransactionStance):
        place(client="c", key="k", lines=[line(village.need)], donor=AMING, actor="visitor:c", at=MONDAY)


def test_a_batch_costs_the_same_statements_for_one_gift_and_for_thirty(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Told(psycopg.Cursor):  # type: ignore[type-arg]
        def execute(self, query, *more, **options):  # type: ignore[no-untyped-def]
            asked.append(query)
            return super().execute(query, *more, **options)

    monkeypatch.setattr(psycopg, "Cursor", Told)
    NeedLine.objects.update(wanted=1_000)
    for size in (1, 30):
        asked.clear()
        place_many(connection, [wish(line(village.need)) for _ in range(size)])
        assert len(asked) == 8  # how to plan, lock, four looks and the ids in one round trip, then write


def test_the_database_itself_refuses_to_oversell(village: Village, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    """Were admission wrong, the check would still stand."""
    from django.db import IntegrityError

    from backend.donations.rules import Shelf

    monkeypatch.setattr(Shelf, "left", lambda self, need: 10**6)
    with pytest.raises(IntegrityError, match="need_not_oversold"):
        place_all(wish(line(village.need, 11)))
    assert reserved(village.need) == 0
