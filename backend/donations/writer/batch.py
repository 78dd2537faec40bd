"""One batch of gifts: lock, look, admit, write."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import psycopg
from django.db import IntegrityError, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from backend.donations import queries, statements
from backend.donations.rules import Due, Gift, House, KeyReused, NoAccount, Shelf, admit
from backend.donations.writer.columns import Account, Ids, Part, columns, parts_of
from backend.journal.statements import RECORD_MANY
from backend.kernel.db import numbers, texts
from backend.kernel.errors import Refused
from backend.kernel.settings import settings
from backend.needs import statements as needs
from backend.needs.rules import OpenNeed, open_needs

QUARTER = 900  # seconds: no zone's day begins within a quarter of an hour
KEY_RACES = 3  # another process wrote the same key between our look and our write

# for this transaction alone: plans are made once for any size of batch, and none begins at a table's first row
# because the table was small when the plan was made (the checks of foreign keys keep their plans too)
PLANS = "SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)"


def one_statement(*parts: str) -> str:
    """Several writes as one statement: one message, one plan. No part sees what another writes."""
    *first, last = parts
    named = ", ".join(f"part_{number} AS ({part})" for number, part in enumerate(first))
    return f"WITH {named} {last}"


WRITE = one_statement(needs.CLAIM, *statements.PLACE, RECORD_MANY)


class Placed(NamedTuple):
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
    ids: Ids


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
    quarter = int(gift.at.timestamp() // QUARTER)
    return _house(
        quarter, settings.ZONE, settings.MODE, settings.GIFT_MOST_LINES, settings.GIFT_MOST_QUANTITY
    )


@lru_cache(maxsize=8)
def _house(quarter: int, zone: str, mode: str, most_lines: int, most_quantity: int) -> House:
    on = datetime.fromtimestamp(quarter * QUARTER, ZoneInfo(zone)).date()
    return House(mode=mode, on=on, most_lines=most_lines, most_quantity=most_quantity)


def _place(connection: BaseDatabaseWrapper, gifts: Sequence[Gift]) -> list[Answer]:
    with connection.wrap_database_errors, _cursor(connection) as cursor:
        look = _look(cursor, gifts)
        answers, admitted = _admit(gifts, look)
        if admitted:
            _write(cursor, gifts, admitted, look, answers)
    return [_settled(answers, index) for index in range(len(gifts))]


def _cursor(connection: BaseDatabaseWrapper) -> "psycopg.Cursor[Any]":
    """psycopg's own cursor: it prepares statements on the server, Django's writes values into the text."""
    connection.ensure_connection()
    raw = connection.connection
    assert isinstance(raw, psycopg.Connection)
    raw.prepare_threshold = 0
    return psycopg.Cursor(raw)


def _look(cursor: "psycopg.Cursor[Any]", gifts: Sequence[Gift]) -> _Look:
    """One round trip. The needs are locked first; what is read after it is what counts."""
    lines = [line.need_line for gift in gifts for line in gift.lines]
    asked = {
        "clients": texts([gift.client for gift in gifts]),
        "keys": texts([gift.key for gift in gifts]),
        "need_refs": texts(list(dict.fromkeys(lines))),
        "gateway": settings.PAYMENT_GATEWAY,
        "gifts": len(gifts),
        "lines": len(lines),
    }
    with cursor.connection.pipeline():
        for question in (PLANS, needs.LOCK):
            _ask(cursor.connection, question, asked)
        known, lines_asked, appeals, owners, ids = (
            _ask(cursor.connection, question, asked)
            for question in (
                statements.FIND_CHECKOUTS,
                needs.READ,
                needs.READ_APPEALS,
                statements.FIND_ACCOUNTS,
                statements.TAKE_IDS,
            )
        )
    checkouts = {(client, key): (pk, mark) for client, key, pk, mark in known}
    accounts = {row[0]: Account(*row[1:]) for row in owners}
    return _Look(checkouts, open_needs(lines_asked, appeals), accounts, Ids(*ids.fetchall()[0]))


def _ask(
    connection: "psycopg.Connection[Any]", question: str, asked: dict[str, Any]
) -> "psycopg.Cursor[Any]":
    return psycopg.Cursor(connection).execute(question, asked, prepare=True)


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
    for line in gift.lines:
        need = look.needs.get(line.need_line)
        if need is not None and need.charity_id not in look.accounts:
            raise NoAccount
    admit(gift, shelf, house(gift))


def _write(
    cursor: "psycopg.Cursor[Any]",
    gifts: Sequence[Gift],
    admitted: list[int],
    look: _Look,
    answers: dict[int, _Decided],
) -> None:
    chosen = [gifts[index] for index in admitted]
    shares = [parts_of(place, gift, look.needs, look.accounts) for place, gift in enumerate(chosen)]
    parts = [part for share in shares for part in share]
    keep = timedelta(minutes=settings.RESERVATION_MINUTES)
    values = columns(chosen, parts, look.ids, keep=keep)
    cursor.execute(WRITE, {**values, **_claims(parts)}, prepare=True)
    for index, share in zip(admitted, shares, strict=True):
        until = gifts[index].at + keep
        answers[index] = Placed(tuple(part.due(until) for part in share), replayed=False)


def _claims(parts: Sequence[Part]) -> dict[str, str]:
    """One row per need, in id order: two updates of one row in a statement would lose one of them."""
    wanted: dict[int, int] = {}
    for part in parts:
        for line, need in part.lines:
            wanted[need.id] = wanted.get(need.id, 0) + line.quantity
    ids = sorted(wanted)
    return {"claim_ids": numbers(ids), "claim_quantities": numbers(wanted[pk] for pk in ids)}


def _settled(answers: dict[int, _Decided], index: int) -> Answer:
    answer = answers[index]
    if not isinstance(answer, int):
        return answer
    first = _settled(answers, answer)
    return first._replace(replayed=True) if isinstance(first, Placed) else first
