"""What people write on the desk's pages, read strictly: every mistake has its place and its words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.dateparse import parse_date
from django.utils.translation import gettext

from backend.shipments.rules import PackedBox, PackedItem
from backend.supplier_orders.queries import ItemView, OrderView
from backend.supplier_orders.rules import ItemAnswer

MOST = 1_000_000
MOST_BOXES = 12
Post = Mapping[str, str]


@dataclass(frozen=True)
class AnswerField:
    """One item of the answer form as it was filled in."""

    item: ItemView
    accepted: str
    backordered: str = ""
    expected_on: str = ""
    reason: str = ""
    error: str = ""


@dataclass(frozen=True)
class PackField:
    """One item of the packing form: how many in each box, with what the shelf-life gate asks."""

    item: ItemView
    quantities: tuple[str, ...]
    expires_on: str = ""
    error: str = ""


@dataclass(frozen=True)
class PackForm:
    fields: tuple[PackField, ...]
    kilograms: tuple[str, ...]
    error: str = ""


def reasons() -> tuple[tuple[str, str], ...]:
    """Why something is not sent: a public code and words for the desk."""
    return (
        ("no_stock", gettext("没有货")),
        ("price", gettext("价钱做不了")),
        ("area", gettext("送不到那里")),
        ("other", gettext("别的原因")),
    )


def whole(text: str) -> int | None:
    """A quantity from 0 to 1,000,000; None when it is none. Nothing written means 0."""
    text = text.strip() or "0"
    return int(text) if text.isascii() and text.isdigit() and int(text) <= MOST else None


def empty_answer(order: OrderView) -> list[AnswerField]:
    return [AnswerField(item, str(item.asked)) for item in order.items]


def read_answer(post: Post, order: OrderView) -> tuple[list[ItemAnswer], list[AnswerField]]:
    """The answer, and the fields with their mistakes; the answer counts only when no field has one."""
    fields = [_read_field(post, item) for item in order.items]
    rows = [_row(written) for written in fields if not written.error]
    return rows, fields


def _read_field(post: Post, item: ItemView) -> AnswerField:
    def said(name: str) -> str:
        return post.get(f"{name}-{item.public_id}", "").strip()

    written = AnswerField(item, said("accepted"), said("later"), said("on"), said("reason"))
    return AnswerField(**{**vars(written), "error": _fault(written)})


def _fault(written: AnswerField) -> str:
    accepted, later = whole(written.accepted), whole(written.backordered)
    if accepted is None or later is None:
        return gettext("写一个数，0也行。")
    asked = written.item.asked
    if accepted + later > asked:
        return gettext("加起来比要的多：一共要%(n)d。") % {"n": asked}
    if later and parse_day(written.expected_on) is None:
        return gettext("晚几天到的，写上哪天有货。")
    if accepted + later < asked and not written.reason:
        return gettext("不送的，选一个原因。")
    return ""


def _row(written: AnswerField) -> ItemAnswer:
    accepted, later = whole(written.accepted) or 0, whole(written.backordered) or 0
    on = parse_day(written.expected_on)
    rejected = written.item.asked - accepted - later
    return ItemAnswer(
        written.item.public_id,
        accepted=accepted,
        backordered=later,
        rejected=rejected,
        expected_at=_end_of(on) if later and on else None,
        reason=written.reason[:80] if rejected else "",
    )


def parse_day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:  # 2026-02-31
        return None


def _end_of(on: date) -> datetime:
    """The end of the working day on which goods are there."""
    return datetime(on.year, on.month, on.day, 18, tzinfo=ZoneInfo(settings.ZONE))


def empty_pack(order: OrderView, boxes: int) -> PackForm:
    """Everything that is accepted and in no box, spread evenly over `boxes`."""
    fields = [
        PackField(item, tuple(str(n) for n in spread(item.unpacked, boxes)))
        for item in order.items
        if item.unpacked
    ]
    grams = [sum(int(written.quantities[i]) * written.item.grams for written in fields) for i in range(boxes)]
    return PackForm(tuple(fields), tuple(kilograms(weight) for weight in grams))


def spread(quantity: int, boxes: int) -> list[int]:
    """As even as it goes, the first boxes fuller."""
    each, more = divmod(quantity, boxes)
    return [each + (i < more) for i in range(boxes)]


def kilograms(grams: int) -> str:
    return f"{max(grams, 100) / 1000:.1f}"


def read_pack(post: Post, order: OrderView, boxes: int) -> tuple[list[PackedBox], PackForm]:
    """The boxes that hold something, and the form with its mistakes."""
    items = [item for item in order.items if item.unpacked]
    fields = [_read_pack_field(post, item, boxes) for item in items]
    weights = tuple(post.get(f"kg-{i}", "").strip() for i in range(boxes))
    grams = [_grams(weight) for weight in weights]
    filled = [i for i in range(boxes) if any(whole(f.quantities[i]) for f in fields)]
    error = ""
    if any(grams[i] is None for i in filled):
        error = gettext("写上每一箱有多重，比如12.5。")
    elif not filled:
        error = gettext("箱子里什么都没有。")
    form = PackForm(tuple(fields), weights, error)
    if error or any(written.error for written in fields):
        return [], form
    return [PackedBox(_contents(fields, i), grams[i]) for i in filled], form


def _read_pack_field(post: Post, item: ItemView, boxes: int) -> PackField:
    quantities = tuple(post.get(f"n-{i}-{item.public_id}", "").strip() for i in range(boxes))
    written = PackField(item, quantities, post.get(f"expires-{item.public_id}", "").strip())
    return PackField(**{**vars(written), "error": _pack_fault(written)})


def _pack_fault(written: PackField) -> str:
    numbers = [whole(text) for text in written.quantities]
    if None in numbers:
        return gettext("写一个数，0也行。")
    total = sum(number or 0 for number in numbers)
    if total > written.item.unpacked:
        return gettext("装多了：还没装箱的只有%(n)d。") % {"n": written.item.unpacked}
    if total and written.item.shelf_life and parse_day(written.expires_on) is None:
        return gettext("会过期的东西，写上最早哪天过期。")
    return ""


def _contents(fields: Sequence[PackField], box: int) -> tuple[PackedItem, ...]:
    return tuple(
        PackedItem(written.item.public_id, quantity, expires_on=parse_day(written.expires_on))
        for written in fields
        if (quantity := whole(written.quantities[box]) or 0)
    )


def _grams(text: str) -> int | None:
    try:
        grams = round(float(text) * 1000)
    except (ValueError, OverflowError):
        return None
    return grams if 1 <= grams <= 100_000_000 else None
