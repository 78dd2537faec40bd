"""One batch of gifts: lock, look, admit, write."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from backend.donations import queries, statements
from backend.donations.rules import Due, Gift, House, KeyReused, NoAccount, Shelf, admit, check_shape
from backend.donations.writer.columns import Account, Part, columns, parts_of
from backend.journal.statements import RECORD_MANY
from backend.kernel.errors import Refused
from backend.needs import statements as needs
from backend.needs.rules import OpenNeed

KEY_RACES = 3  # another process wrote the same key between our look and our write


@dataclass(frozen=True)
class Placed:
    """A gift as written: one donation per charity, and what each waits for."""

    donations: tuple[Due, ...]
    replayed: bool


Answer = Placed | Refused


@dataclass(frozen=True)
class _Look:
    """What the database says about a batch while its needs are locked."""

    checkouts: dict[tuple[str, str], tuple[int, str]]
    needs: dict[str, OpenNeed]
    accounts: dict[int, Account]


def place_many(connection: BaseDatabaseWrapper, gifts: Sequence[Gift]) -> list[Answer]:
    """Own transaction (a savepoint inside another). Place `gifts` in arrival order; one answer for each.

    A gift is placed whole or refused with its reason; a refusal touches no other gift. A key that was
    used before with the same content gets its first gift again.
    """
    for _ in range(KEY_RACES):
        try:
            with transaction.atomic(using=connection.alias):
                return _place(connection, gifts)
        except IntegrityError as error:
            if "checkout_once" not in str(error):
                raise
    raise RuntimeError("one key was written by others again and again")


def house(gift: Gift) -> House:
    """The rules of this deployment on the day of `gift`."""
    return House(
        mode=settings.MODE,
        on=gift.at.astimezone(ZoneInfo(settings.ZONE)).date(),
        most_lines=settings.GIFT_MOST_LINES,
        most_quantity=settings.GIFT_MOST_QUANTITY,
    )


def _place(connection: BaseDatabaseWrapper, gifts: Sequence[Gift]) -> list[Answer]:
    with connection.cursor() as cursor:
        look = _look(cursor, gifts)
        answers, admitted = _admit(gifts, look)
        if admitted:
            _write(cursor, gifts, admitted, look, answers)
    return [_settled(answers, index) for index in range(len(gifts))]


def _look(cursor: Any, gifts: Sequence[Gift]) -> _Look:
    refs = sorted({line.need_line for gift in gifts for line in gift.lines})
    cursor.execute(needs.LOCK, {"need_refs": refs})
    asked = ";".join((statements.FIND_CHECKOUTS, needs.READ, statements.FIND_ACCOUNTS))
    cursor.execute(
        asked,
        {
            "clients": [gift.client for gift in gifts],
            "keys": [gift.key for gift in gifts],
            "need_refs": refs,
            "gateway": settings.PAYMENT_GATEWAY,
        },
    )
    checkouts = {(client, key): (pk, mark) for client, key, pk, mark in cursor.fetchall()}
    cursor.nextset()
    rows = {row[0]: OpenNeed(*row) for row in cursor.fetchall()}
    cursor.nextset()
    return _Look(checkouts, rows, {row[0]: Account(*row[1:]) for row in cursor.fetchall()})


# while a batch is decided, a number stands for "the same as the gift at that place in the batch"
_Decided = Placed | Refused | int


def _admit(gifts: Sequence[Gift], look: _Look) -> tuple[dict[int, _Decided], list[int]]:
    shelf = Shelf(look.needs, queries.members(gifts, look.needs.values(), mode=settings.MODE))
    answers: dict[int, _Decided] = {}
    admitted: list[int] = []
    first: dict[tuple[str, str], int] = {}
    for index, gift in enumerate(gifts):
        try:
            again = _again(gift, look, gifts, first)
            if again is None:
                _claim(gift, shelf, look)
                admitted.append(index)
                first[gift.client, gift.key] = index
            else:
                answers[index] = again
        except Refused as refusal:
            answers[index] = refusal
    return answers, admitted


def _again(
    gift: Gift, look: _Look, gifts: Sequence[Gift], first: dict[tuple[str, str], int]
) -> Placed | int | None:
    """The earlier answer to this gift's key, None when the key is new."""
    key = gift.client, gift.key
    if key in look.checkouts:
        checkout_id, mark = look.checkouts[key]
        if mark != gift.fingerprint:
            raise KeyReused
        return Placed(queries.dues(checkout_id=checkout_id), replayed=True)
    if key in first:
        if gifts[first[key]].fingerprint != gift.fingerprint:
            raise KeyReused
        return first[key]
    return None


def _claim(gift: Gift, shelf: Shelf, look: _Look) -> None:
    rules = house(gift)
    check_shape(gift.lines, rules)
    unpaid = {
        need.charity_id for line in gift.lines if (need := look.needs.get(line.need_line))
    } - look.accounts.keys()
    if unpaid:
        raise NoAccount
    admit(gift, shelf, rules)


def _write(
    cursor: Any, gifts: Sequence[Gift], admitted: list[int], look: _Look, answers: dict[int, _Decided]
) -> None:
    chosen = [gifts[index] for index in admitted]
    shares = [parts_of(place, gift, look.needs, look.accounts) for place, gift in enumerate(chosen)]
    parts = [part for share in shares for part in share]
    cursor.execute(
        statements.TAKE_IDS,
        {"gifts": len(chosen), "parts": len(parts), "lines": sum(len(part.lines) for part in parts)},
    )
    keep = timedelta(minutes=settings.RESERVATION_MINUTES)
    values = columns(chosen, parts, cursor.fetchone(), keep=keep)
    cursor.execute(";".join((needs.CLAIM, *statements.PLACE, RECORD_MANY)), {**values, **_claims(parts)})
    for index, share in zip(admitted, shares, strict=True):
        until = gifts[index].at + keep
        answers[index] = Placed(tuple(part.due(until) for part in share), replayed=False)


def _claims(parts: Sequence[Part]) -> dict[str, list[int]]:
    """One row per need, in id order: two updates of one row in a statement would lose one of them."""
    wanted: dict[int, int] = {}
    for part in parts:
        for line, need in part.lines:
            wanted[need.id] = wanted.get(need.id, 0) + line.quantity
    ids = sorted(wanted)
    return {"claim_ids": ids, "claim_quantities": [wanted[pk] for pk in ids]}


def _settled(answers: dict[int, _Decided], index: int) -> Answer:
    answer = answers[index]
    if not isinstance(answer, int):
        return answer
    first = _settled(answers, answer)
    return replace(first, replayed=True) if isinstance(first, Placed) else first
