"""Whatever happens on the way from a gift to a count: no piece and no fen appears or disappears.

Walks of many steps, drawn by a seed, over the rooms' own operations, bad days included. After every step
each counter is held against the lines it sums up, each room against the room before it, and the ledger
against the gifts.
"""

import os
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F

from backend.confirmations.operations import submit_tally
from backend.confirmations.rules import Found
from backend.deliveries.models import Drop
from backend.deliveries.operations import deliver_by_carrier, send_by_carrier
from backend.donations import operations as donations
from backend.donations.models import Donation, FundedLine, Question
from backend.donations.operations import Choice
from backend.donations.queries import reconcile
from backend.donations.writer import Placed
from backend.kernel.errors import Refused
from backend.needs import operations as needs
from backend.needs.models import NeedLine
from backend.shipments import operations as shipments
from backend.shipments.rules import PackedBox, PackedItem
from backend.supplier_orders import operations as orders
from backend.supplier_orders.models import SupplierOrder
from backend.supplier_orders.rules import ItemAnswer
from backend.supplier_orders.sourcing import pull_due
from backend.timelines.account import account
from tests import factories
from tests.backend.donations import stories
from tests.cast import MONDAY

JOBS = "system:jobs"
Finder = Callable[["Road"], Any]


def unpaid(road: "Road") -> Any:
    return Donation.objects.filter(status="placed").exclude(pk__in=[gift.pk for gift in road.silent])


def just_paid(road: "Road") -> Any:
    return Donation.objects.filter(status="paid", order_after__gt=road.now)


def asked(road: "Road") -> Any:
    return Question.objects.filter(answer__isnull=True)


def unanswered(road: "Road") -> Any:
    return SupplierOrder.objects.filter(request_status="submitted")


def to_pack(road: "Road") -> Any:
    kept = F("items__accepted") + F("items__backordered")
    accepted = ["accepted", "partially_accepted"]
    return SupplierOrder.objects.filter(request_status__in=accepted, items__shipped__lt=kept)


def on_the_road(road: "Road") -> Any:
    return Drop.objects.filter(state="expected")


def uncounted(road: "Road") -> Any:
    return Drop.objects.filter(confirmation__isnull=True).exclude(state="failed")


def stopped(road: "Road") -> Any:
    return NeedLine.objects.filter(stopped_at__isnull=False)


