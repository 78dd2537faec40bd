"""Whatever happens in whatever order, no piece and no fen is lost or made.

A machine takes random steps over needs, gifts, the gateway, suppliers' orders and the ledger; after every
step each counter is recomputed from its lines, and our books are laid beside the gateway's own.
"""

import os
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F, Max, Sum
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from backend.donations import operations as gifts
from backend.donations.models import Donation, FundedLine, Payment, Question, Refund
from backend.donations.operations import refunding
from backend.donations.payments.sandbox import remote
from backend.donations.payments.sandbox.models import SandboxNotice, SandboxOrder
from backend.donations.queries import DueLine, due_lines, reconcile
from backend.donations.rules import Choice
from backend.donations.writer import Placed, place_many
from backend.kernel.errors import Refused
from backend.ledger.queries import trial_balance
from backend.needs.models import NeedLine
from backend.needs.operations import resume, stop_line
from backend.supplier_orders import operations as orders
from backend.supplier_orders.models import SupplierOrder, SupplierOrderLine
from backend.supplier_orders.rules import Choice as Pick
from backend.supplier_orders.rules import ItemAnswer
from backend.timelines.account import account
from tests.backend.donations.stories import line, order_of, wish
from tests.cast import MONDAY
from tests.factories import Village, appeal, need, recipient

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]
QUANTITIES = st.integers(1, 4)
ANY = st.integers(0, 10**6)


