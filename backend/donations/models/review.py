"""What a person should look at, and the failed payments that give a reason for it."""

from django.db import models
from django.db.models import Q

from backend.donations.models.gift import Donation, Payment
from backend.donations.rules import ReviewReason
from backend.kernel.models import PublicIdField, one_of


class Review(models.Model):
    """A gift that is held: paid like any other, but nothing is ordered before a person has looked at it."""

    public_id = PublicIdField(prefix="rev")
    donation = models.OneToOneField(Donation, on_delete=models.PROTECT, related_name="review")
    reason = models.CharField(max_length=20)
    seen = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    decision = models.CharField(max_length=8, null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            one_of("reason", ReviewReason, "review_reason"),
            models.CheckConstraint(
                condition=Q(decision__isnull=True, decided_at__isnull=True)
                | Q(decision__in=["release", "refund"], decided_at__isnull=False),
                name="review_decision",
            ),
        ]
        indexes = [models.Index(fields=["opened_at"], name="review_open", condition=Q(decision__isnull=True))]


class Attempt(models.Model):
    """A payment that failed, as its gateway told us. `payer` is our digest of the gateway's mark of the card."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="attempts")
    client = models.CharField(max_length=80)
    payer = models.CharField(max_length=64, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["client", "at"], name="attempt_of_client"),
            models.Index(fields=["payer", "at"], name="attempt_of_payer", condition=~Q(payer="")),
            models.Index(fields=["at"], name="attempt_age"),
        ]
