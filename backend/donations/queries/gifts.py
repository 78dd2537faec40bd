"""A gift as its giver sees it. Everything is read in a fixed number of queries, however many lines there are."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber

from backend.donations.models import Detail, Donation, DonationLine, Funding, Question, Refund
from backend.donations.rules import Choice, GiftStatus, QuestionKind, RefundStatus, UnitState
from backend.donations.tokens import read_gift_token

Names = dict[str, str]
MOST_ITEMS = 40  # of one gift on one page; a large gift has tens of thousands


@dataclass(frozen=True)
class UnitsSeen:
    """Units that a line bought, at the need where they go now (another one after a redirect)."""

    funded_line_id: int
    public_id: str
    need: str
    recipient_names: Names
    quantity: int
    sourced: int
    held: int
    released: int
    reopened: int
    state: UnitState


@dataclass(frozen=True)
class GiftItem:
    """One line of a gift: an item for a recipient. Money in fen; names by language."""

    line_id: int
    need: str
    appeal: str
    appeal_number: str
    item_code: str
    item_names: Names
    item_units: Names
    drawing: str
    recipient_names: Names
    quantity: int
    unit_price: int
    amount: int
    refunded: int
    promise: Choice
    units: tuple[UnitsSeen, ...]


@dataclass(frozen=True)
class OpenQuestion:
    """A question that waits for the donor until `answer_by`; then `fallback` is done."""

    public_id: str
    funded_line_id: int
    kind: QuestionKind
    quantity: int
    choices: tuple[Choice, ...]
    fallback: Choice
    answer_by: datetime


@dataclass(frozen=True)
class RefundSeen:
    """Money on its way back, or back."""

    public_id: str
    amount: int
    reason: str
    status: RefundStatus
    asked_at: datetime
    paid_at: datetime | None


@dataclass(frozen=True)
class GiftPage:
    """A gift, with its first `items` of `all_items`. `name`, `mail` and `message` are personal and may be empty."""

    public_id: str
    status: GiftStatus
    charity: str
    charity_names: Names
    amount: int
    currency: str
    placed_at: datetime
    paid_at: datetime | None
    expires_at: datetime | None
    order_after: datetime | None
    link_version: int
    user_id: int | None
    name: str
    mail: str
    message: str
    language: str
    all_items: int
    items: tuple[GiftItem, ...]
    questions: tuple[OpenQuestion, ...]
    refunds: tuple[RefundSeen, ...]

    def may_be_taken_back(self, at: datetime) -> bool:
        """Within the undo time and nothing at work yet."""
        units = [units for item in self.items for units in item.units]
        in_time = self.order_after is not None and at < self.order_after
        untouched = not any(u.sourced or u.held or u.released for u in units)
        return self.status is GiftStatus.PAID and in_time and untouched


def gift_by_token(*, token: str) -> GiftPage | None:
    """The gift that a signed link leads to; None when the link is not ours or was ended."""
    read = read_gift_token(token)
    if read is None:
        return None
    found = _pages(list(_gifts().filter(public_id=read[0], link_version=read[1])))
    return found[0] if found else None


def gifts_by_tokens(*, tokens: Sequence[str]) -> dict[str, GiftPage]:
    """The gifts that signed links lead to, by token in the order given; ended links are left out."""
    read = {token: found for token in tokens if (found := read_gift_token(token))}
    rows = list(_gifts().filter(public_id__in=[donation for donation, _ in read.values()]))
    gifts = {page.public_id: page for page in _pages(rows)}
    return {
        token: gifts[donation]
        for token, (donation, version) in read.items()
        if donation in gifts and gifts[donation].link_version == version
    }


def gift(*, public_id: str, most_items: int = MOST_ITEMS) -> GiftPage | None:
    """The gift with that public id: for those whose right to see it was checked.

    A large gift has tens of thousands of lines: only the first `most_items` are read.
    """
    found = _pages(list(_gifts().filter(public_id=public_id)), most_items)
    return found[0] if found else None


def gifts_of_user(*, user_id: int, offset: int = 0, limit: int = 100) -> list[GiftPage]:
    """A member's gifts, newest first."""
    rows = _gifts().filter(user_id=user_id).order_by("-placed_at", "-pk")
    return _pages(list(rows[offset : offset + limit]))


def count_gifts_of_user(*, user_id: int) -> int:
    """How many gifts a member made, paid or not."""
    return Donation.objects.filter(user_id=user_id).exclude(status=GiftStatus.GATHERING.value).count()


def gifts_together(*, public_id: str) -> list[GiftPage]:
    """The other gifts of the same basket (one per charity), as they were written."""
    basket = Donation.objects.filter(public_id=public_id, checkout__isnull=False).values("checkout")
    rows = _gifts().filter(checkout__in=basket).exclude(public_id=public_id)
    return _pages(list(rows.order_by("pk")))


