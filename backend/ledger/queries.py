"""What the accounts say."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from backend.ledger.models import Balance

BALANCES = """
SELECT a.id, a.charity_id, a.kind, a.currency, a.owner_id,
       COALESCE((SELECT SUM(t.amount) FROM ledger_transfer t WHERE t.debit_id = a.id), 0)::bigint,
       COALESCE((SELECT SUM(t.amount) FROM ledger_transfer t WHERE t.credit_id = a.id), 0)::bigint
FROM ledger_account a
WHERE %(charity_id)s::bigint IS NULL OR a.charity_id = %(charity_id)s
ORDER BY a.id
"""


@dataclass(frozen=True)
class AccountBalance:
    """One account's sums in minor units."""

    account_id: int
    charity_id: int
    kind: str
    currency: str
    owner_id: int | None
    debits: int
    credits: int

    @property
    def amount(self) -> int:
        """Debits less credits."""
        return self.debits - self.credits


@dataclass(frozen=True)
class TrialBalance:
    """All accounts; sound books have as many debits as credits."""

    accounts: tuple[AccountBalance, ...]

    @property
    def debits(self) -> int:
        return sum(account.debits for account in self.accounts)

    @property
    def credits(self) -> int:
        return sum(account.credits for account in self.accounts)

    def of(self, kind: str, *, owner_id: int | None = None) -> int:
        """Debits less credits of all accounts of a kind; of one owner's when given."""
        return sum(
            account.amount
            for account in self.accounts
            if account.kind == kind and (owner_id is None or account.owner_id == owner_id)
        )


def balances(*, charity_id: int | None = None) -> list[AccountBalance]:
    """Every account of a charity (or of all) with its sums from the transfers."""
    with connection.cursor() as cursor:
        cursor.execute(BALANCES, {"charity_id": charity_id})
        return [AccountBalance(*row) for row in cursor.fetchall()]


def trial_balance(*, charity_id: int | None = None) -> TrialBalance:
    """The whole of the books."""
    return TrialBalance(tuple(balances(charity_id=charity_id)))


def balance_on(*, account_id: int, on: date) -> int | None:
    """The balance rolled up for the end of a day; None when that day was not rolled up."""
    return Balance.objects.filter(account_id=account_id, on=on).values_list("amount", flat=True).first()
