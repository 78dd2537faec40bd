"""The gateway's side: its pay page, its answers to merchants, its notices over real HTTP."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import httpx
from django.db import connection, transaction
from django.db.models import F, QuerySet

from backend.donations.payments.port import BadSignature, GatewayRefused, OrderState, Standing
from backend.donations.payments.sandbox.keys import GATEWAY, MERCHANT, is_signed, sign
from backend.donations.payments.sandbox.models import SandboxNotice, SandboxOrder, SandboxRefund, State
from backend.kernel.db import claim
from backend.kernel.models import new_public_id

RETRIES = [timedelta(seconds=s) for s in (5, 15, 30, 60, 300, 900, 1_800, 3_600)]
LATE = timedelta(hours=1)
LEASE = timedelta(seconds=60)
# one statement: the house closes thousands when a crowd goes away without paying
CLOSE = """
INSERT INTO sandbox_gateway_sandboxorder AS o
    (gateway_ref, merchant_no, merchant_ref, amount, currency, notice_url, refunded, state)
VALUES (%(public_id)s, %(merchant_no)s, %(merchant_ref)s, 0, 'CNY', '', 0, 'closed')
ON CONFLICT (merchant_no, merchant_ref)
    DO UPDATE SET state = CASE o.state WHEN 'open' THEN 'closed' ELSE o.state END
RETURNING state, gateway_ref, amount, currency
"""


class Manner(StrEnum):
    """How the notice of a payment behaves."""

    ONCE = "once"
    TWICE = "twice"
    LATE = "late"  # signed an hour ago
    TAMPERED = "tampered"  # the amount was changed on the way
    NEVER = "never"
    FAILED = "failed"  # the bank said no


@dataclass(frozen=True)
class Wish:
    """An order as the merchant signed it into the pay page's address."""

    merchant_no: str
    merchant_ref: str
    amount: int
    currency: str
    subject: str
    return_url: str
    notice_url: str
    expires_at: float | None


def read_wish(*, order: str, signature: str) -> Wish:
    """The order in a pay page's address; BadSignature when the merchant did not sign it so."""
    if not is_signed(MERCHANT, order.encode(), signature):
        raise BadSignature
    return Wish(**json.loads(base64.urlsafe_b64decode(order)))


def state_of(wish: Wish, *, at: datetime) -> OrderState:
    """How the order stands for somebody who opens its page."""
    state = query(merchant_no=wish.merchant_no, merchant_ref=wish.merchant_ref).state
    run_out = wish.expires_at is not None and at.timestamp() >= wish.expires_at
    if run_out and state in (OrderState.UNKNOWN, OrderState.OPEN):
        return OrderState.CLOSED
    return state


def pay(wish: Wish, *, at: datetime, manner: Manner = Manner.ONCE, card: str = "") -> OrderState:
    """Own transaction. The payer pays: PAID and a notice is due, or how the order stands instead."""
    if state_of(wish, at=at) is OrderState.CLOSED:
        return OrderState.CLOSED
    with transaction.atomic():
        order = _opened(wish)
        paid = SandboxOrder.objects.filter(pk=order.pk, state=State.OPEN.value)
        if paid.update(state=State.PAID.value, paid_at=at):
            _announce(order, at=at, manner=manner, card=card)
    return query(merchant_no=wish.merchant_no, merchant_ref=wish.merchant_ref).state


def fail(wish: Wish, *, at: datetime, card: str = "") -> None:
    """Own transaction. The payer tries and the bank says no: the merchant is told, the order stays open."""
    if state_of(wish, at=at) is OrderState.CLOSED:
        return
    with transaction.atomic():
        order = _opened(wish)
        if order.state == State.OPEN.value:
            _announce(order, at=at, manner=Manner.FAILED, card=card)


def _opened(wish: Wish) -> SandboxOrder:
    order, _ = SandboxOrder.objects.get_or_create(
        merchant_no=wish.merchant_no,
        merchant_ref=wish.merchant_ref,
        defaults={"amount": wish.amount, "currency": wish.currency, "notice_url": wish.notice_url},
    )
    return order


def _announce(order: SandboxOrder, *, at: datetime, manner: Manner, card: str) -> None:
    copies = {Manner.NEVER: 0, Manner.TWICE: 2}.get(manner, 1)
    for _ in range(copies):
        SandboxNotice.objects.create(order=order, due_at=at, manner=manner.value, card=card)


def query(*, merchant_no: str, merchant_ref: str) -> Standing:
    """How an order stands; UNKNOWN when nobody has paid or closed it."""
    order = _orders(merchant_no, merchant_ref).first()
    return _standing(order) if order else Standing(OrderState.UNKNOWN)


