"""Take a phone's tally, and fold one confirmation per drop from the tallies."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from backend.confirmations.models import Confirmation, ConfirmationLine, Count, Tally
from backend.confirmations.queries import lines_of
from backend.confirmations.rules import (
    FATES,
    Counted,
    Found,
    Settlement,
    settle,
    shipment_whole,
    spread,
    state_of,
)
from backend.deliveries import operations as deliveries
from backend.deliveries.models import Drop
from backend.deliveries.rules import DropState
from backend.donations import operations as donations
from backend.journal.kinds import Kind
from backend.journal.models import Entry
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.kernel.errors import Conflicts, Malformed, Missing
from backend.ledger import operations as ledger
from backend.ledger.operations import Posting
from backend.ledger.rules import AccountKind, CostClass, TransferKind
from backend.needs import operations as needs
from backend.shipments import operations as shipments
from backend.shipments.models import ShipmentLine
from backend.supplier_orders.models import SupplierOrderItem


class NoSuchDrop(Missing):
    """There is no such delivery."""

    code = "no_such_drop"


class DropFailed(Conflicts):
    """This delivery was given up and its boxes come another time: count them then."""

    code = "drop_failed"


class NothingToCount(Conflicts):
    """This delivery has no boxes any more."""

    code = "nothing_to_count"


class BadCount(Malformed):
    """Every item of the delivery is counted once, with whole numbers that are not negative."""

    code = "bad_count"


class TallyElsewhere(Conflicts):
    """This phone's tally was already sent for another delivery."""

    code = "tally_elsewhere"


@dataclass(frozen=True)
class _Heap:
    """One order item of the drop: its lines (oldest gift first) and what was found of them."""

    lines: list[ShipmentLine]
    found: Found
    count: Counted
    surplus: int


@own_transaction
def submit_tally(
    *,
    drop: str,
    client_uuid: str,
    device: str,
    counts: Sequence[Found],
    counted_at: datetime,
    second_adult: str = "",
    at: datetime,
    actor: str,
) -> Confirmation:
    """Own transaction. Keep one phone's tally; the first of a drop becomes its confirmation.

    A repeat of `client_uuid` changes nothing, a second phone's tally is kept as sent; both get the first
    answer. A drop that the courier has not reported yet counts as delivered.
    Raises NoSuchDrop, DropFailed, NothingToCount, BadCount, TallyElsewhere.
    """
    row = deliveries.locked_drop(drop=drop)
    if row is None:
        raise NoSuchDrop
    earlier = Tally.objects.filter(client_uuid=client_uuid).first()
    if earlier and earlier.drop_id != row.pk:
        raise TallyElsewhere
    first = Confirmation.objects.filter(drop=row).first()
    if first and earlier:
        return first
    kept = Tally(
        drop=row,
        client_uuid=client_uuid,
        device=device[:80],
        counts=[asdict(found) for found in counts],
        second_adult=second_adult[:80],
        counted_at=min(counted_at, at),
        received_at=at,
    )
    if first:
        _keep_later(kept, first, counts, actor=actor, at=at)
        return first
    return _confirm(row, kept, counts, actor=actor, at=at)


def _keep_later(
    kept: Tally, first: Confirmation, counts: Sequence[Found], *, actor: str, at: datetime
) -> None:
    kept.differs = _answers(counts) != _answers([Found(**found) for found in first.tally.counts])
    kept.save(force_insert=True)
    public = {"differs": kept.differs, "tally": kept.pk, "counts": first.tally_id}
    record(kind=Kind.TALLY_RECEIVED, subject=f"drop:{kept.drop.public_id}", actor=actor, at=at, public=public)


def _answers(counts: Sequence[Found]) -> dict[str, tuple[int, int, int, int]]:
    return {f.order_item: (f.received, f.damaged, f.wrong, f.expired) for f in counts}


def _confirm(drop: Drop, kept: Tally, counts: Sequence[Found], *, actor: str, at: datetime) -> Confirmation:
    if drop.state == DropState.FAILED.value:
        raise DropFailed
    heaps = _heaps(drop, counts)
    if drop.state == DropState.EXPECTED.value:
        deliveries.deliver_by_count(drop=drop, client_uuid=kept.client_uuid, actor=actor, at=at)
    kept.save(force_insert=True)
    surplus = sum(heap.surplus for heap in heaps)
    confirmation = Confirmation.objects.create(
        drop=drop,
        tally=kept,
        second_adult=kept.second_adult,
        state=state_of((heap.count for heap in heaps), surplus).value,
        confirmed_at=at,
    )
    lines = _write(confirmation, heaps)
    entry = record(
        kind=Kind.DROP_CONFIRMED,
        subject=f"drop:{drop.public_id}",
        actor=actor,
        at=at,
        public=_public(confirmation, heaps, surplus),
        private={"second_adult": kept.second_adult} if kept.second_adult else None,
    )
    reasons = {heap.found.order_item: heap.found.reason for heap in heaps}
    _tell_earlier_rooms(lines, reasons, actor=actor, at=at)
    _book(lines, entry, at=at)
    return confirmation


def _heaps(drop: Drop, counts: Sequence[Found]) -> list[_Heap]:
    lines: dict[str, list[ShipmentLine]] = defaultdict(list)
    wanted = lines_of(drop.pk).select_related(
        "parcel_item__order_item__order__supplier",
        "parcel_item__order_item__offer",
        "parcel_item__parcel",
        "order_line__funded_line__need_line",
    )
    for line in wanted:
        lines[line.parcel_item.order_item.public_id].append(line)
    if not lines:
        raise NothingToCount
    found = {f.order_item: f for f in counts}
    if len(found) != len(counts) or set(found) != set(lines):
        raise BadCount(pointer="/counts")
    for f in counts:
        if min(f.received, f.damaged, f.wrong, f.expired, f.missing) < 0:
            raise BadCount(pointer=f"/counts/{f.order_item}")
    return [_heap(of, found[item]) for item, of in lines.items()]


