"""Read a gift's rows out of every room, by joins on real foreign keys: a constant number of queries."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from django.db.models import Count as Number
from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from backend.catalogue.models import Lane as LaneRow
from backend.confirmations.models import ConfirmationLine
from backend.deliveries.models import DropParcel
from backend.deliveries.rules import DropState
from backend.donations.models import (
    Donation,
    DonationLine,
    FundedLine,
    Funding,
    Question,
    RefundLine,
)
from backend.donations.rules import RefundStatus
from backend.needs.models import NeedLine
from backend.shipments.models import Handover, Parcel, ShipmentLine
from backend.shipments.rules import Step
from backend.supplier_orders.models import SupplierOrderLine
from backend.supplier_orders.rules import RequestStatus
from backend.timelines.story import (
    Asked,
    Attempt,
    Boxed,
    Fate,
    Gift,
    Lane,
    Line,
    MoneyBack,
    Ordered,
    Units,
)

T = TypeVar("T")
MOST_LINES = 200  # of one gift on one page; a large gift has tens of thousands


def gift(*, donation: str, user_id: int | None = None) -> Gift | None:
    """One gift by its public id, with its first MOST_LINES lines; only this member's own when `user_id` is given."""
    rows = Donation.objects.filter(public_id=donation)
    found = _gifts(rows if user_id is None else rows.filter(user_id=user_id))
    return found[0] if found else None


def gifts_of(*, user_id: int, first: int = 0, limit: int = 20) -> list[Gift]:
    """A member's gifts, newest first."""
    return _gifts(
        Donation.objects.filter(user_id=user_id).order_by("-placed_at", "-pk")[first : first + limit]
    )


def gifts(*, donations: Iterable[str]) -> list[Gift]:
    """Some gifts by their public ids, in no order."""
    return _gifts(Donation.objects.filter(public_id__in=list(donations)))


def _gifts(rows: QuerySet[Donation]) -> list[Gift]:
    donations = list(rows.select_related("charity__organisation").annotate(all_lines=Number("lines")))
    lines = _lines([donation.pk for donation in donations])
    return [
        Gift(
            ref=row.public_id,
            number=row.pk,
            link_version=row.link_version,
            charity=row.charity.organisation.names,
            status=row.status,
            amount=row.amount,
            placed_at=row.placed_at,
            paid_at=row.paid_at,
            expires_at=row.expires_at,
            order_after=row.order_after,
            lines=tuple(lines[row.pk]),
            all_lines=row.all_lines,
        )
        for row in donations
    ]


