"""A day becomes a routing problem: places, vehicles, pairs, and a labelled table of roads."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import cast

from django.conf import settings

from backend.deliveries.models import Vehicle
from backend.deliveries.planning.ready import Day, Ready
from backend.deliveries.rules import KMH, VISIT_SECONDS, midnight, service_seconds, urgency
from backend.parties.models import Leg, Site
from backend.parties.rules import windows_on
from routing.distances import matrices
from routing.problem import Grid, Job, Location, Problem, Profile, Task, Terrain, Window
from routing.problem import Vehicle as Lorry

PROFILE = "road"
LEAVE_AFTER = timedelta(minutes=20)  # a plan for today is driven no sooner than so much later


def problem_of(day: Day, *, name: str, at: datetime) -> Problem:
    """The routing problem of a day. Ids are the public ids of sites, vehicles and shipments; clocks are seconds
    after the day's midnight where the vehicles drive."""
    sites = _sites(day)
    earliest = _earliest(day.on, at)
    return Problem(
        locations=tuple(_location(site, day.classes.get(site.pk)) for site in sites),
        vehicles=tuple(_lorry(v, earliest) for v in day.vehicles if v.shift_to * 60 > earliest),
        jobs=tuple(_job(row, day.on, at) for row in day.inside),
        profiles=(_profile(sites),),
        name=name,
    )


def _sites(day: Day) -> list[Site]:
    found = {v.home_id: v.home for v in day.vehicles}
    for row in day.inside:
        found |= {row.source.pk: row.source, row.target.pk: row.target}
    return [found[pk] for pk in sorted(found)]


def _earliest(on: date, at: datetime) -> int:
    """The second of the day before which nobody drives off: this matters for today alone."""
    return max(0, round((at + LEAVE_AFTER - midnight(on, settings.ZONE)).total_seconds()))


def _location(site: Site, classes: list[str] | None) -> Location:
    return Location(
        site.public_id,
        lon=site.lon,
        lat=site.lat,
        classes=None if classes is None else tuple(classes),
        visit_seconds=VISIT_SECONDS,
        terrain=_terrain(site.terrain),
    )


def _lorry(vehicle: Vehicle, earliest: int) -> Lorry:
    home = vehicle.home.public_id
    return Lorry(
        vehicle.public_id,
        start=home,
        end=home,
        capacity=(vehicle.grams, vehicle.cm3),
        shift=Window(max(vehicle.shift_from * 60, earliest), vehicle.shift_to * 60),
        profile=PROFILE,
        fixed_price=vehicle.fixed_cost,
        km_price=vehicle.km_cost,
        hour_price=vehicle.hour_cost,
        max_metres=vehicle.max_metres,
        vehicle_class=vehicle.vehicle_class,
    )


def _job(row: Ready, on: date, at: datetime) -> Job:
    service = service_seconds(row.grams)
    return Job(
        row.public_id,
        amount=(row.grams, row.cm3),
        pickup=_task(row.source, on, service),
        delivery=_task(row.target, on, service),
        tariff=None if row.fetched else row.tariff,
        priority=urgency((at - row.since).days, (row.needed_on - on).days if row.needed_on else None),
    )


def _task(site: Site, on: date, service: int) -> Task:
    windows = windows_on(site.hours, on.weekday()) if site.hours else []
    return Task(site.public_id, tuple(Window(a * 60, b * 60) for a, b in windows), service)


def _profile(sites: list[Site]) -> Profile:
    """Known legs where there are any, else the straight line times the road factor of the terrain, labelled."""
    terrain = Counter(site.terrain for site in sites).most_common(1)[0][0] if sites else "hills"
    bare = Profile(PROFILE, kmh=KMH[terrain], terrain=_terrain(terrain))
    tables = matrices([_location(site, None) for site in sites], bare)
    metres, seconds = tables.metres.copy(), tables.seconds.copy()
    index = {site.pk: place for place, site in enumerate(sites)}
    legs = Leg.objects.filter(from_site__in=sites, to_site__in=sites, profile=PROFILE)
    known = 0
    for leg in legs:
        known += 1
        spot = index[leg.from_site_id], index[leg.to_site_id]
        metres[spot], seconds[spot] = leg.metres, leg.seconds
    method = f"{tables.method}; {known} measured" if known else tables.method
    return replace(bare, metres=Grid(metres), seconds=Grid(seconds), method=method)


def _terrain(name: str) -> Terrain:
    """The database's check keeps a site's terrain one of the three."""
    return cast(Terrain, name)
