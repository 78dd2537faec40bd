"""What the supplier says to an order, and what its silence says."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from backend.catalogue.operations.holds import free_stock
from backend.donations import operations as donations
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.kernel.errors import Conflicts, Malformed, Missing
from backend.kernel.states import WrongState, must_move
from backend.supplier_orders.models import Reservation, SupplierOrder, SupplierOrderItem, SupplierOrderLine
from backend.supplier_orders.rules import (
    ACCEPTED,
    REQUEST,
    ItemAnswer,
    Policy,
    RequestStatus,
    answer_problems,
    lose,
    status_after,
)


class NoSuchOrder(Missing):
    """There is no such order, or it is not this supplier's."""

    code = "no_such_order"


class OrderChanged(Conflicts):
    """The order was changed since you read it: read it again."""

    code = "order_changed"


class AnswerDoesNotAddUp(Malformed):
    """The answer does not fit what was asked; `details["problems"]` says where."""

    code = "answer_does_not_add_up"


class ReferenceTaken(Conflicts):
    """You have given this reference to another order."""

    code = "reference_taken"


def locked_order(*, order: str, organisation_id: int | None, version: int | None) -> SupplierOrder:
    """The order's row, locked. `organisation_id` None: the platform itself. `version` None: unseen.

    Raises NoSuchOrder, OrderChanged.
    """
    rows = SupplierOrder.objects.select_for_update(of=("self",)).filter(public_id=order)
    if organisation_id is not None:
        rows = rows.filter(supplier__organisation=organisation_id)
    row = rows.select_related("charity__organisation").first()
    if row is None:
        raise NoSuchOrder
    if version is not None and row.version != version:
        raise OrderChanged(version=row.version)
    return row


@own_transaction
def answer(
    *,
    order: str,
    rows: Sequence[ItemAnswer],
    supplier_ref: str,
    actor: str,
    at: datetime,
    organisation_id: int | None = None,
    version: int | None = None,
) -> SupplierOrder:
    """Own transaction. The supplier answers every item of an order (public id) once.

    What is rejected falls on the newest gifts, whose goods are due again for other offers.
    Raises NoSuchOrder, OrderChanged, WrongState, AnswerDoesNotAddUp, ReferenceTaken.
    """
    row = locked_order(order=order, organisation_id=organisation_id, version=version)
    if row.request_status != RequestStatus.SUBMITTED:
        raise WrongState(f"this order is {row.request_status}: it was answered already")
    items = {item.public_id: item for item in row.items.order_by("pk")}
    problems = answer_problems(
        rows, {item.public_id: item.asked for item in items.values()}, Policy(row.policy), at
    )
    if problems:
        raise AnswerDoesNotAddUp(problems[0].message, pointer=problems[0].pointer, problems=problems)
    for given in rows:
        _write_answer(items[given.item], given)
    status = status_after((given.kept, given.rejected) for given in rows)
    _refer(row, supplier_ref)
    _settle(row, status, at, answered_at=at)
    _drop({items[given.item].pk: given.rejected for given in rows}, at)
    _record(row, Kind.ORDER_ANSWERED, rows=rows, actor=actor, at=at)
    return row


def _write_answer(item: SupplierOrderItem, given: ItemAnswer) -> None:
    SupplierOrderItem.objects.filter(pk=item.pk).update(
        accepted=given.accepted,
        backordered=given.backordered,
        rejected=given.rejected,
        expected_at=given.expected_at if given.backordered else None,
        reason=given.reason,
    )


def _refer(row: SupplierOrder, supplier_ref: str) -> None:
    if not supplier_ref:
        raise Malformed("give your own reference for this order", pointer="/supplier_ref")
    try:
        with transaction.atomic():
            SupplierOrder.objects.filter(pk=row.pk).update(supplier_ref=supplier_ref)
    except IntegrityError as error:
        raise ReferenceTaken(pointer="/supplier_ref") from error


def _settle(row: SupplierOrder, to: RequestStatus, at: datetime, **values: object) -> None:
    if row.request_status != to:
        must_move(SupplierOrder.objects.filter(pk=row.pk), REQUEST, to=to, field="request_status")
    SupplierOrder.objects.filter(pk=row.pk).update(version=F("version") + 1, updated_at=at, **values)
    row.refresh_from_db()


def _drop(rejected: Mapping[int, int], at: datetime) -> None:
    """Spread each item's loss over its lines, free the goods, and hold no more stock than is to pack."""
    freed: dict[int, int] = {}
    lines: dict[int, list[SupplierOrderLine]] = {}
    for line in SupplierOrderLine.objects.filter(item__in=rejected).order_by("pk"):
        lines.setdefault(line.item_id, []).append(line)
    for item, quantity in rejected.items():
        held = [line.quantity - line.dropped for line in lines[item]]
        for line, part in zip(lines[item], lose(quantity, held), strict=True):
            if part:
                SupplierOrderLine.objects.filter(pk=line.pk).update(dropped=F("dropped") + part)
                freed[line.funded_line_id] = freed.get(line.funded_line_id, 0) + part
    donations.release_goods(quantities=freed)
    shrink_holds(items=rejected, at=at)


