"""Post transfers between a charity's accounts, and roll balances up by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from backend.journal.models import Entry
from backend.kernel.db import joins_transaction, own_transaction
from backend.ledger.models import Account, Transfer
from backend.ledger.rules import AccountKind, CostClass, TransferKind


@dataclass(frozen=True)
class Posting:
    """One transfer to be: `amount` (fen > 0) from the credit account's side to the debit account's."""

    debit: Account
    credit: Account
    amount: int
    kind: TransferKind
    entry: Entry
    cost_class: CostClass = CostClass.NONE
    reverses: Transfer | None = None


@joins_transaction
def account(
    *, charity_id: int, kind: AccountKind, currency: str = "CNY", owner_id: int | None = None
) -> Account:
    """Joins the caller's transaction. The one account of that kind, opened when it is first needed."""
    row, _ = Account.objects.get_or_create(
        charity_id=charity_id, kind=kind.value, currency=currency, owner_id=owner_id
    )
    return row


@joins_transaction
def post(
    *,
    debit: Account,
    credit: Account,
    amount: int,
    kind: TransferKind,
    entry: Entry,
    at: datetime,
    cost_class: CostClass = CostClass.NONE,
    reverses: Transfer | None = None,
) -> Transfer:
    """Joins the caller's transaction. Post one transfer beside the fact `entry` that explains it."""
    posting = Posting(debit, credit, amount, kind, entry, cost_class, reverses)
    return post_many(postings=[posting], at=at)[0]


@joins_transaction
def post_many(*, postings: Sequence[Posting], at: datetime) -> list[Transfer]:
    """Joins the caller's transaction. Post many transfers in one statement."""
    return Transfer.objects.bulk_create(
        [
            Transfer(
                debit=posting.debit,
                credit=posting.credit,
                currency=posting.debit.currency,
                amount=posting.amount,
                kind=posting.kind.value,
                cost_class=posting.cost_class.value,
                entry=posting.entry,
                reverses=posting.reverses,
                happened_at=at,
            )
            for posting in postings
        ]
    )


@joins_transaction
def reverse(*, transfer: Transfer, entry: Entry, at: datetime) -> Transfer:
    """Joins the caller's transaction. Undo a transfer by its mirror; a second reversal is refused by the key."""
    return post(
        debit=transfer.credit,
        credit=transfer.debit,
        amount=transfer.amount,
        kind=TransferKind.REVERSAL,
        entry=entry,
        at=at,
        cost_class=CostClass(transfer.cost_class),
        reverses=transfer,
    )


ROLL_UP = """
INSERT INTO ledger_balance (account_id, "on", amount)
SELECT a.id, %(on)s, COALESCE((SELECT SUM(t.amount) FROM ledger_transfer t
                               WHERE t.debit_id = a.id AND t.happened_at < %(until)s), 0)
                   - COALESCE((SELECT SUM(t.amount) FROM ledger_transfer t
                               WHERE t.credit_id = a.id AND t.happened_at < %(until)s), 0)
FROM ledger_account a
ON CONFLICT (account_id, "on") DO UPDATE SET amount = EXCLUDED.amount
"""


@own_transaction
def roll_up(*, on: date) -> int:
    """Own transaction. Write every account's balance at the end of the day `on` (the deployment's zone)."""
    until = _midnight_after(on)
    with connection.cursor() as cursor:
        cursor.execute(ROLL_UP, {"on": on, "until": until})
        return int(cursor.rowcount)


def _midnight_after(on: date) -> datetime:
    following = on + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=ZoneInfo(settings.ZONE))
