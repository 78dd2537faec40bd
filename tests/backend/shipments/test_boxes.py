"""Boxes: what goes in, whose units these are, and through whose hands they go."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from backend.journal.queries import about
from backend.kernel.states import WrongState
from backend.shipments import operations as shipments
from backend.shipments.models import Handover, Parcel, Shipment, ShipmentLine
from backend.shipments.operations import (
    ExpiresTooEarly,
    NoParcels,
    NoSuchParcel,
    NoSuchShipment,
    NothingPacked,
    NotInOrder,
    NotTheSameGoods,
    hand_over,
    hand_to_carrier,
    mark_ready,
    move_shipments,
    pack,
    repack,
)
from backend.shipments.queries import labels, order_file, ready_shipments
from backend.shipments.rules import (
    OrderStatus,
    PackedBox,
    PackedItem,
    ShipmentAction,
    ShipmentState,
    Step,
    keeps,
    masked,
    order_status,
    shipment_actions,
)
from backend.supplier_orders.models import SupplierOrder
from backend.supplier_orders.operations import NoSuchOrder, NotThatMany, OrderChanged
from backend.supplier_orders.rules import RequestStatus
from tests.backend.supplier_orders.stories import (
    DUE,
    LAO_ZHOU,
    answer,
    box,
    ordered,
    packed,
    part,
    ready,
)
from tests.cast import later
from tests.factories import Village, supplier


@pytest.fixture
def village(db: None) -> Village:
    return Village()


@pytest.fixture
def order(village: Village) -> SupplierOrder:
    """Three and two and four quilts, accepted."""
    return answer(ordered(village, 3, 2, 4))


def packing(order: SupplierOrder, *boxes: PackedBox, **fields: object) -> Shipment:
    return pack(order=order.public_id, parcels=boxes, actor=LAO_ZHOU, at=DUE, **fields)


def whose(shipment: Shipment) -> list[list[int]]:
    """Units per gift in each box, oldest gift first."""
    return [
        list(
            ShipmentLine.objects.filter(parcel_item__parcel=parcel)
            .order_by("order_line")
            .values_list("quantity", flat=True)
        )
        for parcel in shipment.parcels.filter(voided_at=None).order_by("pk")
    ]


def test_the_oldest_gifts_go_into_the_first_boxes(order: SupplierOrder) -> None:
    assert whose(packed(order, 4, 1)) == [[3, 1], [1]]
    assert whose(packed(order, 2, 2)) == [[2], [2]]


def test_weight_and_volume_follow_from_the_goods_unless_measured(order: SupplierOrder) -> None:
    shipment = packing(order, box(order, 2), box(order, 1, grams=3_000, cm3=9))
    assert list(shipment.parcels.order_by("pk").values_list("grams", "cm3")) == [(4_800, 48_000), (3_000, 9)]


def test_numbers_and_codes_say_nothing(order: SupplierOrder) -> None:
    shipment = packed(order, 1)
    code = shipment.parcels.get().code
    assert code[0] == "X" and shipment.number[0] == "Y" and len(code) == 9
    assert about(subjects=[f"shipment:{shipment.public_id}"])[0].public["parcels"] == [code]


def test_no_more_than_was_accepted_goes_into_boxes(order: SupplierOrder) -> None:
    packed(order, 7)
    with pytest.raises(NotThatMany):
        packed(order, 3)
    assert Parcel.objects.count() == 1


def test_units_that_were_declined_are_nobodys_box(village: Village) -> None:
    order = ordered(village, 3, 2)
    answer(order, part(order, accepted=4))
    assert whose(packed(order, 4)) == [[3, 1]]
    with pytest.raises(NotThatMany):
        packed(order, 1)


@pytest.mark.parametrize(
    ("boxes", "refusal", "pointer"),
    [
        ([], NothingPacked, "/parcels"),
        ([PackedBox(())], NothingPacked, "/parcels/0"),
        ([PackedBox((PackedItem("oit_other", 1),))], NotInOrder, "/parcels/0/items/0/item"),
    ],
)
def test_a_box_holds_something_of_the_order(
    order: SupplierOrder, boxes: list[PackedBox], refusal: type, pointer: str
) -> None:
    with pytest.raises(refusal) as refused:
        packing(order, *boxes)
    assert refused.value.pointer == pointer


@pytest.mark.parametrize("fields", [{"quantity": 0}, {"quantity": 1, "grams": 0}])
def test_nothing_is_not_packed(order: SupplierOrder, fields: dict) -> None:
    with pytest.raises(NothingPacked):
        packing(order, box(order, **fields))


def test_only_an_accepted_order_is_packed_and_by_its_own_supplier(village: Village) -> None:
    order = ordered(village, 3)
    with pytest.raises(WrongState):
        packed(order, 1)
    answer(order)
    with pytest.raises(NoSuchOrder):
        packing(order, box(order, 1), organisation_id=supplier("别家").organisation_id)
    with pytest.raises(OrderChanged):
        packing(order, box(order, 1), version=1)


ARRIVES = (later() + timedelta(days=3)).date()  # the lane takes three days at most


@pytest.mark.parametrize(
    ("shelf_life", "expires_on", "goes"),
    [
        (None, None, True),
        (None, ARRIVES, False),
        (300, None, False),
        (300, ARRIVES, False),
        (300, ARRIVES + timedelta(days=1), True),
    ],
)
def test_what_expires_before_it_arrives_is_not_sent(
    village: Village, shelf_life: int | None, expires_on: date | None, goes: bool
) -> None:
    village.item.shelf_life_days = shelf_life
    village.item.save(update_fields=["shelf_life_days"])
    order = answer(ordered(village, 1))
    if goes:
        packing(order, box(order, 1, expires_on=expires_on))
        return
    with pytest.raises(ExpiresTooEarly) as refused:
        packing(order, box(order, 1, expires_on=expires_on))
    assert refused.value.pointer == "/parcels/0/items/0/expires_on"


def test_a_shipment_is_ready_once(order: SupplierOrder, village: Village) -> None:
    shipment = packed(order, 2)
    assert ready_shipments() == []
    again = {"shipment": shipment.public_id, "actor": LAO_ZHOU, "at": DUE}
    mark_ready(**again)
    assert [row.id for row in ready_shipments(county_code="522328")] == [shipment.pk]
    assert ready_shipments(county_code="522327") == []
    with pytest.raises(WrongState):
        mark_ready(**again)
    with pytest.raises(NoSuchShipment):
        mark_ready(**again, organisation_id=supplier("别家").organisation_id)


def test_the_same_goods_in_other_boxes(order: SupplierOrder) -> None:
    shipment = ready(order, 4, 1)
    old = set(shipment.parcels.values_list("code", flat=True))
    with pytest.raises(NotTheSameGoods):
        repack(shipment=shipment.public_id, parcels=[box(order, 4)], actor=LAO_ZHOU, at=DUE)
    repack(shipment=shipment.public_id, parcels=[box(order, 5)], actor=LAO_ZHOU, at=DUE)
    assert whose(shipment) == [[3, 2]]
    new = shipment.parcels.get(voided_at=None)
    assert new.code not in old and new.repacked_from is not None
    with pytest.raises(NoSuchParcel):
        hands(sorted(old))
    assert [row.grams for row in ready_shipments()] == [5 * 2_400]
    assert order.items.get().shipped == 5


def test_what_has_left_is_not_repacked(order: SupplierOrder) -> None:
    shipment = ready(order, 2)
    hands(codes(shipment))
    with pytest.raises(WrongState):
        repack(shipment=shipment.public_id, parcels=[box(order, 2)], actor=LAO_ZHOU, at=DUE)


def codes(shipment: Shipment) -> list[str]:
    return list(shipment.parcels.filter(voided_at=None).order_by("pk").values_list("code", flat=True))


def hands(
    parcels: list[str], step: Step = Step.PICKUP, to: str = "route:rou_1", uuid: str = "", **fields: object
) -> list[Handover]:
    return hand_over(
        parcels=parcels,
        step=step,
        from_label="org:org_1",
        to_label=to,
        client_uuid=uuid or f"{step}-{to}",
        actor="user:usr_laoyang",
        at=DUE,
        **fields,
    )


def state(shipment: Shipment) -> str:
    shipment.refresh_from_db()
    return shipment.state


def test_boxes_change_hands_and_the_shipment_with_them(order: SupplierOrder, village: Village) -> None:
    shipment = ready(order, 2, 3)
    first, second = codes(shipment)
    (handed,) = hands([first])
    assert handed.site_id == village.warehouse.pk
    assert state(shipment) == "in_transit"
    hands([second], uuid="later")
    hands([first], Step.DELIVERY, to="org:school")
    assert state(shipment) == "in_transit"
    hands([second], Step.DELIVERY, to="org:school", uuid="last")
    assert state(shipment) == "delivered"


def test_a_phone_repeats_itself_without_harm(order: SupplierOrder) -> None:
    shipment = ready(order, 2)
    first = hands(codes(shipment), uuid="u1")
    assert [row.pk for row in hands(codes(shipment), uuid="u1")] == [first[0].pk]
    assert [row.pk for row in hands(codes(shipment), uuid="u2")] == [first[0].pk]
    assert Handover.objects.count() == 1


def test_a_box_that_came_back_is_picked_up_once_more(order: SupplierOrder) -> None:
    shipment = ready(order, 2)
    hands(codes(shipment), uuid="u1")
    with transaction.atomic():
        move_shipments(
            shipments=[shipment.pk], to=ShipmentState.ATTEMPTED, actor=LAO_ZHOU, at=DUE, reason="road"
        )
    hands(codes(shipment), to="route:rou_2", uuid="u2")
    assert state(shipment) == "in_transit" and Handover.objects.count() == 2


def test_boxes_that_cannot_change_hands_now(order: SupplierOrder, village: Village) -> None:
    with pytest.raises(NoParcels):
        hands([])
    with pytest.raises(NoSuchParcel) as refused:
        hands(["X000-0000"])
    assert refused.value.pointer == "/parcels/0"
    only_packed = packed(order, 1)
    with pytest.raises(WrongState):
        hands(codes(only_packed))
    shipment = ready(order, 2)
    with pytest.raises(WrongState):
        hands(codes(shipment), Step.DELIVERY)
    with pytest.raises(NoSuchParcel):
        hands(codes(shipment), organisation_id=supplier("别家").organisation_id)
    with pytest.raises(NoSuchParcel):
        hands(codes(shipment), shipment=only_packed.public_id)
    assert not Handover.objects.exists()


def test_a_common_carrier_fetches_a_shipment(order: SupplierOrder) -> None:
    shipment = ready(order, 2)
    with transaction.atomic():
        hand_to_carrier(refs={shipment.pk: "SF-1"}, actor="user:usr_tan", at=DUE)
    assert state(shipment) == "in_transit"
    assert (shipment.mode, shipment.carrier_ref) == ("carrier", "SF-1")
    assert Handover.objects.get().to_label == "carrier:SF-1"
    assert ready_shipments() == []


def test_moving_says_what_moved_and_refuses_what_makes_no_sense(order: SupplierOrder) -> None:
    one, two = ready(order, 2), ready(order, 2)
    both = {"shipments": [one.pk, two.pk], "actor": LAO_ZHOU, "at": DUE}
    with transaction.atomic():
        assert len(move_shipments(**both, to=ShipmentState.PLANNED)) == 2
        assert move_shipments(**both, to=ShipmentState.PLANNED) == []
    with pytest.raises(WrongState) as refused, transaction.atomic():
        move_shipments(**both, to=ShipmentState.DELIVERED)
    assert set(refused.value.details["shipments"]) == {one.number, two.number}
    assert state(one) == "planned"


def test_what_is_still_on_the_road_is_not_counted(order: SupplierOrder) -> None:
    shipment = ready(order, 2)
    with transaction.atomic():
        assert not shipments.confirm(shipment_id=shipment.pk, whole=True, actor="org:x", at=DUE)
    assert state(shipment) == "ready_for_pickup"


def test_a_label_says_where_to_and_nothing_about_anybody(order: SupplierOrder, village: Village) -> None:
    shipment = packed(order, 2, 1)
    printed = labels(shipment=shipment.public_id, organisation_id=village.supplier.organisation_id)
    assert [(label.position, label.of, label.grams) for label in printed] == [(1, 2, 4_800), (2, 2, 2_400)]
    assert printed[0].recipient == "示＊＊学"
    assert labels(shipment=shipment.public_id, organisation_id=supplier("别家").organisation_id) == []


@pytest.mark.parametrize("boxes", [1, 15])
def test_an_order_is_read_in_constant_queries(
    order: SupplierOrder, village: Village, boxes: int, django_assert_num_queries
) -> None:
    for _ in range(min(boxes, 9)):
        packed(order, 1)
    with django_assert_num_queries(6):
        order_file(public_id=order.public_id, organisation_id=village.supplier.organisation_id)


# rules


@pytest.mark.parametrize(
    ("name", "shown"), [("", ""), ("王", "王＊＊"), ("王芳", "王＊＊"), ("者贵小学（者贵村）", "者＊＊学")]
)
def test_names_are_masked(name: str, shown: str) -> None:
    assert masked(name) == shown


@given(st.dates(), st.dates(), st.booleans())
def test_the_shelf_life_gate(expires_on: date, expected_on: date, perishable: bool) -> None:
    kept = keeps(expires_on, perishable=perishable, expected_on=expected_on)
    assert kept == (expires_on > expected_on)


@pytest.mark.parametrize("state", ShipmentState)
def test_a_supplier_acts_on_what_it_still_has(state: ShipmentState) -> None:
    mine = state in (ShipmentState.PACKED, ShipmentState.READY, ShipmentState.PLANNED)
    assert bool(shipment_actions(state)) == mine
    assert (ShipmentAction.REPACK in shipment_actions(state)) == (
        state.value in ("packed", "ready_for_pickup")
    )


READY, ROAD, THERE, COUNTED = (
    ShipmentState.READY,
    ShipmentState.IN_TRANSIT,
    ShipmentState.DELIVERED,
    ShipmentState.CONFIRMED,
)
YES = RequestStatus.ACCEPTED


@pytest.mark.parametrize(
    ("request_status", "kept", "moved", "status"),
    [
        (RequestStatus.SUBMITTED, 0, [], OrderStatus.OPEN),
        (RequestStatus.REJECTED, 0, [], OrderStatus.CLOSED),
        (RequestStatus.EXPIRED, 0, [], OrderStatus.CLOSED),
        (YES, 5, [], OrderStatus.IN_PROGRESS),
        (YES, 5, [(READY, 5)], OrderStatus.IN_PROGRESS),
        (YES, 5, [(ROAD, 2), (READY, 3)], OrderStatus.PARTIALLY_SHIPPED),
        (YES, 5, [(ROAD, 5)], OrderStatus.SHIPPED),
        (YES, 5, [(THERE, 2), (ROAD, 3)], OrderStatus.PARTIALLY_DELIVERED),
        (YES, 5, [(COUNTED, 2), (READY, 3)], OrderStatus.PARTIALLY_DELIVERED),
        (YES, 5, [(THERE, 2), (COUNTED, 3)], OrderStatus.DELIVERED),
        (YES, 5, [(ShipmentState.DISCREPANCY, 2), (COUNTED, 3)], OrderStatus.CONFIRMED),
    ],
)
def test_how_an_order_stands(
    request_status: RequestStatus, kept: int, moved: list, status: OrderStatus
) -> None:
    assert order_status(request_status, kept, moved) is status
