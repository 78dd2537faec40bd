"""CVRPLIB files and the VRPLIB dialect of PyVRP: CVRP, VRPTW, several depots or trips, mixed fleets, prizes.

Conventions of their best known values: CVRP rounds distances to whole units; VRPTW, PCVRPTW and MTVRPTWR
(DIMACS) cut them to one decimal; HFVRP and MDVRPTW keep three decimals; a table in the file is taken as it is
(ORTEC: driving seconds). Of MDVRPTW, PCVRPTW and MTVRPTWR the best known values count in the cut units.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from ..problem import Grid, Group, Job, Problem, Refused, Task, Vehicle, Window
from .plane import UNIT_PRICE, Rule, plane_problem, whole

RULES = {
    "CVRP": Rule(1, "nearest", 1),
    "VRPTW": Rule(10, "down", 10),
    "PCVRPTW": Rule(10, "down", 1),
    "MTVRPTWR": Rule(10, "down", 1),
    "MDVRPTW": Rule(1000, "nearest", 1),
    "HFVRP": Rule(1000, "nearest", 1000),
}
AS_GIVEN = Rule(1, "nearest", 1)
KNOWN = {
    "NODE_COORD_SECTION",
    "DEMAND_SECTION",
    "TIME_WINDOW_SECTION",
    "SERVICE_TIME_SECTION",
    "PRIZE_SECTION",
    "RELEASE_TIME_SECTION",
    "BACKHAUL_SECTION",
    "MUTUALLY_EXCLUSIVE_GROUP_SECTION",
    "CAPACITY_SECTION",
    "VEHICLES_FIXED_COST_SECTION",
    "VEHICLES_UNIT_DISTANCE_COST_SECTION",
    "VEHICLES_DEPOT_SECTION",
    "VEHICLES_RELOAD_DEPOT_SECTION",
    "VEHICLES_MAX_RELOADS_SECTION",
    "VEHICLES_MAX_DISTANCE_SECTION",
    "VEHICLES_MAX_DURATION_SECTION",
    "VEHICLES_ALLOWED_CLIENTS_SECTION",
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
        explicit = self.head.get("EDGE_WEIGHT_TYPE") == "EXPLICIT"
        self.rule = AS_GIVEN if explicit else RULES[self.kind]
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

    def _lists(self, section: str) -> dict[int, list[int]]:
        """Nodes per row of a section, counted from 0; -1 fills a row up."""
        rows = self.body.get(f"{section}_SECTION", ())
        return {int(row[0]) - 1: [int(word) - 1 for word in row[1:] if int(word) > 0] for row in rows}

    def problem(self) -> Problem:
        coordinates = {int(w[0]): (float(w[1]), float(w[2])) for w in self.body.get("NODE_COORD_SECTION", ())}
        points = [coordinates.get(number + 1, (0.0, 0.0)) for number in range(self.size)]
        jobs, groups = self._jobs(), self._groups()
        problem = plane_problem(
            self.head.get("NAME", ""), points, self._vehicles(), jobs, self.rule, self._explicit()
        )
        return dataclasses.replace(problem, groups=groups) if groups else problem

    def _groups(self) -> tuple[Group, ...]:
        found = self._lists("MUTUALLY_EXCLUSIVE_GROUP")
        return tuple(
            Group(f"group-{number}", tuple(str(node) for node in nodes))
            for number, nodes in found.items()
            if len(nodes) > 1
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
        prize, release = self._column("PRIZE", self.size, "0"), self._column("RELEASE_TIME", self.size, "0")
        back = self._column("BACKHAUL", self.size, "0")
        windows, depots = self._windows(), self._depots()
        allowed = self._allowed()
        return [
            Job(
                id=str(node),
                amount=(int(demand[node]),),
                delivery=Task(
                    str(node),
                    () if windows[node] is ALWAYS else (windows[node],),
                    whole(service[node], self.rule),
                ),
                # Without a prize a customer must be served.
                tariff=whole(prize[node], self.rule) if prize[node] else None,
                release=whole(release[node], self.rule),
                returns=(int(back[node]),) if back[node] else (),
                vehicles=allowed.get(node),
            )
            for node in range(self.size)
            if node not in depots
        ]

    def _allowed(self) -> dict[int, tuple[str, ...]]:
        """The vehicles that may serve a node, where not all of them may."""
        lists = self._lists("VEHICLES_ALLOWED_CLIENTS")
        nodes = {node for found in lists.values() for node in found}
        able = {node: [number for number, found in lists.items() if node in found] for node in nodes}
        return {node: tuple(f"vehicle-{number}" for number in found) for node, found in able.items()}

    def _count(self) -> int:
        demand = sum(self._column("DEMAND", self.size, "0"))
        return int(self.head.get("VEHICLES", 0)) or self._enough(demand)

    def _vehicles(self) -> list[Vehicle]:
        depots, windows, count = self._depots(), self._windows(), self._count()
        capacity = self._column("CAPACITY", count, "0")
        fixed = self._column("VEHICLES_FIXED_COST", count, "0")
        unit = self._column("VEHICLES_UNIT_DISTANCE_COST", count, str(HUNDREDTHS))
        home = self._column("VEHICLES_DEPOT", count, str(depots[0] + 1))
        longest = self._column("VEHICLES_MAX_DURATION", count, "-1")
        farthest = self._column("VEHICLES_MAX_DISTANCE", count, "-1")
        again, most = self._lists("VEHICLES_RELOAD_DEPOT"), self._column("VEHICLES_MAX_RELOADS", count, "-1")
        return [
            Vehicle(
                id=f"vehicle-{number}",
                start=str(int(home[number]) - 1),
                end=str(int(home[number]) - 1),
                capacity=(int(capacity[number]),),
                shift=windows[int(home[number]) - 1],
                fixed_price=round(fixed[number] * self.rule.factor / HUNDREDTHS),
                km_price=round(unit[number] * UNIT_PRICE / HUNDREDTHS),
                max_metres=None if farthest[number] < 0 else whole(farthest[number], self.rule),
                max_seconds=None if longest[number] < 0 else whole(longest[number], self.rule),
                reloads=tuple(Task(str(depot)) for depot in again.get(number, ())),
                max_trips=None if most[number] < 0 else 1 + int(most[number]),
            )
            for number in range(count)
        ]

    def _enough(self, demand: float) -> int:
        """CVRP leaves the fleet open: twice what the load needs, and no more than there are customers."""
        return min(self.size - 1, 2 * int(-(-demand // float(self.head["CAPACITY"]))) + 10)