def _grouped(rows: Iterable[Any], key: Callable[[Any], Any], make: Callable[[Any], T]) -> dict[Any, list[T]]:
    groups: dict[Any, list[T]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(make(row))
    return groups


def _lines(donation_ids: Sequence[int]) -> dict[int, list[Line]]:
    rows = DonationLine.objects.filter(donation__in=donation_ids, need_line__isnull=False).order_by("pk")
    place = Window(RowNumber(), partition_by=F("donation"), order_by="pk")
    rows = (
        rows.annotate(place=place)
        .filter(place__lte=MOST_LINES)
        .select_related(
            "need_line__item",
            "need_line__recipient__organisation",
            "need_line__recipient__site",
            "need_line__appeal",
        )
    )
    lines = list(rows)
    fundings = Funding.objects.filter(line__in=lines).order_by("pk")
    fundings = fundings.select_related("funded_line__need_line__recipient__organisation")
    funded = _grouped(fundings, lambda row: row.line_id, lambda row: row.funded_line)
    units = _units({line.funded_line_id: line.funded_line for line in fundings})
    refunds = RefundLine.objects.filter(line__in=lines).select_related("refund").order_by("pk")
    back = _grouped(refunds, lambda row: row.line_id, _money_back)
    return _grouped(
        lines,
        lambda line: line.donation_id,
        lambda line: _line(line, [units[row.pk] for row in funded[line.pk]], back[line.pk]),
    )


def _line(row: DonationLine, bought: list[Units], refunds: list[MoneyBack]) -> Line:
    need = row.need_line
    assert need is not None
    site = need.recipient.site
    return Line(
        ref=row.pk,
        names=need.item.names,
        units=need.item.units,
        drawing=need.item.drawing,
        quantity=row.quantity,
        amount=row.amount,
        recipient=need.recipient.organisation.names,
        place=site.township,
        appeal=need.appeal.public_id,
        hours=site.hours,
        bought=tuple(_for_line(units, need) for units in bought),
        refunds=tuple(refunds),
    )


def _money_back(row: RefundLine) -> MoneyBack:
    refund = row.refund
    failed = refund.status == RefundStatus.FAILED.value
    return MoneyBack(row.amount, refund.asked_at, refund.paid_at, failed)


def _units(funded: dict[int, FundedLine]) -> dict[int, Units]:
    sharers = Funding.objects.filter(funded_line__in=funded).values_list("funded_line")
    shares = dict(sharers.annotate(n=Number("line__donation", distinct=True)))
    asked = _grouped(
        Question.objects.filter(funded_line__in=funded).order_by("pk"), lambda row: row.funded_line_id, _asked
    )
    orders = _orders(list(funded))
    return {
        pk: Units(
            quantity=row.quantity,
            unit_price=row.unit_price,
            filled=row.filled,
            amount=row.amount,
            due_at=row.due_at,
            sharers=shares.get(pk, 1),
            released=row.released,
            reopened=row.reopened,
            need=row.need_line.public_id,
            elsewhere=row.need_line.recipient.organisation.names,
            orders=tuple(orders[pk]),
            questions=tuple(asked[pk]),
        )
        for pk, row in funded.items()
    }


def _asked(row: Question) -> Asked:
    return Asked(
        ref=row.public_id,
        kind=row.kind,
        quantity=row.quantity,
        choices=tuple(row.choices),
        fallback=row.fallback,
        asked_at=row.asked_at,
        answer_by=row.answer_by,
        answer=row.answer or "",
        answered_at=row.answered_at,
    )


def _orders(funded_line_ids: Sequence[int]) -> dict[int, list[Ordered]]:
    rows = SupplierOrderLine.objects.filter(funded_line__in=funded_line_ids).order_by("pk")
    lines = list(rows.select_related("item__order__supplier__organisation", "item__order__warehouse"))
    boxes = _boxes([line.pk for line in lines])
    warehouses = {line.item.order.warehouse_id for line in lines}
    lanes = list(LaneRow.objects.filter(warehouse__in=warehouses).order_by("-to_division"))
    by_warehouse = _grouped(lanes, lambda lane: lane.warehouse_id, lambda lane: lane)
    return _grouped(
        lines,
        lambda line: line.funded_line_id,
        lambda line: _ordered(line, boxes[line.pk], by_warehouse[line.item.order.warehouse_id]),
    )


def _ordered(row: SupplierOrderLine, boxes: list[Boxed], lanes: list[LaneRow]) -> Ordered:
    order = row.item.order
    return Ordered(
        quantity=row.quantity,
        supplier=order.supplier.organisation.names,
        town=order.warehouse.township,
        submitted_at=order.submitted_at,
        answered_at=order.answered_at,
        dropped=row.dropped,
        reason=row.item.reason,
        expired=order.request_status == RequestStatus.EXPIRED.value,
        replacement=order.replacement,
        expected_at=row.item.expected_at,
        respond_by=order.respond_by,
        lanes=tuple((lane.to_division, Lane(lane.days_min, lane.days_max)) for lane in lanes),
        boxes=tuple(boxes),
    )


def _for_line(units: Units, need: NeedLine) -> Units:
    """As this line of the gift sees it: gone elsewhere or not, each order with the lane to its door.

    The lane is the one to the smallest division around the door.
    """
    codes = (need.recipient.site.township_code, need.recipient.site.county_code)

    def chosen(order: Ordered) -> Ordered:
        fitting = [(to, lane) for to, lane in order.lanes if any(code.startswith(to) for code in codes)]
        return replace(order, lane=max(fitting, key=lambda found: len(found[0]))[1] if fitting else None)

    elsewhere = None if units.need == need.public_id else units.elsewhere
    return replace(units, elsewhere=elsewhere, orders=tuple(chosen(order) for order in units.orders))


def _boxes(order_line_ids: Sequence[int]) -> dict[int, list[Boxed]]:
    rows = ShipmentLine.objects.filter(order_line__in=order_line_ids).order_by("pk")
    lines = list(rows.select_related("parcel_item__parcel__shipment"))
    parcels = {line.parcel_item.parcel_id for line in lines}
    numbers = _box_numbers({line.parcel_item.parcel.shipment_id for line in lines})
    left = dict(
        Handover.objects.filter(parcel__in=parcels, step=Step.PICKUP.value)
        .order_by("-at")
        .values_list("parcel_id", "at")
    )
    drops = (
        DropParcel.objects.filter(parcel__in=parcels)
        .order_by("pk")
        .select_related("drop__stop__route__vehicle")
    )
    attempts = _grouped(drops, lambda row: row.parcel_id, _attempt)
    fates = _fates([line.pk for line in lines])

    def box(line: ShipmentLine) -> Boxed:
        parcel = line.parcel_item.parcel
        number, of = numbers[parcel.pk]
        return Boxed(
            quantity=line.quantity,
            code=parcel.code,
            number=number,
            of=of,
            packed_at=parcel.shipment.packed_at,
            left_at=left.get(parcel.pk),
            by_carrier=bool(parcel.shipment.carrier_ref),
            attempts=tuple(attempts[parcel.pk]),
            fate=fates.get(line.pk),
        )

    return _grouped(lines, lambda line: line.order_line_id, box)


def _box_numbers(shipment_ids: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Which box of how many each parcel is in its shipment."""
    boxes = Parcel.objects.filter(shipment__in=shipment_ids, voided_at=None).order_by("pk")
    parcels = boxes.values_list("shipment_id", "pk")
    by_shipment = _grouped(parcels, lambda row: row[0], lambda row: row[1])
    return {
        parcel: (number, len(held))
        for held in by_shipment.values()
        for number, parcel in enumerate(held, start=1)
    }


def _attempt(row: DropParcel) -> Attempt:
    drop, stop = row.drop, row.drop.stop
    failed = row.state == DropState.FAILED.value
    return Attempt(
        expected_from=drop.expected_from,
        expected_to=drop.expected_to,
        delivered_at=drop.delivered_at if not failed else None,
        failed_at=((stop.done_at if stop else None) or drop.created_at) if failed else None,
        fail_reason=stop.fail_reason if failed and stop else "",
        vehicle=stop.route.vehicle.sign if stop else "",
    )


def _fates(shipment_line_ids: Sequence[int]) -> dict[int, Fate]:
    rows = ConfirmationLine.objects.filter(shipment_line__in=shipment_line_ids)
    return {
        row.shipment_line_id: Fate(
            confirmed_at=row.count.confirmation.confirmed_at,
            received=row.received,
            damaged=row.damaged,
            wrong=row.wrong,
            expired=row.expired,
            missing=row.missing,
            batch=row.count.received,
            of_batch=row.count.quantity,
            reason=row.count.reason,
            two_adults=bool(row.count.confirmation.second_adult),
        )
        for row in rows.select_related("count__confirmation")
    }
