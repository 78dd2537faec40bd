"""The account adds up at every step of the road, and every sum that is wrong is found."""

from collections.abc import Callable

import pytest
from django.db.models import F

from backend.donations.models import Donation, Funding, Payment
from backend.ledger.models import Transfer
from backend.needs.models import NeedLine
from backend.shipments.models import ParcelItem
from backend.supplier_orders.models import SupplierOrderItem, SupplierOrderLine
from backend.timelines.account import account
from tests.backend.donations.stories import give
from tests.backend.supplier_orders import stories
from tests.factories import Village

pytestmark = pytest.mark.django_db


def test_an_empty_house_owes_nothing() -> None:
    now = account()
    assert now.sound and now.goods.asked == now.money.paid == now.goods.unfinished == 0


def test_a_gift_is_followed_from_the_need_to_the_box() -> None:
    village = Village(wanted=120)
    give(village.need, 3)
    placed = account()
    assert placed.sound and (placed.goods.asked, placed.goods.given, placed.money.paid) == (120, 3, 0)
    assert placed.goods.unfinished == 0  # nothing is paid yet
    stories.gift(village, 5)
    paid = account()
    assert paid.sound and (paid.goods.given, paid.goods.waiting_for_supplier) == (8, 5)
    assert (paid.money.paid, paid.money.with_gateway, paid.money.held_for_needs) == (34_000,) * 3
    (order,) = stories.pull().orders
    assert (account().goods.ordered, account().goods.at_suppliers) == (5, 5)
    stories.answer(order)
    stories.packed(order, 2)
    packed = account()
    assert packed.sound and (packed.goods.shipped, packed.goods.at_suppliers) == (2, 3)
    assert packed.goods.on_the_road == 2 and packed.goods.unfinished == 5
    assert packed.states["供应商单"] == {"accepted": 1} and packed.states["捐赠"] == {"paid": 1, "placed": 1}


def test_what_a_supplier_declines_is_waiting_again() -> None:
    village = Village(wanted=120)
    order = stories.ordered(village, 5)
    stories.answer(order, stories.part(order, 2))
    now = account()
    assert now.sound and now.goods.ordered == 2
    assert now.goods.waiting_for_supplier + now.goods.waiting_for_donor == 3


TAMPERING: dict[str, Callable[[], object]] = {
    "需要里占下的 = 捐赠买下的": lambda: NeedLine.objects.update(reserved=F("reserved") + 1),
    "捐赠交给供应商的 = 供应商单上的": lambda: SupplierOrderLine.objects.update(quantity=F("quantity") + 1),
    "按捐赠记的发货 = 按物品记的发货": lambda: SupplierOrderItem.objects.update(shipped=F("shipped") - 1),
    "按捐赠记的发货 = 箱子里的": lambda: ParcelItem.objects.update(quantity=F("quantity") + 1),
    "点清的 = 需要里收到的": lambda: NeedLine.objects.update(received=1),
    "收到的款 = 账上收的": lambda: Payment.objects.update(amount=F("amount") + 1),
    "收到的减退出的 = 存管余额": lambda: Transfer.objects.update(amount=F("amount") - 1),
    "捐赠指定的钱 = 买下的份额": lambda: Funding.objects.update(released=1),
}


@pytest.mark.parametrize("check", TAMPERING)
def test_a_wrong_sum_is_found(check: str) -> None:
    village = Village(wanted=120)
    order = stories.ordered(village, 5)
    stories.answer(order)
    stories.packed(order, 4)
    assert account().sound and Donation.objects.count() == 1
    TAMPERING[check]()
    broken = account()
    assert not broken.sound and check in {c.name for c in broken.checks if not c.holds}
