"""The sandbox gateway's own books. No key leads to ours: a gateway knows merchants and references."""

from enum import StrEnum

from django.db import models
from django.db.models import F, Q

from backend.kernel.models import Leased, PublicIdField, one_of


class State(StrEnum):
    OPEN = "open"
    PAID = "paid"
    CLOSED = "closed"


class SandboxOrder(models.Model):
    gateway_ref = PublicIdField(prefix="sbx")
    merchant_no = models.CharField(max_length=64)
    merchant_ref = models.CharField(max_length=64)
    amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="CNY")
    notice_url = models.CharField(max_length=300, blank=True, default="")
    refunded = models.BigIntegerField(default=0)
    state = models.CharField(max_length=8, default=State.OPEN.value)
    paid_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            one_of("state", State, "sandbox_order_state"),
            models.UniqueConstraint(fields=["merchant_no", "merchant_ref"], name="sandbox_order_once"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("amount")), name="sandbox_refunds"
            ),
        ]


class SandboxNotice(Leased):
    """A notice to deliver until it is answered with 2xx. `manner` makes the bad days on demand."""

    notice_id = PublicIdField(prefix="ntc")
    order = models.ForeignKey(SandboxOrder, on_delete=models.CASCADE, related_name="notices")
    manner = models.CharField(max_length=8, default="once")
    card = models.CharField(max_length=40, blank=True, default="")
    due_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="sandbox_notice_due", condition=Q(delivered_at__isnull=True))
        ]


class SandboxRefund(models.Model):
    order = models.ForeignKey(SandboxOrder, on_delete=models.CASCADE, related_name="refunds")
    key = models.CharField(max_length=120, unique=True)
    amount = models.BigIntegerField()
    refunded_at = models.DateTimeField()
