"""The ledger accounts of a batch, each looked up once."""

from backend.donations.models import Payment
from backend.ledger.models import Account
from backend.ledger.operations import account
from backend.ledger.rules import AccountKind


class Accounts:
    """For one batch in one transaction."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, AccountKind, str], Account] = {}

    def of(self, payment: Payment, kind: AccountKind) -> Account:
        """The account of the payment's charity, in its currency. The donation must be loaded."""
        key = payment.donation.charity_id, kind, payment.currency
        if key not in self._known:
            self._known[key] = account(charity_id=key[0], kind=kind, currency=key[2])
        return self._known[key]
