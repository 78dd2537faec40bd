"""Made-up counties for tests and benchmarks: warehouses near the town, villages in clusters.

Everything is drawn from the seed, so a name such as `county-8-40-60-6-s1` says it all. Figures are those of
the field: microvans of 0.6 t at 1.2 yuan/km, 4.2 m lorries of 1.5 t at 3 yuan/km, mountain roads at 30 km/h,
schools that open in the morning and after the noon rest, some villages that a lorry does not reach.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from .problem import Job, Location, Problem, Profile, Task, Vehicle, Window

HOUR = 3600
MORNING, AFTERNOON = Window(8 * HOUR, 12 * HOUR), Window(14 * HOUR, 18 * HOUR)
KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True)
class Size:
    """What to draw. `optional` is the share of jobs with a carrier tariff."""

    warehouses: int = 8
    recipients: int = 40
    pairs: int = 60
    vehicles: int = 6
    optional: float = 0.3
    lon: float = 105.5
    lat: float = 25.1
    radius_km: float = 35.0


def county(size: Size | None = None, *, seed: int = 0) -> Problem:
    """A pair problem of the given size."""
    size = size or Size()
    draw = random.Random(seed)
    stores = [_store(size, draw, number) for number in range(size.warehouses)]
    villages = _villages(size, draw)
    vehicles = tuple(_vehicle(draw.choice(stores).id, number) for number in range(size.vehicles))
    jobs = tuple(_pair(size, draw, number, stores, villages) for number in range(size.pairs))
    return Problem(
        locations=(*stores, *villages),
        vehicles=vehicles,
        jobs=jobs,
        profiles=(Profile("road", kmh=30.0, terrain="mountains"),),
        name=f"county-{size.warehouses}-{size.recipients}-{size.pairs}-{size.vehicles}-s{seed}",
    )


def _spot(
    size: Size, draw: random.Random, radius_km: float, centre: tuple[float, float] = (0.0, 0.0)
) -> tuple[float, float]:
    angle, away = draw.uniform(0, 2 * math.pi), radius_km * math.sqrt(draw.random())
    east, north = centre[0] + away * math.cos(angle), centre[1] + away * math.sin(angle)
    lon = size.lon + east / (KM_PER_DEGREE * math.cos(math.radians(size.lat)))
    return round(lon, 6), round(size.lat + north / KM_PER_DEGREE, 6)


def _store(size: Size, draw: random.Random, number: int) -> Location:
    lon, lat = _spot(size, draw, size.radius_km / 5)
    return Location(f"warehouse-{number}", lon, lat, visit_seconds=600)


def _villages(size: Size, draw: random.Random) -> list[Location]:
    """Villages lie around townships, a township for every eight."""
    count = max(1, size.recipients // 8)
    towns = []
    for _ in range(count):
        angle, away = draw.uniform(0, 2 * math.pi), size.radius_km * math.sqrt(draw.random())
        towns.append((away * math.cos(angle), away * math.sin(angle)))
    villages = []
    for number in range(size.recipients):
        lon, lat = _spot(size, draw, size.radius_km / 4, draw.choice(towns))
        classes = ("van",) if draw.random() < 0.2 else None
        villages.append(Location(f"village-{number}", lon, lat, classes=classes, visit_seconds=300))
    return villages


def _vehicle(home: str, number: int) -> Vehicle:
    lorry = number % 3 == 0
    return Vehicle(
        id=f"{'lorry' if lorry else 'van'}-{number}",
        start=home,
        end=home,
        capacity=(1_500_000, 12_000_000) if lorry else (600_000, 4_000_000),
        shift=Window(7 * HOUR, 19 * HOUR),
        fixed_price=30_000 if lorry else 15_000,
        km_price=300 if lorry else 120,
        hour_price=3_000,
        vehicle_class="lorry" if lorry else "van",
    )


def _pair(
    size: Size, draw: random.Random, number: int, stores: list[Location], villages: list[Location]
) -> Job:
    grams = int(min(400_000, math.exp(draw.gauss(10.3, 0.9))))
    windows = draw.choice(((), (MORNING,), (MORNING, AFTERNOON), (MORNING, AFTERNOON)))
    tariff = 1_500 + grams // 1000 * 120 if draw.random() < size.optional else None
    return Job(
        id=f"pair-{number}",
        amount=(grams, int(grams * draw.uniform(3, 7))),
        pickup=Task(draw.choice(stores).id, service_seconds=120),
        delivery=Task(draw.choice(villages).id, windows, service_seconds=300),
        tariff=tariff,
    )
