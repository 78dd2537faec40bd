"""Rules over the whole plan: every job once, every vehicle once, sums that add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..plan import Plan
from ..problem import Job, Problem
from .violation import Violation


def check_whole(problem: Problem, plan: Plan) -> list[Violation]:
    """Violations that no single route can show."""
    return [
        *_vehicles(problem, plan),
        *_jobs(problem, plan),
        *_unserved(problem, plan),
        *_prefixes(problem, plan),
        *_sums(problem, plan),
    ]


def _vehicles(problem: Problem, plan: Plan) -> Iterator[Violation]:
    known = {vehicle.id for vehicle in problem.vehicles}
    for vehicle, count in Counter(route.vehicle for route in plan.routes).items():
        if vehicle not in known:
            yield Violation("vehicle.unknown", vehicle, "no such vehicle")
        if count > 1:
            yield Violation("vehicle.twice", vehicle, f"drives {count} routes")


def _jobs(problem: Problem, plan: Plan) -> Iterator[Violation]:
    jobs = {job.id: job for job in problem.jobs}
    seen: Counter[tuple[str, str]] = Counter()
    carriers: dict[str, set[str]] = {}
    for route in plan.routes:
        for step in route.steps:
            for done in step.acts:
                seen[done.job, done.kind] += 1
                carriers.setdefault(done.job, set()).add(route.vehicle)
    for (job_id, kind), count in seen.items():
        if job_id not in jobs:
            yield Violation("job.unknown", job_id, "no such job")
        elif (jobs[job_id].pickup if kind == "pickup" else jobs[job_id].delivery) is None:
            yield Violation("job.kind", job_id, f"has no {kind}")
        if count > 1:
            yield Violation("job.twice", job_id, f"its {kind} is done {count} times")
    for job_id, vehicles in carriers.items():
        if len(vehicles) > 1:
            yield Violation("pair.split", job_id, f"picked up and delivered by {sorted(vehicles)}")
    yield from _halves(jobs, seen)


def _halves(jobs: dict[str, Job], seen: Counter[tuple[str, str]]) -> Iterator[Violation]:
    for job in jobs.values():
        if job.pickup is not None and job.delivery is not None:
            picked, brought = seen[job.id, "pickup"] > 0, seen[job.id, "delivery"] > 0
            if picked != brought:
                yield Violation("pair.half", job.id, "delivered only" if brought else "picked up only")


def _unserved(problem: Problem, plan: Plan) -> Iterator[Violation]:
    served = {done.job for route in plan.routes for step in route.steps for done in step.acts}
    listed = Counter(item.job for item in plan.unserved)
    for job in problem.jobs:
        if (job.id in served) == (listed[job.id] > 0):
            state = "both served and left out" if job.id in served else "neither served nor left out"
            yield Violation("job.account", job.id, state)
        if listed[job.id] > 1:
            yield Violation("job.account", job.id, "left out twice")
    tariffs = {job.id: job.tariff for job in problem.jobs}
    for item in plan.unserved:
        if item.job not in tariffs:
            yield Violation("job.unknown", item.job, "no such job")
        elif tariffs[item.job] != item.tariff:
            yield Violation("cost.tariff", item.job, f"tariff {item.tariff}, not {tariffs[item.job]}")


def _prefixes(problem: Problem, plan: Plan) -> Iterator[Violation]:
    driven = {
        route.vehicle: [(done.job, done.kind) for step in route.steps for done in step.acts]
        for route in plan.routes
    }
    for prefix in problem.prefixes:
        wanted = [(act.job, act.kind) for act in prefix.acts]
        if driven.get(prefix.vehicle, [])[: len(wanted)] != wanted:
            yield Violation("lock.prefix", prefix.vehicle, "does not begin with its frozen acts")


def _sums(problem: Problem, plan: Plan) -> Iterator[Violation]:
    tariffs = {job.id: job.tariff or 0 for job in problem.jobs}
    wanted = {
        "fixed": sum(route.fixed_cost for route in plan.routes),
        "km": sum(route.km_cost for route in plan.routes),
        "hour": sum(route.hour_cost for route in plan.routes),
        "carrier": sum(tariffs.get(item.job, 0) for item in plan.unserved),
    }
    for name, amount in wanted.items():
        if getattr(plan.cost, name) != amount:
            yield Violation("cost.sum", name, f"{getattr(plan.cost, name)}, not {amount}")
    owed = any(item.job in tariffs and item.tariff is None for item in plan.unserved)
    if plan.lower_bound is not None and not owed and plan.lower_bound > sum(wanted.values()):
        yield Violation("bound", "plan", f"lower bound {plan.lower_bound} above cost {sum(wanted.values())}")
