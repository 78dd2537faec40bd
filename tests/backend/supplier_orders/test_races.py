"""Real connections at once: pulls, answers, the last stock."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import F, Sum

from backend.catalogue.models import Stock
from backend.donations.models import FundedLine
from backend.journal.models import Entry
from backend.kernel.errors import Refused
from backend.shipments.models import ShipmentLine
from backend.supplier_orders.models import Reservation, SupplierOrder, SupplierOrderLine
from backend.supplier_orders.operations import expire_silent
from tests.backend.supplier_orders.stories import answer, gift, ordered, packed, part, pull
from tests.cast import later
from tests.factories import Village, lane, need, offer, recipient, supplier, warehouse
from tests.factories import appeal as open_appeal

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Do all of these at the same moment, each on its own connection; failures are answers too."""
    start, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        start.wait()
        try:
            answers[place] = act()
        except Refused as refusal:
            answers[place] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_many_workers_pull_and_nothing_is_ordered_twice() -> None:
    village = Village()
    for _ in range(12):
        gift(village, 2)
    at_once(*[pull] * 6)
    assert SupplierOrderLine.objects.aggregate(n=Sum("quantity"))["n"] == 24
    assert set(FundedLine.objects.values_list("sourced", flat=True)) == {2}
    assert Entry.objects.filter(kind="order.sent").count() == SupplierOrder.objects.count()
    assert not SupplierOrder.objects.filter(items=None).exists()
    assert Stock.objects.get().reserved == 24 == Reservation.objects.aggregate(n=Sum("quantity"))["n"]


def test_many_workers_ask_the_donor_once() -> None:
    village = Village()
    village.offer.delete()
    line = gift(village, 2)
    asked = [done.asked for done in at_once(*[pull] * 6)]
    assert sorted(asked) == [[]] * 5 + [[line.pk]]
    assert Entry.objects.filter(kind="gift.question_asked").count() == 1


def test_of_two_answers_one_counts() -> None:
    village = Village()
    order = ordered(village, 4)
    answers = at_once(
        lambda: answer(order, supplier_ref="yes"),
        lambda: answer(order, part(order, accepted=0), supplier_ref="no"),
    )
    assert sum(isinstance(a, Refused) for a in answers) == 1
    order.refresh_from_db()
    accepted = order.supplier_ref == "yes"
    assert order.request_status == ("accepted" if accepted else "rejected")
    assert FundedLine.objects.get().sourced == (4 if accepted else 0)


def test_an_answer_at_the_last_moment_is_an_answer_or_late_never_both() -> None:
    village = Village()
    order = ordered(village, 4)
    at_once(
        lambda: answer(order, at=order.respond_by),
        *[lambda: expire_silent(actor="system:jobs", at=order.respond_by)] * 3,
    )
    order.refresh_from_db()
    accepted = order.request_status == "accepted"
    assert accepted or order.request_status == "expired"
    assert FundedLine.objects.get().sourced == (4 if accepted else 0)
    assert Stock.objects.get().reserved == (4 if accepted else 0)


def test_the_last_stock_is_held_once() -> None:
    village = Village(stock=5)
    needs = [need(open_appeal(village.charity, recipient(f"小学{i}")), village.item) for i in range(4)]
    for one in needs:
        village.need = one
        gift(village, 3)
    at_once(*[pull] * 4)
    stock = Stock.objects.get()
    assert stock.reserved == 5 == Reservation.objects.aggregate(n=Sum("quantity"))["n"]
    assert SupplierOrderLine.objects.aggregate(n=Sum("quantity"))["n"] == 12


def test_two_packers_never_pack_more_than_was_accepted() -> None:
    village = Village()
    order = answer(ordered(village, 3, 3))
    answers = at_once(*[lambda: packed(order, 4)] * 3)
    assert sum(isinstance(a, Refused) for a in answers) == 2
    item = order.items.get()
    assert item.shipped == 4 == ShipmentLine.objects.aggregate(n=Sum("quantity"))["n"]
    over = SupplierOrderLine.objects.annotate(packed=Sum("shipment_lines__quantity"))
    assert not over.filter(packed__gt=F("quantity") - F("dropped")).exists()


def test_pulls_and_declines_at_once_lose_nothing() -> None:
    village = Village()
    village.offer.charity_price = 6_500
    village.offer.save(update_fields=["charity_price"])
    other = supplier("第二家")
    place = warehouse(other)
    lane(place)
    offer(village.item, other, place)
    first = ordered(village, 3)
    for _ in range(6):
        gift(village, 1)
    at_once(lambda: answer(first, part(first, accepted=1)), *[lambda: pull(later(hours=2))] * 3)
    pull(later(hours=3))
    live = SupplierOrderLine.objects.aggregate(n=Sum(F("quantity") - F("dropped")))["n"]
    assert live == 9 == FundedLine.objects.aggregate(n=Sum("sourced"))["n"]
