"""What is to be planned: places, vehicles, jobs, and what is already decided.

Units: metres, seconds (from the plan's own midnight or any other zero), integer fen, WGS-84 degrees.
Amounts are vectors in the order of `Problem.dimensions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from .checks import refuse_nonsense
from .codec import INT32, Grid, Range, Size

Id = Annotated[str, Size(1, 200)]
Fen = Annotated[int, Range(0, 10**11)]
Seconds = Annotated[int, Range(0, INT32)]
Metres = Annotated[int, Range(0, INT32)]
Amount = Annotated[int, Range(0, 10**12)]
Terrain = Literal["plain", "hills", "mountains"]
ActKind = Literal["pickup", "delivery", "reload"]

MAX_LOCATIONS = 20_000
MAX_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Window:
    """A span of time: from `start` to `end`, both allowed."""

    start: Seconds
    end: Seconds


@dataclass(frozen=True, slots=True)
class Location:
    """A place. `x` and `y` are for plane instances, where profiles bring their own tables."""

    id: Id
    lon: Annotated[float, Range(-180, 180)] | None = None
    lat: Annotated[float, Range(-90, 90)] | None = None
    x: float | None = None
    y: float | None = None
    classes: tuple[Id, ...] | None = None  # vehicle classes that get there today; None: every class
    visit_seconds: Seconds = 0  # once per visit, after the jobs done there
    terrain: Terrain | None = None
    factor: Annotated[float, Range(1, 5)] | None = None  # road over straight line, learned around here
    kmh: Annotated[float, Range(1, 200)] | None = None  # learned around here


@dataclass(frozen=True, slots=True)
class Profile:
    """How a kind of vehicle gets about: tables by location order, or speed and terrain to make them from."""

    id: Id
    metres: Grid | None = None
    seconds: Grid | None = None
    kmh: Annotated[float, Range(1, 200)] = 35.0
    leg_seconds: Annotated[int, Range(0, 7_200)] = 0  # of every leg besides its length, such as leaving town
    terrain: Terrain = "hills"
    factor: Annotated[float, Range(1, 5)] | None = None  # road over straight line, where one was learned
    method: str = ""  # how the tables were made, such as "geodesic x 1.60 mountains"


@dataclass(frozen=True, slots=True)
class Break:
    """A rest of `seconds` that begins within `window`: between two stops, before the start, after the end."""

    seconds: Seconds
    window: Window


@dataclass(frozen=True, slots=True)
class Task:
    """One end of a job, or a reload: where, when it may begin (no windows: any time), how long it takes."""

    location: Id
    windows: tuple[Window, ...] = ()
    service_seconds: Seconds = 0


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle for one shift. No `start`: it begins at its first stop; no `end`: it ends at its last.

    At a reload it unloads what was picked up for good and loads what the next trip delivers; goods of pairs
    stay on board. A route with two reloads has three trips.
    """

    id: Id
    start: Id | None
    end: Id | None
    capacity: tuple[Amount, ...]
    shift: Window = Window(0, 86_400)
    profile: Id = "road"
    fixed_price: Fen = 0
    km_price: Fen = 0
    hour_price: Fen = 0
    max_metres: Metres | None = None
    max_seconds: Seconds | None = None  # of the whole route, start to end
    vehicle_class: str = ""
    skills: tuple[Id, ...] = ()
    breaks: tuple[Break, ...] = ()
    reloads: tuple[Task, ...] = ()  # where it may begin another trip
    max_trips: Annotated[int, Range(1, 1_000)] | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Goods to move. Both ends: a pair. Delivery alone: on board from the start. Pickup alone: stays on.

    `tariff` is what a common carrier would take for it: with one the job is optional and left out where a
    vehicle would cost more; without one it is mandatory.
    """

    id: Id
    amount: tuple[Amount, ...]
    pickup: Task | None = None
    delivery: Task | None = None
    tariff: Fen | None = None
    priority: Annotated[int, Range(0, 100)] = 0  # who goes first when not every mandatory job fits
    release: Seconds = 0  # not loaded before
    skills: tuple[Id, ...] = ()
    classes: tuple[Id, ...] | None = None
    vehicles: tuple[Id, ...] | None = None
    returns: tuple[Amount, ...] = ()  # of a delivery alone: taken on board there, to the end or a reload


@dataclass(frozen=True, slots=True)
class Group:
    """Alternatives: one of these jobs is done, the others never are; their own tariffs must be None.

    With a `tariff` none need be done; the tariff is then paid once. Without, one is mandatory.
    """

    id: Id
    jobs: Annotated[tuple[Id, ...], Size(1, 1_000)]
    tariff: Fen | None = None
    priority: Annotated[int, Range(0, 100)] = 0


@dataclass(frozen=True, slots=True)
class Act:
    """One end of a job as something done on a route; or a reload, which names a location and no job."""

    job: Annotated[str, Size(0, 200)]
    kind: ActKind
    location: Annotated[str, Size(0, 200)] = ""


@dataclass(frozen=True, slots=True)
class Sequence:
    """What a vehicle does, in order."""

    vehicle: Id
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True)
class Lock:
    """This job goes with this vehicle, if it goes at all."""

    job: Id
    vehicle: Id


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything one planning run needs to know."""

    locations: Annotated[tuple[Location, ...], Size(0, MAX_LOCATIONS)]
    vehicles: tuple[Vehicle, ...]
    jobs: tuple[Job, ...]
    profiles: Annotated[tuple[Profile, ...], Size(1, 100)] = (Profile("road"),)
    dimensions: Annotated[tuple[Id, ...], Size(1, 10)] = ("grams", "cm3")
    groups: tuple[Group, ...] = ()
    locks: tuple[Lock, ...] = ()
    orders: tuple[Sequence, ...] = ()  # done by this vehicle, if at all, in this order, others between them
    prefixes: tuple[Sequence, ...] = ()  # routes begin exactly so: what is on the road is frozen
    initial: tuple[Sequence, ...] = ()  # where the search begins: a plan to improve
    name: str = ""
    scale: Annotated[int, Range(1, 10**6)] = 1  # of instances: units of the tables in one unit of its own
    cost_scale: Annotated[int, Range(1, 10**6)] | None = None  # fen in one unit of its costs, if not `scale`
    version: Literal[1] = 1

    def __post_init__(self) -> None:
        refuse_nonsense(self)


def acts_of(job: Job) -> tuple[Act, ...]:
    """The ends of a job in the order in which they must happen."""
    pickup = (Act(job.id, "pickup"),) if job.pickup else ()
    return pickup + ((Act(job.id, "delivery"),) if job.delivery else ())


def task_of(job: Job, kind: ActKind) -> Task:
    """The end of a job that an act names; raises KeyError where the job has none."""
    task = job.pickup if kind == "pickup" else job.delivery
    if task is None:
        raise KeyError(f"{job.id} has no {kind}")
    return task
