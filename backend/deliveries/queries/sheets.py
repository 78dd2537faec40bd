"""The shapes of a plan as a dispatcher sees it. Money in fen, weights in grams, distances in metres."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from backend.deliveries.rules import PlanState, StopKind, StopState
from backend.shipments.rules import ShipmentState

Names = Mapping[str, str]


@dataclass(frozen=True)
class PlanLine:
    """One plan in a list. `cost` in fen, `stops` and `left` None before it is drafted."""

    public_id: str
    number: str
    region: str
    on: date
    state: PlanState
    asked_at: datetime
    error: str
    cost: int | None
    stops: int | None
    left: int | None


@dataclass(frozen=True)
class Waiting:
    """What stands ready for the recipients of a county."""

    region: str
    shipments: int
    boxes: int


@dataclass(frozen=True)
class Load:
    """How much: boxes, pieces (units of items), grams, cm3."""

    boxes: int = 0
    pieces: int = 0
    grams: int = 0
    cm3: int = 0

    def __add__(self, other: "Load") -> "Load":
        return Load(
            self.boxes + other.boxes,
            self.pieces + other.pieces,
            self.grams + other.grams,
            self.cm3 + other.cm3,
        )


@dataclass(frozen=True)
class Place:
    """A site on a plan."""

    public_id: str
    names: Names
    lon: float
    lat: float


@dataclass(frozen=True)
class PlanStop:
    """One visit. `price` is what it adds to the plan, `carrier` what its goods cost by common carrier (fen)."""

    number: int
    kind: StopKind
    place: Place
    arrival: datetime
    start: datetime
    departure: datetime
    window: tuple[datetime, datetime] | None
    load: Load
    price: int | None
    carrier: int | None
    state: StopState = StopState.PLANNED
    public_id: str = ""
    arrived_at: datetime | None = None
    done_at: datetime | None = None
    fail_reason: str = ""
    drop: str = ""
    shipment_states: tuple[ShipmentState, ...] = ()

    @property
    def late_minutes(self) -> int:
        """Minutes after the planned arrival; 0 when in time or not there yet."""
        return max(0, int((self.arrived_at - self.arrival).total_seconds() // 60)) if self.arrived_at else 0


@dataclass(frozen=True)
class PlanRoute:
    """One vehicle's tour. `peak` is the fullest it gets in grams and in cm3."""

    sign: str
    vehicle: str
    vehicle_class: str
    capacity: Load
    home: Place
    leaves: datetime
    returns: datetime
    metres: int
    fixed_cost: int
    km_cost: int
    hour_cost: int
    peak: Load
    stops: tuple[PlanStop, ...]
    public_id: str = ""
    state: str = ""
    courier: str = ""

    @property
    def cost(self) -> int:
        return self.fixed_cost + self.km_cost + self.hour_cost

    @property
    def deliveries(self) -> list[PlanStop]:
        return [stop for stop in self.stops if stop.kind is StopKind.DELIVERY]

    @property
    def load(self) -> Load:
        return sum((stop.load for stop in self.deliveries), Load())


@dataclass(frozen=True)
class Reason:
    """Why one vehicle cannot take it: a code of routing's plan, and by how much in the unit of the code."""

    sign: str
    code: str
    amount: int
    added_cost: int | None = None


@dataclass(frozen=True)
class LeftOut:
    """A ready shipment that the plan does not carry. `why` is price, owed, or one of rules.Outside."""

    shipment: str
    number: str
    place: Place
    load: Load
    tariff: int | None
    why: str
    waits_days: int
    state: ShipmentState
    reasons: tuple[Reason, ...] = ()
    relaxation: Reason | None = None

    @property
    def free(self) -> bool:
        """Whether it still waits: neither planned since nor gone by carrier."""
        return self.state in (ShipmentState.READY, ShipmentState.ATTEMPTED)


@dataclass(frozen=True)
class Costs:
    """Fen by kind."""

    fixed: int = 0
    km: int = 0
    hour: int = 0
    carrier: int = 0

    @property
    def total(self) -> int:
        return self.fixed + self.km + self.hour + self.carrier

    @property
    def own(self) -> int:
        return self.fixed + self.km + self.hour


@dataclass(frozen=True)
class PlanSheet:
    """Everything about one plan. `bound` (fen) and `gap` (share of the cost) are None where none was found."""

    public_id: str
    number: str
    region: str
    on: date
    state: PlanState
    error: str
    asked_at: datetime
    drafted_at: datetime | None
    released_at: datetime | None
    seconds: int
    seed: int
    tries: int
    progress: Mapping[str, Any]
    costs: Costs = Costs()
    bound: int | None = None
    gap: float | None = None
    whole_bound: int | None = None
    whole_gap: float | None = None
    method: str = ""
    versions: tuple[str, ...] = ()
    iterations: Mapping[str, int] = field(default_factory=dict)
    routes: tuple[PlanRoute, ...] = ()
    left: tuple[LeftOut, ...] = ()

    @property
    def unsearched(self) -> bool:
        """Whether the engine had not found one plan when its time was over: what stands here was put in hastily."""
        searched = any(row.why in ("price", "owed") for row in self.left) or bool(self.routes)
        return searched and bool(self.iterations) and not any(self.iterations.values())

    @property
    def load(self) -> Load:
        return sum((route.load for route in self.routes), Load())

    @property
    def metres(self) -> int:
        return sum(route.metres for route in self.routes)

    @property
    def stops(self) -> int:
        return sum(len(route.deliveries) for route in self.routes)
