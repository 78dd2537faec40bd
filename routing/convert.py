"""Problems into files of other formats, where they fit: what is read back must be the same problem.

JSON takes everything, its tables in the text or in an .npz beside it. `vrplib` is the dialect of PyVRP with
the table in the file; `solomon` has points of the plane. Names of places, jobs and vehicles become numbers.
"""

from __future__ import annotations

import dataclasses
import json
import zipfile
from collections.abc import Callable, Iterator
from collections.abc import Sequence as Many
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .problem import (
    MAX_BYTES,
    Grid,
    Job,
    Problem,
    Refused,
    Task,
    Vehicle,
    Window,
    acts_of,
    encode,
    task_of,
    to_json,
)
from .read import problem_text

Format = Literal["json", "npz", "vrplib", "solomon"]
SUFFIXES: dict[str, Format] = {".json": "json", ".vrp": "vrplib", ".txt": "solomon"}
ALWAYS = Window(0, 2**31 - 1)
UNIT_PRICE = 1_000  # fen per km where one metre costs one


def save(problem: Problem, out: Path, to: Format | None = None) -> list[Path]:
    """Writes the problem and says which files; the format is that of the suffix unless named.

    `npz` is JSON with its tables in an .npz beside it. Raises Refused where the problem does not fit the format.
    """
    to = to or SUFFIXES.get(out.suffix)
    if to is None:
        raise Refused("", f"no format is known by {out.suffix!r}; --to names one")
    if to == "npz":
        return _save_apart(problem, out)
    text = json.dumps(to_json(problem), ensure_ascii=False) if to == "json" else WRITERS[to](problem)
    if len(text) > MAX_BYTES:
        raise Refused(
            "", f"{len(text)} bytes of JSON would be refused when read; --to npz keeps tables apart"
        )
    out.write_text(text, encoding="utf-8")
    return [out]


