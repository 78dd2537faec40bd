"""A supplier's system works through its orders."""

import pytest

from backend.journal.operations import sequence
from tests.backend.supplier_orders.stories import gift, ordered, pull
from tests.cast import later
from tests.factories import Village, supplier
from tests.interfaces.supplier_api.caller import System, accept_all, key_for, one_box

pytestmark = pytest.mark.django_db


@pytest.fixture
def village() -> Village:
    return Village()


@pytest.fixture
def system(village: Village) -> System:
    return System(key_for(village.supplier.organisation))


def test_an_order_from_the_list_to_the_road(village: Village, system: System) -> None:
    ordered(village, 3, 2)
    (listed,) = system.get("/orders").json()["orders"]
    assert (listed["request_status"], listed["status"]) == ("submitted", "open")
    assert listed["allowed_actions"] == ["answer"]
    assert listed["items"][0]["asked"] == 5

    accepted = system.post(f"/orders/{listed['id']}/answer", accept_all(listed), if_match=listed["etag"])
    assert accepted.status_code == 200, accepted.content
    order = accepted.json()
    assert (order["request_status"], order["status"]) == ("accepted", "in_progress")
    assert accepted["ETag"] == order["etag"] != listed["etag"]

    packed = system.post(f"/orders/{order['id']}/shipments", one_box(order), if_match=order["etag"])
    assert packed.status_code == 201, packed.content
    order = packed.json()
    (shipment,) = order["shipments"]
    assert shipment["allowed_actions"] == ["ready", "repack", "labels"] and order["allowed_actions"] == []

    made = system.post(f"/shipments/{shipment['id']}/ready", if_match=order["etag"])
    assert made.json()["shipments"][0]["state"] == "ready_for_pickup"
    labels = system.get(f"/shipments/{shipment['id']}/labels").json()["labels"]
    assert [label["code"] for label in labels] == [shipment["parcels"][0]["code"]]
    assert "者贵" not in labels[0]["recipient"]

    codes = [parcel["code"] for parcel in shipment["parcels"]]
    gone = system.post(f"/shipments/{shipment['id']}/hand-over", {"parcels": codes, "to": "SF1234567"})
    assert gone.json()["status"] == "shipped"


def test_what_happened_can_be_read_again(village: Village, system: System) -> None:
    order = ordered(village, 1)
    found = system.order(order.public_id)
    system.post(f"/orders/{order.public_id}/answer", accept_all(found), if_match=found["etag"])
    sequence()
    first = system.get("/events", {"limit": 1}).json()
    assert [event["type"] for event in first["events"]] == ["order.sent"] and first["more"]
    rest = system.get("/events", {"after": first["last"]}).json()
    assert [event["type"] for event in rest["events"]] == ["order.answered"] and not rest["more"]
    assert rest["events"][0]["subject"] == order.public_id
    assert "usr_" not in str(rest) and "laozhou" not in str(rest)


def test_another_supplier_sees_nothing_of_it(village: Village) -> None:
    order = ordered(village, 1)
    stranger = System(key_for(supplier("别家").organisation))
    assert stranger.get("/orders").json() == {"orders": [], "next_cursor": None}
    refused = stranger.get(f"/orders/{order.public_id}")
    assert (refused.status_code, refused.json()["code"]) == (404, "no_such_order")
    refused = stranger.post(
        f"/orders/{order.public_id}/give-back", {"reason": "x"}, if_match=f'"{order.public_id}.1"'
    )
    assert refused.status_code == 404
    sequence()
    assert stranger.get("/events").json()["events"] == []


def test_pages_follow_one_another_and_miss_nothing(village: Village, system: System) -> None:
    for hour in range(1, 6):
        gift(village, hour)
        pull(later(hours=hour))
    seen, cursor = [], ""
    while cursor is not None:
        page = system.get("/orders", {"limit": 2, "cursor": cursor}).json()
        seen += [order["items"][0]["asked"] for order in page["orders"]]
        cursor = page["next_cursor"]
    assert seen == [1, 2, 3, 4, 5]