def shrink_holds(*, items: Mapping[int, int] | Sequence[int], at: datetime) -> None:
    """Hold no more stock for each item than is still to pack."""
    held = Reservation.objects.filter(item__in=items, released_at=None).select_related("item__order")
    for reservation in held.order_by("stock_id"):
        item = reservation.item
        answered = item.order.request_status != RequestStatus.SUBMITTED
        kept = item.accepted + item.backordered - item.shipped if answered else item.asked
        spare = reservation.quantity - kept
        if spare > 0:
            free_stock(stock=reservation.stock_id, quantity=spare)
            values = {"quantity": kept, **({} if kept else {"released_at": at})}
            Reservation.objects.filter(pk=reservation.pk).update(**values)


@own_transaction
def give_back(
    *,
    order: str,
    reason: str,
    actor: str,
    at: datetime,
    organisation_id: int | None = None,
    version: int | None = None,
) -> SupplierOrder:
    """Own transaction. The supplier cannot send what it accepted: all that is not in a box is freed.

    Raises NoSuchOrder, OrderChanged, WrongState (nothing of it is left to give back).
    """
    row = locked_order(order=order, organisation_id=organisation_id, version=version)
    items = list(row.items.order_by("pk"))
    rest = {item.pk: item.accepted + item.backordered - item.shipped for item in items}
    if row.request_status not in ACCEPTED or not any(rest.values()):
        raise WrongState("nothing of this order is left to give back")
    for item in items:
        taken = min(item.backordered, rest[item.pk])
        SupplierOrderItem.objects.filter(pk=item.pk).update(
            backordered=item.backordered - taken,
            accepted=item.accepted - (rest[item.pk] - taken),
            rejected=F("rejected") + rest[item.pk],
            reason=reason,
        )
    gone = not any(item.shipped for item in items)
    _settle(row, RequestStatus.CANCELLED if gone else RequestStatus.PARTIALLY_ACCEPTED, at)
    _drop(rest, at)
    _record(row, Kind.ORDER_CANCELLED, reason=reason, actor=actor, at=at)
    return row


@own_transaction
def cancel(*, order: str, reason: str, actor: str, at: datetime) -> SupplierOrder:
    """Own transaction. The platform takes back an order that nobody has answered.

    Raises NoSuchOrder, WrongState.
    """
    row = locked_order(order=order, organisation_id=None, version=None)
    _close(row, RequestStatus.CANCELLED, reason=reason, actor=actor, at=at)
    _record(row, Kind.ORDER_CANCELLED, reason=reason, actor=actor, at=at)
    return row


def _close(row: SupplierOrder, to: RequestStatus, *, reason: str, actor: str, at: datetime) -> None:
    if row.request_status != RequestStatus.SUBMITTED:
        raise WrongState(f"this order is {row.request_status}: it was answered already")
    _settle(row, to, at, answered_at=at)
    asked = {item.pk: item.asked for item in row.items.all()}
    SupplierOrderItem.objects.filter(pk__in=asked).update(rejected=F("asked"), reason=reason)
    _drop(asked, at)


def expire_silent(*, actor: str, at: datetime, limit: int = 200) -> list[SupplierOrder]:
    """Own transactions, one per order. Orders whose supplier kept silent past respond_by are closed:
    their goods are due again, and other offers are asked.
    """
    silent = SupplierOrder.objects.filter(request_status=RequestStatus.SUBMITTED, respond_by__lte=at)
    found = silent.order_by("respond_by", "pk").values_list("pk", flat=True)[:limit]
    expired = [_expire(order=pk, actor=actor, at=at) for pk in found]
    return [row for row in expired if row is not None]


@own_transaction
def _expire(*, order: int, actor: str, at: datetime) -> SupplierOrder | None:
    rows = SupplierOrder.objects.filter(pk=order, request_status=RequestStatus.SUBMITTED, respond_by__lte=at)
    row = (
        rows.select_for_update(of=("self",), skip_locked=True).select_related("charity__organisation").first()
    )
    if row is None:
        return None
    _close(row, RequestStatus.EXPIRED, reason="silent", actor=actor, at=at)
    _record(row, Kind.ORDER_EXPIRED, reason="silent", actor=actor, at=at)
    return row


def _record(
    row: SupplierOrder,
    kind: Kind,
    *,
    actor: str,
    at: datetime,
    rows: Sequence[ItemAnswer] = (),
    reason: str = "",
) -> None:
    public: dict[str, object] = {"number": row.number, "request_status": row.request_status}
    if reason:
        public["reason"] = reason
    if rows:
        public["items"] = [
            {
                "item": given.item,
                "accepted": given.accepted,
                "backordered": given.backordered,
                "rejected": given.rejected,
                "reason": given.reason,
            }
            for given in rows
        ]
    record(
        kind=kind,
        subject=f"order:{row.public_id}",
        actor=actor,
        at=at,
        charity=row.charity.organisation.public_id,
        public=public,
    )
