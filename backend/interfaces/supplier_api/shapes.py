"""What goes over the wire. Enumerations stay open: clients accept words that they do not know."""

import re
from datetime import UTC, date, datetime
from typing import Annotated

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict, Field

MOST = 1_000_000
Count = Annotated[int, Field(ge=0, le=MOST, strict=True)]
Some = Annotated[int, Field(ge=1, le=MOST, strict=True)]
Names = dict[str, str]


def _rfc_3339(value: object) -> object:
    """A number is no moment: nobody could say whether it counts seconds or milliseconds."""
    if not isinstance(value, str) or not RFC_3339.match(value):
        raise ValueError("a moment looks like 2026-11-24T09:00:00+08:00")
    return value


def _in_utc(value: datetime) -> datetime:
    """The database knows no offset beyond 16 hours."""
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("a moment lies between the years 1 and 9999") from None


RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")
Moment = Annotated[AwareDatetime, BeforeValidator(_rfc_3339), AfterValidator(_in_utc)]
Ref = Annotated[str, Field(max_length=40, pattern=r"^[!-~]*$")]
TEXT = r"^[^\x00-\x1f\x7f]*$"  # no control signs


class In(Schema):
    """A request body: unknown fields are refused, so that a typing error is not lost."""

    model_config = ConfigDict(extra="forbid")


class OrderItemOut(Schema):
    id: str
    sku: str
    names: Names
    units: Names
    unit_price: int = Field(description="fen; 0 in a replacement")
    asked: int
    accepted: int
    backordered: int
    rejected: int
    packed: int
    stock_held: int = Field(description="of your reported stock; the rest is for you to confirm")
    needs_expiry_date: bool
    expected_at: datetime | None
    reason: str


class BoxItemOut(Schema):
    item: str
    sku: str
    quantity: int
    lot: str
    expires_on: date | None


class BoxOut(Schema):
    code: str
    grams: int
    cm3: int
    handed: str = Field(description="the last change of hands, if any")
    items: list[BoxItemOut]


class ShipmentOut(Schema):
    id: str
    number: str
    state: str
    mode: str
    packed_at: datetime
    ready_at: datetime | None
    allowed_actions: list[str]
    parcels: list[BoxOut]


class OrderOut(Schema):
    """One warehouse is asked for goods for one recipient."""

    id: str
    number: str
    etag: str
    request_status: str = Field(description="what you and we said to each other")
    status: str = Field(description="how far the goods have come")
    allowed_actions: list[str]
    policy: str
    replacement: bool = Field(description="at your cost: it makes good what came short or broken")
    supplier_ref: str | None
    charity: Names
    location: str
    recipient: Names
    township: str
    submitted_at: datetime
    respond_by: datetime
    answered_at: datetime | None
    updated_at: datetime
    items: list[OrderItemOut]
    shipments: list[ShipmentOut]


class OrderPage(Schema):
    orders: list[OrderOut]
    next_cursor: str | None


class ItemAnswerIn(In):
    """accepted + backordered + rejected = asked."""

    item: Ref
    accepted: Count = 0
    backordered: Count = 0
    rejected: Count = 0
    expected_at: Moment | None = None
    reason: Annotated[str, Field(max_length=80, pattern=TEXT)] = ""


class AnswerIn(In):
    supplier_ref: Annotated[
        str, Field(min_length=1, max_length=80, pattern=TEXT, description="yours, unique per order")
    ]
    items: Annotated[list[ItemAnswerIn], Field(min_length=1, max_length=500)]


class GiveBackIn(In):
    reason: Annotated[str, Field(min_length=1, max_length=80, pattern=TEXT)]


class BoxItemIn(In):
    item: Ref
    quantity: Some
    lot: Annotated[str, Field(max_length=40, pattern=TEXT)] = ""
    expires_on: date | None = None


class BoxIn(In):
    grams: Annotated[int, Field(ge=1, le=100_000_000, strict=True)]
    cm3: Annotated[int, Field(ge=1, le=2_000_000_000, strict=True)] | None = None
    items: Annotated[list[BoxItemIn], Field(min_length=1, max_length=200)]


class PackIn(In):
    parcels: Annotated[list[BoxIn], Field(min_length=1, max_length=1_000)]


class HandOverIn(In):
    """Boxes leave your hands: to our courier, or to a common carrier with its own number."""

    parcels: Annotated[list[Ref], Field(min_length=1, max_length=1_000)]
    to: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9:_.-]+$")]


class LabelOut(Schema):
    code: str
    qr: str = Field(description="what the square code says")
    number: str
    position: int
    of: int
    grams: int
    warehouse: Names
    township: str
    recipient: str = Field(description="masked")
    packed_on: date


class LabelsOut(Schema):
    labels: list[LabelOut]


class LocationOut(Schema):
    id: str
    names: Names


class LocationsOut(Schema):
    locations: list[LocationOut]


class StockRowIn(In):
    location: Ref
    sku: Ref
    on_hand: Count
    as_of: Moment
    version: Annotated[int, Field(ge=1, le=2**62, strict=True)]


class StockIn(In):
    rows: Annotated[list[StockRowIn], Field(min_length=1, max_length=500)]


class StockRowOut(Schema):
    location: str
    sku: str
    outcome: str = Field(description="updated, stale or refused")
    code: str
    short: int = Field(description="units promised to orders that do not lie there")


class StockOut(Schema):
    rows: list[StockRowOut]


class EventOut(Schema):
    sequence: int
    id: str
    type: str
    subject: str
    happened_at: datetime
    data: dict[str, object]


class EventsOut(Schema):
    events: list[EventOut]
    last: int = Field(description="ask for what comes after it")
    more: bool
