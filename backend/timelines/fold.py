"""Fold rows into the donor's story: arithmetic without Django.

Every unit of a gift stands in exactly one portion, and the portions add up to what was given. Goods only
split: a later event is about no more units than the one before it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from backend.timelines.expected import day, expected_between, on_route
from backend.timelines.story import (
    Ahead,
    Attempt,
    Boxed,
    Event,
    Expected,
    Fate,
    Lane,
    Line,
    News,
    NewsKind,
    Ordered,
    Portion,
    Proof,
    Standing,
    Story,
    Units,
)

ROAD_OF_GOODS = (
    Standing.GIVEN,
    Standing.ORDERED,
    Standing.PACKED,
    Standing.ROAD,
    Standing.ARRIVED,
    Standing.COUNTED,
)
# days until goods are ready, by where they stand; said as a range until real trips teach better
READY_DAYS = {Standing.GIVEN: (1, 3), Standing.ORDERED: (0, 2)}
SILENT_LANE = Lane(1, 5)


def tell(line: Line, *, paid_at: datetime | None, now: datetime, zone: str) -> Story:
    """The story of one line of a gift as it stands at `now`; days are those of `zone`."""
    portions = _portions(line)
    ahead = [_ahead(portion, line, now, zone) for portion in _under_way(portions)]
    events = sorted(_events(line, paid_at, zone), key=lambda e: (e.at, _rank(e.kind)))
    return Story(
        line=line,
        quantity=quantity_of(line),
        shared=any(units.sharers > 1 for units in line.bought),
        events=events,
        portions=portions,
        ahead=ahead,
        news=_news(line, portions, ahead),
        proof=_proof(line),
        last_count=next((e for e in reversed(events) if e.kind is Standing.COUNTED), None),
    )


def _rank(kind: Standing) -> int:
    return ROAD_OF_GOODS.index(kind) if kind in ROAD_OF_GOODS else len(ROAD_OF_GOODS)


# where the units are ------------------------------------------------------------------------------------------


def _portions(line: Line) -> list[Portion]:
    held: dict[tuple[Standing, Standing | None], int] = defaultdict(int)
    for units in line.bought:
        for portion in _of_units(units):
            held[portion.kind, portion.again] += portion.quantity
    held[Standing.REFUNDED, None] += _given_up(line)
    if not line.bought:
        held[Standing.GIVEN, None] += line.quantity or 0
    order = [*reversed(ROAD_OF_GOODS), Standing.REFUNDED]
    ranked = sorted(held.items(), key=lambda entry: (order.index(entry[0][0]), entry[0][1] is not None))
    return [Portion(kind, quantity, again) for (kind, again), quantity in ranked if quantity]


def _under_way(portions: list[Portion]) -> list[Portion]:
    """What is still to come; short and broken units that are made good together go one way."""
    merged: dict[tuple[Standing, bool], Portion] = {}
    for portion in portions:
        if not portion.done:
            key = (portion.kind, portion.again is not None)
            known = merged.get(key)
            both = known.quantity + portion.quantity if known else portion.quantity
            merged[key] = Portion(portion.kind, both, known.again if known else portion.again)
    return list(merged.values())


def _of_units(units: Units) -> Iterator[Portion]:
    lacking = _lacking(units)
    under_way = 0
    for order in units.orders:
        for kind, quantity in _of_order(order):
            under_way += quantity
            again = _take(lacking, quantity) if order.replacement else [(None, quantity)]
            yield from (Portion(kind, n, None if kind is Standing.COUNTED else why) for why, n in again)
        if order.replacement:
            _take(lacking, sum(box.fate.lacking for box in order.boxes if box.fate))
    waiting = max(units.quantity - units.released - under_way, 0)
    yield from (Portion(Standing.GIVEN, n, why) for why, n in _take(lacking, waiting))


def _given_up(line: Line) -> int:
    """Units whose money went back: released, and not let go to another recipient."""
    moved = sum(units.quantity for units in line.bought if units.elsewhere)
    return max(sum(units.released for units in line.bought) - moved, 0)


def quantity_of(line: Line) -> int:
    """Units that this line of the gift is about; units let go elsewhere are the same ones."""
    return sum(units.quantity for units in line.bought if not units.elsewhere) or (line.quantity or 0)


def _lacking(units: Units) -> list[tuple[Standing, int]]:
    """Units that came short or broken, in the order in which replacements make them good."""
    fates = [box.fate for order in units.orders for box in order.boxes if box.fate]
    return [
        (Standing.SHORT, sum(fate.missing for fate in fates)),
        (Standing.BROKEN, sum(fate.faulty for fate in fates)),
    ]


def _of_order(order: Ordered) -> Iterator[tuple[Standing, int]]:
    yield Standing.ORDERED, order.unboxed
    for box in order.boxes:
        yield box.standing, box.fate.received if box.fate else box.quantity


def _take(lacking: list[tuple[Standing, int]], quantity: int) -> list[tuple[Standing | None, int]]:
    """Take `quantity` units out of those that lack; what is beyond them is new."""
    taken: list[tuple[Standing | None, int]] = []
    for i, (why, left) in enumerate(lacking):
        part = min(quantity, left)
        lacking[i] = (why, left - part)
        quantity -= part
        taken.append((why, part))
    return [(why, n) for why, n in [*taken, (None, quantity)] if n]


# what happened ------------------------------------------------------------------------------------------------


def _events(line: Line, paid_at: datetime | None, zone: str) -> Iterator[Event]:
    if paid_at:
        yield Event(Standing.GIVEN, paid_at, quantity_of(line), amount=line.amount)
    for units in line.bought:
        for order in units.orders:
            yield from _order_events(order)
    for order in [order for units in line.bought for order in units.orders]:
        yield from _box_events(order, zone)
    for refund in line.refunds:
        if refund.paid_at:
            yield Event(Standing.REFUNDED, refund.paid_at, 0, amount=refund.amount)


def _order_events(order: Ordered) -> Iterator[Event]:
    if order.held:
        yield Event(
            Standing.ORDERED,
            order.answered_at or order.submitted_at,
            order.held,
            who=order.supplier,
            town=order.town,
            again=order.replacement,
            until=None if order.answered_at else order.respond_by,
        )
    if order.dropped:
        yield Event(
            Standing.DECLINED,
            order.answered_at or order.submitted_at,
            order.dropped,
            who=order.supplier,
            town=order.town,
            reason=order.reason,
            silent=order.expired,
        )


def _box_events(order: Ordered, zone: str) -> Iterator[Event]:
    for at, boxes in _grouped(order.boxes, lambda box: box.packed_at):
        yield _of_boxes(Standing.PACKED, at, boxes, again=order.replacement)
    for at, boxes in _grouped(order.boxes, lambda box: box.left_at):
        yield _of_boxes(Standing.ROAD, at, boxes, again=order.replacement, town=order.town)
    for (at, reason), boxes in _grouped_failures(order.boxes):
        yield _of_boxes(Standing.LATE, at, boxes, reason=reason)
    for at, boxes in _grouped(order.boxes, lambda box: box.arrived_at):
        late = _late_days(boxes[0].attempts, at, zone)
        yield _of_boxes(Standing.ARRIVED, at, boxes, late_days=late)
    counted = [box for box in order.boxes if box.fate]
    for at, boxes in _grouped(counted, lambda box: box.fate.confirmed_at if box.fate else None):
        fates = [box.fate for box in boxes if box.fate]
        yield _of_boxes(Standing.COUNTED, at, boxes, fate=_sum(fates))


def _grouped(
    boxes: Iterable[Boxed], key: Callable[[Boxed], datetime | None]
) -> list[tuple[datetime, list[Boxed]]]:
    groups: dict[datetime, list[Boxed]] = defaultdict(list)
    for box in boxes:
        at = key(box)
        if at:
            groups[at].append(box)
    return sorted(groups.items())


def _grouped_failures(boxes: Iterable[Boxed]) -> list[tuple[tuple[datetime, str], list[Boxed]]]:
    groups: dict[tuple[datetime, str], list[Boxed]] = defaultdict(list)
    for box in boxes:
        for attempt in box.attempts:
            if attempt.failed_at:
                groups[attempt.failed_at, attempt.fail_reason].append(box)
    return sorted(groups.items())


def _of_boxes(kind: Standing, at: datetime, boxes: list[Boxed], **more: Any) -> Event:
    codes = tuple(dict.fromkeys(str(box.number) for box in boxes))
    return Event(kind, at, sum(box.quantity for box in boxes), boxes=codes, of_boxes=boxes[0].of, **more)


def _sum(fates: list[Fate]) -> Fate:
    first = fates[0]
    reasons = dict.fromkeys(fate.reason for fate in fates if fate.reason)
    return replace(
        first,
        received=sum(fate.received for fate in fates),
        damaged=sum(fate.damaged for fate in fates),
        wrong=sum(fate.wrong for fate in fates),
        expired=sum(fate.expired for fate in fates),
        missing=sum(fate.missing for fate in fates),
        reason="；".join(reasons),
    )


def _late_days(attempts: tuple[Attempt, ...], arrived_at: datetime, zone: str) -> int:
    """Days after the first promised day; 0 when it was kept or none was given."""
    promised = next((attempt.expected_to for attempt in attempts if attempt.expected_to), None)
    return max((day(arrived_at, zone) - day(promised, zone)).days, 0) if promised else 0


# what comes next ----------------------------------------------------------------------------------------------


def _ahead(portion: Portion, line: Line, now: datetime, zone: str) -> Ahead:
    steps = ROAD_OF_GOODS[ROAD_OF_GOODS.index(portion.kind) + 1 :]
    if portion.kind is Standing.ARRIVED:
        return Ahead(portion, steps, None)
    return Ahead(portion, steps, _expected(portion, line, now, zone))


def _orders_at(portion: Portion, line: Line) -> list[Ordered]:
    return [
        order
        for units in line.bought
        for order in units.orders
        if order.replacement == (portion.again is not None)
        and any(kind is portion.kind and n for kind, n in _of_order(order))
    ]


def _expected(portion: Portion, line: Line, now: datetime, zone: str) -> Expected:
    orders = _orders_at(portion, line)
    planned = [
        (attempt.expected_from, attempt.expected_to)
        for order in orders
        for box in order.boxes
        if box.standing is portion.kind
        for attempt in box.attempts[-1:]
        if attempt.expected_from and attempt.expected_to and not attempt.failed_at
    ]
    if planned:
        return on_route(*planned[-1], line.hours, zone)
    lanes = [order.lane for order in orders if order.lane]
    lane = Lane(min(n.days_min for n in lanes), max(n.days_max for n in lanes)) if lanes else SILENT_LANE
    ready = READY_DAYS.get(portion.kind, (0, 0))
    promised = max((o.expected_at for o in orders if o.expected_at), default=now)
    start = day(max(promised, now), zone)
    first = start + timedelta(days=ready[0] + lane.days_min)
    last = start + timedelta(days=ready[1] + lane.days_max)
    return expected_between(first, last, line.hours)


# what stands above the story ----------------------------------------------------------------------------------


def _news(line: Line, portions: list[Portion], ahead: list[Ahead]) -> list[News]:
    found = [*_questions(line), *_short(line, portions, ahead), *_late(line, ahead)]
    return [*found, *_declined(line, portions), *_money(line)]


def _questions(line: Line) -> Iterator[News]:
    for units in line.bought:
        for asked in units.questions:
            if not asked.answer:
                yield News(NewsKind.QUESTION, asked.quantity, asked.asked_at, question=asked)


def _short(line: Line, portions: list[Portion], ahead: list[Ahead]) -> Iterator[News]:
    """What came short or broken and is not made good yet; the count that said so is told."""
    fates = [b.fate for u in line.bought for o in u.orders for b in o.boxes if b.fate and b.fate.lacking]
    for why, kind in ((Standing.SHORT, NewsKind.SHORT), (Standing.BROKEN, NewsKind.BROKEN)):
        quantity = sum(portion.quantity for portion in portions if portion.again is why)
        if not (quantity and fates):
            continue
        latest = max(fates, key=lambda fate: fate.confirmed_at)
        when = next((a.expected for a in ahead if a.portion.again), None)
        yield News(kind, quantity, latest.confirmed_at, fate=latest, reason=latest.reason, expected=when)


def _late(line: Line, ahead: list[Ahead]) -> Iterator[News]:
    """Boxes that were to be handed over and were not, and still are not."""
    waiting = [
        (box, box.attempts[-1] if not box.attempts[-1].expected_from else failed[-1])
        for units in line.bought
        for order in units.orders
        for box in order.boxes
        if not box.arrived_at and (failed := [a for a in box.attempts if a.failed_at])
    ]
    if waiting:
        failed_at, reason = max((a.failed_at or box.packed_at, a.fail_reason) for box, a in waiting)
        when = next((a.expected for a in ahead if a.portion.kind in (Standing.PACKED, Standing.ROAD)), None)
        quantity = sum(box.quantity for box, _ in waiting)
        yield News(NewsKind.LATE, quantity, failed_at, reason=reason, expected=when)


def _declined(line: Line, portions: list[Portion]) -> Iterator[News]:
    """Units that a supplier refused and nobody else has taken; silent once a question is open."""
    asked = any(not question.answer for units in line.bought for question in units.questions)
    waiting = sum(p.quantity for p in portions if p.kind is Standing.GIVEN and p.again is None)
    refused = [order for units in line.bought for order in units.orders if order.dropped]
    if refused and waiting and not asked:
        last = max(refused, key=lambda order: order.answered_at or order.submitted_at)
        yield News(
            NewsKind.DECLINED,
            min(waiting, sum(order.dropped for order in refused)),
            last.answered_at or last.submitted_at,
            reason=last.reason,
            who=last.supplier,
        )


def _money(line: Line) -> Iterator[News]:
    for refund in line.refunds:
        kind = NewsKind.REFUND_FAILED if refund.failed else NewsKind.REFUNDED
        yield News(kind, 0, refund.paid_at or refund.asked_at, amount=refund.amount)


def _proof(line: Line) -> Proof | None:
    """The table of who counted how many, once a school has counted."""
    boxes = [box for units in line.bought for order in units.orders for box in order.boxes]
    counted = [box for box in boxes if box.fate]
    if not counted:
        return None
    batches = {(b.fate.confirmed_at, b.fate.batch, b.fate.of_batch) for b in counted if b.fate}
    return Proof(
        given=quantity_of(line),
        packed=sum(box.quantity for box in counted),
        boxes=tuple(dict.fromkeys(str(box.number) for box in counted)),
        received=sum(box.fate.received for box in counted if box.fate),
        batch=sum(batch for _, batch, _ in batches),
        of_batch=sum(of for _, _, of in batches),
    )
