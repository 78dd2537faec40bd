"""What the recipient counted: each phone's tally as sent, one confirmation per drop folded from them."""

from django.db import models
from django.db.models import F, Q

from backend.confirmations.rules import ConfirmationState
from backend.deliveries.models import Drop
from backend.kernel.models import one_of
from backend.shipments.models import ShipmentLine
from backend.supplier_orders.models import SupplierOrderItem

_SUM = F("received") + F("damaged") + F("wrong") + F("expired") + F("missing")


class Tally(models.Model):
    """As one device sent it; never changed. `client_uuid` makes a repeat harmless."""

    drop = models.ForeignKey(Drop, on_delete=models.PROTECT, related_name="tallies")
    client_uuid = models.CharField(max_length=64, unique=True)
    device = models.CharField(max_length=80, blank=True, default="")
    counts = models.JSONField()
    second_adult = models.CharField(max_length=80, blank=True, default="")
    counted_at = models.DateTimeField()
    received_at = models.DateTimeField()
    differs = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(client_uuid=""), name="tally_has_uuid"),
        ]
        indexes = [models.Index(fields=["drop"], name="tally_differs", condition=Q(differs=True))]


class Confirmation(models.Model):
    drop = models.OneToOneField(Drop, on_delete=models.PROTECT, related_name="confirmation")
    tally = models.ForeignKey(Tally, on_delete=models.PROTECT, related_name="+")
    second_adult = models.CharField(max_length=80, blank=True, default="")
    state = models.CharField(max_length=12)
    confirmed_at = models.DateTimeField()

    class Meta:
        constraints = [one_of("state", ConfirmationState, "confirmation_state")]


class Fates(models.Model):
    """The five things that can have become of a shipped unit."""

    received = models.PositiveIntegerField(default=0)
    damaged = models.PositiveIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0)
    expired = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True


class Count(Fates):
    """One row per item, for people."""

    confirmation = models.ForeignKey(Confirmation, on_delete=models.PROTECT, related_name="counts")
    order_item = models.ForeignKey(SupplierOrderItem, on_delete=models.PROTECT, related_name="counts")
    quantity = models.PositiveIntegerField()
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity=_SUM), name="count_adds_up"),
            models.UniqueConstraint(fields=["confirmation", "order_item"], name="count_once"),
        ]


class ConfirmationLine(Fates):
    """The count spread over the lines of gifts: oldest gift served first, a shortage on the newest."""

    count = models.ForeignKey(Count, on_delete=models.PROTECT, related_name="lines")
    shipment_line = models.OneToOneField(ShipmentLine, on_delete=models.PROTECT, related_name="confirmation")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(quantity=_SUM), name="confirmation_line_adds_up")]
