"""What a supplier's script may do wrong: repeat itself, act on what it read long ago, forget a header."""

import threading

import pytest
from django.db import connection

from backend.journal.models import Answer, Entry
from backend.shipments.models import Shipment
from backend.supplier_orders.models import SupplierOrder
from tests.backend.supplier_orders.stories import ordered
from tests.factories import Village
from tests.interfaces.supplier_api.caller import System, accept_all, key_for, one_box


@pytest.fixture
def village(db: None) -> Village:
    return Village()


@pytest.fixture
def system(village: Village) -> System:
    return System(key_for(village.supplier.organisation))


def accepted(village: Village, system: System) -> dict:
    found = system.order(ordered(village, 3).public_id)
    return system.post(f"/orders/{found['id']}/answer", accept_all(found), if_match=found["etag"]).json()


def test_a_repeat_gets_the_first_answer_and_does_nothing(village: Village, system: System) -> None:
    order = accepted(village, system)
    send = lambda: system.post(  # noqa: E731
        f"/orders/{order['id']}/shipments", one_box(order), if_match=order["etag"], idempotency_key="box-0001"
    )
    first, again = send(), send()
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json() and again["Idempotency-Replayed"] == "true"
    assert Shipment.objects.count() == 1
    assert Entry.objects.filter(kind="shipment.packed").count() == 1


def test_a_key_is_for_one_payload(village: Village, system: System) -> None:
    order = accepted(village, system)
    system.post(
        f"/orders/{order['id']}/shipments", one_box(order), if_match=order["etag"], idempotency_key="box-0001"
    )
    other = one_box(order)
    other["parcels"][0]["grams"] += 1
    refused = system.post(
        f"/orders/{order['id']}/shipments", other, if_match=order["etag"], idempotency_key="box-0001"
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")


def test_the_first_may_still_be_running(village: Village, system: System) -> None:
    order = accepted(village, system)
    path, body = f"/orders/{order['id']}/shipments", one_box(order)
    system.post(path, body, if_match=order["etag"], idempotency_key="box-0001")
    Answer.objects.filter(key="box-0001").update(status=None, body=None)
    refused = system.post(path, body, if_match=order["etag"], idempotency_key="box-0001")
    assert (refused.status_code, refused.json()["code"]) == (409, "still_running")


def test_a_refused_act_leaves_its_key_free(village: Village, system: System) -> None:
    found = system.order(ordered(village, 1).public_id)
    path = f"/orders/{found['id']}/answer"
    wrong = accept_all(found) | {"items": []}
    assert system.post(path, wrong, if_match=found["etag"], idempotency_key="ans-0001").status_code == 422
    late = f'"{found["id"]}.9"'
    assert system.post(path, accept_all(found), if_match=late, idempotency_key="ans-0001").status_code == 412
    right = system.post(path, accept_all(found), if_match=found["etag"], idempotency_key="ans-0001")
    assert right.status_code == 200


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"idempotency_key": ""}, 400, "idempotency_key_missing"),
        ({"idempotency_key": "kurz"}, 422, "malformed"),
        ({"if_match": ""}, 428, "precondition_required"),
        ({"if_match": '"ord_other.1"'}, 412, "order_changed"),
        ({"if_match": 'W/"x"'}, 412, "order_changed"),
        ({"zhisong_version": "1999-01-01"}, 400, "unknown_version"),
    ],
)
def test_a_header_that_is_missing_or_wrong(
    village: Village, system: System, headers: dict, status: int, code: str
) -> None:
    found = system.order(ordered(village, 1).public_id)
    given = {"if_match": found["etag"], **headers}
    refused = system.post(f"/orders/{found['id']}/answer", accept_all(found), **given)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


def test_who_read_the_order_long_ago_reads_it_again(village: Village, system: System) -> None:
    order = accepted(village, system)
    stale = f'"{order["id"]}.1"'
    refused = system.post(f"/orders/{order['id']}/shipments", one_box(order), if_match=stale)
    assert (refused.status_code, refused.json()["code"]) == (412, "order_changed")
    assert not Shipment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_same_answer_from_many_hands_counts_once() -> None:
    village = Village()
    key = key_for(village.supplier.organisation)
    found = System(key).order(ordered(village, 3).public_id)
    statuses: list[int] = []

    def send(number: int) -> None:
        answered = System(key).post(
            f"/orders/{found['id']}/answer",
            accept_all(found),
            if_match=found["etag"],
            idempotency_key=f"hand-{number:04d}",
        )
        statuses.append(answered.status_code)
        connection.close()

    hands = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert sorted(statuses) == [200] + [412] * 7
    assert Entry.objects.filter(kind="order.answered").count() == 1
    assert SupplierOrder.objects.get().version == 2
