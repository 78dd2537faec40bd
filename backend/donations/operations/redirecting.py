"""Money that finds another need: the same item, the nearest recipient of the same charity with room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F

from backend.donations.models import FundedLine, Funding
from backend.donations.operations.facts import record_for_gifts
from backend.donations.operations.giving_back import refund_lines, take_money
from backend.donations.queries import OtherNeed, nearest_needs
from backend.donations.rules import UnitState
from backend.journal.kinds import Kind
from backend.kernel.db import joins_transaction
from backend.needs.operations.standing import claim_open, free, lock


@dataclass(frozen=True)
class _Move:
    """So many units to another need."""

    to: OtherNeed
    quantity: int


@joins_transaction
def redirect_units(*, units: FundedLine, quantity: int, key: str, actor: str, at: datetime) -> None:
    """Joins the caller's transaction, which has locked the gifts and `units`.

    Units go to the nearest open needs for the same item at no higher price; what finds no room, and what
    a lower price saves, goes back to the donor.
    """
    others = nearest_needs(need_line_id=units.need_line_id, most_price=units.unit_price, at=at)
    lock(need_ids=sorted({units.need_line_id, *(other.need_line_id for other in others)}))
    moves = _claim(others, quantity, at)
    FundedLine.objects.filter(pk=units.pk).update(released=F("released") + quantity)
    free(quantities={units.need_line_id: quantity})
    back: dict[int, int] = {}
    for move in moves:
        _add(back, _fund(units, move, at))
    moved = sum(move.quantity for move in moves)
    if moved < quantity:
        _add(back, take_money(units=units, amount=(quantity - moved) * units.unit_price))
    if back:
        refund_lines(amounts=back, key=key, reason="redirected", actor=actor, at=at)
    if moves:
        _tell(units, moves, actor, at)


def _claim(others: Sequence[OtherNeed], quantity: int, at: datetime) -> list[_Move]:
    moves: list[_Move] = []
    for other in others:
        wanted = min(quantity - sum(move.quantity for move in moves), other.left)
        if wanted > 0 and claim_open(quantities={other.need_line_id: wanted}, at=at):
            moves.append(_Move(other, wanted))
    return moves


def _fund(units: FundedLine, move: _Move, at: datetime) -> dict[int, int]:
    """Buy there with the money taken here; returns what is left over, per gift line."""
    price = move.to.unit_price
    there = FundedLine.objects.create(
        need_line_id=move.to.need_line_id,
        charity_id=units.charity_id,
        quantity=move.quantity,
        unit_price=price,
        amount=move.quantity * price,
        filled=move.quantity * price,
        state=UnitState.FUNDED.value,
        due_at=at,
    )
    spent = take_money(units=units, amount=move.quantity * price)
    Funding.objects.bulk_create(
        Funding(line_id=line, funded_line=there, amount=amount) for line, amount in spent.items()
    )
    saved = move.quantity * (units.unit_price - price)
    return take_money(units=units, amount=saved) if saved else {}


def _add(to: dict[int, int], amounts: dict[int, int]) -> None:
    for line, amount in amounts.items():
        to[line] = to.get(line, 0) + amount


def _tell(units: FundedLine, moves: Sequence[_Move], actor: str, at: datetime) -> None:
    record_for_gifts(
        kind=Kind.GIFT_REDIRECTED,
        funded_lines=[units.pk],
        actor=actor,
        at=at,
        public={"to": [{"need": move.to.public_id, "quantity": move.quantity} for move in moves]},
    )