def _save_apart(problem: Problem, out: Path) -> list[Path]:
    tables, profiles = out.with_suffix(".npz"), []
    arrays: dict[str, NDArray[np.int32]] = {}
    for profile in problem.profiles:
        written = encode(dataclasses.replace(profile, metres=None, seconds=None))
        for name, grid in (("metres", profile.metres), ("seconds", profile.seconds)):
            if grid is not None:
                written[name] = {"npz": tables.name, "array": f"{profile.id}.{name}"}
                arrays[f"{profile.id}.{name}"] = grid.values
        profiles.append(written)
    with zipfile.ZipFile(tables, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, values in arrays.items():
            with packed.open(f"{name}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, values, allow_pickle=False)
    fields = {field.name for field in dataclasses.fields(problem)} - {"profiles"}
    whole = {name: encode(getattr(problem, name)) for name in fields if encode(getattr(problem, name))}
    out.write_text(json.dumps(whole | {"profiles": profiles}, ensure_ascii=False), encoding="utf-8")
    return [out, tables]


def vrplib_text(problem: Problem) -> str:
    """The PyVRP dialect: one table for distance and time, one window, one dimension, routes that come home."""
    plain = _Numbered(problem)
    prizes = any(job.tariff is not None for job in plain.jobs)
    several = len(plain.depots) > 1
    kind = "PCVRPTW" if prizes else "MDVRPTW" if several else "VRPTW"
    head = {
        "NAME": problem.name or "problem",
        "TYPE": kind,
        "DIMENSION": len(plain.places),
        "VEHICLES": len(plain.vehicles),
        "EDGE_WEIGHT_TYPE": "EXPLICIT",
        "EDGE_WEIGHT_FORMAT": "FULL_MATRIX",
        "CAPACITY": plain.vehicles[0].capacity[0],
    }
    lines = [f"{name} : {value}" for name, value in head.items()]
    for name, rows in _sections(plain):
        lines.append(f"{name}_SECTION")
        lines += [" ".join(map(str, row)) for row in rows]
    text = "\n".join([*lines, "EOF\n"])
    return _kept(text, plain)


def _sections(plain: _Numbered) -> Iterator[tuple[str, list[Many[object]]]]:
    rows = plain.table.values.tolist()
    yield "EDGE_WEIGHT", rows
    nodes: list[tuple[str, Callable[[Job], int], bool]] = [
        ("DEMAND", lambda job: job.amount[0], True),
        ("BACKHAUL", lambda job: job.returns[0] if job.returns else 0, False),
        ("SERVICE_TIME", lambda job: plain.task(job).service_seconds, False),
        ("RELEASE_TIME", lambda job: job.release, False),
        ("PRIZE", lambda job: job.tariff or 0, False),
    ]
    for name, value, always in nodes:
        values = [0] * len(plain.depots) + [value(job) for job in plain.jobs]
        if always or any(values):
            yield name, list(enumerate(values, 1))
    yield "TIME_WINDOW", [[number, w.start, w.end] for number, w in enumerate(plain.windows(), 1)]
    fleet: list[tuple[str, Callable[[Vehicle], object], object]] = [
        ("CAPACITY", lambda v: v.capacity[0], None),
        ("VEHICLES_FIXED_COST", lambda v: v.fixed_price * 100, 0),
        ("VEHICLES_UNIT_DISTANCE_COST", lambda v: v.km_price * 100 // UNIT_PRICE, 100),
        ("VEHICLES_DEPOT", lambda v: int(v.start or 0) + 1, None),
        ("VEHICLES_MAX_DISTANCE", lambda v: -1 if v.max_metres is None else v.max_metres, -1),
        ("VEHICLES_MAX_DURATION", lambda v: -1 if v.max_seconds is None else v.max_seconds, -1),
        ("VEHICLES_RELOAD_DEPOT", lambda v: " ".join(str(int(t.location) + 1) for t in v.reloads), ""),
        ("VEHICLES_MAX_RELOADS", lambda v: -1 if v.max_trips is None else v.max_trips - 1, -1),
    ]
    for name, figure, usual in fleet:
        values_ = [figure(vehicle) for vehicle in plain.vehicles]
        if any(value != (values_[0] if usual is None else usual) for value in values_):
            yield name, list(enumerate(values_, 1))
    if plain.groups:
        yield (
            "MUTUALLY_EXCLUSIVE_GROUP",
            [[number, *(int(job) + 1 for job in jobs)] for number, jobs in enumerate(plain.groups, 1)],
        )
    yield "DEPOT", [*([number + 1] for number in range(len(plain.depots))), [-1]]


def solomon_text(problem: Problem) -> str:
    """Solomon's table: points of the plane, one depot, equal vehicles; times and lengths in thousandths."""
    plain = _Numbered(problem)
    first = plain.vehicles[0]
    lines = [
        problem.name or "problem",
        "",
        "VEHICLE",
        "NUMBER     CAPACITY",
        f"{len(plain.vehicles)} {first.capacity[0]}",
        "",
        "CUSTOMER",
        "CUST NO.  XCOORD.  YCOORD.  DEMAND  READY TIME  DUE DATE  SERVICE TIME",
        "",
    ]
    stays = [(0, 0)] + [(job.amount[0], plain.task(job).service_seconds) for job in plain.jobs]
    for number, (place, window, (load, work)) in enumerate(
        zip(plain.places, plain.windows(), stays, strict=False)
    ):
        figures = (place.x or 0, place.y or 0, load, window.start / 1000, window.end / 1000, work / 1000)
        lines.append(" ".join([str(number), *(f"{figure:.10g}" for figure in figures)]))
    return _kept("\n".join(lines) + "\n", plain)


WRITERS: dict[Format, Callable[[Problem], str]] = {"vrplib": vrplib_text, "solomon": solomon_text}


class _Numbered:
    """A problem with depots, then one place per job, all named by their number; raises Refused otherwise."""

    def __init__(self, problem: Problem) -> None:
        if not problem.vehicles or not problem.jobs:
            raise Refused("jobs", "a problem without jobs or vehicles fits no other format")
        for name in ("locks", "orders", "prefixes", "initial"):
            if getattr(problem, name):
                raise Refused(name, "this format has none")
        ends = [end for v in problem.vehicles for end in (v.start, v.end, *(t.location for t in v.reloads))]
        if None in ends:
            raise Refused("vehicles", "this format has no open routes")
        self.depots = list(dict.fromkeys(str(end) for end in ends))
        index = {place.id: spot for spot, place in enumerate(problem.locations)}
        spots = [index[depot] for depot in self.depots]
        for number, job in enumerate(problem.jobs):
            if len(acts_of(job)) != 1 or job.pickup is not None:
                raise Refused(f"jobs[{number}].pickup", "this format has deliveries alone")
            spots.append(index[task_of(job, "delivery").location])
        profile = next(p for p in problem.profiles if p.id == problem.vehicles[0].profile)
        if profile.metres is None or profile.seconds is None:
            raise Refused("profiles", "tables are wanted")
        if not np.array_equal(profile.metres.values, profile.seconds.values):
            raise Refused("profiles", "this format has one table for distance and time, these differ")
        self.table = Grid(profile.metres.values[np.ix_(spots, spots)])
        self.places = [dataclasses.replace(problem.locations[s], id=str(n)) for n, s in enumerate(spots)]
        self._name(problem)

    def _name(self, problem: Problem) -> None:
        number = {depot: str(spot) for spot, depot in enumerate(self.depots)}
        numbers = {job.id: str(spot) for spot, job in enumerate(problem.jobs, len(self.depots))}
        fleet = {vehicle.id: f"vehicle-{spot}" for spot, vehicle in enumerate(problem.vehicles)}
        self.jobs = [
            dataclasses.replace(
                job,
                id=numbers[job.id],
                delivery=dataclasses.replace(task_of(job, "delivery"), location=numbers[job.id]),
                vehicles=job.vehicles and tuple(fleet[name] for name in job.vehicles),
            )
            for job in problem.jobs
        ]
        self.vehicles = [
            dataclasses.replace(
                vehicle,
                id=fleet[vehicle.id],
                start=number[vehicle.start or ""],
                end=number[vehicle.end or ""],
                reloads=tuple(dataclasses.replace(t, location=number[t.location]) for t in vehicle.reloads),
            )
            for vehicle in problem.vehicles
        ]
        self.groups = [[numbers[job] for job in group.jobs] for group in problem.groups]
        self.tariffs = [group.tariff for group in problem.groups]

    def task(self, job: Job) -> Task:
        return task_of(job, "delivery")

    def windows(self) -> list[Window]:
        """One per place; of a depot the shift of its first vehicle."""
        shifts = {vehicle.start: vehicle.shift for vehicle in reversed(self.vehicles)}
        homes = [shifts.get(str(number), ALWAYS) for number in range(len(self.depots))]
        return homes + [(self.task(job).windows or (ALWAYS,))[0] for job in self.jobs]


def _kept(text: str, plain: _Numbered) -> str:
    """The text, if reading it gives the same problem."""
    again = problem_text(text.encode())
    profile = again.profiles[0]
    if profile.metres != plain.table or profile.seconds != plain.table:
        raise Refused("profiles", "this format makes other distances of these points")
    pairs: tuple[tuple[str, Many[Vehicle | Job], Many[Vehicle | Job]], ...] = (
        ("vehicles", plain.vehicles, again.vehicles),
        ("jobs", plain.jobs, again.jobs),
    )
    for label, ours, theirs in pairs:
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            for field in one.__dataclass_fields__:
                was, now = getattr(one, field), getattr(other, field)
                if _meant(was, field) != _meant(now, field):
                    raise Refused(f"{label}[{number}].{field}", f"{was!r} would be read as {now!r}")
    for number, place in enumerate(plain.places):
        if place.classes is not None or place.visit_seconds:
            raise Refused(f"locations[{number}]", "this format has no classes and no time per visit")
    groups = [(list(group.jobs), group.tariff) for group in again.groups]
    if groups != list(zip(plain.groups, plain.tariffs, strict=True)):
        raise Refused("groups", "this format has mandatory groups of two or more")
    return text


def _meant(value: object, field: str) -> object:
    """Without a window any time will do, without returns nothing comes back."""
    if field == "delivery" and isinstance(value, Task):
        return value.location, value.windows or (ALWAYS,), value.service_seconds
    return () if isinstance(value, tuple) and value and not any(value) else value
