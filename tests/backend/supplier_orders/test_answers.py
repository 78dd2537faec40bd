"""What Lao Zhou says to an order, what his silence says, and who loses when there is too little."""

from datetime import timedelta

import pytest

from backend.donations.models import FundedLine
from backend.journal.queries import about
from backend.kernel.states import WrongState
from backend.parties.models import Closure
from backend.supplier_orders.models import SupplierOrder, SupplierOrderItem
from backend.supplier_orders.operations import (
    AnswerDoesNotAddUp,
    NoSuchOrder,
    OrderChanged,
    ReferenceTaken,
    cancel,
    expire_silent,
    give_back,
)
from backend.supplier_orders.rules import ItemAnswer
from tests.backend.supplier_orders.stories import (
    DUE,
    LAO_ZHOU,
    answer,
    gift,
    ordered,
    packed,
    part,
    pull,
)
from tests.cast import MONDAY, later
from tests.factories import Village, supplier

pytestmark = pytest.mark.django_db


@pytest.fixture
def village() -> Village:
    return Village()


def sourced() -> list[int]:
    return list(FundedLine.objects.order_by("pk").values_list("sourced", flat=True))


def test_what_is_rejected_falls_on_the_newest_gift(village: Village) -> None:
    order = ordered(village, 3, 2, 4)
    answer(order, part(order, accepted=4))
    item = order.items.get()
    assert list(item.lines.order_by("pk").values_list("quantity", "dropped")) == [(3, 0), (2, 1), (4, 4)]
    assert sourced() == [3, 1, 0]
    assert (item.accepted, item.rejected, item.reason) == (4, 5, "no_stock")
    order.refresh_from_db()
    assert (order.request_status, order.version) == ("partially_accepted", 2)
    assert village.warehouse.stocks.get().reserved == 4


def test_a_back_order_keeps_its_gifts_and_its_time(village: Village) -> None:
    order = ordered(village, 5)
    answer(order, part(order, accepted=3, backordered=2, expected_at=later(days=4)))
    item = order.items.get()
    assert (item.accepted, item.backordered, item.expected_at) == (3, 2, later(days=4))
    assert sourced() == [5]
    packed(order, 5, at=later(days=4))


def test_a_rejected_order_frees_everything(village: Village) -> None:
    order = ordered(village, 5)
    answered = answer(order, part(order, accepted=0))
    assert answered.request_status == "rejected"
    assert sourced() == [0] and village.warehouse.stocks.get().reserved == 0
    fact = about(subjects=[f"order:{order.public_id}"])[-1]
    assert (fact.kind, fact.public["items"][0]["rejected"]) == ("order.answered", 5)


def test_an_answer_that_does_not_add_up_changes_nothing(village: Village) -> None:
    order = ordered(village, 5)
    short = [ItemAnswer(order.items.get().public_id, accepted=4)]
    with pytest.raises(AnswerDoesNotAddUp) as refusal:
        answer(order, short)
    assert [p.code for p in refusal.value.details["problems"]] == ["does_not_add_up"]
    order.refresh_from_db()
    assert (order.request_status, order.supplier_ref) == ("submitted", None)


def test_an_order_is_answered_once(village: Village) -> None:
    order = ordered(village, 5)
    answer(order)
    with pytest.raises(WrongState):
        answer(order, part(order, accepted=0))
    assert sourced() == [5]


def test_what_was_read_long_ago_is_not_answered(village: Village) -> None:
    order = ordered(village, 5)
    with pytest.raises(OrderChanged):
        answer(order, version=2)


def test_a_stranger_does_not_answer(village: Village) -> None:
    order = ordered(village, 5)
    with pytest.raises(NoSuchOrder):
        answer(order, organisation_id=supplier("别家").organisation_id)


def test_a_reference_is_for_one_order_of_a_supplier(village: Village) -> None:
    answer(ordered(village, 1), supplier_ref="A-1")
    gift(village, 1)
    (second,) = pull(later(hours=2)).orders
    with pytest.raises(ReferenceTaken):
        answer(second, supplier_ref="A-1")
    assert SupplierOrderItem.objects.get(order=second).accepted == 0


