"""VROOM through pyvroom at its most thorough: plain jobs and pairs; no prices, no mixed distance costs."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import vroom

from ..matrix import location_index, travel
from ..problem import Act, Problem, Sequence, Task
from .program import main

THOROUGH = 5
WIND_UP = 0.5  # seconds for loading, and for what comes after the search


def solve(path: Path, problem: Problem, asked_for: Namespace) -> Iterable[Sequence]:
    if any(job.tariff is not None for job in problem.jobs):
        sys.exit("vroom knows no prices of leaving out")
    if any(vehicle.max_seconds or vehicle.hour_price for vehicle in problem.vehicles):
        sys.exit("vroom limits and prices driving, not the whole route")
    asked, index = vroom.Input(), location_index(problem)
    _add_tables(asked, problem)
    for number, vehicle in enumerate(problem.vehicles):
        asked.add_vehicle(_vehicle(number, vehicle, index))
    for number, job in enumerate(problem.jobs):
        if job.pickup and job.delivery:
            ends = [vroom.ShipmentStep(number, **_stop(task, index)) for task in (job.pickup, job.delivery)]
            asked.add_shipment(*ends, amount=vroom.Amount(list(job.amount)))
        else:
            task = job.pickup or job.delivery
            assert task is not None
            side = {"pickup" if job.pickup else "delivery": vroom.Amount(list(job.amount))}
            asked.add_job(vroom.Job(number, **_stop(task, index), **side))
    limit = timedelta(seconds=max(0.1, asked_for.seconds - WIND_UP))
    answer = asked.solve(THOROUGH, nb_threads=asked_for.cores, timeout=limit)
    return list(_sequences(problem, answer.routes))


def _add_tables(asked: Any, problem: Problem) -> None:
    for profile in {vehicle.profile for vehicle in problem.vehicles}:
        tables = travel(problem, profile)
        asked.set_durations_matrix(profile, tables.seconds.astype(np.uint32))
        prices = {vehicle.km_price for vehicle in problem.vehicles if vehicle.profile == profile}
        if len(prices) > 1:
            sys.exit("vroom knows one price of the way per table")
        cost = tables.metres.astype(np.float64) * prices.pop() / 1000
        asked.set_costs_matrix(profile, np.rint(cost).astype(np.uint32))


def _vehicle(number: int, vehicle: Any, index: dict[str, int]) -> Any:
    ends = {
        side: index[place]
        for side, place in (("start", vehicle.start), ("end", vehicle.end))
        if place is not None
    }
    return vroom.Vehicle(
        number,
        **ends,
        profile=vehicle.profile,
        capacity=list(vehicle.capacity),
        time_window=vroom.TimeWindow(vehicle.shift.start, vehicle.shift.end),
        costs=vroom.VehicleCosts(fixed=vehicle.fixed_price),
    )


def _stop(task: Task, index: dict[str, int]) -> dict[str, Any]:
    windows = [vroom.TimeWindow(window.start, window.end) for window in task.windows]
    stop = {"location": index[task.location], "default_service": task.service_seconds}
    return stop | ({"time_windows": windows} if windows else {})


def _sequences(problem: Problem, table: Any) -> Iterable[Sequence]:
    """Its routes are a table with a row per step."""
    for vehicle, rows in table.groupby("vehicle_id", sort=False):
        acts = []
        for kind, number in zip(rows["type"], rows["id"], strict=True):
            job = problem.jobs[int(number)] if kind in ("job", "pickup", "delivery") else None
            if job is not None:
                first = kind == "pickup" or (kind == "job" and job.pickup is not None)
                acts.append(Act(job.id, "pickup" if first else "delivery"))
        yield Sequence(problem.vehicles[int(vehicle)].id, tuple(acts))


if __name__ == "__main__":
    sys.exit(main(solve))
