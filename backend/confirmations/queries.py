"""What is to be counted at a door, and what was."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count as Rows
from django.db.models import Q, QuerySet

from backend.confirmations.models import Confirmation, ConfirmationLine, Count, Tally
from backend.confirmations.rules import FATES, Counted
from backend.deliveries.models import Drop, DropParcel
from backend.deliveries.queries import drop_by_link
from backend.deliveries.rules import DropState
from backend.deliveries.tokens import link_token
from backend.shipments.models import ShipmentLine


@dataclass
class SheetRow:
    """One item to count: the same item out of several orders is one heap on the floor.

    `parts` are its order items (public id, quantity), oldest gift first; `count` is the answer, once given.
    """

    item: str
    names: dict[str, str]
    units: dict[str, str]
    drawing: str
    quantity: int = 0
    boxes: list[str] = field(default_factory=list)
    parts: dict[str, int] = field(default_factory=dict)
    count: Counted | None = None
    reasons: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Sheet:
    """What one drop brings, and the answer given to it."""

    drop: str
    recipient: str
    recipient_names: dict[str, str]
    site_names: dict[str, str]
    township: str
    state: DropState
    expected_from: datetime | None
    expected_to: datetime | None
    boxes: int
    rows: list[SheetRow]
    confirmed_at: datetime | None = None
    second_adult: str = ""


@dataclass(frozen=True)
class Waiting:
    """A drop that nobody has counted yet, with the token of its link."""

    drop: str
    token: str
    expected_from: datetime | None
    boxes: int


def lines_of(drop_id: int) -> QuerySet[ShipmentLine]:
    """Every shipment line of a drop's parcels, oldest gift first."""
    parcels = DropParcel.objects.filter(drop_id=drop_id).exclude(state=DropState.FAILED.value)
    rows = ShipmentLine.objects.filter(parcel_item__parcel__in=parcels.values("parcel"))
    rows = rows.select_related("parcel_item__order_item", "order_line__funded_line")
    return rows.order_by("order_line_id", "pk")


def sheet(*, drop: str) -> Sheet | None:
    """The sheet of a drop, or None. A constant number of queries."""
    row = Drop.objects.select_related("recipient__organisation", "site").filter(public_id=drop).first()
    return _sheet(row) if row else None


def linked_sheet(*, token: str) -> Sheet | None:
    """The sheet that a signed link opens; None for a link that is not ours or has ended."""
    row = drop_by_link(token=token)
    return _sheet(row) if row else None


def waiting(*, recipient: str, except_drop: str = "") -> list[Waiting]:
    """Drops of a recipient (public id of the organisation) that nobody has counted yet, next first."""
    rows = Drop.objects.filter(recipient__organisation__public_id=recipient, confirmation__isnull=True)
    rows = rows.exclude(public_id=except_drop).exclude(state=DropState.FAILED.value)
    rows = rows.annotate(boxes=Rows("parcels", filter=~Q(parcels__state=DropState.FAILED.value)))
    return [
        Waiting(row.public_id, link_token(row.public_id, row.link_version), row.expected_from, row.boxes)
        for row in rows.filter(boxes__gt=0).order_by("expected_from", "pk")[:10]
    ]


def _sheet(drop: Drop) -> Sheet:
    rows, boxes = _rows(drop.pk)
    answer = Confirmation.objects.filter(drop=drop).first()
    if answer:
        _fill(rows, Count.objects.filter(confirmation=answer).select_related("order_item"))
    return Sheet(
        drop=drop.public_id,
        recipient=drop.recipient.organisation.public_id,
        recipient_names=drop.recipient.organisation.names,
        site_names=drop.site.names,
        township=drop.site.township,
        state=DropState(drop.state),
        expected_from=drop.expected_from,
        expected_to=drop.expected_to,
        boxes=boxes,
        rows=list(rows.values()),
        confirmed_at=answer.confirmed_at if answer else None,
        second_adult=answer.second_adult if answer else "",
    )


def _rows(drop_id: int) -> tuple[dict[str, SheetRow], int]:
    rows: dict[str, SheetRow] = {}
    codes: dict[str, None] = {}
    lines = lines_of(drop_id).select_related("parcel_item__order_item__offer__item", "parcel_item__parcel")
    for line in lines:
        order_item, box = line.parcel_item.order_item, line.parcel_item.parcel.code
        item = order_item.offer.item
        row = rows.setdefault(item.public_id, SheetRow(item.public_id, item.names, item.units, item.drawing))
        row.quantity += line.quantity
        row.parts[order_item.public_id] = row.parts.get(order_item.public_id, 0) + line.quantity
        if box not in row.boxes:
            row.boxes.append(box)
        codes[box] = None
    return rows, len(codes)


def _fill(rows: dict[str, SheetRow], counts: QuerySet[Count]) -> None:
    by_part = {part: row for row in rows.values() for part in row.parts}
    for count in counts:
        row = by_part[count.order_item.public_id]
        before = row.count or Counted(0)
        row.count = Counted(*(getattr(before, fate) + getattr(count, fate) for fate in FATES))
        if count.reason and count.reason not in row.reasons:
            row.reasons.append(count.reason)


def disputed_counts(*, drop: str, parts: Collection[str]) -> str:
    """What later, differing tallies say arrived whole of some order items: «38, 41», first one first."""
    tallies = Tally.objects.filter(drop__public_id=drop, differs=True).order_by("pk")
    totals = [
        sum(int(found["received"]) for found in counts if found["order_item"] in parts)
        for counts in tallies.values_list("counts", flat=True)
    ]
    return ", ".join(str(total) for total in totals)


@dataclass(frozen=True)
class CountSeen:
    """What a door counted of one item, for everybody to see: good, bad (broken, wrong, expired), missing."""

    recipient_names: dict[str, str]
    names: dict[str, str]
    units: dict[str, str]
    quantity: int
    received: int
    bad: int
    missing: int
    at: datetime


def recent_counts(*, appeal: str = "", limit: int = 3) -> list[CountSeen]:
    """The newest counts of all doors, or of one appeal (public id). One query."""
    rows = Count.objects.select_related(
        "confirmation__drop__recipient__organisation", "order_item__offer__item"
    )
    if appeal:
        lines = ConfirmationLine.objects.filter(
            shipment_line__order_line__funded_line__need_line__appeal__public_id=appeal
        )
        rows = rows.filter(pk__in=lines.values("count"))
    return [_seen(row) for row in rows.order_by("-confirmation__confirmed_at", "-pk")[:limit]]


def _seen(row: Count) -> CountSeen:
    item, confirmation = row.order_item.offer.item, row.confirmation
    return CountSeen(
        confirmation.drop.recipient.organisation.names,
        item.names,
        item.units,
        row.quantity,
        row.received,
        row.damaged + row.wrong + row.expired,
        row.missing,
        confirmation.confirmed_at,
    )
