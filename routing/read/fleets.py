"""Two families of parcel carriers: JD (deliveries and goods back, real roads) and Loggi (streets of Brazil)."""

from __future__ import annotations

import dataclasses

import numpy as np

from ..problem import Grid, Job, Json, Location, Problem, Profile, Refused, Task, Vehicle, Window
from .plane import UNIT_PRICE

GRAMS = 1_000_000  # in a tonne
MINUTE = 60
FEN = 100
ALWAYS = Window(0, 2**31 - 1)


def is_jd(text: str) -> bool:
    return "DISTANCETIME_SECTION" in text and "DISPATCHINGCOST" in text[:2_000]


def read_jd(text: str) -> Problem:
    """VRPSPDTW of Liu, Tang and Yao: tonnes, minutes and metres; costs in yuan per vehicle and per metre.

    A customer gets goods and gives goods in one visit. Their costs count in yuan, so `cost_scale` is 100.
    """
    head, nodes, legs = _jd_sections(text)
    size = int(head["DIMENSION"])
    if len(nodes) != size or len(legs) != size * (size - 1):
        raise Refused("DIMENSION", f"{len(nodes)} nodes and {len(legs)} ways for {size} places")
    metres, seconds = np.zeros((2, size, size), dtype=np.int32)
    ways = np.array([[float(word) for word in row] for row in legs])
    here, there = ways[:, 0].astype(int), ways[:, 1].astype(int)
    metres[here, there], seconds[here, there] = np.rint(ways[:, 2]), np.rint(ways[:, 3] * MINUTE)
    depot, *customers = sorted(nodes, key=lambda row: int(row[0]))
    vehicle = Vehicle(
        "vehicle",
        start=depot[0],
        end=depot[0],
        capacity=(round(float(head["CAPACITY"]) * GRAMS),),
        shift=_minutes(depot),
        fixed_price=round(float(head["DISPATCHINGCOST"]) * FEN),
        km_price=round(float(head["UNITCOST"]) * 1_000 * FEN),
    )
    return Problem(
        locations=tuple(Location(str(number)) for number in range(size)),
        vehicles=_fleet(vehicle, min(int(head["VEHICLES"]), len(customers))),
        jobs=tuple(_customer(row) for row in customers),
        profiles=(Profile("road", Grid(metres), Grid(seconds), method="given"),),
        dimensions=("grams",),
        name=head.get("NAME", ""),
        cost_scale=FEN,
    )


def _jd_sections(text: str) -> tuple[dict[str, str], list[list[str]], list[list[str]]]:
    head: dict[str, str] = {}
    rows: dict[str, list[list[str]]] = {"NODE_SECTION": [], "DISTANCETIME_SECTION": [], "DEPOT_SECTION": []}
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line in rows:
            section = line
        elif section:
            if line and line != "EOF":
                rows[section].append(line.split(","))
        elif ":" in line:
            name, _, value = line.partition(":")
            head[name.strip()] = value.strip()
    return head, rows["NODE_SECTION"], rows["DISTANCETIME_SECTION"]


def _minutes(row: list[str]) -> Window:
    return Window(round(float(row[3]) * MINUTE), round(float(row[4]) * MINUTE))


def _customer(row: list[str]) -> Job:
    """Number, tonnes brought, tonnes taken, ready, due, service."""
    back = round(float(row[2]) * GRAMS)
    return Job(
        row[0],
        (round(float(row[1]) * GRAMS),),
        delivery=Task(row[0], (_minutes(row),), round(float(row[5]) * MINUTE)),
        returns=(back,) if back else (),
    )


def _fleet(vehicle: Vehicle, count: int) -> tuple[Vehicle, ...]:
    return tuple(dataclasses.replace(vehicle, id=f"vehicle-{number}") for number in range(count))


def is_loggi(value: Json) -> bool:
    return isinstance(value, dict) and {"origin", "vehicle_capacity", "deliveries"} <= value.keys()


def read_loggi(value: dict[str, Json]) -> Problem:
    """A case of loggibud: one origin, one capacity, deliveries with a point and a size; shortest metres win.

    The case has no roads (loggibud asks OSRM), so tables are made from coordinates and say so.
    """
    try:
        points = [value["origin"], *(parcel["point"] for parcel in value["deliveries"])]
        places = tuple(
            Location(str(number), float(point["lng"]), float(point["lat"]))
            for number, point in enumerate(points)
        )
        sizes = [int(parcel["size"]) for parcel in value["deliveries"]]
        capacity = int(value["vehicle_capacity"])
    except (KeyError, TypeError, ValueError) as error:
        raise Refused("deliveries", f"not as loggibud writes them: {error!r}") from error
    if capacity < 1:
        raise Refused("vehicle_capacity", f"{capacity} holds nothing")
    van = Vehicle("vehicle", "0", "0", (capacity,), ALWAYS, km_price=UNIT_PRICE)
    return Problem(
        locations=places,
        vehicles=_fleet(van, min(len(sizes), 2 * -(-sum(sizes) // capacity) + 10)),
        jobs=tuple(
            Job(str(number), (size,), delivery=Task(str(number))) for number, size in enumerate(sizes, 1)
        ),
        profiles=(Profile("road", kmh=30, terrain="plain"),),
        dimensions=("size",),
        name=str(value.get("name", "")),
    )
