"""What was packed, in which box, and through whose hands it went."""

from django.db import models
from django.db.models import Q

from backend.kernel.models import PublicIdField, one_of
from backend.parties.models import Site
from backend.shipments.rules import Mode, ShipmentState, Step
from backend.supplier_orders.models import SupplierOrder, SupplierOrderItem, SupplierOrderLine


class Shipment(models.Model):
    public_id = PublicIdField(prefix="shp")
    number = models.CharField(max_length=24, unique=True)
    order = models.ForeignKey(SupplierOrder, on_delete=models.PROTECT, related_name="shipments")
    mode = models.CharField(max_length=8, default=Mode.OWN.value)
    carrier_ref = models.CharField(max_length=80, blank=True, default="")
    state = models.CharField(max_length=20, default=ShipmentState.PACKED.value)
    packed_at = models.DateTimeField()
    ready_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            one_of("mode", Mode, "shipment_mode"),
            one_of("state", ShipmentState, "shipment_state"),
        ]
        indexes = [models.Index(fields=["state", "mode"], name="shipment_state")]


class Parcel(models.Model):
    """One box. `code` is printed on it and says nothing about anybody. A voided box was repacked: it is empty."""

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="parcels")
    code = models.CharField(max_length=24, unique=True)
    grams = models.PositiveIntegerField()
    cm3 = models.PositiveIntegerField(default=0)
    repacked_from = models.ForeignKey("self", on_delete=models.PROTECT, null=True)
    voided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(grams__gt=0), name="parcel_weighs")]


class ParcelItem(models.Model):
    parcel = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="items")
    order_item = models.ForeignKey(SupplierOrderItem, on_delete=models.PROTECT, related_name="parcel_items")
    quantity = models.PositiveIntegerField()
    lot = models.CharField(max_length=40, blank=True, default="")
    expires_on = models.DateField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="parcel_item_positive")]


class ShipmentLine(models.Model):
    """Units of one order line in one parcel item. Spread oldest gift first, see supplier_orders.rules.serve."""

    parcel_item = models.ForeignKey(ParcelItem, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(SupplierOrderLine, on_delete=models.PROTECT, related_name="shipment_lines")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipment_line_positive"),
            models.UniqueConstraint(fields=["parcel_item", "order_line"], name="shipment_line_once"),
        ]


class Handover(models.Model):
    """A box changed hands. `client_uuid` makes a phone's repeat harmless; one call may hand over many boxes.

    A box that comes back from a failed stop is picked up once more: its steps are a row each time.
    """

    parcel = models.ForeignKey(Parcel, on_delete=models.PROTECT, related_name="handovers")
    step = models.CharField(max_length=12)
    from_label = models.CharField(max_length=60)
    to_label = models.CharField(max_length=60)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    client_uuid = models.CharField(max_length=64)

    class Meta:
        constraints = [
            one_of("step", Step, "handover_step"),
            models.UniqueConstraint(fields=["parcel", "client_uuid"], name="handover_once"),
        ]
