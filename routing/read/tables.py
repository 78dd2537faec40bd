"""Plain tables: Solomon and Gehring-Homberger, Li and Lim (pairs), Cordeau (several depots).

Their best known values are of exact distances; tables hold thousandths. Solomon's and Li and Lim's count
vehicles first, so a vehicle costs more than any distance; `--objective distance` takes that price away.
"""

from __future__ import annotations

from ..problem import Job, Problem, Refused, Task, Vehicle, Window
from .plane import FLEET_FIRST, UNIT_PRICE, Rule, plane_problem, whole

EXACT = Rule(1000, "nearest", 1000)
CORDEAU_KINDS = {"2": "MDVRP", "6": "MDVRPTW", "0": "VRP", "4": "VRPTW"}


def is_solomon(text: str) -> bool:
    return "CUSTOMER" in text[:500] and "CAPACITY" in text[:500]


def is_lilim(text: str) -> bool:
    rows = _rows(text)
    return len(rows) > 1 and len(rows[0]) == 3 and len(rows[1]) == 9


def is_cordeau(text: str) -> bool:
    rows = _rows(text)
    return len(rows) > 1 and len(rows[0]) == 4 and len(rows[1]) == 2


def _rows(text: str) -> list[list[float]]:
    """The lines of numbers; anything else is heading."""
    rows = []
    for line in text.splitlines():
        try:
            row = [float(word) for word in line.split()]
        except ValueError:
            continue
        if row:
            rows.append(row)
    return rows


def _window(low: float, high: float) -> Window:
    return Window(whole(low, EXACT), whole(high, EXACT))


def _fleet(count: int, home: int, capacity: float, shift: Window, fixed: int) -> list[Vehicle]:
    return [
        Vehicle(
            id=f"vehicle-{number}",
            start=str(home),
            end=str(home),
            capacity=(int(capacity),),
            shift=shift,
            fixed_price=fixed,
            km_price=UNIT_PRICE,
        )
        for number in range(count)
    ]


def _task(row: list[float]) -> Task:
    """A customer row: number, x, y, demand, ready, due, service."""
    return Task(str(int(row[0])), (_window(row[4], row[5]),), whole(row[6], EXACT))


def read_solomon(text: str, name: str) -> Problem:
    """Number, x, y, demand, ready time, due date and service time per customer; the first row is the depot."""
    (count, capacity), *nodes = _rows(text)
    vehicles = _fleet(int(count), 0, capacity, _window(nodes[0][4], nodes[0][5]), FLEET_FIRST)
    jobs = [Job(str(int(row[0])), (int(row[3]),), delivery=_task(row)) for row in nodes[1:]]
    return plane_problem(name, [(row[1], row[2]) for row in nodes], vehicles, jobs, EXACT)


def read_lilim(text: str, name: str) -> Problem:
    """As Solomon, then the pickup of a delivery and the delivery of a pickup; each pair is one job."""
    (count, capacity, _), *nodes = _rows(text)
    vehicles = _fleet(int(count), 0, capacity, _window(nodes[0][4], nodes[0][5]), FLEET_FIRST)
    jobs = [
        Job(f"{int(row[0])}-{int(row[8])}", (int(row[3]),), _task(row), _task(nodes[int(row[8])]))
        for row in nodes[1:]
        if row[8]
    ]
    return plane_problem(name, [(row[1], row[2]) for row in nodes], vehicles, jobs, EXACT)


def read_cordeau(text: str, name: str) -> Problem:
    """Kind, vehicles per depot, customers, depots; longest duration and capacity per depot; customers; depots."""
    (kind, per_depot, customers, depots), *rows = _rows(text)
    if str(int(kind)) not in CORDEAU_KINDS:
        raise Refused("kind", f"{int(kind)} is not read; {', '.join(CORDEAU_KINDS)} are")
    limits, nodes = rows[: int(depots)], rows[int(depots) :]
    if len(nodes) != int(customers) + int(depots):
        raise Refused("rows", f"{len(nodes)} places where {int(customers + depots)} are announced")
    numbers = {int(row[0]): spot for spot, row in enumerate(nodes)}
    timed = CORDEAU_KINDS[str(int(kind))].endswith("TW")
    vehicles = []
    for depot in range(int(depots)):
        home = int(customers) + depot
        longest, capacity = limits[depot]
        shift = _window(*nodes[home][-2:]) if timed else Window(0, 2**31 - 1)
        for vehicle in _fleet(int(per_depot), home, capacity, shift, 0):
            limit = whole(longest, EXACT) if longest else None
            vehicles.append(_renamed(vehicle, f"depot-{depot}-{vehicle.id}", limit))
    jobs = [
        Job(
            str(int(row[0])),
            (int(row[4]),),
            delivery=Task(
                str(numbers[int(row[0])]), (_window(*row[-2:]),) if timed else (), whole(row[3], EXACT)
            ),
        )
        for row in nodes[: int(customers)]
    ]
    return plane_problem(name, [(row[1], row[2]) for row in nodes], vehicles, jobs, EXACT)


def _renamed(vehicle: Vehicle, name: str, longest: int | None) -> Vehicle:
    return Vehicle(
        id=name,
        start=vehicle.start,
        end=vehicle.end,
        capacity=vehicle.capacity,
        shift=vehicle.shift,
        km_price=vehicle.km_price,
        max_seconds=longest,
    )
