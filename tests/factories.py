"""Rows that stories begin with: small, lawful, complete. Each call makes new ones."""

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.test import Client

from backend.catalogue.models import Item, Lane, Offer, Stock
from backend.deliveries.models import Vehicle
from backend.donations.models import PaymentAccount
from backend.needs.models import Appeal, NeedLine
from backend.parties.models import (
    Carrier,
    Charity,
    Membership,
    Organisation,
    Person,
    Recipient,
    Site,
    Supplier,
    User,
)
from backend.parties.rules import Role, SiteKind, VehicleClass
from tests.cast import MONDAY

_numbers = itertools.count(1)
ALWAYS_OPEN: list[list[tuple[int, int]]] = []
SCHOOL_HOURS = [[(8 * 60, 11 * 60 + 30), (14 * 60, 17 * 60)]] * 5 + [[], []]


def organisation(name: str, **fields: Any) -> Organisation:
    return Organisation.objects.create(names={"zh-Hans": name, "zh-Hant": name, "en": name}, **fields)


def user(name: str, *, mail: str | None = None, **fields: Any) -> User:
    row = User.objects.create_user(**fields)
    Person.objects.create(user=row, name=name, mail=mail)
    return row


def member(name: str, of: Organisation, role: Role) -> User:
    row = user(name)
    Membership.objects.create(user=row, organisation=of, role=role.value)
    return row


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def site(of: Organisation, *, kind: SiteKind, lon: float = 105.31, lat: float = 25.11, **fields: Any) -> Site:
    values: dict[str, Any] = {
        "names": {"zh-Hans": f"{of}", "en": f"{of}"},
        "township_code": "522328001000",
        "township": "招堤街道",
        "county_code": "522328",
        **fields,
    }
    return Site.objects.create(organisation=of, kind=kind.value, lon=lon, lat=lat, **values)


def charity(name: str = "山里人家慈善会（演示）") -> Charity:
    row = Charity.objects.create(
        organisation=organisation(name),
        certificate_no="演示证-0001",
        certificate_until=(MONDAY + timedelta(days=700)).date(),
        checked_at=MONDAY,
    )
    PaymentAccount.objects.create(
        charity=row, gateway="sandbox", merchant_no=f"sandbox-{next(_numbers)}", secret_ref="sandbox"
    )
    return row


def recipient(name: str = "示范小学（者贵村）", **at: Any) -> Recipient:
    body = organisation(name)
    place = site(body, kind=SiteKind.SCHOOL, **{"hours": SCHOOL_HOURS, "lon": 105.42, "lat": 25.03, **at})
    return Recipient.objects.create(organisation=body, site=place, people=120, verified_at=MONDAY)


def supplier(name: str = "演示供应商·暖冬", **fields: Any) -> Supplier:
    return Supplier.objects.create(organisation=organisation(name), verified_at=MONDAY, **fields)


def warehouse(of: Supplier, **at: Any) -> Site:
    return site(of.organisation, kind=SiteKind.WAREHOUSE, **at)


def carrier(name: str = "演示车队", **fields: Any) -> Carrier:
    return Carrier.objects.create(organisation=organisation(name), verified_at=MONDAY, **fields)


def vehicle(of: Carrier, *, sign: str = "甲", home: Site | None = None, **fields: Any) -> Vehicle:
    values: dict[str, Any] = {
        "vehicle_class": VehicleClass.MICROVAN.value,
        "grams": 800_000,
        "cm3": 4_000_000,
        "fixed_cost": 12_000,
        "km_cost": 130,
        "hour_cost": 3_000,
        **fields,
    }
    home = home or site(of.organisation, kind=SiteKind.HUB)
    return Vehicle.objects.create(carrier=of, sign=sign, home=home, **values)


def item(name: str = "棉被", unit: str = "床", **fields: Any) -> Item:
    values: dict[str, Any] = {
        "grams": 2_400,
        "cm3": 24_000,
        "category": "warmth",
        "drawing": "g-quilt",
        **fields,
    }
    return Item.objects.create(
        code=f"ITEM-{next(_numbers)}",
        names={"zh-Hans": name, "zh-Hant": name, "en": name},
        units={"zh-Hans": unit, "zh-Hant": unit, "en": "pc"},
        **values,
    )


def offer(
    of: Item, by: Supplier, at: Site, *, price: int = 6_800, stock: int | None = 1_000, **fields: Any
) -> Offer:
    if stock is not None:
        Stock.objects.get_or_create(
            warehouse=at, item=of, defaults={"on_hand": stock, "version": 1, "as_of": MONDAY}
        )
    return Offer.objects.create(item=of, supplier=by, warehouse=at, charity_price=price, **fields)


def lane(at: Site | None = None, *, by: Carrier | None = None, to: str = "5223", **fields: Any) -> Lane:
    values: dict[str, Any] = {"days_min": 1, "days_max": 3, **fields}
    return Lane.objects.create(warehouse=at, carrier=by, to_division=to, **values)


def appeal(of: Charity, to: Recipient, *, at: datetime = MONDAY, **fields: Any) -> Appeal:
    values: dict[str, Any] = {
        "number": f"需-2611-{next(_numbers):04d}",
        "titles": {"zh-Hans": "住校生过冬", "zh-Hant": "住校生過冬", "en": "Boarders through the winter"},
        "purpose": {"zh-Hans": "给住校生添被子", "en": "Quilts for boarders"},
        "starts_at": at - timedelta(days=10),
        "ends_at": at + timedelta(days=60),
        "opened_at": at - timedelta(days=10),
        "needed_on": (at + timedelta(days=14)).date(),
        "area": "安龙县",
        "person_in_charge": "岑女士（演示）",
        "beneficiaries": "住校生120人",
        "use": "全部用于购买所列物资",
        "cost_share": "不从捐款中列支管理费",
        "remainder_rule": "nearest_same_purpose",
        "filing_no": "演示备案-0001",
        "state": "live",
        **fields,
    }
    return Appeal.objects.create(charity=of, recipient=to, **values)


def need(of: Appeal, what: Item, *, wanted: int = 120, price: int = 6_800, **fields: Any) -> NeedLine:
    values: dict[str, Any] = {"ceiling_price": price, **fields}
    return NeedLine.objects.create(
        appeal=of,
        charity=of.charity,
        recipient=of.recipient,
        item=what,
        wanted=wanted,
        unit_price=price,
        **values,
    )


@dataclass
class Village:
    """One whole small world: a charity, a school, a supplier with stock, a van, an appeal with one need."""

    wanted: int = 120
    stock: int | None = 1_000
    charity: Charity = field(default_factory=charity)
    recipient: Recipient = field(default_factory=recipient)
    supplier: Supplier = field(default_factory=supplier)
    carrier: Carrier = field(default_factory=carrier)

    def __post_init__(self) -> None:
        self.warehouse = warehouse(self.supplier, hours=ALWAYS_OPEN)
        self.lane = lane(self.warehouse)
        self.vehicle = vehicle(self.carrier)
        self.item = item()
        self.offer = offer(self.item, self.supplier, self.warehouse, stock=self.stock)
        self.appeal = appeal(self.charity, self.recipient)
        self.need = need(self.appeal, self.item, wanted=self.wanted)