def _heap(lines: list[ShipmentLine], found: Found) -> _Heap:
    count, surplus = settle(found, sum(line.quantity for line in lines))
    return _Heap(lines, found, count, surplus)


def _write(confirmation: Confirmation, heaps: list[_Heap]) -> list[tuple[ShipmentLine, Counted]]:
    rows = Count.objects.bulk_create(
        Count(
            confirmation=confirmation,
            order_item=heap.lines[0].parcel_item.order_item,
            quantity=heap.count.total,
            reason=heap.found.reason[:200],
            **asdict(heap.count),
        )
        for heap in heaps
    )
    spread_out: list[tuple[ShipmentLine, Counted]] = []
    written: list[ConfirmationLine] = []
    for count, heap in zip(rows, heaps, strict=True):
        for line, part in zip(heap.lines, spread(heap.count, [n.quantity for n in heap.lines]), strict=True):
            spread_out.append((line, part))
            written.append(
                ConfirmationLine(count=count, shipment_line=line, quantity=line.quantity, **asdict(part))
            )
    ConfirmationLine.objects.bulk_create(written, batch_size=1_000)
    return spread_out


def _public(confirmation: Confirmation, heaps: list[_Heap], surplus: int) -> dict[str, object]:
    counted = {fate: sum(getattr(heap.count, fate) for heap in heaps) for fate in FATES}
    items = {heap.found.order_item: {fate: getattr(heap.count, fate) for fate in FATES} for heap in heaps}
    return {"state": confirmation.state, "surplus": surplus, **counted, "items": items}


def _tell_earlier_rooms(
    lines: list[tuple[ShipmentLine, Counted]], reasons: Mapping[str, str], *, actor: str, at: datetime
) -> None:
    received: dict[int, int] = defaultdict(int)
    again: dict[int, int] = defaultdict(int)
    why: dict[int, str] = {}
    for line, part in lines:
        funded_line = line.order_line.funded_line
        received[funded_line.need_line_id] += part.received
        again[funded_line.pk] += part.lacking
        why[funded_line.pk] = reasons[line.parcel_item.order_item.public_id]
    # orders before needs before gifts: the order in which every room locks them
    _close_shipments({line.parcel_item.parcel.shipment_id for line, _ in lines}, actor=actor, at=at)
    needs.mark_received(quantities=_some(received), actor=actor, at=at)
    for pk, quantity in sorted(_some(again).items()):
        donations.reopen_goods(funded_line=pk, quantity=quantity, reason=why[pk], actor=actor, at=at)


def _some(quantities: Mapping[int, int]) -> dict[int, int]:
    return {key: quantity for key, quantity in quantities.items() if quantity}


def _close_shipments(shipment_ids: Iterable[int], *, actor: str, at: datetime) -> None:
    """A shipment closes with the last of its counts, whole when every one of them was.

    Its boxes may come in several drops. The lock makes two counts that meet see each other.
    """
    ids = sorted(shipment_ids)
    shipments.lock_shipments(shipments=ids)
    of_shipment = "parcel_item__parcel__shipment"
    rows = ShipmentLine.objects.filter(
        **{f"{of_shipment}__in": ids, "parcel_item__parcel__voided_at": None}
    ).values_list(of_shipment, "quantity", "confirmation__received")
    counted: dict[int, list[tuple[int, int | None]]] = defaultdict(list)
    for shipment_id, quantity, received in rows:
        counted[shipment_id].append((quantity, received))
    for shipment_id in ids:
        whole = shipment_whole(counted[shipment_id])
        if whole is not None:
            shipments.confirm(shipment_id=shipment_id, whole=whole, actor=actor, at=at)


def _book(lines: list[tuple[ShipmentLine, Counted]], entry: Entry, *, at: datetime) -> None:
    """Owe the supplier for what arrived whole; what was given beyond its price goes to the remainder."""
    books: dict[tuple[int, int], Settlement] = defaultdict(Settlement)
    for line, part in lines:
        item, funded = line.parcel_item.order_item, line.order_line.funded_line
        key = (funded.charity_id, item.order.supplier.organisation_id)
        books[key] = books[key].plus(
            units=part.received, given_price=funded.unit_price, order_price=_price(item)
        )
    postings = [
        posting
        for (charity, owner), due in sorted(books.items())
        for posting in _post(charity, owner, due, entry)
    ]
    ledger.post_many(postings=postings, at=at)


def _price(item: SupplierOrderItem) -> int:
    """A replacement is ordered at no price: the unit that came short was not paid, the one that makes it
    good is, once, at the price of its offer.
    """
    return item.unit_price or item.offer.charity_price


def _post(charity_id: int, supplier_id: int, due: Settlement, entry: Entry) -> Iterator[Posting]:
    gifts = ledger.account(charity_id=charity_id, kind=AccountKind.GIFTS)
    payable = ledger.account(charity_id=charity_id, kind=AccountKind.PAYABLE, owner_id=supplier_id)
    remainder = ledger.account(charity_id=charity_id, kind=AccountKind.REMAINDER)
    for debit, credit, amount, kind in (
        (gifts, payable, due.from_gifts, TransferKind.GOODS_COUNTED),
        (gifts, remainder, due.saved, TransferKind.SAVING),
        (remainder, payable, due.topped_up, TransferKind.GOODS_COUNTED),
    ):
        if amount:
            yield Posting(debit, credit, amount, kind, entry, CostClass.PROGRAMME)
