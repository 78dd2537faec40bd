"""Lao Zhou's morning at the desk, with plain forms."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from backend.donations.models import FundedLine
from backend.parties.models import Membership
from backend.parties.rules import Role
from backend.shipments.models import Shipment
from backend.supplier_orders.models import SupplierOrder
from tests.backend.supplier_orders.stories import answer, gift, ordered, packed, pull, ready
from tests.cast import later
from tests.factories import Village, item, member, offer, signed_in, supplier, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def village() -> Village:
    return Village()


@pytest.fixture
def desk(village: Village) -> Client:
    return signed_in(member("老周", village.supplier.organisation, Role.DESK))


def fresh(order: SupplierOrder) -> SupplierOrder:
    order.refresh_from_db()
    return order


def said(client: Client, path: str, **form: object) -> str:
    """Send a form, follow to the page and read it."""
    answer = client.post(path, form, follow=True)
    return answer.content.decode()


def test_strangers_are_led_to_sign_in_and_others_stay_out(village: Village) -> None:
    order = ordered(village, 1)
    for path in ("/desk/", f"/desk/orders/{order.public_id}/", "/desk/stock/"):
        assert Client().get(path).status_code == 302
    stranger = Client()
    stranger.force_login(user("路人"))
    assert stranger.get("/desk/").status_code == 403
    courier = Client()
    courier.force_login(member("老杨", village.carrier.organisation, Role.COURIER))
    assert courier.get("/desk/").status_code == 403


def test_another_suppliers_order_is_not_there(village: Village) -> None:
    order = answer(ordered(village, 1))
    shipment = packed(order, 1)
    other = Client()
    other.force_login(member("别家的人", supplier("别家").organisation, Role.DESK))
    assert other.get(f"/desk/orders/{order.public_id}/").status_code == 404
    assert other.get(f"/desk/shipments/{shipment.public_id}/labels/").status_code == 404
    for act in ("accept", "answer", "give-back", "pack"):
        assert other.post(f"/desk/orders/{order.public_id}/{act}/").status_code == 404
    for act in ("ready", "hand-over"):
        assert other.post(f"/desk/shipments/{shipment.public_id}/{act}/").status_code == 404


def test_somebody_with_two_desks_finds_the_order_of_either(village: Village) -> None:
    """A link of a letter leads to the order, whichever desk it lies on; what is opened there is kept."""
    order = ordered(village, 1)
    zhou = member("老周", supplier("别家").organisation, Role.DESK)
    Membership.objects.create(user=zhou, organisation=village.supplier.organisation, role=Role.DESK.value)
    client = Client()
    client.force_login(zhou)
    first = client.get("/desk/").content.decode()
    assert order.number not in first and f"?as={village.supplier.organisation.public_id}" in first

    assert "都能送" in client.get(f"/desk/orders/{order.public_id}/").content.decode()
    assert order.number in client.get("/desk/").content.decode()
    client.post(f"/desk/orders/{order.public_id}/accept/", {"version": 1})
    assert fresh(order).request_status == "accepted"
    assert client.get("/desk/orders/ord_nowhere/").status_code == 404


def test_the_morning_of_an_order(village: Village, desk: Client) -> None:
    order = ordered(village, 3, 2)
    listed = desk.get("/desk/").content.decode()
    assert order.number in listed and "棉被5床" in listed and "都能送" in listed
    path = f"/desk/orders/{order.public_id}/"

    page = said(desk, f"{path}accept/", version=1)
    assert "答复记下了" in page and "装1箱" in page
    assert (fresh(order).request_status, order.supplier_ref) == ("accepted", order.number)

    field = order.items.get().public_id
    page = said(desk, f"{path}pack/", version=2, boxes=1, **{f"n-0-{field}": "5", "kg-0": "12.4"})
    shipment = Shipment.objects.get()
    box = shipment.parcels.get()
    assert box.grams == 12_400 and box.code in page and "可以来取" in page

    labels = desk.get(f"/desk/shipments/{shipment.public_id}/labels/").content.decode()
    assert box.code in labels and "<svg" in labels
    assert "者贵" not in labels and "阿明" not in labels

    page = said(desk, f"/desk/shipments/{shipment.public_id}/ready/")
    assert "等车来取" in page
    page = said(
        desk, f"/desk/shipments/{shipment.public_id}/hand-over/", parcel=[box.code], carrier_ref="SF 1-2"
    )
    assert "在路上" in page
    assert box.handovers.get().to_label == "carrier:SF12"


def test_item_by_item_now_later_not(village: Village, desk: Client) -> None:
    order = ordered(village, 5)
    field = order.items.get().public_id
    on = (timezone.now() + timedelta(days=4)).date().isoformat()
    page = said(
        desk,
        f"/desk/orders/{order.public_id}/answer/",
        version=1,
        supplier_ref="ZN-7",
        **{f"accepted-{field}": "2", f"later-{field}": "1", f"on-{field}": on, f"reason-{field}": "no_stock"},
    )
    assert "答复记下了" in page and "ZN-7" in page
    item = order.items.get()
    assert (item.accepted, item.backordered, item.rejected, item.reason) == (2, 1, 2, "no_stock")
    assert FundedLine.objects.get().sourced == 3


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"accepted": "3"}, "选一个原因"),
        ({"accepted": "6"}, "加起来比要的多"),
        ({"accepted": "-1"}, "写一个数"),
        ({"accepted": "２"}, "写一个数"),
        ({"accepted": "3", "later": "2"}, "写上哪天有货"),
        ({"accepted": "3", "later": "2", "on": "2026-02-31"}, "写上哪天有货"),
    ],
)
def test_a_slip_of_the_pen_is_shown_where_it_happened(
    village: Village, desk: Client, fields: dict[str, str], words: str
) -> None:
    order = ordered(village, 5)
    name = order.items.get().public_id
    form = {f"{key}-{name}": value for key, value in fields.items()}
    refused = desk.post(f"/desk/orders/{order.public_id}/answer/", {"version": 1, **form})
    page = refused.content.decode()
    assert refused.status_code == 422 and words in page
    assert f'value="{fields["accepted"]}"' in page and 'aria-invalid="true"' in page
    assert fresh(order).request_status == "submitted"


def test_two_people_at_one_desk(village: Village, desk: Client) -> None:
    order = ordered(village, 5)
    said(desk, f"/desk/orders/{order.public_id}/accept/", version=1)
    assert "刚刚变了" in said(desk, f"/desk/orders/{order.public_id}/accept/", version=1)
    assert "往前走了" in said(desk, f"/desk/orders/{order.public_id}/accept/", version=2)


def test_boxes_are_filled_evenly_until_somebody_knows_better(village: Village, desk: Client) -> None:
    order = answer(ordered(village, 5))
    page = desk.get(f"/desk/orders/{order.public_id}/?boxes=3").content.decode()
    filled = re.findall(r'name="n-\d-oit_\w+"[^>]*value="(\d+)"', page)
    assert filled == ["2", "2", "1"]
    assert re.findall(r'name="kg-\d"[^>]*value="([\d.]+)"', page) == ["4.8", "4.8", "2.4"]
    name = order.items.get().public_id
    form = {f"n-{i}-{name}": n for i, n in enumerate(("3", "0", "1"))} | {"kg-0": "7.2", "kg-2": "2.4"}
    said(desk, f"/desk/orders/{order.public_id}/pack/", version=2, boxes=3, **form)
    assert list(Shipment.objects.get().parcels.values_list("grams", flat=True)) == [7_200, 2_400]
    assert order.items.get().shipped == 4


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"n": "6", "kg": "1"}, "装多了"),
        ({"n": "x", "kg": "1"}, "写一个数"),
        ({"n": "0", "kg": "1"}, "什么都没有"),
        ({"n": "5", "kg": ""}, "有多重"),
        ({"n": "5", "kg": "nan"}, "有多重"),
        ({"n": "5", "kg": "-3"}, "有多重"),
    ],
)
def test_what_cannot_be_packed_is_said_at_once(
    village: Village, desk: Client, form: dict[str, str], words: str
) -> None:
    order = answer(ordered(village, 5))
    fields = {f"n-0-{order.items.get().public_id}": form["n"], "kg-0": form["kg"]}
    refused = desk.post(f"/desk/orders/{order.public_id}/pack/", {"version": 2, "boxes": 1, **fields})
    assert refused.status_code == 422 and words in refused.content.decode()
    assert not Shipment.objects.exists()


def test_goods_that_expire_on_the_way_are_not_packed(village: Village, desk: Client) -> None:
    village.item.shelf_life_days = 300
    village.item.save(update_fields=["shelf_life_days"])
    order = answer(ordered(village, 1))
    name = order.items.get().public_id
    form = {"version": 2, "boxes": 1, f"n-0-{name}": "1", "kg-0": "2.4"}
    path = f"/desk/orders/{order.public_id}/pack/"
    assert "写上最早哪天过期" in desk.post(path, form).content.decode()
    soon = timezone.now().date().isoformat()
    refused = desk.post(path, {**form, f"expires-{name}": soon})
    assert refused.status_code == 422 and "送到以前就过期了" in refused.content.decode()
    far = (timezone.now() + timedelta(days=90)).date().isoformat()
    assert "贴上箱签" in said(desk, path, **form, **{f"expires-{name}": far})


def test_what_cannot_be_sent_after_all_goes_back(village: Village, desk: Client) -> None:
    order = answer(ordered(village, 5))
    page = said(desk, f"/desk/orders/{order.public_id}/give-back/", version=2, reason="no_stock")
    assert "会问别家" in page and "取消了" in page
    assert FundedLine.objects.get().sourced == 0


def test_orders_lie_in_four_piles(village: Village, desk: Client) -> None:
    piles = {}
    for hour in range(1, 5):
        gift(village, hour)
        (piles[hour],) = pull(later(hours=hour)).orders
    answer(piles[2])
    answer(piles[3])
    ready(piles[3], 3)
    answer(piles[4])
    shipment = ready(piles[4], 4)
    said(
        desk,
        f"/desk/shipments/{shipment.public_id}/hand-over/",
        parcel=[shipment.parcels.get().code],
        carrier_ref="SF1",
    )
    for pile, hour in {"answer": 1, "pack": 2, "send": 3, "gone": 4}.items():
        page = desk.get("/desk/", {"show": pile}).content.decode()
        assert [o.number in page for o in piles.values()] == [h == hour for h in piles]


@pytest.mark.parametrize("orders", [1, 30])
def test_the_list_costs_the_same_at_1_and_30_orders(
    village: Village, desk: Client, orders: int, django_assert_num_queries
) -> None:
    for hour in range(1, orders + 1):
        gift(village, 1)
        pull(later(hours=hour))
    with django_assert_num_queries(9):
        assert desk.get("/desk/").content.decode().count("desk__row") == orders


@pytest.mark.parametrize("rows", [1, 30])
def test_the_stock_page_costs_the_same_at_1_and_30_rows(
    village: Village, desk: Client, rows: int, django_assert_num_queries
) -> None:
    for number in range(rows - 1):
        offer(item(f"东西{number}"), village.supplier, village.warehouse)
    with django_assert_num_queries(4):
        assert desk.get("/desk/stock/").content.decode().count("desk__row") == rows


def test_stock_is_told_as_it_is(village: Village, desk: Client) -> None:
    ordered(village, 5)
    name = f"on-{village.warehouse.public_id}-{village.item.code}"
    assert "改了1样" in said(desk, "/desk/stock/?page=1", **{name: "3"})
    stock = village.warehouse.stocks.get()
    assert (stock.on_hand, stock.version) == (3, 2)
    assert "还差2床" in desk.get("/desk/stock/").content.decode()
    assert "没有改动" in said(desk, "/desk/stock/?page=1", **{name: "3"})
    refused = desk.post("/desk/stock/", {name: "三"})
    assert refused.status_code == 422 and "写一个数" in refused.content.decode()


def test_a_get_changes_nothing(village: Village, desk: Client) -> None:
    order = ordered(village, 1)
    for act in ("accept", "answer", "give-back", "pack"):
        assert desk.get(f"/desk/orders/{order.public_id}/{act}/").status_code == 405


def test_the_desk_speaks_english(village: Village, desk: Client) -> None:
    order = ordered(village, 5)
    page = desk.get(f"/desk/orders/{order.public_id}/", headers={"Accept-Language": "en"}).content.decode()
    assert "Send everything" in page and "Waiting for your answer" in page
