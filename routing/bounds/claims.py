"""What must be done or paid for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..problem import Problem


@dataclass(frozen=True, slots=True)
class Claim:
    """Jobs (by number) of which one is done, alternatives or just one; or else the tariff is paid, if there is one."""

    jobs: tuple[int, ...]
    tariff: int | None


def claims_of(problem: Problem, reachable: Collection[int]) -> tuple[list[Claim], float]:
    """The claims as far as a vehicle may take their jobs (`reachable`); and the tariffs of all the rest.

    Mandatory jobs that no vehicle may take are left out.
    """
    numbers = {job.id: number for number, job in enumerate(problem.jobs)}
    grouped = {job for group in problem.groups for job in group.jobs}
    claims = [Claim((numbers[job.id],), job.tariff) for job in problem.jobs if job.id not in grouped]
    claims += [Claim(tuple(numbers[job] for job in g.jobs), g.tariff) for g in problem.groups]
    found = [Claim(tuple(job for job in claim.jobs if job in reachable), claim.tariff) for claim in claims]
    return [claim for claim in found if claim.jobs], float(
        sum(claim.tariff or 0 for claim in found if not claim.jobs)
    )
