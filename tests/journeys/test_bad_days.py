"""Bad days that are designed, seen by the people they happen to."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from backend.deliveries.models import Plan
from backend.deliveries.operations import ask_plan
from backend.donations.models import Donation, Payment, PaymentNotice
from backend.ledger.models import Transfer
from backend.needs.models import NeedLine
from backend.supplier_orders.models import SupplierOrder
from tests.journeys.county import County
from tests.journeys.people import Town
from tests.live import eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def paid_once(gift: Donation) -> None:
    gift.refresh_from_db()
    assert gift.status == "paid"
    payment = Payment.objects.get(donation=gift)
    assert payment.status == "paid"
    booked = Transfer.objects.filter(kind="gift_paid", entry__subject__contains=gift.public_id)
    assert [row.amount for row in booked] == [payment.amount]


@pytest.mark.parametrize("manner", ["twice", "late", "tampered", "never"])
def test_however_the_gateway_tells_us_the_gift_is_paid_once(town: Town, manner: str) -> None:
    donor = town.give(County().need, manner=manner)
    gift = town.gift_of(donor)
    expect(donor.get_by_role("heading", name="你捐的")).to_be_visible()
    if manner == "twice":
        notices = PaymentNotice.objects.filter(account__payments__donation=gift)
        eventually(lambda: notices.exists())
    paid_once(gift)


def test_of_two_donors_and_one_last_item_one_is_led_to_the_nearest_need(town: Town) -> None:
    need = County(wanted=1).need
    aming, stranger = town.confirm(need), town.confirm(need)
    aming.get_by_role("button", name="去付钱").click()
    stranger.get_by_role("button", name="去付钱").click()
    expect(aming.get_by_role("button", name="付款").first).to_be_visible()
    assert "/sandbox-gateway/" not in stranger.url
    expect(stranger.locator("main")).to_contain_text("刚")
    town.pay(aming)
    aming.wait_for_url("**/gifts/**")
    assert NeedLine.objects.get(pk=need.pk).reserved == 1


def test_a_double_click_is_one_gift(town: Town) -> None:
    need = County().need
    page = town.confirm(need)
    page.get_by_role("button", name="去付钱").dblclick()
    expect(page.get_by_role("button", name="付款").first).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="篮子是空的")).to_be_visible()
    assert NeedLine.objects.get(pk=need.pk).reserved == 1


def sent_to(page: Page, town: Town) -> SupplierOrder:
    return town.order_of(town.gift_of(page), request_status="submitted")


def test_a_silent_supplier_is_left_and_the_donor_reads_so(town: Town) -> None:
    county = County()
    county.another_supplier()
    donor = town.give(county.need)
    order = sent_to(donor, town)
    SupplierOrder.objects.filter(pk=order.pk).update(respond_by=timezone.now() - timedelta(minutes=1))
    eventually(lambda: SupplierOrder.objects.filter(pk=order.pk, request_status="expired").exists())
    expect(donor.get_by_text("到时间没有回话").first).to_be_visible(timeout=30_000)
    asked_next = town.order_of(town.gift_of(donor), request_status="submitted")
    assert asked_next.supplier != order.supplier


def test_a_killed_worker_loses_nothing(town: Town) -> None:
    """Killed in the middle of a plan: the plan is drafted, and a gift of that hour ordered, by the next one."""
    county = County()
    town.accept_and_pack(sent_to(town.give(county.need, 40), town))
    plan = ask_plan(
        carrier=county.carrier, region=county.code, on=town.working_day(9), seconds=8, seed=1,
        actor="user:tan", at=timezone.now(),
    )  # fmt: skip
    mine = Plan.objects.filter(pk=plan.pk)
    eventually(lambda: mine.exclude(claimed_by="").filter(state="asked").exists(), seconds=60)
    town.stack.kill("worker")
    # the return page asks the gateway itself: no worker is needed to be paid
    donor = town.give(county.need)
    assert mine.get().state == "asked"
    mine.update(claimed_until=timezone.now())  # its lease has run out
    town.stack.restart("worker")
    assert town.order_of(town.gift_of(donor))
    eventually(lambda: mine.get().state == "drafted", seconds=90)
    expect(donor.get_by_text("下单").first).to_be_visible()
