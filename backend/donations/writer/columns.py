"""The rows of admitted gifts as columns, ready for unnest()."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from backend.donations.rules import Due, Gift, GiftLine
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
    """What one gift gives to one charity: one donation, one payment."""

    gift: int
    public_id: str
    charity_id: int
    charity: str
    currency: str
    account: Account
    lines: tuple[tuple[GiftLine, OpenNeed], ...]

    @property
    def amount(self) -> int:
        return sum(line.amount for line, _ in self.lines)

    def due(self, expires_at: datetime) -> Due:
        account = self.account
        return Due(
            self.public_id, self.amount, self.currency, account.gateway, account.merchant_no, self.public_id,
            expires_at,
        )  # fmt: skip


def parts_of(
    index: int, gift: Gift, needs: Mapping[str, OpenNeed], accounts: Mapping[int, Account]
) -> list[Part]:
    """Split one gift by charity, in the order of its lines."""
    by_charity: dict[int, list[tuple[GiftLine, OpenNeed]]] = defaultdict(list)
    for line in gift.lines:
        need = needs[line.need_line]
        by_charity[need.charity_id].append((line, need))
    return [_part(index, accounts[charity], pairs) for charity, pairs in by_charity.items()]


def _part(index: int, account: Account, pairs: Sequence[tuple[GiftLine, OpenNeed]]) -> Part:
    need = pairs[0][1]
    return Part(
        index, new_public_id("don"), need.charity_id, need.charity, need.currency, account, tuple(pairs)
    )


def columns(gifts: Sequence[Gift], parts: Sequence[Part], ids: Ids, *, keep: timedelta) -> Columns:
    """All parameters of statements.PLACE and of the journal entries for `gifts`: one text per column."""
    count = sum(len(part.lines) for part in parts)
    placed = [gift.at.isoformat() for gift in gifts]
    happened = listed([placed[part.gift] for part in parts])
    checkout_ids, donation_ids = ids.checkouts[: len(gifts)], ids.donations[: len(parts)]
    line_ids, funded_ids = ids.lines[:count], ids.funded[:count]
    return {
        **_checkout_columns(gifts, checkout_ids),
        **_donation_columns(gifts, parts, checkout_ids, donation_ids),
        "checkout_created_at": listed(placed),
        "donation_placed_at": happened,
        "keep": f"{keep.total_seconds()} seconds",
        **_detail_columns(gifts, parts),
        **_line_columns(parts, donation_ids, line_ids, funded_ids),
        **_entry_columns(gifts, parts, happened),
    }


def _checkout_columns(gifts: Sequence[Gift], ids: Sequence[int]) -> Columns:
    return {
        "checkout_id": numbers(ids),
        "checkout_client": texts([gift.client for gift in gifts]),
        "checkout_key": texts([gift.key for gift in gifts]),
        "checkout_fingerprint": texts([gift.fingerprint for gift in gifts]),
    }


def _donation_columns(
    gifts: Sequence[Gift],
    parts: Sequence[Part],
    checkouts: Sequence[int],
    ids: Sequence[int],
) -> Columns:
    return {
        "donation_id": numbers(ids),
        "donation_public_id": texts([part.public_id for part in parts]),
        "donation_checkout_id": numbers([checkouts[part.gift] for part in parts]),
        "donation_charity_id": numbers([part.charity_id for part in parts]),
        "donation_currency": texts([part.currency for part in parts]),
        "donation_user_id": numbers([gifts[part.gift].donor.user_id for part in parts]),
        "donation_amount": numbers([part.amount for part in parts]),
        "payment_account_id": numbers([part.account.id for part in parts]),
    }


def _detail_columns(gifts: Sequence[Gift], parts: Sequence[Part]) -> Columns:
    donors = [gifts[part.gift].donor for part in parts]
    return {
        "detail_name": texts([donor.name for donor in donors]),
        "detail_mail": texts([donor.mail for donor in donors]),
        "detail_phone": texts([donor.phone for donor in donors]),
        "detail_message": texts([donor.message for donor in donors]),
        "detail_language": texts([donor.language for donor in donors]),
    }


def _line_columns(
    parts: Sequence[Part], donations: Sequence[int], lines: Sequence[int], funded: Sequence[int]
) -> Columns:
    rows = [
        (donation, line, need)
        for part, donation in zip(parts, donations, strict=True)
        for line, need in part.lines
    ]
    return {
        "line_id": numbers(lines),
        "line_donation_id": numbers([donation for donation, _, _ in rows]),
        "line_charity_id": numbers([need.charity_id for _, _, need in rows]),
        "line_need_line_id": numbers([need.id for _, _, need in rows]),
        "line_quantity": numbers([line.quantity for _, line, _ in rows]),
        "line_amount": numbers([line.amount for _, line, _ in rows]),
        "line_unit_price": numbers([line.unit_price for _, line, _ in rows]),
        "line_promise": texts([line.promise.value for _, line, _ in rows]),
        "funded_id": numbers(funded),
        "funded_public_id": texts([new_public_id("fun") for _ in rows]),
    }


def _entry_columns(gifts: Sequence[Gift], parts: Sequence[Part], happened: str) -> Columns:
    return record_many(
        Kind.GIFT_PLACED,
        subjects=[f"gift:{part.public_id}" for part in parts],
        actors=[gifts[part.gift].actor for part in parts],
        charities=[part.charity for part in parts],
        happened=happened,
        public=[_public(part) for part in parts],
    )


def _public(part: Part) -> dict[str, Any]:
    return {
        "amount": part.amount,
        "currency": part.currency,
        "lines": [{"need": line.need_line, "quantity": line.quantity} for line, _ in part.lines],
    }
