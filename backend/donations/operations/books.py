"""The ledger accounts of a batch, each looked up once."""

from backend.donations.models import Payment
from backend.ledger.models import Account
from backend.ledger.operations import account
from backend.ledger.rules import AccountKind


class Accounts:
    """For one batch in one transaction: one query per charity and currency."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, AccountKind, str], Account] = {}
        self._looked: set[tuple[int, str]] = set()

    def of(self, payment: Payment, kind: AccountKind) -> Account:
        """The account of the payment's charity, in its currency. The donation must be loaded."""
        charity, currency = payment.donation.charity_id, payment.currency
        if (charity, currency) not in self._looked:
            self._looked.add((charity, currency))
            rows = Account.objects.filter(charity=charity, currency=currency, owner__isnull=True)
            self._known.update({(charity, AccountKind(row.kind), currency): row for row in rows})
        key = charity, kind, currency
        if key not in self._known:
            self._known[key] = account(charity_id=charity, kind=kind, currency=currency)
        return self._known[key]
