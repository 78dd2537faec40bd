"""What the house asks of any payment gateway. Every call may be repeated; references are ours."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol

from backend.kernel.errors import Missing, NotAllowed, Refused


class OrderState(StrEnum):
    """How an order stands at the gateway."""

    UNKNOWN = "unknown"  # nobody has opened its page yet
    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"  # can no longer be paid


class Order(NamedTuple):
    """What is to be paid: `amount` in minor units, `merchant_ref` unique per merchant."""

    merchant_no: str
    merchant_ref: str
    amount: int
    currency: str
    subject: str
    return_url: str
    notice_url: str
    expires_at: datetime | None


@dataclass(frozen=True)
class Standing:
    """The gateway's own word on an order."""

    state: OrderState
    gateway_ref: str | None = None
    amount: int = 0
    currency: str = ""


@dataclass(frozen=True)
class Notice:
    """A notice whose signature is good. `signed_at` is the gateway's clock.

    `failed`: somebody tried to pay and could not. `payer` is the gateway's own mark of the card or account,
    the same for every order it is used for, empty where it tells none.
    """

    notice_id: str
    merchant_no: str
    merchant_ref: str
    standing: Standing
    signed_at: datetime
    failed: bool = False
    payer: str = ""


class UnknownGateway(Missing):
    """There is no such gateway here."""

    code = "unknown_gateway"


class BadSignature(NotAllowed):
    """This was not signed by the gateway, or it was changed on the way."""

    code = "bad_signature"


class GatewayDown(Refused):
    """The gateway gave no answer; nothing is known. Ask again later."""

    code = "gateway_down"


class GatewayRefused(Refused):
    """The gateway said no."""

    code = "gateway_refused"


class Gateway(Protocol):
    """Raises GatewayDown when there was no answer. Never call it inside a transaction."""

    def create(self, order: Order) -> str:
        """The address of the page on which `order` is paid."""
        ...

    def query(self, *, merchant_no: str, merchant_ref: str) -> Standing:
        """How the order stands now."""
        ...

    def close(self, *, merchant_no: str, merchant_ref: str, at: datetime) -> Standing:
        """Close the order so that it cannot be paid any more; the answer says PAID when it was too late."""
        ...

    def refund(self, *, merchant_no: str, merchant_ref: str, key: str, amount: int, at: datetime) -> None:
        """Send `amount` back, once per `key` however often it is called; GatewayRefused when it says no."""
        ...

    def verify(self, *, headers: Mapping[str, str], body: bytes) -> Notice:
        """Read a notice whose signature is good, else raise BadSignature. Says nothing about its age."""
        ...
