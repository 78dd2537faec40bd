"""The shapes of a gift's story: the rows that go in, and the events, portions and news that come out."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

Words = dict[str, str]  # by language, zh-Hans always among them


class Standing(StrEnum):
    """Where some units of a gift are. Only COUNTED and REFUNDED are ends."""

    GIVEN = "given"
    ORDERED = "ordered"
    PACKED = "packed"
    ROAD = "road"
    ARRIVED = "arrived"
    COUNTED = "counted"
    SHORT = "short"
    BROKEN = "broken"
    REFUNDED = "refunded"
    LATE = "late"
    DECLINED = "declined"


# rows, as the rooms hold them ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fate:
    """What the count said of some units, and of the whole batch (`of_batch` shipped, `batch` arrived whole)."""

    confirmed_at: datetime
    received: int
    damaged: int = 0
    wrong: int = 0
    expired: int = 0
    missing: int = 0
    batch: int = 0
    of_batch: int = 0
    reason: str = ""
    two_adults: bool = False

    @property
    def faulty(self) -> int:
        return self.damaged + self.wrong + self.expired

    @property
    def lacking(self) -> int:
        return self.faulty + self.missing

    @property
    def shared(self) -> bool:
        """Whether other gifts lay in the batch too."""
        return self.of_batch > self.received + self.lacking


@dataclass(frozen=True)
class Attempt:
    """One drop that was to bring a box: expected, delivered or failed."""

    expected_from: datetime | None = None
    expected_to: datetime | None = None
    delivered_at: datetime | None = None
    failed_at: datetime | None = None
    fail_reason: str = ""
    vehicle: str = ""


@dataclass(frozen=True)
class Boxed:
    """Units in one box, with every attempt to bring it (oldest first)."""

    quantity: int
    code: str
    number: int
    of: int
    packed_at: datetime
    left_at: datetime | None = None
    by_carrier: bool = False
    attempts: tuple[Attempt, ...] = ()
    fate: Fate | None = None

    @property
    def arrived_at(self) -> datetime | None:
        return next((a.delivered_at for a in self.attempts if a.delivered_at), None)

    @property
    def standing(self) -> Standing:
        if self.fate:
            return Standing.COUNTED
        if self.arrived_at:
            return Standing.ARRIVED
        return Standing.ROAD if self.left_at else Standing.PACKED


@dataclass(frozen=True)
class Lane:
    """The promised range from one warehouse to the door, in days after the goods are ready."""

    days_min: int
    days_max: int


@dataclass(frozen=True)
class Ordered:
    """Units asked of one supplier; `dropped` it does not supply. `answered_at` is empty until it says so."""

    quantity: int
    supplier: Words
    town: str
    submitted_at: datetime
    answered_at: datetime | None = None
    dropped: int = 0
    reason: str = ""
    expired: bool = False
    replacement: bool = False
    expected_at: datetime | None = None
    respond_by: datetime | None = None
    lanes: tuple[tuple[str, Lane], ...] = ()  # of the warehouse, by division
    lane: Lane | None = None  # the one that leads to the door
    boxes: tuple[Boxed, ...] = ()

    @property
    def held(self) -> int:
        return self.quantity - self.dropped

    @property
    def unboxed(self) -> int:
        return max(self.held - sum(box.quantity for box in self.boxes), 0)


@dataclass(frozen=True)
class Asked:
    """Something only the donor can decide."""

    ref: str
    kind: str
    quantity: int
    choices: tuple[str, ...]
    fallback: str
    asked_at: datetime
    answer_by: datetime
    answer: str = ""
    answered_at: datetime | None = None


@dataclass(frozen=True)
class MoneyBack:
    """A refund of one line: `paid_at` is empty while the gateway has not said yes."""

    amount: int
    asked_at: datetime
    paid_at: datetime | None = None
    failed: bool = False


@dataclass(frozen=True)
class Units:
    """Whole units that a line of a gift pays, alone or with `sharers` others.

    `elsewhere` names another recipient, to whom the donor let units go that the first could not get.
    """

    quantity: int
    unit_price: int
    filled: int
    amount: int
    due_at: datetime | None = None
    sharers: int = 1
    released: int = 0
    reopened: int = 0
    need: str = ""
    elsewhere: Words | None = None
    orders: tuple[Ordered, ...] = ()
    questions: tuple[Asked, ...] = ()


@dataclass(frozen=True)
class Line:
    """One item of a gift, for one recipient. `hours` are the recipient's (parties.rules.Hours)."""

    ref: int
    names: Words
    units: Words
    drawing: str
    quantity: int | None
    amount: int
    recipient: Words
    place: str
    appeal: str
    hours: list[list[tuple[int, int]]]
    bought: tuple[Units, ...] = ()
    refunds: tuple[MoneyBack, ...] = ()


