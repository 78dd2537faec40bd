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
        *_groups(problem, plan),
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
                if done.kind == "reload":
                    continue
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


def _served(plan: Plan) -> set[str]:
    return {done.job for route in plan.routes for step in route.steps for done in step.acts}


def _groups(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """One alternative at most; none is one entry of the jobs left out, in the name of the group."""
    served = _served(plan)
    known = {group.id for group in problem.groups}
    for group in problem.groups:
        done = sorted(served & set(group.jobs))
        listed = [item for item in plan.unserved if item.job in group.jobs or item.group == group.id]
        if len(done) > 1:
            yield Violation("group.several", group.id, f"{done} are alternatives")
        if len(done) + len(listed) < 1 or (done and listed) or len(listed) > 1:
            yield Violation("group.account", group.id, f"{len(done)} done, {len(listed)} left out")
        for item in listed:
            if item.group != group.id or item.job not in group.jobs:
                yield Violation("group.name", item.job, f"is left out for {item.group!r}, not {group.id!r}")
            if item.tariff != group.tariff:
                yield Violation("cost.tariff", item.job, f"tariff {item.tariff}, not {group.tariff}")
    for item in plan.unserved:
        if item.group and item.group not in known:
            yield Violation("group.name", item.job, f"no such group: {item.group!r}")


def _unserved(problem: Problem, plan: Plan) -> Iterator[Violation]:
    served = _served(plan)
    listed = Counter(item.job for item in plan.unserved)
    grouped = {job for group in problem.groups for job in group.jobs}
    for job in problem.jobs:
        if job.id in grouped:
            continue
        if (job.id in served) == (listed[job.id] > 0):
            state = "both served and left out" if job.id in served else "neither served nor left out"
            yield Violation("job.account", job.id, state)
        if listed[job.id] > 1:
            yield Violation("job.account", job.id, "left out twice")
    tariffs = {job.id: job.tariff for job in problem.jobs}
    for item in plan.unserved:
        if item.job not in tariffs:
            yield Violation("job.unknown", item.job, "no such job")
        elif item.job not in grouped and tariffs[item.job] != item.tariff:
            yield Violation("cost.tariff", item.job, f"tariff {item.tariff}, not {tariffs[item.job]}")


def _prefixes(problem: Problem, plan: Plan) -> Iterator[Violation]:
    driven = {
        route.vehicle: [(done.job or step.location, done.kind) for step in route.steps for done in step.acts]
        for route in plan.routes
    }
    for prefix in problem.prefixes:
        wanted = [(act.job or act.location, act.kind) for act in prefix.acts]
        if driven.get(prefix.vehicle, [])[: len(wanted)] != wanted:
            yield Violation("lock.prefix", prefix.vehicle, "does not begin with its frozen acts")


def _sums(problem: Problem, plan: Plan) -> Iterator[Violation]:
    tariffs = {job.id: job.tariff or 0 for job in problem.jobs}
    tariffs |= {job: group.tariff or 0 for group in problem.groups for job in group.jobs}
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
