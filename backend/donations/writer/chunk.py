"""One chunk of a large gift: lock, look, admit, write. Its donations grow line by line and are seen by nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F

from backend.donations import queries, statements
from backend.donations.models import Detail, Donation, DonationLine, FundedLine, Gathering, Wish
from backend.donations.rules import (
    Choice,
    DonorDetail,
    Gift,
    GiftLine,
    GiftStatus,
    NoAccount,
    Shelf,
    admit,
)
from backend.donations.writer.batch import house
from backend.kernel.db import joins_transaction, next_ids
from backend.kernel.models import new_public_id
from backend.needs import statements as needs
from backend.needs.rules import OpenNeed, open_needs


@dataclass(frozen=True)
class Chunk:
    """What was claimed: lines and fen. `wishes` of the gathering were looked at, 0 when none are left."""

    wishes: int
    lines: int
    amount: int


@joins_transaction
def claim_chunk(*, gathering: Gathering, at: datetime, most: int) -> Chunk:
    """Joins the caller's transaction. Claim the next wishes of `gathering`, in the order of their needs.

    An exact gathering raises the refusal of its first wish that cannot be had; another takes what is left.
    """
    with connection.cursor() as cursor:
        cursor.execute(statements.NEXT_WISHES, {"gathering": gathering.pk, "most": most})
        rows = cursor.fetchall()
        if not rows:
            return Chunk(0, 0, 0)
        lines = [
            GiftLine(need, quantity, price, Choice(gathering.promise)) for _, need, quantity, price in rows
        ]
        look, accounts = _look(cursor, [line.need_line for line in lines])
        if not gathering.exact:
            lines = _what_is_left(lines, look, at)
        if lines:
            _admit(gathering, lines, look, accounts, at)
            _write(cursor, gathering, [(line, look[line.need_line]) for line in lines], at)
    Wish.objects.filter(pk__in=[row[0] for row in rows]).delete()
    return Chunk(len(rows), len(lines), sum(line.amount for line in lines))


def _look(cursor: Any, refs: Sequence[str]) -> tuple[dict[str, OpenNeed], dict[int, int]]:
    """The needs, locked in id order, and the payment account of each charity."""
    cursor.execute(needs.LOCK, {"need_refs": list(refs)})
    asked = {"need_refs": list(refs), "gateway": settings.PAYMENT_GATEWAY}
    cursor.execute(needs.READ, asked)
    lines = cursor.fetchall()
    cursor.execute(needs.READ_APPEALS, asked)
    look = open_needs(lines, cursor.fetchall())
    cursor.execute(statements.FIND_ACCOUNTS, asked)
    return look, {row[0]: row[1] for row in cursor.fetchall()}


def _what_is_left(lines: Sequence[GiftLine], look: Mapping[str, OpenNeed], at: datetime) -> list[GiftLine]:
    """Others gave meanwhile, a need was stopped or priced anew: then it is no longer part of the wish."""
    left = []
    for line in lines:
        need = look.get(line.need_line)
        if need is None or need.stopped or not need.is_open(at) or need.unit_price != line.unit_price:
            continue
        quantity = min(line.quantity, need.left)
        if quantity > 0:
            left.append(line._replace(quantity=quantity))
    return left


def _admit(
    gathering: Gathering,
    lines: Sequence[GiftLine],
    look: Mapping[str, OpenNeed],
    accounts: Mapping[int, int],
    at: datetime,
) -> None:
    """Every rule that a small gift meets."""
    if {look[line.need_line].charity_id for line in lines if line.need_line in look} - accounts.keys():
        raise NoAccount
    gift = Gift("", "", tuple(lines), DonorDetail(user_id=gathering.user_id), gathering.actor, at)
    shelf = Shelf(look, queries.members([gift], look.values(), mode=settings.MODE))
    admit(gift, shelf, house(gift)._replace(most_lines=len(lines)))


Pair = tuple[GiftLine, OpenNeed]


def _write(cursor: Any, gathering: Gathering, pairs: Sequence[Pair], at: datetime) -> None:
    donations = _donations(gathering, pairs, at)
    line_ids, funded_ids = next_ids(DonationLine, len(pairs)), next_ids(FundedLine, len(pairs))
    values = {
        "claim_ids": [need.id for _, need in pairs],
        "claim_quantities": [line.quantity for line, _ in pairs],
        "line_id": line_ids,
        "line_donation_id": [donations[need.charity_id] for _, need in pairs],
        "line_charity_id": [need.charity_id for _, need in pairs],
        "line_need_line_id": [need.id for _, need in pairs],
        "line_quantity": [line.quantity for line, _ in pairs],
        "line_amount": [line.amount for line, _ in pairs],
        "line_unit_price": [line.unit_price for line, _ in pairs],
        "line_promise": [gathering.promise] * len(pairs),
        "funded_id": funded_ids,
        "funded_public_id": [new_public_id("fun") for _ in pairs],
    }
    parts = (
        needs.CLAIM,
        statements.INSERT_LINES,
        statements.INSERT_FUNDED_LINES,
        statements.INSERT_FUNDINGS,
    )
    cursor.execute(";".join(parts), values)


def _donations(gathering: Gathering, pairs: Sequence[Pair], at: datetime) -> dict[int, int]:
    """The growing donation of each charity (id by charity): its amount is always the sum of its lines."""
    amounts: dict[int, int] = {}
    for line, need in pairs:
        amounts[need.charity_id] = amounts.get(need.charity_id, 0) + line.amount
    currencies = {need.charity_id: need.currency for _, need in pairs}
    rows = Donation.objects.filter(checkout=gathering.checkout_id, charity__in=amounts)
    found = dict(rows.values_list("charity_id", "pk"))
    for charity, amount in amounts.items():
        if charity in found:
            Donation.objects.filter(pk=found[charity]).update(amount=F("amount") + amount)
        else:
            found[charity] = _begin(gathering, charity, amount, currencies[charity], at)
    return found


def _begin(gathering: Gathering, charity: int, amount: int, currency: str, at: datetime) -> int:
    gift = Donation.objects.create(
        checkout_id=gathering.checkout_id,
        charity_id=charity,
        currency=currency,
        user_id=gathering.user_id,
        amount=amount,
        status=GiftStatus.GATHERING.value,
        placed_at=at,
    )
    Detail.objects.create(donation=gift, **gathering.donor)
    return gift.pk
