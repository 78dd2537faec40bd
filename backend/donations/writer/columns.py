"""The rows of admitted gifts as columns, ready for unnest()."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from backend.donations.rules import DonorDetail, Due, Gift, GiftLine
from backend.journal.kinds import Kind
from backend.journal.statements import record_many
from backend.kernel.db import listed, numbers, texts
from backend.kernel.models import new_public_id
from backend.needs.rules import OpenNeed

Columns = dict[str, str]


class Account(NamedTuple):
    """The charity's own account with the gateway."""

    id: int
    gateway: str
    merchant_no: str


class Ids(NamedTuple):
    """Fresh ids, at least as many as a batch can need."""

    checkouts: list[int]
    donations: list[int]
    lines: list[int]
    funded: list[int]


class Part(NamedTuple):
    """What one gift gives to one charity: one donation, one payment. The amount is in minor units."""

    gift: int
    public_id: str
    charity_id: int
    charity: str
    currency: str
    account: Account
    amount: int
    lines: tuple[tuple[GiftLine, OpenNeed], ...]

    def due(self, expires_at: datetime) -> Due:
        _, public_id, _, _, currency, account, amount, _ = self
        return Due(public_id, amount, currency, account.gateway, account.merchant_no, public_id, expires_at)


def parts_of(
    index: int, gift: Gift, needs: Mapping[str, OpenNeed], accounts: Mapping[int, Account]
) -> list[Part]:
    """Split one gift by charity, in the order of its lines."""
    by_charity: dict[int, list[tuple[GiftLine, OpenNeed]]] = {}
    for line in gift.lines:
        need = needs[line.need_line]
        by_charity.setdefault(need.charity_id, []).append((line, need))
    return [_part(index, accounts[charity], pairs) for charity, pairs in by_charity.items()]


def _part(index: int, account: Account, pairs: Sequence[tuple[GiftLine, OpenNeed]]) -> Part:
    need = pairs[0][1]
    amount = sum([line.amount for line, _ in pairs])
    return Part(
        index,
        new_public_id("don"),
        need.charity_id,
        need.charity,
        need.currency,
        account,
        amount,
        tuple(pairs),
    )


def columns(gifts: Sequence[Gift], parts: Sequence[Part], ids: Ids, *, keep: timedelta) -> Columns:
    """All parameters of statements.PLACE and of the journal entries for `gifts`: one text per column.

    Rows are turned into columns by zip: to ask each row for each field would take most of a batch's time.
    """
    clients, keys, _, donors, actors, moments = zip(*gifts, strict=True)
    placed = [at.isoformat() for at in moments]
    givers = [part.gift for part in parts]
    happened = listed([placed[giver] for giver in givers])
    checkout_ids, donation_ids = ids.checkouts[: len(gifts)], ids.donations[: len(parts)]
    return {
        "checkout_id": numbers(checkout_ids),
        "checkout_client": texts(clients),
        "checkout_key": texts(keys),
        "checkout_fingerprint": texts([gift.fingerprint for gift in gifts]),
        "checkout_created_at": listed(placed),
        "donation_id": numbers(donation_ids),
        "donation_checkout_id": numbers([checkout_ids[giver] for giver in givers]),
        "donation_placed_at": happened,
        "keep": f"{keep.total_seconds()} seconds",
        **_donor_columns([donors[giver] for giver in givers]),
        **_part_columns(parts, [actors[giver] for giver in givers], happened),
        **_line_columns(parts, donation_ids, ids),
    }


def _donor_columns(donors: Sequence[DonorDetail]) -> Columns:
    user_ids, names, mails, phones, messages, languages = zip(*donors, strict=True)
    return {
        "donation_user_id": numbers(user_ids),
        "detail_name": texts(names),
        "detail_mail": texts(mails),
        "detail_phone": texts(phones),
        "detail_message": texts(messages),
        "detail_language": texts(languages),
    }


def _part_columns(parts: Sequence[Part], actors: Sequence[str], happened: str) -> Columns:
    _, public_ids, charity_ids, charities, currencies, accounts, amounts, _ = zip(*parts, strict=True)
    return {
        "donation_public_id": texts(public_ids),
        "donation_charity_id": numbers(charity_ids),
        "donation_currency": texts(currencies),
        "donation_amount": numbers(amounts),
        "payment_account_id": numbers([account.id for account in accounts]),
        **record_many(
            Kind.GIFT_PLACED,
            subjects=[f"gift:{public_id}" for public_id in public_ids],
            actors=actors,
            charities=charities,
            happened=happened,
            public=[_public(part) for part in parts],
        ),
    }


def _public(part: Part) -> dict[str, Any]:
    return {
        "amount": part.amount,
        "currency": part.currency,
        "lines": [{"need": line.need_line, "quantity": line.quantity} for line, _ in part.lines],
    }


def _line_columns(parts: Sequence[Part], donations: Sequence[int], ids: Ids) -> Columns:
    rows = [
        (donation, need.charity_id, need.id, line.quantity, line.amount, line.unit_price, line.promise)
        for part, donation in zip(parts, donations, strict=True)
        for line, need in part.lines
    ]
    donation_ids, charity_ids, need_ids, quantities, amounts, prices, promises = zip(*rows, strict=True)
    return {
        "line_id": numbers(ids.lines[: len(rows)]),
        "line_donation_id": numbers(donation_ids),
        "line_charity_id": numbers(charity_ids),
        "line_need_line_id": numbers(need_ids),
        "line_quantity": numbers(quantities),
        "line_amount": numbers(amounts),
        "line_unit_price": numbers(prices),
        "line_promise": texts(promises),
        "funded_id": numbers(ids.funded[: len(rows)]),
        "funded_public_id": texts([new_public_id("fun") for _ in rows]),
    }