def test_who_keeps_silent_is_passed_over(village: Village) -> None:
    order = ordered(village, 5)
    assert order.respond_by == DUE + timedelta(hours=24)
    assert expire_silent(actor="system:jobs", at=order.respond_by - timedelta(seconds=1)) == []
    (expired,) = expire_silent(actor="system:jobs", at=order.respond_by)
    assert expired.request_status == "expired"
    assert sourced() == [0] and village.warehouse.stocks.get().reserved == 0
    assert about(subjects=[f"order:{order.public_id}"])[-1].kind == "order.expired"
    assert expire_silent(actor="system:jobs", at=later(days=9)) == []
    with pytest.raises(WrongState):
        answer(order, at=later(days=2))
    done = pull(later(days=2))
    assert done.orders == [] and len(done.asked) == 1


def test_a_closed_warehouse_has_longer_to_answer(village: Village) -> None:
    Closure.objects.create(
        site=village.warehouse, during=(DUE + timedelta(hours=2), DUE + timedelta(days=7)), kind="holiday",
        source="Lao Zhou", reported_at=MONDAY,
    )  # fmt: skip
    assert ordered(village, 5).respond_by == DUE + timedelta(days=7, hours=22)


def test_an_answered_order_never_expires(village: Village) -> None:
    answer(ordered(village, 5))
    assert expire_silent(actor="system:jobs", at=later(days=30)) == []


def test_the_platform_takes_back_what_nobody_has_answered(village: Village) -> None:
    order = ordered(village, 5)
    assert cancel(order=order.public_id, reason="stopped", actor="user:usr_cen", at=DUE).request_status == (
        "cancelled"
    )
    assert sourced() == [0]
    with pytest.raises(WrongState):
        cancel(order=order.public_id, reason="stopped", actor="user:usr_cen", at=DUE)


def test_an_accepted_order_is_not_taken_back_behind_the_suppliers_back(village: Village) -> None:
    order = answer(ordered(village, 5))
    with pytest.raises(WrongState):
        cancel(order=order.public_id, reason="stopped", actor="user:usr_cen", at=DUE)


def back(order: SupplierOrder, at=DUE) -> SupplierOrder:
    return give_back(order=order.public_id, reason="flood", actor=LAO_ZHOU, at=at)


def test_a_supplier_gives_back_what_it_cannot_send_after_all(village: Village) -> None:
    order = ordered(village, 3, 2)
    answer(order, part(order, accepted=4, backordered=1, expected_at=later(days=4)))
    packed(order, 3)
    given = back(order)
    item = order.items.get()
    assert given.request_status == "partially_accepted"
    assert (item.accepted, item.backordered, item.rejected, item.shipped) == (3, 0, 2, 3)
    assert sourced() == [3, 0]
    assert village.warehouse.stocks.get().reserved == 0
    with pytest.raises(WrongState):
        back(order)


def test_an_order_given_back_whole_is_cancelled(village: Village) -> None:
    order = answer(ordered(village, 3))
    assert back(order).request_status == "cancelled"
    assert sourced() == [0]


def test_an_unanswered_order_is_rejected_not_given_back(village: Village) -> None:
    with pytest.raises(WrongState):
        back(ordered(village, 3))


def test_where_less_lies_than_is_asked_the_supplier_confirms() -> None:
    village = Village(stock=3)
    order = ordered(village, 5)
    assert order.items.get().reservation.quantity == 3
    answer(order, part(order, accepted=4))
    stock = village.warehouse.stocks.get()
    assert (stock.reserved, stock.on_hand) == (3, 3)
    packed(order, 4)
    stock.refresh_from_db()
    assert (stock.reserved, stock.on_hand) == (0, 0)


def test_where_nobody_knows_the_stock_nothing_is_held() -> None:
    village = Village(stock=None)
    order = answer(ordered(village, 5))
    packed(order, 5)
    assert not village.warehouse.stocks.exists()