def test_updated_since_shows_what_changed(village: Village, system: System) -> None:
    order = ordered(village, 1)
    found = system.order(order.public_id)
    system.post(f"/orders/{order.public_id}/answer", accept_all(found), if_match=found["etag"])
    changed = system.order(order.public_id)["updated_at"]
    assert len(system.get("/orders", {"updated_since": changed}).json()["orders"]) == 1
    assert system.get("/orders", {"updated_since": "2099-01-01T00:00:00Z"}).json()["orders"] == []
    far = system.get("/orders", {"updated_since": "0369-03-24T22:19:42+16:24"})
    assert len(far.json()["orders"]) == 1, "no place on earth is so far off, and still it is a moment"
    assert system.get("/orders", {"updated_since": "0001-01-01T00:00:00+01:00"}).status_code == 422


@pytest.mark.parametrize("cursor", ["x", "bm90IGpzb24", "W10", "WyIyMDI2IiwgMSwgInNlbnQiXQ"])
def test_a_cursor_that_is_not_ours_is_refused(system: System, cursor: str) -> None:
    refused = system.get("/orders", {"cursor": cursor})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_cursor")


@pytest.mark.parametrize("orders", [1, 30])
def test_the_list_costs_the_same_at_1_and_30_orders(
    village: Village, system: System, orders: int, django_assert_num_queries
) -> None:
    for hour in range(1, orders + 1):
        gift(village, 1)
        pull(later(hours=hour))
    system.get("/locations")  # the key's day is written
    with django_assert_num_queries(5):
        assert len(system.get("/orders").json()["orders"]) == orders


def test_a_refusal_says_where_and_why(village: Village, system: System) -> None:
    order = ordered(village, 5)
    found = system.order(order.public_id)
    body = accept_all(found)
    body["items"][0]["accepted"] = 4
    refused = system.post(f"/orders/{order.public_id}/answer", body, if_match=found["etag"])
    assert refused.status_code == 422
    assert refused["Content-Type"] == "application/problem+json"
    problem = refused.json()
    assert problem["code"] == "answer_does_not_add_up"
    assert problem["errors"][0]["pointer"] == "/items/0"
    assert problem["errors"][0]["code"] == "does_not_add_up"
    assert problem["request_id"] == refused["X-Request-Id"]
    order.refresh_from_db()
    assert (order.request_status, order.version) == ("submitted", 1)


def test_unknown_fields_are_not_swallowed(village: Village, system: System) -> None:
    found = system.order(ordered(village, 1).public_id)
    body = accept_all(found) | {"supplier_reff": "x"}
    refused = system.post(f"/orders/{found['id']}/answer", body, if_match=found["etag"])
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/supplier_reff"


def test_a_reference_names_one_order(village: Village, system: System) -> None:
    first, second = ordered(village, 1), None
    gift(village, 1)
    (second,) = pull(later(hours=2)).orders
    for order, status in ((first, 200), (second, 409)):
        found = system.order(order.public_id)
        body = accept_all(found, supplier_ref="SAME")
        answered = system.post(f"/orders/{order.public_id}/answer", body, if_match=found["etag"])
        assert answered.status_code == status
    assert answered.json()["code"] == "reference_taken"
    second.refresh_from_db()
    assert second.request_status == "submitted"


def test_given_back_goods_are_due_again(village: Village, system: System) -> None:
    order = ordered(village, 4)
    found = system.order(order.public_id)
    found = system.post(f"/orders/{found['id']}/answer", accept_all(found), if_match=found["etag"]).json()
    back = system.post(f"/orders/{found['id']}/give-back", {"reason": "fire"}, if_match=found["etag"])
    assert (back.json()["request_status"], back.json()["status"]) == ("cancelled", "closed")
    assert village.warehouse.stocks.get().reserved == 0
