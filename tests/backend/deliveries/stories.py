"""Goods that wait for a vehicle, written straight into the tables: what came before is not our story."""

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from backend.deliveries.models import Drop, Plan, Route, Stop, Vehicle
from backend.deliveries.operations import ask_plan, issue_code, release_plan
from backend.deliveries.planning import run_next
from backend.donations.models import FundedLine
from backend.needs.models import NeedLine
from backend.parties.models import Carrier, Recipient, Site, Supplier, User
from backend.parties.rules import Role
from backend.shipments.models import Parcel, ParcelItem, Shipment, ShipmentLine
from backend.supplier_orders.models import SupplierOrder, SupplierOrderItem, SupplierOrderLine
from tests import factories
from tests.cast import MONDAY

_numbers = itertools.count(1)
TUESDAY = (MONDAY + timedelta(days=1)).date()
XIAO_TAN = "user:usr_xiaotan"
LAO_YANG = "user:usr_laoyang"


@dataclass
class County:
    """Warehouse in the county town, a van and a truck at the hub, and schools around."""

    carrier: Carrier = field(default_factory=lambda: factories.carrier())
    supplier: Supplier = field(default_factory=lambda: factories.supplier())

    def __post_init__(self) -> None:
        self.charity = factories.charity()
        self.warehouse = factories.warehouse(self.supplier, lon=105.31, lat=25.11)
        self.hub = factories.site(
            self.carrier.organisation,
            kind=factories.SiteKind.HUB,
            lon=105.33,
            lat=25.10,
            names={"zh-Hans": "县分拨点", "en": "County hub"},
        )
        self.van = factories.vehicle(self.carrier, sign="甲", home=self.hub)
        self.item = factories.item()
        self.offer = factories.offer(self.item, self.supplier, self.warehouse)
        self.tan = factories.member("小谭", self.carrier.organisation, Role.DISPATCH)
        self.yang = factories.member("老杨", self.carrier.organisation, Role.COURIER)

    def school(self, name: str = "示范小学（者贵村）", **at: Any) -> Recipient:
        return factories.recipient(name, **at)

    def shipment(
        self,
        to: Recipient,
        *,
        quantity: int = 10,
        boxes: int = 2,
        ready_at: datetime | None = MONDAY,
        warehouse: Site | None = None,
    ) -> Shipment:
        """Quilts for `to` in so many boxes, ready for pickup (None: only packed)."""
        number = next(_numbers)
        need = self._need(to, quantity)
        order = SupplierOrder.objects.create(
            number=f"G-{number:05d}", charity=self.charity, supplier=self.supplier,
            warehouse=warehouse or self.warehouse, recipient=to, request_status="accepted",
            submitted_at=MONDAY, respond_by=MONDAY, updated_at=MONDAY,
        )  # fmt: skip
        item = SupplierOrderItem.objects.create(
            order=order,
            offer=self.offer,
            unit_price=6_800,
            asked=quantity,
            accepted=quantity,
            shipped=quantity,
        )
        line = SupplierOrderLine.objects.create(
            item=item, funded_line=self._funded(need, quantity), quantity=quantity
        )
        row = Shipment.objects.create(
            number=f"Y-{number:05d}", order=order, packed_at=MONDAY, updated_at=MONDAY, ready_at=ready_at,
            state="ready_for_pickup" if ready_at else "packed",
        )  # fmt: skip
        for n in range(boxes):
            self._box(row, f"X{number:04d}-{n + 1}", item, line, quantity // boxes)
        return row

    def _need(self, to: Recipient, quantity: int) -> NeedLine:
        appeal = factories.appeal(self.charity, to)
        return factories.need(appeal, self.item, wanted=quantity)

    def _funded(self, need: NeedLine, quantity: int) -> FundedLine:
        amount = quantity * 6_800
        return FundedLine.objects.create(
            need_line=need, charity=self.charity, quantity=quantity, unit_price=6_800, amount=amount,
            filled=amount, sourced=quantity, state="funded", due_at=MONDAY,
        )  # fmt: skip

    def _box(
        self, row: Shipment, code: str, item: SupplierOrderItem, line: SupplierOrderLine, quantity: int
    ) -> None:
        parcel = Parcel.objects.create(shipment=row, code=code, grams=2_400 * quantity, cm3=24_000 * quantity)
        held = ParcelItem.objects.create(parcel=parcel, order_item=item, quantity=quantity)
        ShipmentLine.objects.create(parcel_item=held, order_line=line, quantity=quantity)

    def ask(self, *, on: Any = TUESDAY, seconds: int = 20, at: datetime = MONDAY, **values: Any) -> Plan:
        values = {"carrier": self.carrier, "region": "522328", "seed": 1, "limit": 20, **values}
        return ask_plan(on=on, seconds=seconds, actor=XIAO_TAN, at=at, **values)

    def drafted(self, **values: Any) -> Plan:
        plan = self.ask(**values)
        run = run_next(by="worker-1", clock=lambda: values.get("at", MONDAY))
        assert run is not None and run.pk == plan.pk
        return run

    def released(self, **values: Any) -> Plan:
        plan = self.drafted(**values)
        assert plan.state == "drafted", plan.error
        return release_plan(plan=plan, actor=XIAO_TAN, at=MONDAY)


def stops(plan: Plan, kind: str | None = None) -> list[Stop]:
    rows = Stop.objects.filter(route__plan=plan).order_by("route", "step")
    return [row for row in rows if kind in (None, row.kind)]


def codes(plan: Plan) -> dict[int, str]:
    """A fresh code for every drop of a plan, by drop id."""
    rows = Drop.objects.filter(stop__route__plan=plan)
    return {row.pk: issue_code(drop=row, actor="system:notices", at=MONDAY) for row in rows}


__all__ = [
    "LAO_YANG", "TUESDAY", "XIAO_TAN", "County", "Route", "User", "Vehicle", "codes", "stops",
]  # fmt: skip