def close(*, merchant_no: str, merchant_ref: str) -> Standing:
    """Own transaction. Close an order that is not paid; one that was never opened cannot be opened later."""
    with connection.cursor() as cursor:
        cursor.execute(
            CLOSE,
            {"public_id": new_public_id("sbx"), "merchant_no": merchant_no, "merchant_ref": merchant_ref},
        )
        state, gateway_ref, amount, currency = cursor.fetchone()
    return Standing(OrderState(state), gateway_ref, amount, currency)


def refund(*, merchant_no: str, merchant_ref: str, key: str, amount: int, at: datetime) -> None:
    """Own transaction. Send money back, once per key."""
    with transaction.atomic():
        order = _orders(merchant_no, merchant_ref).select_for_update().filter(state=State.PAID.value).first()
        if order is None or amount <= 0:
            raise GatewayRefused
        _, fresh = SandboxRefund.objects.get_or_create(
            key=key, defaults={"order": order, "amount": amount, "refunded_at": at}
        )
        if not fresh:
            return
        if order.refunded + amount > order.amount:
            raise GatewayRefused("more than was paid")
        SandboxOrder.objects.filter(pk=order.pk).update(refunded=F("refunded") + amount)


def refunded(*, merchant_no: str, merchant_ref: str) -> int:
    """How much of an order the gateway has sent back."""
    return sum(_orders(merchant_no, merchant_ref).values_list("refunded", flat=True))


def _orders(merchant_no: str, merchant_ref: str) -> "QuerySet[SandboxOrder]":
    return SandboxOrder.objects.filter(merchant_no=merchant_no, merchant_ref=merchant_ref)


def _standing(order: SandboxOrder) -> Standing:
    return Standing(OrderState(order.state), order.gateway_ref, order.amount, order.currency)


@dataclass(frozen=True)
class Envelope:
    """A notice as it goes over the wire."""

    url: str
    headers: dict[str, str]
    body: bytes


def envelope(*, notice_id: str, signed_at: datetime) -> Envelope:
    """Write and sign one notice."""
    notice = SandboxNotice.objects.select_related("order").get(notice_id=notice_id)
    order = notice.order
    content = {
        "notice_id": notice.notice_id,
        "merchant_no": order.merchant_no,
        "merchant_ref": order.merchant_ref,
        "gateway_ref": order.gateway_ref,
        "state": order.state,
        "amount": order.amount,
        "currency": order.currency,
        "failed": notice.manner == Manner.FAILED.value,
        "payer": notice.card,
    }
    body = json.dumps(content, separators=(",", ":")).encode()
    stamp = str(int(signed_at.timestamp()))
    headers = {
        "content-type": "application/json",
        "sandbox-timestamp": stamp,
        "sandbox-signature": sign(GATEWAY, stamp.encode() + b"." + body),
    }
    return Envelope(order.notice_url, headers, body)


def due_notices(*, merchant_ref: str) -> list[str]:
    """Ids of an order's notices that are not delivered yet."""
    rows = SandboxNotice.objects.filter(order__merchant_ref=merchant_ref, delivered_at__isnull=True)
    return list(rows.order_by("pk").values_list("notice_id", flat=True))


def deliver_due(*, at: datetime, by: str, limit: int = 50) -> int:
    """Own transactions. Deliver notices that are due; return how many were answered with 2xx."""
    due = SandboxNotice.objects.filter(delivered_at__isnull=True, due_at__lte=at, tries__lt=len(RETRIES))
    picked = claim(due, by=by, at=at, lease=LEASE, limit=limit)
    with httpx.Client(timeout=10, trust_env=False) as client:
        return sum(_deliver(client, notice, at) for notice in picked)


def _deliver(client: httpx.Client, notice: SandboxNotice, at: datetime) -> bool:
    rows = SandboxNotice.objects.filter(pk=notice.pk)
    if _is_taken(client, notice, at):
        rows.update(delivered_at=at, claimed_until=None, claimed_by="")
        return True
    wait = RETRIES[min(notice.tries, len(RETRIES) - 1)]
    rows.update(tries=F("tries") + 1, due_at=at + wait, claimed_until=None, claimed_by="")
    return False


def _is_taken(client: httpx.Client, notice: SandboxNotice, at: datetime) -> bool:
    signed_at = at.astimezone(UTC) - (LATE if notice.manner == Manner.LATE.value else timedelta(0))
    letter = envelope(notice_id=notice.notice_id, signed_at=signed_at)
    body = letter.body
    if notice.manner == Manner.TAMPERED.value and notice.tries == 0:
        body = body.replace(b'"amount":', b'"amount":9')
    try:
        answer = client.post(letter.url, content=body, headers=letter.headers)
    except httpx.HTTPError:
        return False
    return answer.is_success
