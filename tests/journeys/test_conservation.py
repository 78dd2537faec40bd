"""Whatever happens, in whatever order: no piece and no fen appears or disappears.

A state machine plays the whole road by the rooms' own operations, bad days included, and after every step
holds each counter against the lines it sums up, each room against the room before it, and the ledger
against the gifts.
"""

import os
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from backend.confirmations.operations import submit_tally
from backend.confirmations.rules import Found
from backend.deliveries.models import Drop
from backend.deliveries.operations import deliver_by_carrier, send_by_carrier
from backend.donations import operations as donations
from backend.donations.models import Donation, FundedLine, Question
from backend.donations.operations import Choice, Receipt
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

PICK = st.integers(0, 50)
JOBS = "system:jobs"


def when(find: Callable[["Road"], Any]) -> Callable[[Any], Any]:
    """The rule is on offer only while `find` finds rows: chance is not spent on nothing."""
    return precondition(lambda road: bool(road.needs) and find(road).exists())


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


REACHED: dict[str, Callable[[], Any]] = {
    "ordered": lambda: SupplierOrder.objects.all(),
    "counted": lambda: Drop.objects.filter(confirmation__isnull=False),
    "short": lambda: FundedLine.objects.filter(reopened__gt=0),
    "refunded": lambda: Donation.objects.filter(status="refunded"),
    "asked": lambda: Question.objects.all(),
}