@dataclass(frozen=True)
class Gift:
    """A donation as its donor sees it."""

    ref: str
    number: int
    link_version: int
    charity: Words
    status: str
    amount: int
    placed_at: datetime
    paid_at: datetime | None
    expires_at: datetime | None
    order_after: datetime | None
    lines: tuple[Line, ...] = ()
    all_lines: int = 0

    @property
    def left_out(self) -> int:
        """Lines that are not told here."""
        return max(self.all_lines - len(self.lines), 0)


# the story ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """One thing that happened to `quantity` units; the other fields say what a reader may want to know."""

    kind: Standing
    at: datetime
    quantity: int
    who: Words | None = None
    town: str = ""
    boxes: tuple[str, ...] = ()
    of_boxes: int = 0
    reason: str = ""
    again: bool = False
    until: datetime | None = None  # a supplier has not answered and must by then
    silent: bool = False  # a supplier never answered
    fate: Fate | None = None
    late_days: int = 0
    amount: int = 0


@dataclass(frozen=True)
class Portion:
    """Units that stand in the same place. `again` units were short or broken once and are on their way anew."""

    kind: Standing
    quantity: int
    again: Standing | None = None

    @property
    def done(self) -> bool:
        return self.kind in (Standing.COUNTED, Standing.REFUNDED)


@dataclass(frozen=True)
class Day:
    """One square of the day strip: maybe, likely, shut, or empty."""

    on: date
    kind: str


@dataclass(frozen=True)
class Expected:
    """When goods should be at the door: always a range. `at` is set when a route is planned."""

    first: date
    last: date
    likely: date
    days: tuple[Day, ...] = ()
    at: tuple[datetime, datetime] | None = None


@dataclass(frozen=True)
class Ahead:
    """What comes next for one portion that is under way."""

    portion: Portion
    steps: tuple[Standing, ...]
    expected: Expected | None


class NewsKind(StrEnum):
    QUESTION = "question"
    SHORT = "short"
    BROKEN = "broken"
    DECLINED = "declined"
    LATE = "late"
    REFUND_FAILED = "refund_failed"
    REFUNDED = "refunded"


@dataclass(frozen=True)
class News:
    """Bad news, or money that went back: it stands above the story."""

    kind: NewsKind
    quantity: int
    at: datetime
    fate: Fate | None = None
    question: Asked | None = None
    reason: str = ""
    who: Words | None = None
    amount: int = 0
    expected: Expected | None = None


@dataclass(frozen=True)
class Proof:
    """Who counted how many: the batch and the donor's own."""

    given: int
    packed: int
    boxes: tuple[str, ...]
    received: int
    batch: int
    of_batch: int


@dataclass(frozen=True)
class Story:
    line: Line
    quantity: int
    shared: bool
    events: list[Event]
    portions: list[Portion]
    ahead: list[Ahead]
    news: list[News]
    proof: Proof | None
    last_count: Event | None = field(default=None)

    @property
    def finished(self) -> bool:
        return bool(self.portions) and all(portion.done for portion in self.portions)
