"""Quilts of several gifts on their way to one school, written straight into the tables."""

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from backend.confirmations.models import Confirmation
from backend.confirmations.operations import submit_tally
from backend.confirmations.rules import Found
from backend.deliveries.models import Drop, DropParcel
from backend.deliveries.operations import deliver_by_carrier
from backend.donations.models import Detail, Donation, DonationLine, FundedLine, Funding
from backend.needs.models import NeedLine
from backend.parties.models import User
from backend.shipments.models import Handover, Parcel, ParcelItem, Shipment, ShipmentLine
from backend.supplier_orders.models import SupplierOrder, SupplierOrderItem, SupplierOrderLine
from tests import factories
from tests.cast import MONDAY, later

_numbers = itertools.count(1)
TEACHER_WEI = "org:org_school"
PRICE = 6_800


@dataclass
class Road:
    """One village, gifts of `quantities` quilts (oldest first), packed and handed to a common carrier."""

    quantities: tuple[int, ...] = (3, 30, 7)
    order_price: int = 6_460
    boxes: int = 2
    village: factories.Village = field(default_factory=factories.Village)
    donor: User | None = None

    def __post_init__(self) -> None:
        self.gifts = [self._gift(quantity) for quantity in self.quantities]
        given = sum(self.quantities)
        need = NeedLine.objects.filter(pk=self.village.need.pk)
        need.update(wanted=max(given, self.village.wanted), reserved=given)
        self.order, self.item = self._order(sum(self.quantities))
        self.lines = [
            SupplierOrderLine.objects.create(item=self.item, funded_line=f, quantity=f.quantity)
            for f in self.funded
        ]
        self.shipment = self._shipment()
        self.drop = self._drop()

    @property
    def funded(self) -> list[FundedLine]:
        return list(FundedLine.objects.filter(need_line=self.village.need).order_by("pk"))

    def _gift(self, quantity: int) -> Donation:
        amount, village = quantity * PRICE, self.village
        gift = Donation.objects.create(
            charity=village.charity, amount=amount, status="paid", placed_at=later(), paid_at=later(),
            order_after=later(), user=self.donor,
        )  # fmt: skip
        Detail.objects.create(donation=gift, name="阿明", mail=f"aming{gift.pk}@example.org")
        line = DonationLine.objects.create(
            donation=gift, charity=village.charity, need_line=village.need, quantity=quantity, amount=amount,
            directed=amount,
        )  # fmt: skip
        funded = FundedLine.objects.create(
            need_line=village.need, charity=village.charity, quantity=quantity, unit_price=PRICE, amount=amount,
            filled=amount, sourced=quantity, state="funded", due_at=later(),
        )  # fmt: skip
        Funding.objects.create(line=line, funded_line=funded, amount=amount)
        return gift

    def _order(self, quantity: int, **fields: Any) -> tuple[SupplierOrder, SupplierOrderItem]:
        village = self.village
        values = {"request_status": "accepted", "answered_at": later(hours=5), **fields}
        order = SupplierOrder.objects.create(
            number=f"D-{next(_numbers):05d}", charity=village.charity, supplier=village.supplier,
            warehouse=village.warehouse, recipient=village.recipient, submitted_at=later(hours=1),
            respond_by=later(hours=25), updated_at=later(hours=5), **values,
        )  # fmt: skip
        item = SupplierOrderItem.objects.create(
            order=order, offer=village.offer, unit_price=self.order_price, asked=quantity, accepted=quantity,
            shipped=quantity,
        )  # fmt: skip
        return order, item

    def _shipment(self) -> Shipment:
        """The oldest gifts go into the first boxes."""
        row = Shipment.objects.create(
            number=f"Y-{next(_numbers):05d}", order=self.order, mode="carrier", carrier_ref="YD-1",
            packed_at=later(days=1), ready_at=later(days=1), updated_at=later(days=1), state="in_transit",
        )  # fmt: skip
        total = sum(self.quantities)
        sizes = [total // self.boxes] * (self.boxes - 1)
        sizes.append(total - sum(sizes))
        waiting = [(line, line.quantity) for line in self.lines]
        for size in sizes:
            parcel = Parcel.objects.create(shipment=row, code=f"X{next(_numbers):05d}", grams=2_400 * size)
            held = ParcelItem.objects.create(parcel=parcel, order_item=self.item, quantity=size)
            while size:
                line, left = waiting.pop(0)
                part = min(left, size)
                ShipmentLine.objects.create(parcel_item=held, order_line=line, quantity=part)
                size -= part
                if left > part:
                    waiting.insert(0, (line, left - part))
            Handover.objects.create(
                parcel=parcel, step="pickup", from_label="org:x", to_label="carrier:YD-1",
                site=self.village.warehouse, at=later(days=2), client_uuid=f"u{parcel.pk}",
            )  # fmt: skip
        return row

    def _drop(self) -> Drop:
        drop = Drop.objects.create(
            recipient=self.village.recipient, site=self.village.recipient.site,
            carrier_ref=f"YD-{next(_numbers)}", expected_from=later(days=3), expected_to=later(days=3, hours=1),
            created_at=later(days=2),
        )  # fmt: skip
        DropParcel.objects.bulk_create(
            DropParcel(drop=drop, parcel=parcel) for parcel in self.shipment.parcels.order_by("pk")
        )
        return drop

    def deliver(self, at: datetime = MONDAY) -> Drop:
        return deliver_by_carrier(drop=self.drop, client_uuid="courier-1", actor="carrier:yd", at=at)

    def found(self, received: int, **fields: Any) -> list[Found]:
        return [Found(self.item.public_id, received, **fields)]

    def count(
        self,
        received: int,
        *,
        client_uuid: str = "phone-1",
        at: datetime = MONDAY,
        second_adult: str = "",
        **fields: Any,
    ) -> Confirmation:
        return submit_tally(
            drop=self.drop.public_id,
            client_uuid=client_uuid,
            device="a phone",
            counts=self.found(received, **fields),
            counted_at=at,
            second_adult=second_adult,
            at=at,
            actor=TEACHER_WEI,
        )
