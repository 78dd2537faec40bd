"""Places, and which vehicles reach them."""

from dataclasses import dataclass, field
from datetime import datetime

from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.kernel.errors import Malformed
from backend.parties.models import Access, Organisation, Site
from backend.parties.rules import AccessKind, Hours, SiteKind, VehicleClass

# from the smallest to the largest: what reaches a gate is this one and all before it
BY_SIZE = (VehicleClass.MICROVAN, VehicleClass.TRUCK_42, VehicleClass.TRUCK_52)


@dataclass(frozen=True)
class NewSite:
    """A place to register: names by language, WGS-84 degrees, hours as in rules.Hours."""

    names: dict[str, str]
    kind: SiteKind
    township_code: str
    township: str
    county_code: str
    lon: float
    lat: float
    hours: Hours = field(default_factory=list)
    terrain: str = "hills"
    largest_vehicle: VehicleClass = VehicleClass.TRUCK_52


def insert_site(organisation: Organisation, new: NewSite, source: str) -> Site:
    """The rows of a site, without an entry of its own."""
    if new.hours and len(new.hours) != 7:
        raise Malformed("hours need one list of windows for each of seven weekdays", pointer="/hours")
    site = Site.objects.create(
        organisation=organisation,
        names=new.names,
        kind=new.kind.value,
        township_code=new.township_code,
        township=new.township,
        county_code=new.county_code,
        lon=new.lon,
        lat=new.lat,
        hours=new.hours,
        terrain=new.terrain,
    )
    insert_access(site, new.largest_vehicle, source)
    return site


def insert_access(site: Site, largest: VehicleClass, source: str) -> list[Access]:
    if largest == VehicleClass.MICROVAN:
        rules = [Access(site=site, kind=AccessKind.SMALL_ONLY.value, source=source)]
    else:
        rules = [
            Access(site=site, vehicle_class=larger.value, kind=AccessKind.CLOSED.value, source=source)
            for larger in BY_SIZE[BY_SIZE.index(largest) + 1 :]
        ]
    return Access.objects.bulk_create(rules)


@own_transaction
def add_site(*, organisation: Organisation, new: NewSite, actor: str, at: datetime) -> Site:
    """Own transaction. Give an organisation a place: a warehouse, a hub, a gate.

    Raises Malformed when the hours are not those of seven weekdays.
    """
    site = insert_site(organisation, new, source=actor)
    record(
        kind=Kind.SITE_ADDED,
        subject=f"site:{site.public_id}",
        actor=actor,
        at=at,
        public={"organisation": organisation.public_id, "kind": new.kind.value},
    )
    return site


@own_transaction
def limit_access(*, site: Site, largest: VehicleClass, source: str, actor: str, at: datetime) -> list[Access]:
    """Own transaction. From now on nothing larger than `largest` is sent to `site`, until told otherwise."""
    Access.objects.filter(site=site, during__isnull=True).delete()
    rules = insert_access(site, largest, source)
    record(
        kind=Kind.ACCESS_LIMITED,
        subject=f"site:{site.public_id}",
        actor=actor,
        at=at,
        public={"largest": largest.value, "source": source},
    )
    return rules
