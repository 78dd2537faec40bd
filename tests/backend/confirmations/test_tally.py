"""Teacher Wei counts quilts, and everything that hangs on the count."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from backend.confirmations.models import Confirmation, ConfirmationLine, Count, Tally
from backend.confirmations.operations import (
    BadCount,
    DropFailed,
    NoSuchDrop,
    NothingToCount,
    TallyElsewhere,
    submit_tally,
)
from backend.confirmations.rules import Found
from backend.deliveries.models import Drop, DropParcel
from backend.deliveries.operations import deliver_by_carrier
from backend.donations.models import FundedLine
from backend.journal.kinds import Kind
from backend.journal.models import Entry
from backend.ledger.models import Transfer
from backend.ledger.queries import trial_balance
from backend.needs.models import NeedLine
from tests.backend.confirmations.stories import PRICE, TEACHER_WEI, Road
from tests.cast import later

pytestmark = pytest.mark.django_db


def lines(road: Road) -> list[tuple[int, int, int]]:
    """(received, damaged, missing) of each line, oldest gift first."""
    rows = ConfirmationLine.objects.order_by("shipment_line__order_line_id", "shipment_line_id")
    return list(rows.values_list("received", "damaged", "missing"))


def balances() -> dict[str, int]:
    return {account.kind: account.amount for account in trial_balance().accounts}


def test_a_whole_count_closes_everything() -> None:
    road = Road()
    road.deliver()

    confirmation = road.count(40, second_adult="李老师")

    assert confirmation.state == "complete"
    assert Count.objects.get().received == 40
    assert NeedLine.objects.get().received == 40
    road.shipment.refresh_from_db()
    assert road.shipment.state == "confirmed"
    assert not FundedLine.objects.filter(reopened__gt=0).exists()
    fact = Entry.objects.get(kind=Kind.DROP_CONFIRMED)
    assert fact.public["received"] == 40 and fact.private == {"second_adult": "李老师"}
    assert "李老师" not in str(fact.public)


def test_what_is_owed_is_the_price_of_the_order_and_the_saving_stays() -> None:
    road = Road()
    road.deliver()

    road.count(39)

    assert balances() == {
        "gifts": 39 * PRICE,
        "payable": -39 * 6_460,
        "remainder": -39 * (PRICE - 6_460),
    }
    owed = Transfer.objects.get(kind="goods_counted")
    assert owed.credit.owner == road.village.supplier.organisation
    assert owed.entry.kind == Kind.DROP_CONFIRMED


def test_a_price_above_the_gift_is_topped_up_out_of_savings() -> None:
    road = Road(order_price=PRICE + 100)
    road.deliver()

    road.count(40)

    assert balances() == {"gifts": 40 * PRICE, "payable": -40 * (PRICE + 100), "remainder": 40 * 100}


def test_a_replacement_without_a_price_is_paid_at_its_offer() -> None:
    """The unit that came short was never paid; the one that makes it good is, once."""
    road = Road(order_price=0)
    road.deliver()

    road.count(40)

    assert balances()["payable"] == -40 * road.village.offer.charity_price


def test_a_short_count_falls_on_the_newest_gift_and_its_goods_are_due_again() -> None:
    road = Road()
    road.deliver()

    confirmation = road.count(38, damaged=1, reason="box_whole|灯罩裂了")

    assert confirmation.state == "discrepancy"
    # 3 and 17 of the second gift lie in box 1; 13 more of the second and 7 of the third in box 2
    assert lines(road) == [(3, 0, 0), (17, 0, 0), (13, 0, 0), (5, 1, 1)]
    assert [funded.reopened for funded in road.funded] == [0, 0, 2]
    road.shipment.refresh_from_db()
    assert road.shipment.state == "discrepancy"
    reopened = Entry.objects.get(kind=Kind.GOODS_REOPENED)
    assert reopened.subject.endswith(road.gifts[2].public_id)
    assert reopened.public == {"quantity": 2, "reason": "box_whole|灯罩裂了"}


def test_what_is_too_much_is_told_and_never_booked() -> None:
    road = Road()
    road.deliver()

    confirmation = road.count(42)

    assert confirmation.state == "discrepancy"
    assert NeedLine.objects.get().received == 40
    assert Entry.objects.get(kind=Kind.DROP_CONFIRMED).public["surplus"] == 2


def test_a_phone_that_sends_twice_gets_the_first_answer() -> None:
    road = Road()
    road.deliver()
    first = road.count(39)

    again = road.count(39, at=later(days=2))

    assert again == first and again.confirmed_at == first.confirmed_at
    assert Tally.objects.count() == 1 and Transfer.objects.filter(kind="goods_counted").count() == 1


def test_a_second_phone_gets_the_first_answer_and_staff_are_told_where_it_differs() -> None:
    road = Road()
    road.deliver()
    first = road.count(39)

    assert road.count(40, client_uuid="phone-2", at=later(hours=1)) == first
    assert road.count(39, client_uuid="phone-3", at=later(hours=2)) == first

    told = list(
        Entry.objects.filter(kind=Kind.TALLY_RECEIVED)
        .order_by("pk")
        .values_list("public__differs", flat=True)
    )
    assert told == [True, False]
    assert list(Tally.objects.order_by("pk").values_list("differs", flat=True)) == [False, True, False]
    assert Count.objects.get().received == 39


def test_a_count_may_come_before_the_courier_says_delivered() -> None:
    road = Road()

    confirmation = road.count(40)

    road.drop.refresh_from_db()
    assert confirmation.state == "complete" and road.drop.state == "delivered"
    assert Entry.objects.filter(kind=Kind.DROP_DELIVERED).count() == 1


def test_the_couriers_late_report_changes_nothing() -> None:
    road = Road()
    road.count(40)

    drop = deliver_by_carrier(drop=road.drop, client_uuid="courier-1", actor="carrier:yd", at=later(days=1))

    assert drop.state == "delivered" and Entry.objects.filter(kind=Kind.DROP_DELIVERED).count() == 1


def test_a_phones_clock_that_runs_ahead_is_not_believed() -> None:
    road = Road()
    submit_tally(
        drop=road.drop.public_id, client_uuid="p", device="", counts=road.found(40), counted_at=later(days=9),
        at=later(days=3), actor=TEACHER_WEI,
    )  # fmt: skip

    assert Tally.objects.get().counted_at == later(days=3)


def test_a_tally_of_another_drop_is_refused() -> None:
    first, second = Road((3,)), Road((5,))
    first.count(3)

    with pytest.raises(TallyElsewhere):
        second.count(5)

    assert not Confirmation.objects.filter(drop=second.drop).exists()


def test_a_drop_that_failed_is_not_counted() -> None:
    road = Road()
    Drop.objects.update(state="failed")

    with pytest.raises(DropFailed):
        road.count(40)

    assert not Tally.objects.exists()


def test_a_drop_whose_boxes_went_elsewhere_has_nothing_to_count() -> None:
    road = Road()
    DropParcel.objects.update(state="failed")

    with pytest.raises(NothingToCount):
        road.count(40)


def test_an_unknown_drop() -> None:
    with pytest.raises(NoSuchDrop):
        submit_tally(
            drop="drp_none", client_uuid="p", device="", counts=[], counted_at=later(), at=later(), actor="x"
        )


@pytest.mark.parametrize(
    "counts",
    [
        lambda item: [],
        lambda item: [Found("oit_else", 3)],
        lambda item: [Found(item, 3), Found(item, 3)],
        lambda item: [Found(item, -1)],
        lambda item: [Found(item, 3, damaged=-1)],
    ],
)
def test_every_item_is_counted_once_with_whole_numbers(counts: object) -> None:
    road = Road()

    with pytest.raises(BadCount):
        submit_tally(
            drop=road.drop.public_id, client_uuid="p", device="", counts=counts(road.item.public_id),  # type: ignore[operator]
            counted_at=later(), at=later(), actor=TEACHER_WEI,
        )  # fmt: skip

    road.drop.refresh_from_db()
    assert road.drop.state == "expected" and not Tally.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_fifty_phones_confirm_one_drop_once() -> None:
    road = Road()

    def phone(n: int) -> int:
        try:
            return road.count(40 - n % 3, client_uuid=f"phone-{n}").pk
        finally:
            connection.close()

    with ThreadPoolExecutor(50) as pool:
        answers = set(pool.map(phone, range(50)))

    assert len(answers) == 1
    assert Tally.objects.count() == 50 and Confirmation.objects.count() == 1
    assert Transfer.objects.filter(kind="goods_counted").count() == 1
    assert NeedLine.objects.get().received == Count.objects.get().received
    assert Entry.objects.filter(kind=Kind.DROP_CONFIRMED).count() == 1
    assert Entry.objects.filter(kind=Kind.DROP_DELIVERED).count() == 1
