"""A charity's own accounts with payment gateways."""

from datetime import datetime

from backend.donations.models import PaymentAccount
from backend.journal.kinds import Kind
from backend.journal.operations import record
from backend.kernel.db import own_transaction
from backend.parties.models import Charity


@own_transaction
def open_payment_account(
    *, charity: Charity, gateway: str, merchant_no: str, secret_ref: str, actor: str, at: datetime
) -> PaymentAccount:
    """Own transaction. Gifts to `charity` are paid into this account of its own.

    `secret_ref` names the setting that holds the gateway's secret.
    """
    account = PaymentAccount.objects.create(
        charity=charity, gateway=gateway, merchant_no=merchant_no, secret_ref=secret_ref
    )
    record(
        kind=Kind.PAYMENT_ACCOUNT_OPENED,
        subject=f"organisation:{charity.organisation.public_id}",
        charity=charity.organisation.public_id,
        actor=actor,
        at=at,
        public={"gateway": gateway, "merchant_no": merchant_no},
    )
    return account
