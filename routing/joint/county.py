"""Joint problems drawn from a seed over the real positions of the demonstration county.

Townships and villages are those of fixtures/county (Vonng/adcode, CC BY 4.0). Warehouses lie at townships,
recipients at villages. Figures: microvans of 0.8 t at 1.2 yuan a km, 4.2 m lorries of 1.5 t at 3 yuan; items of
0.1 to 10 kg and 5 to 300 yuan, each sold by two to four warehouses within 12 % of its price, with stock for one to
three times what is wanted; lines that have waited up to two weeks, one in four of them due this week.
"""

from __future__ import annotations

import csv
import math
import random
from dataclasses import dataclass
from pathlib import Path

from ..problem import Job, Location, Problem, Profile, Task, Vehicle, Window
from .model import Item, Joint, Sold, Wanted

COUNTY = Path(__file__).resolve().parents[2] / "fixtures" / "county"
HOUR = 3600
OPEN = (Window(8 * HOUR, 12 * HOUR), Window(14 * HOUR, 17 * HOUR))


@dataclass(frozen=True, slots=True)
class Extent:
    warehouses: int = 4
    recipients: int = 20
    lines: int = 60
    items: int = 20
    vehicles: int = 4
    county: str = "522328"


def joint_county(extent: Extent | None = None, *, seed: int = 0, folder: Path = COUNTY) -> Joint:
    """The same for the same seed. Raises FileNotFoundError without the county, ValueError where it is too small."""
    extent = extent or Extent()
    draw = random.Random(seed)
    stores = _places(folder / "townships.csv", extent.county, extent.warehouses, draw, 600)
    villages = _places(folder / "villages.csv", extent.county, extent.recipients, draw, 300)
    items = tuple(
        Item(f"item-{n}", grams := int(100 * 10 ** draw.uniform(0, 2)), int(grams * draw.uniform(2, 6)))
        for n in range(extent.items)
    )
    lines = tuple(_line(draw, n, items, villages) for n in range(extent.lines))
    prices = {item.id: int(500 * 60 ** draw.random()) for item in items}
    lines = tuple(
        Wanted(w.id, w.item, w.recipient, w.quantity, prices[w.item] * 5 // 4, w.waited, w.due) for w in lines
    )
    ground = Problem(
        locations=(*stores, *villages),
        vehicles=tuple(_vehicle(n, stores[0].id) for n in range(extent.vehicles)),
        jobs=tuple(Job(v.id, (0, 0), delivery=Task(v.id, OPEN, 300), tariff=0) for v in villages),
        profiles=(Profile("road", kmh=35.0, terrain="hills"),),
    )
    sizes = f"{extent.warehouses}-{extent.recipients}-{extent.lines}-{extent.vehicles}"
    return Joint(
        ground,
        lines,
        items,
        _offers(draw, items, lines, prices, stores),
        6_000,
        250,
        f"joint-{extent.county}-{sizes}-s{seed}",
    )


def _places(path: Path, county: str, count: int, draw: random.Random, stay: int) -> list[Location]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["county_code"] == county]
    if len(rows) < count:
        raise ValueError(f"{path.name} has {len(rows)} places in {county}, fewer than {count}")
    chosen = draw.sample(rows, count)
    return [Location(r["code12"], float(r["lon"]), float(r["lat"]), visit_seconds=stay) for r in chosen]


def _line(draw: random.Random, number: int, items: tuple[Item, ...], villages: list[Location]) -> Wanted:
    item = draw.choice(items)
    most = max(1, min(60, 40_000 // item.grams))
    waited = min(14, int(draw.expovariate(0.25)))
    due = draw.randint(0, 7) if draw.random() < 0.25 else None
    return Wanted(f"line-{number}", item.id, draw.choice(villages).id, draw.randint(1, most), 0, waited, due)


def _offers(
    draw: random.Random,
    items: tuple[Item, ...],
    lines: tuple[Wanted, ...],
    prices: dict[str, int],
    stores: list[Location],
) -> tuple[Sold, ...]:
    offers = []
    for item in items:
        wanted = sum(line.quantity for line in lines if line.item == item.id)
        sellers = draw.sample(stores, min(len(stores), draw.randint(2, 4)))
        for store in sellers:
            price = round(prices[item.id] * draw.uniform(1.0, 1.12))
            stock = max(1, math.ceil(wanted * draw.uniform(1.0, 3.0)))
            pack = draw.choice((1, 1, 1, 6))
            offers.append(Sold(f"{item.id}@{store.id}", item.id, store.id, price, pack, stock))
    return tuple(offers)


def _vehicle(number: int, home: str) -> Vehicle:
    lorry = number % 3 == 2
    return Vehicle(
        f"{'lorry' if lorry else 'van'}-{number}",
        home,
        home,
        (1_500_000, 14_000_000) if lorry else (800_000, 4_000_000),
        Window(7 * HOUR, 19 * HOUR),
        fixed_price=22_000 if lorry else 12_000,
        km_price=300 if lorry else 120,
        hour_price=3_000 if lorry else 2_500,
        vehicle_class="truck_42" if lorry else "microvan",
    )
