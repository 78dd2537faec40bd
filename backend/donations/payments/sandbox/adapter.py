"""Our side of the sandbox: what a merchant's client library does."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from pydantic_core import to_json

from backend.donations.payments.port import BadSignature, Notice, Order, OrderState, Standing
from backend.donations.payments.sandbox import remote
from backend.donations.payments.sandbox.keys import GATEWAY, MERCHANT, is_signed, sign
from backend.kernel.settings import settings


class SandboxGateway:
    """Implements port.Gateway. Creating needs no call: the signed order travels in the address."""

    def create(self, order: Order) -> str:
        wish = to_json(
            {
                "merchant_no": order.merchant_no,
                "merchant_ref": order.merchant_ref,
                "amount": order.amount,
                "currency": order.currency,
                "subject": order.subject,
                "return_url": order.return_url,
                "notice_url": order.notice_url,
                "expires_at": order.expires_at.timestamp() if order.expires_at else None,
            }
        )
        # both are letters that an address may hold as they are: to quote them would cost more than to sign
        order_text = base64.urlsafe_b64encode(wish)
        signature = sign(MERCHANT, order_text)
        return f"{settings.SITE_URL}/sandbox-gateway/pay/?order={order_text.decode()}&sign={signature}"

    def query(self, *, merchant_no: str, merchant_ref: str) -> Standing:
        return remote.query(merchant_no=merchant_no, merchant_ref=merchant_ref)

    def close(self, *, merchant_no: str, merchant_ref: str, at: datetime) -> Standing:
        return remote.close(merchant_no=merchant_no, merchant_ref=merchant_ref)

    def refund(self, *, merchant_no: str, merchant_ref: str, key: str, amount: int, at: datetime) -> None:
        remote.refund(merchant_no=merchant_no, merchant_ref=merchant_ref, key=key, amount=amount, at=at)

    def verify(self, *, headers: Mapping[str, str], body: bytes) -> Notice:
        fields = {name.lower(): value for name, value in headers.items()}
        stamp, signature = fields.get("sandbox-timestamp", ""), fields.get("sandbox-signature", "")
        if not stamp.isdigit() or not is_signed(GATEWAY, stamp.encode() + b"." + body, signature):
            raise BadSignature
        content = json.loads(body)
        standing = Standing(
            OrderState(content["state"]), content["gateway_ref"], content["amount"], content["currency"]
        )
        return Notice(
            content["notice_id"],
            content["merchant_no"],
            content["merchant_ref"],
            standing,
            datetime.fromtimestamp(int(stamp), UTC),
            failed=content.get("failed", False),
            payer=content.get("payer", ""),
        )