def _gifts() -> "QuerySet[Donation]":
    rows = Donation.objects.exclude(status=GiftStatus.GATHERING.value).annotate(all_items=Count("lines"))
    return rows.select_related("charity__organisation", "detail")


def _pages(gifts: Sequence[Donation], most_items: int = MOST_ITEMS) -> list[GiftPage]:
    ids = [row.pk for row in gifts]
    lines = list(_lines(ids, most_items))
    units, items = _units([line.pk for line in lines]), defaultdict(list)
    for line in lines:
        items[line.donation_id].append(_item(line, units.get(line.pk, [])))
    questions, refunds = _questions(ids), _refunds(ids)
    return [
        _page(row, tuple(items[row.pk]), tuple(questions[row.pk]), tuple(refunds[row.pk])) for row in gifts
    ]


def _page(
    row: Donation,
    items: tuple[GiftItem, ...],
    questions: tuple[OpenQuestion, ...],
    refunds: tuple[RefundSeen, ...],
) -> GiftPage:
    detail: Detail | None = getattr(row, "detail", None)
    return GiftPage(
        public_id=row.public_id,
        status=GiftStatus(row.status),
        charity=row.charity.organisation.public_id,
        charity_names=row.charity.organisation.names,
        amount=row.amount,
        currency=row.currency,
        placed_at=row.placed_at,
        paid_at=row.paid_at,
        expires_at=row.expires_at,
        order_after=row.order_after,
        link_version=row.link_version,
        user_id=row.user_id,
        name=detail.name if detail else "",
        mail=detail.mail if detail else "",
        message=detail.message if detail else "",
        language=detail.language if detail else "zh-hans",
        all_items=row.all_items,  # type: ignore[attr-defined]
        items=items,
        questions=questions,
        refunds=refunds,
    )


def _lines(gift_ids: Sequence[int], most: int) -> "QuerySet[DonationLine]":
    """The first `most` lines of each gift."""
    rows = DonationLine.objects.filter(donation__in=gift_ids, need_line__isnull=False).order_by("pk")
    place = Window(RowNumber(), partition_by=F("donation"), order_by="pk")
    return (
        rows.annotate(place=place)
        .filter(place__lte=most)
        .select_related("need_line__item", "need_line__appeal", "need_line__recipient__organisation")
    )


def _item(line: DonationLine, units: Sequence[UnitsSeen]) -> GiftItem:
    need = line.need_line
    assert need is not None
    quantity = line.quantity or 0
    return GiftItem(
        line_id=line.pk,
        need=need.public_id,
        appeal=need.appeal.public_id,
        appeal_number=need.appeal.number,
        item_code=need.item.code,
        item_names=need.item.names,
        item_units=need.item.units,
        drawing=need.item.drawing,
        recipient_names=need.recipient.organisation.names,
        quantity=quantity,
        unit_price=line.amount // quantity if quantity else line.amount,
        amount=line.amount,
        refunded=line.refunded,
        promise=Choice(line.promise.get("shortfall", Choice.REFUND)),
        units=tuple(units),
    )


def _units(line_ids: Sequence[int]) -> dict[int, list[UnitsSeen]]:
    rows = Funding.objects.filter(line__in=line_ids).order_by("pk")
    found: dict[int, list[UnitsSeen]] = defaultdict(list)
    for row in rows.select_related("funded_line__need_line__recipient__organisation"):
        units = row.funded_line
        found[row.line_id].append(
            UnitsSeen(
                units.pk,
                units.public_id,
                units.need_line.public_id,
                units.need_line.recipient.organisation.names,
                units.quantity,
                units.sourced,
                units.held,
                units.released,
                units.reopened,
                UnitState(units.state),
            )
        )
    return found


def _questions(gift_ids: Sequence[int]) -> dict[int, list[OpenQuestion]]:
    rows = Question.objects.filter(
        answer__isnull=True, funded_line__fundings__line__donation__in=gift_ids
    ).distinct()
    found: dict[int, list[OpenQuestion]] = defaultdict(list)
    for row in rows.order_by("pk").prefetch_related("funded_line__fundings__line"):
        seen = OpenQuestion(
            row.public_id,
            row.funded_line_id,
            QuestionKind(row.kind),
            row.quantity,
            tuple(Choice(choice) for choice in row.choices),
            Choice(row.fallback),
            row.answer_by,
        )
        for gift_id in {funding.line.donation_id for funding in row.funded_line.fundings.all()}:
            found[gift_id].append(seen)
    return found


def _refunds(gift_ids: Sequence[int]) -> dict[int, list[RefundSeen]]:
    rows = Refund.objects.filter(payment__donation__in=gift_ids).order_by("pk")
    found: dict[int, list[RefundSeen]] = defaultdict(list)
    for row in rows.select_related("payment"):
        found[row.payment.donation_id].append(
            RefundSeen(
                row.public_id, row.amount, row.reason, RefundStatus(row.status), row.asked_at, row.paid_at
            )
        )
    return found
