"""The demo's organisations, places, users and keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from backend.interfaces.jobs.demo import keys
from backend.interfaces.jobs.demo.cast import CAST, keepers
from backend.interfaces.jobs.demo.cut import demo_id, rows, tree, words
from backend.parties import operations as parties
from backend.parties.rules import Hours, Realm, Scope, SiteKind, VehicleClass

if TYPE_CHECKING:
    from backend.parties.models import Carrier, Charity, Organisation, Recipient, Site, Supplier

ACTOR = "system:demo"
CHARITY_NAMES = {
    "zh-Hans": "示范慈善基金会",
    "zh-Hant": "示範慈善基金會",
    "en": "Demonstration Charity Foundation",
}
CONTACT = {
    "phone": "0859-000-0000",
    "hours": {"zh-Hans": "工作日9:00至18:00", "en": "weekdays 9:00 to 18:00"},
    "desk": "项目部（示范）",
}


@dataclass(frozen=True)
class Bodies:
    """Everybody, by their code in fixtures/."""

    charity: "Charity"
    suppliers: Mapping[str, "Supplier"]
    warehouses: Mapping[str, "Site"]
    carriers: Mapping[str, "Carrier"]
    hubs: Mapping[str, "Site"]
    recipients: Mapping[str, "Recipient"]

    def organisation(self, code: str) -> "Organisation":
        if code == "charity":
            return self.charity.organisation
        role: Mapping[str, Any] = {"S": self.suppliers, "C": self.carriers, "R": self.recipients}[code[0]]
        found: Organisation = role[code].organisation
        return found


def build(*, at: datetime) -> Bodies:
    """Joins the caller's transaction. Register everybody."""
    hours: dict[str, Hours] = tree("recipients/hours.json")
    cut = tree("suppliers/suppliers.json")
    suppliers = {row["code"]: _supplier(row, at) for row in cut["suppliers"]}
    carriers = {row["code"]: _carrier(row, at) for row in cut["carriers"]}
    bodies = Bodies(
        charity=_charity(at),
        suppliers=suppliers,
        warehouses={
            row["code"]: _place(suppliers[row["code"]], row["warehouse"], SiteKind.WAREHOUSE, hours, at)
            for row in cut["suppliers"]
        },
        carriers=carriers,
        hubs={
            row["code"]: _place(carriers[row["code"]], row["hub"], SiteKind.HUB, {"warehouse": []}, at)
            for row in cut["carriers"]
        },
        recipients={row["code"]: _recipient(row, hours, at) for row in rows("recipients/recipients.csv")},
    )
    _users(bodies, at)
    _keys(bodies, at)
    return bodies


def _charity(at: datetime) -> "Charity":
    return parties.register_charity(
        names=CHARITY_NAMES,
        certificate_no="示范第0001号（演示，不是真的证书）",
        certificate_until=at.date() + timedelta(days=600),
        contact=CONTACT,
        realm=Realm.TEST,
        public_id=demo_id("org", "charity"),
        actor=ACTOR,
        at=at,
    )


def _supplier(row: dict[str, Any], at: datetime) -> "Supplier":
    return parties.register_supplier(
        names=row["names"],
        answer_hours=row["answer_hours"],
        realm=Realm.TEST,
        public_id=demo_id("org", row["code"]),
        actor=ACTOR,
        at=at,
    )


def _carrier(row: dict[str, Any], at: datetime) -> "Carrier":
    return parties.register_carrier(
        names=row["names"],
        own_fleet=row["own_fleet"],
        realm=Realm.TEST,
        public_id=demo_id("org", row["code"]),
        actor=ACTOR,
        at=at,
    )


def _recipient(row: dict[str, str], hours: dict[str, Hours], at: datetime) -> "Recipient":
    gate = parties.NewSite(
        names=words(row, "name"),
        kind=SiteKind(row["site_kind"]),
        township_code=row["township_code"],
        township=row["township"],
        county_code=row["county_code"],
        lon=float(row["lon"]),
        lat=float(row["lat"]),
        hours=hours[row["hours"]],
        terrain=row["terrain"],
        largest_vehicle=VehicleClass(row["largest_vehicle"]),
    )
    return parties.register_recipient(
        names=words(row, "name"),
        people=int(row["people"]),
        gate=gate,
        realm=Realm.TEST,
        public_id=demo_id("org", row["code"]),
        actor=ACTOR,
        at=at,
    )


def _place(
    of: "Supplier | Carrier", row: dict[str, Any], kind: SiteKind, hours: dict[str, Hours], at: datetime
) -> "Site":
    new = parties.NewSite(
        names=row["names"],
        kind=kind,
        township_code=row["township_code"],
        township=row["township"],
        county_code=row["county_code"],
        lon=row["lon"],
        lat=row["lat"],
        hours=hours[row["hours"]],
        terrain=row["terrain"],
    )
    return parties.add_site(organisation=of.organisation, new=new, actor=ACTOR, at=at)


def _users(bodies: Bodies, at: datetime) -> None:
    for who in (*CAST, *keepers()):
        user = parties.add_user(
            name=who.name,
            mail=who.mail,
            staff=who.staff,
            public_id=demo_id("usr", who.key),
            actor=ACTOR,
            at=at,
        )
        for role, code in who.seats:
            parties.give_seat(
                user=user, organisation=bodies.organisation(code), role=role, actor=ACTOR, at=at
            )


def _keys(bodies: Bodies, at: datetime) -> None:
    for code, supplier in bodies.suppliers.items():
        parties.mint_key(
            organisation=supplier.organisation,
            scopes=list(Scope),
            entropy=keys.entropy(code),
            actor=ACTOR,
            at=at,
        )
