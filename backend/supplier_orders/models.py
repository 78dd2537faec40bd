"""A fulfilment order asks one warehouse for goods for one recipient."""

from django.db import models
from django.db.models import F, Q

from backend.catalogue.models import Offer, Stock
from backend.donations.models import FundedLine
from backend.kernel.models import PublicIdField, one_of
from backend.parties.models import Charity, Recipient, Site, Supplier
from backend.supplier_orders.rules import Policy, RequestStatus


class SupplierOrder(models.Model):
    """`version` grows with every change of the order or its shipments. A replacement is at the supplier's cost."""

    public_id = PublicIdField(prefix="ord")
    number = models.CharField(max_length=24, unique=True)
    charity = models.ForeignKey(Charity, on_delete=models.PROTECT, related_name="supplier_orders")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="orders")
    warehouse = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="orders")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="supplier_orders")
    request_status = models.CharField(max_length=20, default=RequestStatus.SUBMITTED.value)
    policy = models.CharField(max_length=16, default=Policy.FILL_AVAILABLE.value)
    replacement = models.BooleanField(default=False)
    supplier_ref = models.CharField(max_length=80, null=True)
    submitted_at = models.DateTimeField()
    respond_by = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [
            one_of("request_status", RequestStatus, "order_request_status"),
            one_of("policy", Policy, "order_policy"),
            models.UniqueConstraint(fields=["supplier", "supplier_ref"], name="supplier_ref_once"),
        ]
        indexes = [
            models.Index(
                fields=["respond_by"], name="order_unanswered", condition=Q(request_status="submitted")
            ),
            models.Index(fields=["supplier", "submitted_at", "id"], name="order_of_supplier"),
            models.Index(fields=["supplier", "updated_at", "id"], name="order_changed"),
        ]


class SupplierOrderItem(models.Model):
    """One row per item, for people: accepted + backordered + rejected <= asked, shipped <= the first two."""

    public_id = PublicIdField(prefix="oit")
    order = models.ForeignKey(SupplierOrder, on_delete=models.PROTECT, related_name="items")
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="order_items")
    unit_price = models.BigIntegerField()
    asked = models.PositiveIntegerField()
    accepted = models.PositiveIntegerField(default=0)
    backordered = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    shipped = models.PositiveIntegerField(default=0)
    expected_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=80, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(asked__gt=0), name="order_item_asks"),
            models.CheckConstraint(
                condition=Q(asked__gte=F("accepted") + F("backordered") + F("rejected")),
                name="order_item_answer",
            ),
            models.CheckConstraint(
                condition=Q(shipped__lte=F("accepted") + F("backordered")), name="order_item_shipped"
            ),
            models.UniqueConstraint(fields=["order", "offer"], name="order_item_once"),
        ]


class SupplierOrderLine(models.Model):
    """Units of one funded line in one order item; `dropped` were declined. For tracing, not for people.

    The lines of an item are written oldest gift first, so their ids are the order of service.
    """

    item = models.ForeignKey(SupplierOrderItem, on_delete=models.PROTECT, related_name="lines")
    funded_line = models.ForeignKey(FundedLine, on_delete=models.PROTECT, related_name="order_lines")
    quantity = models.PositiveIntegerField()
    dropped = models.PositiveIntegerField(default=0)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replacements")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_line_positive"),
            models.CheckConstraint(condition=Q(dropped__lte=F("quantity")), name="order_line_dropped"),
            models.UniqueConstraint(fields=["item", "funded_line"], name="order_line_once"),
        ]


class Reservation(models.Model):
    """Stock held for an order item until it is packed or declined: never more than is still to pack."""

    item = models.OneToOneField(SupplierOrderItem, on_delete=models.PROTECT, related_name="reservation")
    stock = models.ForeignKey(Stock, on_delete=models.PROTECT, related_name="reservations")
    quantity = models.PositiveIntegerField()
    released_at = models.DateTimeField(null=True)


class StopPrice(models.Model):
    """What one more stop from a warehouse at a recipient costs (fen), as the last plan taught."""

    warehouse = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="stop_prices")
    recipient = models.ForeignKey(Recipient, on_delete=models.CASCADE, related_name="stop_prices")
    amount = models.BigIntegerField()
    plan_ref = models.CharField(max_length=40)
    learned_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["warehouse", "recipient"], name="stop_price_once")]
