"""The shapes of the dispatcher's pages: frozen, worded, drawn."""

from dataclasses import dataclass
from datetime import date, datetime

from backend.deliveries.rules import PlanState
from backend.interfaces.dispatch import drawing

SEARCH_SECONDS = (10, 30, 60)


@dataclass(frozen=True)
class Tag:
    """A state tag: which of the look's states, and the exact word."""

    of: str
    word: str


@dataclass(frozen=True)
class County:
    """What waits in a county, for the form that asks for a plan."""

    region: str
    name: str
    shipments: int
    boxes: int


@dataclass(frozen=True)
class PlanRow:
    """One line of the list of plans."""

    public_id: str
    number: str
    county: str
    on: date
    tag: Tag
    cost: str
    stops: int | None
    left: int | None


@dataclass(frozen=True)
class Call:
    """A receiver whose code was wrong five times."""

    drop: str
    name: str
    sign: str
    number: int


@dataclass(frozen=True)
class Home:
    """The dispatcher's first page."""

    counties: tuple[County, ...]
    plans: tuple[PlanRow, ...]
    calls: tuple[Call, ...]
    on: date
    first_on: date
    seconds: tuple[int, ...] = SEARCH_SECONDS


@dataclass(frozen=True)
class StopRow:
    """One visit in the table."""

    number: int
    name: str
    pickup: bool
    arrival: datetime
    departure: datetime
    pieces: int
    boxes: int
    price: str
    carrier: str
    dear: bool  # a carrier would take these goods for less
    window: str
    tag: Tag


@dataclass(frozen=True)
class RouteRow:
    """One vehicle and its visits."""

    public_id: str
    sign: str
    lane: str
    vehicle_class: str
    cost: str
    kilometres: str
    pieces: int
    boxes: int
    courier: str
    started: bool
    leaves: datetime
    returns: datetime
    stops: tuple[StopRow, ...]


@dataclass(frozen=True)
class LeftRow:
    """One shipment that stays, and the choice that is left."""

    shipment: str
    number: str
    name: str
    pieces: int
    weight: str
    tag: Tag
    why: str
    reasons: tuple[str, ...]
    cheapest: str
    carrier: str
    waits_days: int
    can_send: bool
    gone: str


@dataclass(frozen=True)
class FillRow:
    """How full one vehicle gets: its bar and the words beside it."""

    sign: str
    of: str
    y: int
    used: float
    room: float
    words: str

    @property
    def text_y(self) -> int:
        return self.y + 15

    @property
    def text_x(self) -> float:
        return round(self.room + 34, 1)


@dataclass(frozen=True)
class Progress:
    """How far a search is; money empty until there is some."""

    elapsed: int
    seconds: int
    incumbent: str
    bound: str
    gap: str
    owed: int
    started: bool
    reasons: bool  # the routes stand; reasons are being written


@dataclass(frozen=True)
class PlanPage:
    """One plan, in whatever state it is."""

    public_id: str
    number: str
    county: str
    on: date
    state: PlanState
    tag: Tag
    failure: str
    asked_at: datetime
    drafted_at: datetime | None
    released_at: datetime | None
    progress: Progress
    routes: tuple[RouteRow, ...]
    left: tuple[LeftRow, ...]
    cost: str
    cost_parts: tuple[str, ...]
    per_piece: str
    kilometres: str
    method: str
    gap: str
    bound: str
    whole_gap: str
    whole_bound: str
    stops: int
    done: int
    pieces: int
    boxes: int
    vehicles: int
    longest_wait: int
    repeat: str
    map: drawing.RouteMap | None
    day: drawing.DayChart | None
    gap_chart: drawing.GapChart | None
    fills: tuple[FillRow, ...]
    couriers: tuple[tuple[str, str], ...]
    sendable: int
    send_price: str
    unsearched: bool  # no search stands behind it

    @property
    def is_draft(self) -> bool:
        return self.state is PlanState.DRAFTED

    @property
    def is_released(self) -> bool:
        return self.state is PlanState.RELEASED

    @property
    def is_asked(self) -> bool:
        return self.state is PlanState.ASKED
