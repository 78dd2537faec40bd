"""Which of two sets of routes is better: one measure for engines, repair and progress."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..problem import Sequence
from .appraise import Appraiser, Broken
from .build import left_out


@dataclass(frozen=True, order=True, slots=True)
class Worth:
    """Less is better: mandatory jobs left out, each weighed 1 and its priority; then fen, with tariffs of the rest."""

    missing: int
    fen: int
    owed: int = field(compare=False, default=0)  # mandatory jobs left out


class Scales:
    """Weighs routes by what they truly cost, and remembers those it has seen."""

    def __init__(self, appraiser: Appraiser) -> None:
        self._appraiser = appraiser
        self._costs: dict[Sequence, int | None] = {}

    def weigh(self, routes: Iterable[Sequence]) -> Worth | None:
        """None where some route cannot be driven."""
        found = tuple(routes)
        costs = [self._cost(sequence) for sequence in found]
        if None in costs:
            return None
        left = left_out(self._appraiser.problem, (act.job for item in found for act in item.acts))
        owed = [item for item in left if item.tariff is None]
        return Worth(
            missing=sum(1 + self._priority(item.job) for item in owed),
            fen=sum(cost or 0 for cost in costs) + sum(item.tariff or 0 for item in left),
            owed=len(owed),
        )

    def _priority(self, job: str) -> int:
        group = self._appraiser.group_of.get(job)
        return self._appraiser.jobs[job].priority if group is None else group.priority

    def _cost(self, sequence: Sequence) -> int | None:
        if sequence not in self._costs:
            facts = self._appraiser.appraise(sequence.vehicle, sequence.acts)
            self._costs[sequence] = None if isinstance(facts, Broken) else facts.cost
        return self._costs[sequence]
