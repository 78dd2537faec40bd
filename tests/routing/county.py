"""A small county that every routing test knows: one depot, three villages, a van and a lorry."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from routing.problem import Grid, Job, Location, Problem, Profile, Task, Vehicle, Window

HOUR = 3600
KM = 1000


def table(*rows: tuple[int, ...]) -> Grid:
    return Grid(np.array(rows, dtype=np.int32))


# The depot, then three villages on a road: 10 km apart, a minute per km.
METRES = table(
    (0, 10 * KM, 20 * KM, 30 * KM),
    (10 * KM, 0, 10 * KM, 20 * KM),
    (20 * KM, 10 * KM, 0, 10 * KM),
    (30 * KM, 20 * KM, 10 * KM, 0),
)
SECONDS = Grid(METRES.values * 60 // KM)

VAN = Vehicle(
    "van",
    start="depot",
    end="depot",
    capacity=(600,),
    shift=Window(8 * HOUR, 18 * HOUR),
    fixed_price=10_000,
    km_price=100,
    hour_price=2_000,
    vehicle_class="van",
)
LORRY = dataclasses.replace(VAN, id="lorry", capacity=(1500,), km_price=300, vehicle_class="lorry")


def pair(name: str, to: str, grams: int = 100, **changes: Any) -> Job:
    """Goods from the depot to a village."""
    job = Job(name, (grams,), Task("depot", service_seconds=60), Task(to, service_seconds=300))
    return dataclasses.replace(job, **changes)


def road(jobs: tuple[Job, ...], vehicles: tuple[Vehicle, ...] = (VAN,), **changes: Any) -> Problem:
    """A problem on the road of three villages."""
    places = ("depot", "near", "middle", "far")
    problem = Problem(
        locations=tuple(Location(place) for place in places),
        vehicles=vehicles,
        jobs=jobs,
        profiles=(Profile("road", METRES, SECONDS),),
        dimensions=("grams",),
    )
    return dataclasses.replace(problem, **changes)
