"""The happy road of an order: due, sent, accepted, packed, ready, on the road, arrived, counted."""

import pytest

from backend.journal.queries import about
from backend.shipments import operations as shipments
from backend.shipments.queries import order_file, ready_shipments, trace
from backend.shipments.rules import OrderStatus, ShipmentState, Step
from backend.supplier_orders.models import Reservation, SupplierOrder
from tests.backend.supplier_orders.stories import DUE, LAO_ZHOU, answer, gift, ordered, pull, ready
from tests.cast import MONDAY
from tests.factories import Village

pytestmark = pytest.mark.django_db


def standing(village: Village, order: SupplierOrder) -> OrderStatus:
    found = order_file(public_id=order.public_id, organisation_id=village.supplier.organisation_id)
    assert found is not None
    return found.status


def test_two_gifts_for_one_school_become_one_order_oldest_gift_first() -> None:
    village = Village()
    first, second = gift(village, 3), gift(village, 2)

    (order,) = pull().orders

    item = order.items.get()
    assert (item.asked, item.unit_price, order.recipient_id) == (5, 6_800, village.recipient.pk)
    assert list(item.lines.order_by("pk").values_list("funded_line", "quantity")) == [
        (first.pk, 3),
        (second.pk, 2),
    ]
    first.refresh_from_db()
    assert first.sourced == 3
    stock = village.warehouse.stocks.get()
    assert (stock.on_hand, stock.reserved, item.reservation.quantity) == (1_000, 5, 5)
    assert [fact.kind for fact in about(subjects=[f"order:{order.public_id}"])] == ["order.sent"]
    assert pull().orders == []


def test_nothing_is_ordered_while_the_undo_runs() -> None:
    gift(Village(), 1)
    assert pull(MONDAY).orders == []


def test_the_whole_road_of_an_order() -> None:
    village = Village()
    order = ordered(village, 3, 2)
    assert standing(village, order) is OrderStatus.OPEN
    answer(order)
    assert standing(village, order) is OrderStatus.IN_PROGRESS
    shipment = ready(order, 4, 1)
    stock = village.warehouse.stocks.get()
    assert (stock.on_hand, stock.reserved) == (995, 0)
    assert Reservation.objects.get().released_at == DUE
    (waiting,) = ready_shipments(county_code="522328")
    assert (waiting.id, waiting.grams, waiting.cm3) == (shipment.pk, 5 * 2_400, 5 * 24_000)
    assert waiting.needed_on == village.appeal.needed_on and len(waiting.parcels) == 2

    codes = list(shipment.parcels.order_by("pk").values_list("code", flat=True))
    hands = {"site": village.warehouse.pk, "actor": "user:usr_laoyang", "at": DUE}
    shipments.hand_over(
        parcels=codes, step=Step.PICKUP, from_label="org:s", to_label="route:r", client_uuid="p1", **hands
    )
    assert standing(village, order) is OrderStatus.SHIPPED
    shipments.hand_over(
        parcels=codes, step=Step.DELIVERY, from_label="route:r", to_label="org:x", client_uuid="d1", **hands
    )
    assert standing(village, order) is OrderStatus.DELIVERED


@pytest.mark.parametrize("whole", [True, False])
def test_a_counted_shipment_closes_its_order(whole: bool) -> None:
    village = Village()
    order = answer(ordered(village, 2))
    shipment = ready(order, 2)
    for to in (ShipmentState.IN_TRANSIT, ShipmentState.DELIVERED):
        shipments.move_shipments(shipments=[shipment.pk], to=to, actor=LAO_ZHOU, at=DUE)
    assert shipments.confirm(shipment_id=shipment.pk, whole=whole, actor="org:x", at=DUE)
    assert standing(village, order) is OrderStatus.CONFIRMED
    shipment.refresh_from_db()
    assert shipment.state == ("confirmed" if whole else "discrepancy")


def test_every_unit_is_traced_from_gift_to_box() -> None:
    village = Village()
    first, second = gift(village, 3), gift(village, 2)
    (order,) = pull().orders
    answer(order)
    ready(order, 4, 1)
    traced = trace(funded_lines=[first.pk, second.pk])
    assert [(row.funded_line, row.quantity, [box.quantity for box in row.boxes]) for row in traced] == [
        (first.pk, 3, [3]),
        (second.pk, 2, [1, 1]),
    ]
    assert len({box.parcel for row in traced for box in row.boxes}) == 2
