"""What a plan is: routes in steps, costs by kind, what is left out and why, and how it was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..problem import ActKind

Code = Literal[
    "class",  # the place or job does not admit this vehicle class
    "skills",  # the vehicle lacks a skill
    "vehicle",  # the job is bound to other vehicles
    "capacity",  # it does not fit even the empty vehicle
    "full",  # it does not fit beside what the route already carries
    "window",  # no opening hours can be met
    "shift",  # the shift ends too early
    "distance",  # the route would exceed its greatest distance
    "duration",  # the route would exceed its greatest duration
    "break",  # a break could no longer be held
    "locked",  # a frozen prefix or a fixed order stands in the way
    "trips",  # no reload there, or no trip left
    "group",  # an alternative of its group is on the route
    "order",  # delivered before picked up, or one end only
    "price",  # possible, but dearer than the carrier
    "unused",  # possible and not dearer: the search did not find it
]


@dataclass(frozen=True, slots=True)
class Done:
    """One end of a job, or a reload (no job), and when work on it begins."""

    job: str
    kind: ActKind
    start: int


@dataclass(frozen=True, slots=True)
class Step:
    """A stay at one place: the start, a visit with one or more acts in order, or the end."""

    kind: Literal["start", "visit", "end"]
    location: str
    arrival: int
    wait: int
    start: int
    departure: int
    load: tuple[int, ...]  # on board when leaving
    leg_metres: int = 0  # of the way here
    leg_seconds: int = 0
    acts: tuple[Done, ...] = ()


@dataclass(frozen=True, slots=True)
class Rest:
    """A break as held."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Route:
    """What one vehicle does, and what it costs in fen."""

    vehicle: str
    steps: tuple[Step, ...]
    metres: int
    seconds: int
    fixed_cost: int
    km_cost: int
    hour_cost: int
    rests: tuple[Rest, ...] = ()

    @property
    def cost(self) -> int:
        return self.fixed_cost + self.km_cost + self.hour_cost


@dataclass(frozen=True, slots=True)
class Cost:
    """Fen by kind; `carrier` is the tariff of the optional jobs left out."""

    fixed: int = 0
    km: int = 0
    hour: int = 0
    carrier: int = 0

    @property
    def total(self) -> int:
        return self.fixed + self.km + self.hour + self.carrier


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one vehicle cannot take a job; `short` says by how much, in the unit of the code."""

    vehicle: str
    code: Code
    short: int = 0


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The cheapest single change that lets a job be served: `code` waived by `amount` on this vehicle."""

    vehicle: str
    code: Code
    amount: int
    added_cost: int


@dataclass(frozen=True, slots=True)
class Unserved:
    """A job left out. With a tariff the carrier takes it; without one it is owed.

    A group of which nothing is done has one entry: its tariff, and the alternative that comes nearest.
    """

    job: str
    tariff: int | None
    group: str = ""
    reasons: tuple[Reason, ...] = ()
    relaxation: Relaxation | None = None


@dataclass(frozen=True, slots=True)
class StopPrice:
    """What a visit adds: cost now minus cost without it; `carrier` is what its jobs cost by tariff."""

    vehicle: str
    step: int
    location: str
    jobs: tuple[str, ...]
    price: int
    carrier: int | None


@dataclass(frozen=True, slots=True)
class JobPrice:
    """What doing a job costs at least, as a share of the lower bound (its dual price)."""

    job: str
    price: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked answer to a problem."""

    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...]
    cost: Cost
    engine: str = ""
    engine_reason: str = ""
    seconds: float = 0.0
    iterations: int = 0
    seed: int = 0
    versions: tuple[str, ...] = ()
    lower_bound: int | None = None
    bound_method: str = ""
    gap: float | None = None  # (cost - lower bound) / cost; None where a mandatory job is left out
    stop_prices: tuple[StopPrice, ...] = ()
    job_prices: tuple[JobPrice, ...] = ()  # of the bound; empty where there was no time for them

    @property
    def metres(self) -> int:
        return sum(route.metres for route in self.routes)

    @property
    def owed(self) -> tuple[Unserved, ...]:
        """The mandatory jobs that are left out."""
        return tuple(item for item in self.unserved if item.tariff is None)
