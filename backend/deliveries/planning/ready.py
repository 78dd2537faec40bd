"""What could go on this day: ready shipments with where they are, and the reason for those that cannot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Q
from geopy.distance import geodesic

from backend.catalogue.models import Lane
from backend.deliveries.models import DropParcel, Vehicle
from backend.deliveries.rules import (
    REACH_METRES,
    DropState,
    Outside,
    RouteState,
    classes_allowed,
    midnight,
    tariff,
)
from backend.parties.models import Carrier, Site
from backend.parties.queries import access_rules, closed_sites
from backend.parties.rules import windows_on
from backend.shipments.models import Handover
from backend.shipments.queries import ready_shipments
from backend.shipments.rules import ShipmentState, Step


@dataclass(frozen=True)
class Ready:
    """A shipment that waits: from where to where, how much, since when it was paid, and a carrier's price."""

    public_id: str
    pk: int
    source: Site
    target: Site
    grams: int
    cm3: int
    since: datetime
    needed_on: date | None
    tariff: int | None
    fetched: bool = False  # a vehicle of ours has it already: it waits at `source`, that vehicle's home
    outside: Outside | None = None


@dataclass(frozen=True)
class Day:
    """Everything of one plan's day: what can be planned, what cannot, who drives, who gets where."""

    on: date
    inside: tuple[Ready, ...]
    outside: tuple[Ready, ...]
    vehicles: tuple[Vehicle, ...]
    classes: Mapping[int, list[str] | None]


def the_day(*, carrier: Carrier, region: str, on: date) -> Day:
    """Read the day of a plan from the tables."""
    vehicles = free_vehicles(carrier=carrier, on=on)
    waiting = _located(_waiting(region, on))
    sites = {site.pk: site for row in waiting for site in (row.source, row.target)}
    vehicles = [v for v in vehicles if _near(v.home, sites.values())] if sites else vehicles
    frm = midnight(on, settings.ZONE)
    accesses = access_rules(site_ids=list(sites), at=frm + timedelta(hours=12))
    classes = {pk: classes_allowed(accesses.get(pk, ())) for pk in sites}
    closed = closed_sites(site_ids=list(sites), frm=frm, to=frm + timedelta(days=1))
    judged = [replace(row, outside=_outside(row, vehicles, on, closed, classes)) for row in waiting]
    return Day(
        on,
        tuple(row for row in judged if row.outside is None),
        tuple(row for row in judged if row.outside is not None),
        tuple(vehicles),
        classes,
    )


def free_vehicles(*, carrier: Carrier, on: date) -> list[Vehicle]:
    """The carrier's vehicles that have no unfinished route on that day."""
    busy = Q(routes__on=on) & ~Q(routes__state=RouteState.DONE.value)
    rows = Vehicle.objects.filter(carrier=carrier, retired_at__isnull=True)
    return list(rows.exclude(pk__in=rows.filter(busy).values("pk")).select_related("home").order_by("pk"))


def _waiting(region: str, on: date) -> list[Ready]:
    states = (ShipmentState.READY, ShipmentState.ATTEMPTED)
    prices = _Tariffs(on)
    return [
        Ready(
            row.public_id,
            row.id,
            row.warehouse,
            row.recipient_site,
            row.grams,
            row.cm3,
            row.oldest_gift_at,
            row.needed_on,
            prices(row.recipient_site, row.grams),
        )
        for row in ready_shipments(county_code=region, states=states)
        if row.parcels
    ]


class _Tariffs:
    """What the cheapest common carrier takes on that day; None where none goes."""

    def __init__(self, on: date) -> None:
        noon = midnight(on, settings.ZONE) + timedelta(hours=12)
        lanes = Lane.objects.filter(carrier__isnull=False)
        lanes = lanes.filter(Q(during__isnull=True) | Q(during__contains=noon))
        self.lanes = list(lanes.values_list("to_division", "base_price", "kg_price"))

    def __call__(self, site: Site, grams: int) -> int | None:
        fits = [lane for lane in self.lanes if site.township_code.startswith(lane[0])]
        return min((tariff(base, kg, grams) for _, base, kg in fits), default=None)


def _located(rows: list[Ready]) -> list[Ready]:
    """Goods that came back from a failed stop wait at the home of the vehicle that had them."""
    fetched = set(
        Handover.objects.filter(
            parcel__shipment_id__in=[row.pk for row in rows], step=Step.PICKUP.value
        ).values_list("parcel__shipment_id", flat=True)
    )
    tried = (
        DropParcel.objects.filter(
            parcel__shipment_id__in=fetched, state=DropState.FAILED.value, drop__stop__isnull=False
        )
        .select_related("drop__stop__route__vehicle__home", "parcel")
        .order_by("pk")
    )
    homes = {row.parcel.shipment_id: row.drop.stop.route.vehicle.home for row in tried if row.drop.stop}
    return [replace(row, source=homes[row.pk], fetched=True) if row.pk in homes else row for row in rows]


def _metres(a: Site, b: Site) -> float:
    return float(geodesic((a.lat, a.lon), (b.lat, b.lon)).meters)


def _near(home: Site, sites: Iterable[Site]) -> bool:
    return any(_metres(home, site) <= REACH_METRES for site in sites)


def _outside(
    row: Ready,
    vehicles: list[Vehicle],
    on: date,
    closed: set[int],
    classes: Mapping[int, list[str] | None],
) -> Outside | None:
    if vehicles and not any(_metres(v.home, row.source) <= REACH_METRES for v in vehicles):
        return Outside.FAR
    if row.source.pk in closed or not windows_on(row.source.hours, on.weekday()):
        return Outside.WAREHOUSE
    if row.target.pk in closed:
        return Outside.CLOSED
    if not windows_on(row.target.hours, on.weekday()):
        return Outside.SHUT
    if classes[row.target.pk] == [] or classes[row.source.pk] == []:
        return Outside.ROAD
    return None
