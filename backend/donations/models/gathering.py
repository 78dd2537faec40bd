"""A large gift while it is put together."""

from django.db import models
from django.db.models import F, Q

from backend.donations.models.gift import Checkout
from backend.donations.rules import GatheringStatus
from backend.kernel.models import Leased, PublicIdField, one_of
from backend.needs.models import NeedLine
from backend.parties.models import User


class Gathering(Leased):
    """A large gift while its needs are claimed chunk by chunk. `donor` is personal and emptied at the end.

    `wished_*` is what the donor agreed to, `gathered_*` what was claimed so far; see operations.gathering.
    """

    public_id = PublicIdField(prefix="gat")
    checkout = models.OneToOneField(Checkout, on_delete=models.PROTECT, related_name="gathering")
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="gatherings")
    donor = models.JSONField(default=dict)
    promise = models.CharField(max_length=16)
    exact = models.BooleanField(default=True)
    actor = models.CharField(max_length=80)
    status = models.CharField(max_length=12, default=GatheringStatus.GATHERING.value)
    reason = models.CharField(max_length=40, blank=True, default="")
    wished_lines = models.PositiveIntegerField(default=0)
    wished_amount = models.BigIntegerField(default=0)
    gathered_lines = models.PositiveIntegerField(default=0)
    gathered_amount = models.BigIntegerField(default=0)
    given_back_to = models.BigIntegerField(default=0)  # the last gift line whose units were looked at
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            one_of("status", GatheringStatus, "gathering_status"),
            models.CheckConstraint(
                condition=Q(gathered_lines__lte=F("wished_lines"), gathered_amount__lte=F("wished_amount")),
                name="gathered_no_more_than_wished",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], name="gathering_at_work", condition=Q(status__in=["gathering", "dropping"])
            )
        ]


class Wish(models.Model):
    """One need that a gathering still has to claim. The row goes when it is claimed or given up."""

    gathering = models.ForeignKey(Gathering, on_delete=models.CASCADE, related_name="wishes")
    need_line = models.ForeignKey(NeedLine, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    unit_price = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gathering", "need_line"], name="wish_once")]
