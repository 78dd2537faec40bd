"""The people of a journey, each in a browser of their own, at the doors that stand open to them."""

import re
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from typing import Any
from urllib.parse import urlsplit

from django.core import signing
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from backend.deliveries.models import Drop
from backend.donations.models import Donation
from backend.interfaces.accounts import demo
from backend.needs.models import NeedLine
from backend.parties.models import Carrier, Membership, Organisation
from backend.parties.rules import Role
from backend.supplier_orders.models import SupplierOrder
from tests import factories
from tests.journeys.county import County
from tests.live import LiveStack, eventually


def press(page: Page, name: str) -> None:
    """Press the button and be on the page that it leads to."""
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).first.click()


@dataclass
class Town:
    """Everybody, and the running system between them."""

    stack: LiveStack
    browser: Browser

    def page(self, **options: Any) -> Page:
        values = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN", **options}
        context = self.browser.new_context(base_url=self.stack.url, **values)
        page = context.new_page()
        page.set_default_timeout(20_000)
        return page

    def signed_in(self, organisation: Organisation, role: Role, **options: Any) -> Page:
        """Somebody who holds `role` there, signed in by a demonstration link."""
        seat = Membership.objects.filter(organisation=organisation, role=role.value).first()
        member = seat.user if seat else factories.member("老周", organisation, role)
        page = self.page(**options)
        page.goto(self.link(member.public_id, role))
        press(page, "进去")
        return page

    def link(self, public_id: str, role: Role) -> str:
        with override_settings(SECRET_KEY=(self.stack.folder / "secret_key").read_text()):
            token = signing.dumps([public_id, role.value], salt=demo.SALT, compress=True)
        return reverse("demo_enter", args=[token])

    # donor
    def give(self, need: NeedLine, quantity: int = 1, *, mail: str = "", manner: str = "once") -> Page:
        """Aming picks so many of a need, confirms and pays; `manner` is how the gateway tells us."""
        page = self.confirm(need, quantity, mail=mail)
        page.get_by_role("button", name="去付钱").click()
        self.pay(page, manner)
        page.wait_for_url("**/gifts/**")
        return page

    def pay(self, page: Page, manner: str = "once") -> None:
        """Press the button of the practice gateway."""
        if manner != "once":
            page.get_by_text("试一试坏日子").click()
            page.locator("label", has=page.locator(f"input[value={manner}]")).click()
        page.get_by_role("button", name="付款").first.click()

    def confirm(self, need: NeedLine, quantity: int = 1, *, mail: str = "") -> Page:
        """Everything up to the button that leads to the gateway."""
        page = self.page()
        page.goto(f"/give/?need={need.public_id}")
        page.locator(f"input[name=quantity-{need.public_id}]").fill(str(quantity))
        press(page, "改好数量")
        if mail:
            page.get_by_text("想收信、想署名").click()
            page.locator("input[name=mail]").fill(mail)
        page.locator("input[name=stands_alone]").check()
        return page

    def gift_of(self, page: Page) -> Donation:
        return Donation.objects.get(public_id__in=re.findall(r"don_\w{26}", page.url))

    def order_of(self, gift: Donation, **conditions: Any) -> SupplierOrder:
        """The newest order that holds units of this gift; waits for the job that sends it."""
        rows = SupplierOrder.objects.filter(
            items__lines__funded_line__fundings__line__donation=gift, **conditions
        )
        return eventually(lambda: rows.order_by("-pk").first())

    # supplier
    def accept_and_pack(self, order: SupplierOrder) -> Page:
        """Lao Zhou takes all of it, packs one box and says it can be fetched."""
        page = self.signed_in(order.supplier.organisation, Role.DESK)
        page.goto(f"/desk/orders/{order.public_id}/")
        for button in ("都能送", "装1箱", "可以来取"):
            press(page, button)
        expect(page.get_by_role("button", name="可以来取")).to_have_count(0)
        return page

    def hand_to_carrier(self, page: Page) -> None:
        """The boxes go with a common carrier, by its own number."""
        page.get_by_text("交给快递了").click()
        page.locator("input[name=carrier_ref]").fill("YD-2611-7")
        press(page, "都交出去了")

    # dispatcher
    def plan(self, county: County, *, days: int = 1) -> None:
        """Xiao Tan asks for a plan, looks at the draft and releases it."""
        page = self.signed_in(
            county.carrier.organisation, Role.DISPATCH, viewport={"width": 1280, "height": 900}
        )
        page.goto("/dispatch/")
        page.locator(f"input[name=region][value='{county.code}']").check()
        page.locator("input[name=on]").fill(str(self.working_day(days)))
        press(page, "排路线")
        self.wait_for_draft(page)
        press(page, "放行这个计划")

    def wait_for_draft(self, page: Page) -> None:
        """The page turns by itself when the draft is there."""
        expect(page.get_by_role("button", name="放行这个计划")).to_be_visible(timeout=90_000)

    @staticmethod
    def working_day(days: int) -> Any:
        """The next day, at least `days` away, on which schools are open."""
        on = (timezone.now() + timedelta(hours=8, days=days)).date()
        while on.weekday() > 4:
            on += timedelta(days=1)
        return on

    # courier
    def drive(self, carrier: Carrier) -> Page:
        """Lao Yang takes the route that is free and loads at every warehouse."""
        page = self.signed_in(carrier.organisation, Role.COURIER)
        press(page, "我来开")
        while page.get_by_role("button", name="装好了").count():
            press(page, "装好了")
        return page

    def hand_over(self, page: Page, code: str) -> None:
        press(page, "我到了")
        page.locator("input[name=code]").fill(code)
        press(page, "交给他了")

    # recipient
    def drop_of(self, gift: Donation) -> Drop:
        rows = Drop.objects.filter(
            parcels__parcel__items__order_item__lines__funded_line__fundings__line__donation=gift
        ).exclude(state="failed")
        return eventually(lambda: rows.order_by("-pk").first())

    def gate(self, drop: Drop) -> Page:
        """Teacher Wei opens the link of the letter that was sent before the vehicle."""
        path = eventually(lambda: self._link_in_letters(drop), seconds=60)
        page = self.page()
        page.goto(path)
        return page

    def letters(self) -> list[EmailMessage]:
        """Every mail of the run, oldest first: a file may hold several."""
        parted = [part for text in self.stack.letters() for part in text.split("-" * 79)]
        return [message_from_string(part.strip(), policy=default) for part in parted if part.strip()]

    def _link_in_letters(self, drop: Drop) -> str:
        for letter in reversed(self.letters()):
            text = letter.get_body(("plain",)).get_content()
            for found in re.findall(r"https?://\S+/count/\S+", text):
                if drop.public_id in found:
                    return urlsplit(found).path
        return ""

    def code_at(self, page: Page) -> str:
        page.get_by_role("button", name="给我一个收货码").click()
        return (page.locator("p.big.no").text_content() or "").strip()

    def count(self, page: Page, got: int, *, bad: int = 0) -> None:
        page.locator("input[data-got]").first.fill(str(got))
        if bad:
            page.get_by_text("有坏的、不能用的").first.click()
            page.locator("input[data-broken]").first.fill(str(bad))
            page.locator("input[name^=fault-]").first.check()
        page.get_by_role("button", name="点好了").click()