class House(RuleBasedStateMachine):
    """A charity with two schools that want the same quilts, one supplier, and the practice gateway."""

    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.village = Village(wanted=9)
        near = recipient("示范小学（坡脚村）", lon=105.44, lat=25.05)
        other = need(appeal(self.village.charity, near), self.village.item, wanted=6)
        NeedLine.objects.filter(pk=other.pk).update(unit_price=6_500)
        self.needs = [self.village.need, NeedLine.objects.get(pk=other.pk)]
        self.at: datetime = MONDAY
        self.keys = 0
        self.shipped: dict[int, int] = {}

    def teardown(self) -> None:
        try:
            self.let_everything_come_to_rest()
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    def pick(self, rows: Any, which: int) -> Any:
        found = list(rows.order_by("pk"))
        return found[which % len(found)] if found else None

    @rule(which=ANY, quantity=QUANTITIES, more=st.integers(0, 2), promise=st.sampled_from(Choice))
    def somebody_gives(self, which: int, quantity: int, more: int, promise: Choice) -> None:
        first, second = self.needs[which % 2], self.needs[1 - which % 2]
        lines = [line(first, quantity, promise)] + ([line(second, more, promise)] if more else [])
        self.keys += 1
        (answer,) = place_many(connection, [wish(*lines, key=f"k{self.keys}", at=self.at)])
        assert isinstance(answer, Placed | Refused)

    @rule(which=ANY, quantity=QUANTITIES, promise=st.sampled_from(Choice))
    def somebody_gives_and_pays_at_once(self, which: int, quantity: int, promise: Choice) -> None:
        self.somebody_gives(which, quantity, 0, promise)
        for notice in self.pay_newest():
            self.deliver(notice, self.at)

    def pay_newest(self) -> list[str]:
        gift = Donation.objects.filter(status="placed").order_by("-pk").first()
        if gift is None:
            return []
        remote.pay(order_of(gift), at=self.at)
        return remote.due_notices(merchant_ref=gift.public_id)

    def due(self, which: int) -> DueLine | None:
        """Units that are due; when there will be some only later, that time comes."""
        coming = FundedLine.objects.filter(state="funded", due_at__isnull=False).aggregate(n=Max("due_at"))[
            "n"
        ]
        due = due_lines(at=self.at)
        if not due and coming and coming > self.at:
            self.at = coming
            due = due_lines(at=self.at)
        return due[which % len(due)] if due else None

    @rule(which=ANY, manner=st.sampled_from(remote.Manner))
    def somebody_pays(self, which: int, manner: remote.Manner) -> None:
        gift = self.pick(Donation.objects.exclude(status="paid"), which)
        if gift:
            remote.pay(order_of(gift), at=self.at, manner=manner)

    @rule(which=ANY, age=st.sampled_from([0, 4, 6, 90]))
    def a_notice_comes(self, which: int, age: int) -> None:
        """Fresh or old, the first time or again."""
        notice = self.pick(SandboxNotice.objects.all(), which)
        if notice:
            self.deliver(notice.notice_id, self.at - timedelta(minutes=age))

    def deliver(self, notice_id: str, signed_at: datetime) -> None:
        letter = remote.envelope(notice_id=notice_id, signed_at=signed_at)
        gifts.receive_notice(gateway="sandbox", headers=letter.headers, body=letter.body, at=self.at)

    @rule(which=ANY)
    def somebody_comes_back(self, which: int) -> None:
        gift = self.pick(Donation.objects.all(), which)
        if gift:
            gifts.sync(donation=gift.public_id, at=self.at)

    @rule(which=ANY)
    def the_gateway_takes_money_for_a_closed_order(self, which: int) -> None:
        order = self.pick(SandboxOrder.objects.filter(state="closed"), which)
        if order:
            payment = Payment.objects.get(merchant_ref=order.merchant_ref)
            SandboxOrder.objects.filter(pk=order.pk).update(state="paid", amount=payment.amount)

    @rule(minutes=st.sampled_from([1, 20, 31, 24 * 60, 4 * 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)

    @rule()
    def what_is_not_paid_expires(self) -> None:
        gifts.expire_due(at=self.at)

    @rule(which=ANY)
    def somebody_takes_a_gift_back(self, which: int) -> None:
        gift = self.pick(Donation.objects.filter(status="paid"), which)
        if gift:
            self.tried(gifts.take_back, donation=gift.public_id, actor="visitor:aming", at=self.at)

    @rule(which=ANY, quantity=QUANTITIES)
    def goods_are_ordered(self, which: int, quantity: int) -> None:
        chosen = self.due(which)
        if chosen:
            pick = Pick(chosen.funded_line_id, self.village.offer.pk, quantity)
            orders.order_goods(choices=[pick], actor="system:jobs", at=self.at)

    @rule(which=ANY, accepted=st.integers(0, 4))
    def a_supplier_answers(self, which: int, accepted: int) -> None:
        order = self.pick(SupplierOrder.objects.filter(request_status="submitted"), which)
        if order:
            item = order.items.get()
            kept = min(accepted, item.asked)
            row = ItemAnswer(item.public_id, kept, 0, item.asked - kept, reason="sold_out")
            orders.answer(
                order=order.public_id,
                rows=[row],
                supplier_ref=order.public_id,
                actor="supplier:x",
                at=self.at,
            )

    @rule()
    def silent_suppliers_are_left(self) -> None:
        orders.expire_silent(actor="system:jobs", at=self.at)

    @rule(which=ANY)
    def a_supplier_gives_back(self, which: int) -> None:
        order = self.pick(self.accepted().exclude(pk__in=self.shipped), which)
        if order:
            self.tried(orders.give_back, order=order.public_id, reason="fire", actor="supplier:x", at=self.at)

    @rule(which=ANY, quantity=QUANTITIES)
    def some_came_short(self, which: int, quantity: int) -> None:
        """Of what a supplier accepted and, with this, has sent: it cannot give that back any more."""
        sent = self.pick(SupplierOrderLine.objects.filter(item__order__in=self.accepted()), which)
        if sent is None:
            return
        lost = min(quantity, sent.quantity - sent.dropped - self.shipped.get(sent.item.order_id, 0))
        if lost > 0:
            self.shipped[sent.item.order_id] = self.shipped.get(sent.item.order_id, 0) + lost
            gifts.reopen_goods(
                funded_line=sent.funded_line_id,
                quantity=lost,
                reason="short",
                actor="recipient:x",
                at=self.at,
            )

    def accepted(self) -> Any:
        return SupplierOrder.objects.filter(request_status__in=["accepted", "partially_accepted"])

    @rule(which=ANY, quantity=QUANTITIES)
    def nobody_can_supply(self, which: int, quantity: int) -> None:
        chosen = self.due(which)
        if chosen:
            self.tried(
                gifts.ask,
                funded_line=chosen.funded_line_id,
                quantity=quantity,
                actor="system:jobs",
                at=self.at,
            )

    @rule(which=ANY, choice=st.sampled_from(Choice), again=st.booleans())
    def the_donor_answers(self, which: int, choice: Choice, again: bool) -> None:
        rows = Question.objects.all()
        question = self.pick(rows if again else rows.filter(answer__isnull=True), which)
        if question:
            self.tried(
                gifts.answer, question=question.public_id, choice=choice, actor="visitor:aming", at=self.at
            )

    @rule()
    def questions_run_out(self) -> None:
        gifts.close_due_questions(at=self.at)

    @rule(which=ANY)
    def the_school_says_enough(self, which: int) -> None:
        row = self.needs[which % 2]
        self.tried(stop_line, need_line=row.public_id, reason="够了", actor="user:wei", at=self.at)
        gifts.ask_for_stopped(at=self.at)

    @rule(which=ANY)
    def the_school_asks_again(self, which: int) -> None:
        row = self.needs[which % 2]
        self.tried(resume, need_line=row.public_id, reason="", actor="user:wei", at=self.at)

    @rule()
    def refunds_are_paid(self) -> None:
        gifts.pay_refunds(at=self.at, by="worker")

    @precondition(lambda self: Refund.objects.exclude(status="paid").exists())
    @rule()
    def a_worker_dies_while_refunding(self) -> None:
        real = refunding._book
        refunding._book = _die  # type: ignore[assignment]
        try:
            gifts.pay_refunds(at=self.at, by="dying", limit=1)
        except _Killed:
            self.at += refunding.LEASE
        finally:
            refunding._book = real

    def tried(self, operation: Any, **values: Any) -> None:
        """A refusal changes nothing, which the invariants see."""
        try:
            with transaction.atomic():
                operation(**values)
        except Refused:
            return

    @invariant()
    def every_counter_is_the_sum_of_its_lines(self) -> None:
        assert reconcile() == []

    @invariant()
    def suppliers_hold_what_their_orders_say(self) -> None:
        rows = SupplierOrderLine.objects.values("funded_line").annotate(n=Sum(F("quantity") - F("dropped")))
        held = {pk: n for pk, n in rows.values_list("funded_line", "n") if n}
        assert held == dict(FundedLine.objects.filter(sourced__gt=0).values_list("pk", "sourced"))

    @invariant()
    def nothing_is_promised_twice(self) -> None:
        assert not NeedLine.objects.filter(reserved__gt=F("wanted")).exists()

    @invariant()
    def our_books_are_the_gateways_books(self) -> None:
        """What the gateway holds for us, less what we have not heard of yet, plus what it sent back unheard."""
        known = Payment.objects.filter(status="paid").values("merchant_ref")
        orders_known = SandboxOrder.objects.filter(merchant_ref__in=known)
        held = sum(orders_known.values_list("amount", flat=True))
        sent_back = Refund.objects.filter(status="paid").aggregate(n=Sum("amount"))["n"] or 0
        books = trial_balance()
        assert books.of("gateway") == held - sent_back
        assert books.debits == books.credits

    def let_everything_come_to_rest(self) -> None:
        """All notices heard, all time over: then no gift hangs in between and both books are equal."""
        for notice in SandboxNotice.objects.order_by("pk"):
            self.deliver(notice.notice_id, self.at)
        self.at += timedelta(days=30)
        for _ in range(2):
            gifts.expire_due(at=self.at)
            for gift in Donation.objects.filter(status="expired"):
                gifts.sync(donation=gift.public_id, at=self.at)
            orders.expire_silent(actor="system:jobs", at=self.at)
            gifts.ask_for_stopped(at=self.at)
            self.at += timedelta(days=30)
            gifts.close_due_questions(at=self.at)
            gifts.pay_refunds(at=self.at, by="last", limit=1_000)
        assert not Donation.objects.filter(status="placed").exists()
        assert not Refund.objects.exclude(status="paid").exists()
        assert not FundedLine.objects.filter(held__gt=0).exists()
        remaining = SandboxOrder.objects.filter(state="paid").aggregate(n=Sum(F("amount") - F("refunded")))
        assert trial_balance().of("gateway") == (remaining["n"] or 0)
        assert reconcile() == []
        assert [check for check in account().checks if not check.holds] == []


class _Killed(BaseException):
    """What a killed worker would raise if it could."""


def _die(*_: Any) -> bool:
    raise _Killed


def test_nothing_is_lost_and_nothing_is_made() -> None:
    run_state_machine_as_test(
        House,
        settings=settings(
            max_examples=int(os.environ.get("ZS_FUZZ_EXAMPLES", "12")),
            stateful_step_count=int(os.environ.get("ZS_FUZZ_STEPS", "40")),
            deadline=None,
            derandomize="ZS_FUZZ_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
        ),
    )
