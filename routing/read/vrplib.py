"""CVRPLIB files and the VRPLIB dialect of PyVRP: CVRP, VRPTW, MDVRPTW, mixed fleets, prizes.

Conventions of their best known values: CVRP rounds distances to whole units; VRPTW and PCVRPTW (DIMACS) cut
them to one decimal; HFVRP and MDVRPTW keep three decimals.
"""

from __future__ import annotations

import numpy as np

from ..problem import Grid, Job, Problem, Refused, Task, Vehicle, Window
from .plane import UNIT_PRICE, Rule, plane_problem, whole

RULES = {
    "CVRP": Rule(1, "nearest", 1),
    "VRPTW": Rule(10, "down", 10),
    "PCVRPTW": Rule(10, "down", 1),
    "MDVRPTW": Rule(1000, "nearest", 1),
    "HFVRP": Rule(1000, "nearest", 1000),
}
KNOWN = {
    "NODE_COORD_SECTION",
    "DEMAND_SECTION",
    "TIME_WINDOW_SECTION",
    "SERVICE_TIME_SECTION",
    "PRIZE_SECTION",
    "CAPACITY_SECTION",
    "VEHICLES_FIXED_COST_SECTION",
    "VEHICLES_UNIT_DISTANCE_COST_SECTION",
    "VEHICLES_DEPOT_SECTION",
    "DEPOT_SECTION",
    "EDGE_WEIGHT_SECTION",
}
ALWAYS = Window(0, 2**31 - 1)
HUNDREDTHS = 100  # HFVRP files give fixed and unit costs times a hundred


def is_vrplib(text: str) -> bool:
    return "DIMENSION" in text[:2_000] and "_SECTION" in text


def read_vrplib(text: str) -> Problem:
    """The problem of a file; raises Refused where it asks for something that is not read."""
    return _File(text).problem()


class _File:
    def __init__(self, text: str) -> None:
        self.head: dict[str, str] = {}
        self.body: dict[str, list[list[str]]] = {}
        self._split(text)
        self.kind = self.head.get("TYPE", "")
        if self.kind not in RULES:
            raise Refused("TYPE", f"{self.kind!r} is not read; {', '.join(RULES)} are")
        self.rule = RULES[self.kind]
        self.size = int(self.head["DIMENSION"])

    def _split(self, text: str) -> None:
        section = ""
        for line in text.splitlines():
            words = line.replace(":", " : ").split()
            if not words or words[0] == "EOF":
                continue
            if words[0].endswith("_SECTION"):
                section = words[0]
                if section not in KNOWN:
                    raise Refused(section, "this section is not read")
                self.body[section] = []
            elif ":" in words[:2]:
                self.head[words[0]] = " ".join(words[2:]).strip('" ')
            elif section:
                self.body[section].append(words)

    def _column(self, section: str, count: int, default: str) -> list[float]:
        """A value per node or vehicle: from its section, else one for all from the header."""
        found = [float(self.head.get(section, default))] * count
        for words in self.body.get(f"{section}_SECTION", ()):
            found[int(words[0]) - 1] = float(words[1])
        return found

    def problem(self) -> Problem:
        coordinates = {int(w[0]): (float(w[1]), float(w[2])) for w in self.body.get("NODE_COORD_SECTION", ())}
        points = [coordinates.get(number + 1, (0.0, 0.0)) for number in range(self.size)]
        return plane_problem(
            self.head.get("NAME", ""), points, self._vehicles(), self._jobs(), self.rule, self._explicit()
        )

    def _explicit(self) -> Grid | None:
        if self.head.get("EDGE_WEIGHT_TYPE") != "EXPLICIT":
            return None
        shape = self.head.get("EDGE_WEIGHT_FORMAT")
        numbers = [int(float(word)) for words in self.body.get("EDGE_WEIGHT_SECTION", ()) for word in words]
        if shape == "FULL_MATRIX" and len(numbers) == self.size**2:
            return Grid(np.array(numbers, dtype=np.int32).reshape(self.size, self.size))
        if shape == "LOWER_ROW" and len(numbers) == self.size * (self.size - 1) // 2:
            table = np.zeros((self.size, self.size), dtype=np.int32)
            table[np.tril_indices(self.size, -1)] = numbers
            return Grid(table + table.T)
        raise Refused("EDGE_WEIGHT_FORMAT", f"{shape} is not read, or has a wrong count of numbers")

    def _depots(self) -> list[int]:
        found = [int(words[0]) - 1 for words in self.body.get("DEPOT_SECTION", ())]
        return [depot for depot in found if depot >= 0] or [0]

    def _windows(self) -> list[Window]:
        found = [ALWAYS] * self.size
        for words in self.body.get("TIME_WINDOW_SECTION", ()):
            found[int(words[0]) - 1] = Window(
                whole(float(words[1]), self.rule), whole(float(words[2]), self.rule)
            )
        return found

    def _jobs(self) -> list[Job]:
        demand = self._column("DEMAND", self.size, "0")
        service = self._column("SERVICE_TIME", self.size, "0")
        prize = self._column("PRIZE", self.size, "0")
        windows, depots = self._windows(), self._depots()
        return [
            Job(
                id=str(node),
                amount=(int(demand[node]),),
                delivery=Task(
                    str(node),
                    () if windows[node] is ALWAYS else (windows[node],),
                    whole(service[node], self.rule),
                ),
                tariff=whole(prize[node], self.rule) if "PRIZE_SECTION" in self.body else None,
            )
            for node in range(self.size)
            if node not in depots
        ]

    def _vehicles(self) -> list[Vehicle]:
        depots, windows = self._depots(), self._windows()
        demand = sum(self._column("DEMAND", self.size, "0"))
        count = int(self.head.get("VEHICLES", 0)) or self._enough(demand)
        capacity = self._column("CAPACITY", count, "0")
        fixed = self._column("VEHICLES_FIXED_COST", count, "0")
        unit = self._column("VEHICLES_UNIT_DISTANCE_COST", count, str(HUNDREDTHS))
        home = self._column("VEHICLES_DEPOT", count, str(depots[0] + 1))
        longest = self.head.get("VEHICLES_MAX_DURATION")
        return [
            Vehicle(
                id=f"vehicle-{number}",
                start=str(int(home[number]) - 1),
                end=str(int(home[number]) - 1),
                capacity=(int(capacity[number]),),
                shift=windows[int(home[number]) - 1],
                fixed_price=round(fixed[number] * self.rule.factor / HUNDREDTHS),
                km_price=round(unit[number] * UNIT_PRICE / HUNDREDTHS),
                max_seconds=None if longest is None else whole(float(longest), self.rule),
            )
            for number in range(count)
        ]

    def _enough(self, demand: float) -> int:
        """CVRP leaves the fleet open: twice what the load needs, and no more than there are customers."""
        return min(self.size - 1, 2 * int(-(-demand // float(self.head["CAPACITY"]))) + 10)