class Road:
    """Two schools need quilts, two suppliers have some; everything else is chance."""

    now: datetime = MONDAY

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.silent: list[Donation] = []
        village = factories.Village(wanted=9, stock=self.chance.randint(0, 12))
        factories.lane(by=village.carrier)
        second = factories.supplier("演示供应商·山货")
        store = factories.warehouse(second, lon=105.2)
        factories.lane(store)
        price = self.chance.choice([6_000, 6_800])
        factories.offer(village.item, second, store, price=price, stock=None)
        other = factories.appeal(village.charity, factories.recipient("示范小学（坡脚村）", lon=105.5))
        self.needs = [village.need, factories.need(other, village.item, wanted=6)]

    def one(self, find: Finder) -> Any:
        return self.chance.choice(list(find(self).order_by("pk").distinct()))

    def upto(self, most: int) -> int:
        return self.chance.randint(0, most)

    def attempt(self, act: Callable[..., Any], **values: Any) -> Any:
        """Do it, or be refused by name: a refusal changes nothing."""
        try:
            with transaction.atomic():
                return act(**values)
        except Refused:
            return None

    # donors
    def give(self) -> None:
        need, promise = self.chance.choice(self.needs), self.chance.choice(list(Choice))
        wish = stories.wish(stories.line(need, 1 + self.upto(4), promise), at=self.now)
        (placed,) = stories.place_all(wish)
        if isinstance(placed, Placed) and self.upto(2):
            stories.pay(Donation.objects.get(public_id=placed.donations[0].donation), at=self.now)

    def pay(self) -> None:
        stories.pay(self.one(unpaid), at=self.now)

    def pay_unheard(self) -> None:
        """The gateway's notice is late; asking it before the gift expires may bring the money to light."""
        gift = self.one(unpaid)
        stories.pay_at_gateway(gift, at=self.now)
        self.silent.append(gift)

    def hear_late(self) -> None:
        gift = self.silent.pop(self.upto(len(self.silent) - 1))
        donations.receive_notice(**stories.notice_of(gift, signed_at=self.now), at=self.now)

    def take_back(self) -> None:
        gift = self.one(just_paid).public_id
        self.attempt(donations.take_back, donation=gift, actor="user:aming", at=self.now)

    def answer_the_question(self) -> None:
        choice = self.chance.choice(list(Choice))
        question = self.one(asked).public_id
        self.attempt(donations.answer, question=question, choice=choice, actor="user:aming", at=self.now)

    # the school
    def enough(self) -> None:
        if not self.upto(3):
            need = self.chance.choice(self.needs).public_id
            self.attempt(needs.stop_line, need_line=need, reason="够了", actor="user:wei", at=self.now)

    def go_on(self) -> None:
        need = self.one(stopped).public_id
        self.attempt(needs.resume, need_line=need, reason="又要了", actor="user:wei", at=self.now)

    def count(self) -> None:
        drop = self.one(uncounted)
        items = SupplierOrder.objects.filter(shipments__parcels__drops__drop=drop).distinct().get().items
        found = [
            Found(item.public_id, self.upto(5), *[max(self.upto(4) - 2, 0) for _ in range(4)], reason="点的")
            for item in items.order_by("pk")
        ]
        submit_tally(
            drop=drop.public_id, client_uuid=f"phone-{drop.pk}", device="", counts=found, counted_at=self.now,
            at=self.now, actor="org:school",
        )  # fmt: skip

    # suppliers
    def answer(self) -> None:
        order = self.one(unanswered)
        rows = [self._row(item) for item in order.items.order_by("pk")]
        self.attempt(
            orders.answer, order=order.public_id, rows=rows, supplier_ref=f"R-{order.pk}", actor="user:zhou",
            at=self.now,
        )  # fmt: skip

    def _row(self, item: Any) -> ItemAnswer:
        accepted = min(self.upto(9), item.asked)
        backordered = min(self.upto(2), item.asked - accepted)
        rejected = item.asked - accepted - backordered
        expected = self.now + timedelta(days=2) if backordered else None
        return ItemAnswer(
            item.public_id, accepted, backordered, rejected, expected, "no_stock" if rejected else ""
        )

    def give_back(self) -> None:
        order = self.one(to_pack).public_id
        self.attempt(orders.give_back, order=order, reason="broken", actor="user:zhou", at=self.now)

    def pack_and_send(self) -> None:
        order = self.one(to_pack)
        box = PackedBox((PackedItem(order.items.order_by("pk").first().public_id, 1 + self.upto(5)),))
        packed = self.attempt(
            shipments.pack, order=order.public_id, parcels=[box], actor="user:zhou", at=self.now
        )
        if packed is not None:
            shipments.mark_ready(shipment=packed.public_id, actor="user:zhou", at=self.now)
            packed.refresh_from_db()
            send_by_carrier(refs={packed.pk: f"YD-{packed.pk}"}, actor="user:tan", at=self.now)

    def deliver(self) -> None:
        drop = self.one(on_the_road)
        deliver_by_carrier(drop=drop, client_uuid=f"c-{drop.pk}", actor="carrier:yd", at=self.now)

    # time and the jobs it brings
    def time_passes(self) -> None:
        self.now += timedelta(hours=self.chance.choice([0.2, 1, 30, 100]))
        donations.expire_due(at=self.now)
        orders.expire_silent(actor=JOBS, at=self.now)
        donations.ask_for_stopped(at=self.now)
        donations.close_due_questions(at=self.now)
        donations.pay_refunds(at=self.now, by="worker-1")
        pull_due(at=self.now, actor=JOBS)

    def step(self) -> str:
        """Do one of the things that can be done now."""
        open_to_us = [act for act, find in STEPS.items() if find is None or find(self).exists()]
        if self.silent:
            open_to_us.append("hear_late")
        (act,) = self.chance.choices(open_to_us, [OFTEN.get(act, 1) for act in open_to_us])
        getattr(self, act)()
        return act


STEPS: dict[str, Finder | None] = {
    "give": None,
    "enough": None,
    "time_passes": None,
    "pay": unpaid,
    "pay_unheard": unpaid,
    "take_back": just_paid,
    "answer_the_question": asked,
    "go_on": stopped,
    "answer": unanswered,
    "give_back": to_pack,
    "pack_and_send": to_pack,
    "deliver": on_the_road,
    "count": uncounted,
}
OFTEN = {"give": 3, "time_passes": 2, "answer": 4, "pack_and_send": 4, "count": 4}
WALKS, LENGTH = 4 * int(os.environ.get("ZS_FUZZ", "1")), 80


def all_is_accounted_for() -> None:
    assert reconcile() == []
    assert [check for check in account().checks if not check.holds] == []
    for need in NeedLine.objects.all():
        assert 0 <= need.received <= need.reserved <= need.wanted
    for units in FundedLine.objects.all():
        assert 0 <= units.sourced + units.held + units.released <= units.quantity + units.reopened


def seen_the_end() -> bool:
    counted = Drop.objects.filter(confirmation__isnull=False).exists()
    return counted and FundedLine.objects.filter(reopened__gt=0).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(WALKS))
def test_nothing_is_lost_on_any_road(seed: int) -> None:
    road, steps = Road(seed), []
    while len(steps) < LENGTH or (not seen_the_end() and len(steps) < 5 * LENGTH):
        steps.append(road.step())
        try:
            all_is_accounted_for()
        except AssertionError as lost:
            lost.add_note(f"after {steps}")
            raise
    assert seen_the_end(), "nothing was ever counted, or nothing ever came short"
