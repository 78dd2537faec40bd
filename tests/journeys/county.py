"""A county of one story's own: nobody else gives, packs or drives there, whatever other stories left behind."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from backend.confirmations.operations import submit_tally
from backend.confirmations.rules import Found
from backend.deliveries.models import Drop
from backend.deliveries.operations import send_by_carrier
from backend.donations.models import Donation
from backend.needs.models import NeedLine
from backend.parties.models import Carrier, Charity, Membership, Recipient, Site, Supplier
from backend.parties.rules import Role, SiteKind
from backend.supplier_orders.models import SupplierOrder
from tests import factories
from tests.backend.donations.stories import given
from tests.backend.supplier_orders.stories import answer, ready
from tests.live import eventually

_codes = itertools.count(990_001)  # no county of China begins with 99


@dataclass
class County:
    """A charity, a school, a supplier with stock, a carrier with one van, and an appeal without a gift."""

    wanted: int = 120
    charity: Charity = field(default_factory=factories.charity)
    carrier: Carrier = field(default_factory=lambda: factories.carrier(own_fleet=True))
    code: str = field(default_factory=lambda: str(next(_codes)))

    def __post_init__(self) -> None:
        self.item = factories.item()
        self.recipient: Recipient = factories.recipient(f"示范小学（{self.code}）", **self.place)
        self.supplier = self.another_supplier()
        hub = factories.site(self.carrier.organisation, kind=SiteKind.HUB, **self.place)
        factories.vehicle(self.carrier, home=hub)
        self.appeal = factories.appeal(self.charity, self.recipient, at=timezone.now())
        self.need: NeedLine = factories.need(self.appeal, self.item, wanted=self.wanted)

    @property
    def place(self) -> dict[str, Any]:
        return {"county_code": self.code, "township_code": f"{self.code}001000"}

    def another_supplier(self) -> Supplier:
        """Somebody who has plenty of the item and delivers here."""
        supplier = factories.supplier(f"演示供应商（{self.code}）")
        store: Site = factories.warehouse(supplier, hours=factories.ALWAYS_OPEN, **self.place)
        factories.lane(store, to=self.code)
        factories.offer(self.item, supplier, store)
        return supplier

    def keeper(self) -> None:
        """Teacher Wei keeps the school's gate and reads mail."""
        wei = factories.user("韦老师", mail=f"wei{self.code}@example.org")
        Membership.objects.create(user=wei, organisation=self.recipient.organisation, role=Role.KEEPER.value)

    def on_the_road(self, quantity: int) -> tuple[Donation, Drop]:
        """A paid gift, ordered by the worker, packed and given to a common carrier: each act by its operation."""
        gift = given(self.need, quantity, at=timezone.now())
        orders = SupplierOrder.objects.filter(items__lines__funded_line__fundings__line__donation=gift)
        order = answer(eventually(orders.first), at=timezone.now())
        shipment = ready(order, quantity, at=timezone.now())
        (drop,) = send_by_carrier(refs={shipment.pk: "YD-1"}, actor="user:tan", at=timezone.now())
        return gift, drop

    def count(self, drop: Drop, received: int) -> None:
        """Teacher Wei writes down what came."""
        item = drop.parcels.get().parcel.items.get().order_item.public_id
        submit_tally(
            drop=drop.public_id, client_uuid=f"phone-{drop.pk}", device="a phone",
            counts=[Found(item, received)], counted_at=timezone.now(), at=timezone.now(), actor="org:school",
        )  # fmt: skip