class Road(RuleBasedStateMachine):
    """Two schools need quilts, two suppliers have some; everything else is chance."""

    now: datetime
    reached: Counter[str] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.world = transaction.atomic()
        self.world.__enter__()
        self.now, self.refused = MONDAY, 0
        self.silent: list[Donation] = []
        self.needs: list[NeedLine] = []

    def teardown(self) -> None:
        for what, rows in REACHED.items():
            self.reached[what] += rows().exists()
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    @initialize(stock=st.integers(0, 12), price=st.sampled_from([6_000, 6_800]))
    def open_the_appeals(self, stock: int, price: int) -> None:
        village = factories.Village(wanted=9, stock=stock)
        factories.lane(by=village.carrier)
        second = factories.supplier("演示供应商·山货")
        store = factories.warehouse(second, lon=105.2)
        factories.lane(store)
        factories.offer(village.item, second, store, price=price, stock=None)
        other = factories.appeal(village.charity, factories.recipient("示范小学（坡脚村）", lon=105.5))
        self.needs = [village.need, factories.need(other, village.item, wanted=6)]

    def one(self, rows: Any, pick: int) -> Any:
        found = list(rows.order_by("pk"))
        return found[pick % len(found)] if found else None

    def attempt(self, act: Callable[..., Any], **values: Any) -> Any:
        """Do it, or be refused by name: a refusal changes nothing."""
        try:
            with transaction.atomic():
                return act(**values)
        except Refused:
            self.refused += 1
            return None

    # donors
    @rule(
        which=st.integers(0, 1),
        quantity=st.integers(1, 5),
        promise=st.sampled_from(Choice),
        pays=st.booleans(),
    )
    def give(self, which: int, quantity: int, promise: Choice, pays: bool) -> None:
        wish = stories.wish(stories.line(self.needs[which], quantity, promise), at=self.now)
        (placed,) = stories.place_all(wish)
        if isinstance(placed, Placed) and pays:
            gift = Donation.objects.get(public_id=placed.donations[0].donation)
            assert stories.pay(gift, at=self.now) is Receipt.SETTLED

    @when(unpaid)
    @rule(pick=PICK)
    def pay(self, pick: int) -> None:
        stories.pay(self.one(unpaid(self), pick), at=self.now)

    @when(unpaid)
    @rule(pick=PICK)
    def pay_unheard(self, pick: int) -> None:
        """The gateway's notice is late; asking it before the gift expires may bring the money to light."""
        gift = self.one(unpaid(self), pick)
        stories.pay_at_gateway(gift, at=self.now)
        self.silent.append(gift)

    @precondition(lambda self: self.silent)
    @rule(pick=PICK)
    def hear_late(self, pick: int) -> None:
        gift = self.silent.pop(pick % len(self.silent))
        donations.receive_notice(**stories.notice_of(gift, signed_at=self.now), at=self.now)

    @when(just_paid)
    @rule(pick=PICK)
    def take_back(self, pick: int) -> None:
        gift = self.one(just_paid(self), pick)
        self.attempt(donations.take_back, donation=gift.public_id, actor="user:aming", at=self.now)

    @when(asked)
    @rule(pick=PICK, choice=st.sampled_from(Choice))
    def answer_the_question(self, pick: int, choice: Choice) -> None:
        question = self.one(asked(self), pick).public_id
        self.attempt(donations.answer, question=question, choice=choice, actor="user:aming", at=self.now)

    # the school
    @rule(which=st.integers(0, 9))
    def enough(self, which: int) -> None:
        if which < 2:  # seldom
            need = self.needs[which].public_id
            self.attempt(needs.stop_line, need_line=need, reason="够了", actor="user:wei", at=self.now)

    @when(stopped)
    @rule(pick=PICK)
    def go_on(self, pick: int) -> None:
        need = self.one(stopped(self), pick).public_id
        self.attempt(needs.resume, need_line=need, reason="又要了", actor="user:wei", at=self.now)

    @when(uncounted)
    @rule(pick=PICK, fates=st.tuples(*[st.integers(0, 4)] * 4))
    def count(self, pick: int, fates: tuple[int, int, int, int]) -> None:
        drop = self.one(uncounted(self), pick)
        items = SupplierOrder.objects.filter(shipments__parcels__drops__drop=drop).distinct().get().items
        found = [Found(item.public_id, *fates, reason="点的") for item in items.order_by("pk")]
        submit_tally(
            drop=drop.public_id, client_uuid=f"phone-{drop.pk}", device="", counts=found, counted_at=self.now,
            at=self.now, actor="org:school",
        )  # fmt: skip

    # suppliers
    @when(unanswered)
    @rule(pick=PICK, keep=st.integers(0, 9), later=st.integers(0, 3))
    def answer(self, pick: int, keep: int, later: int) -> None:
        order = self.one(unanswered(self), pick)
        rows = [self._row(item, keep, later) for item in order.items.order_by("pk")]
        self.attempt(
            orders.answer, order=order.public_id, rows=rows, supplier_ref=f"R-{order.pk}", actor="user:zhou",
            at=self.now,
        )  # fmt: skip

    def _row(self, item: Any, keep: int, later: int) -> ItemAnswer:
        accepted = min(keep, item.asked)
        backordered = min(later, item.asked - accepted)
        rejected = item.asked - accepted - backordered
        expected = self.now + timedelta(days=2) if backordered else None
        return ItemAnswer(
            item.public_id, accepted, backordered, rejected, expected, "no_stock" if rejected else ""
        )

    @when(to_pack)
    @rule(pick=PICK)
    def give_back(self, pick: int) -> None:
        order = self.one(to_pack(self), pick).public_id
        self.attempt(orders.give_back, order=order, reason="broken", actor="user:zhou", at=self.now)

    @when(to_pack)
    @rule(pick=PICK, quantity=st.integers(1, 6), arrives=st.booleans())
    def pack_and_send(self, pick: int, quantity: int, arrives: bool) -> None:
        order = self.one(to_pack(self), pick)
        box = PackedBox((PackedItem(order.items.order_by("pk").first().public_id, quantity),))
        packed = self.attempt(
            shipments.pack, order=order.public_id, parcels=[box], actor="user:zhou", at=self.now
        )
        if packed is None:
            return
        shipments.mark_ready(shipment=packed.public_id, actor="user:zhou", at=self.now)
        packed.refresh_from_db()
        drop = send_by_carrier(shipment=packed, carrier_ref=f"YD-{packed.pk}", actor="user:tan", at=self.now)
        if arrives:
            deliver_by_carrier(drop=drop, client_uuid=f"c-{drop.pk}", actor="carrier:yd", at=self.now)

    @when(on_the_road)
    @rule(pick=PICK)
    def deliver(self, pick: int) -> None:
        drop = self.one(on_the_road(self), pick)
        deliver_by_carrier(drop=drop, client_uuid=f"c-{drop.pk}", actor="carrier:yd", at=self.now)

    # time and the jobs it brings
    @rule(hours=st.sampled_from([0.2, 1, 30, 100]))
    def time_passes(self, hours: float) -> None:
        self.now += timedelta(hours=hours)
        donations.expire_due(at=self.now)
        orders.expire_silent(actor=JOBS, at=self.now)
        donations.ask_for_stopped(at=self.now)
        donations.close_due_questions(at=self.now)
        donations.pay_refunds(at=self.now, by="worker-1")
        pull_due(at=self.now, actor=JOBS)

    @invariant()
    def every_counter_is_the_sum_of_its_lines(self) -> None:
        assert reconcile() == []

    @invariant()
    def every_room_agrees_with_the_room_before_it(self) -> None:
        whole = account()
        assert [check for check in whole.checks if not check.holds] == []

    @invariant()
    def nobody_gets_more_than_was_asked(self) -> None:
        for need in NeedLine.objects.all():
            assert 0 <= need.received <= need.reserved <= need.wanted
        for units in FundedLine.objects.all():
            assert 0 <= units.sourced + units.held + units.released <= units.quantity + units.reopened


BUDGET = int(os.environ.get("ZS_FUZZ", "1"))


@pytest.mark.django_db
def test_nothing_is_lost_on_any_road() -> None:
    run_state_machine_as_test(
        Road,
        settings=settings(
            max_examples=40 * BUDGET, stateful_step_count=30, deadline=None, derandomize=BUDGET == 1,
            suppress_health_check=list(HealthCheck), phases=(Phase.generate,), print_blob=True,
        ),
    )  # fmt: skip
    assert set(REACHED) <= {what for what, runs in Road.reached.items() if runs}, "the roads were too short"
