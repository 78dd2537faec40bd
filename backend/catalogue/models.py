"""What can be had, from whom, at which price, from which stock, and where it is carried."""

from django.contrib.postgres.fields import DateTimeRangeField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from backend.catalogue.rules import Category, ItemKind, breaks_fit
from backend.kernel.models import PublicIdField, one_of
from backend.parties.models import Carrier, Charity, Site, Supplier


class Item(models.Model):
    """A kind of thing. `names`, `units` (measure words) and `specs` by language, zh-Hans required."""

    public_id = PublicIdField(prefix="itm")
    code = models.CharField(max_length=40, unique=True)
    names = models.JSONField()
    units = models.JSONField()
    specs = models.JSONField(default=dict, blank=True)
    sort_key = models.CharField(max_length=160, blank=True, default="")
    kind = models.CharField(max_length=8, default=ItemKind.GOODS.value)
    category = models.CharField(max_length=12, default=Category.OTHER.value)
    drawing = models.CharField(max_length=24, blank=True, default="g-box")
    variant_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True)
    grams = models.PositiveIntegerField(default=0)
    cm3 = models.PositiveIntegerField(default=0)
    shelf_life_days = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            one_of("kind", ItemKind, "item_kind"),
            one_of("category", Category, "item_category"),
            models.CheckConstraint(
                condition=Q(kind=ItemKind.SERVICE.value) | Q(grams__gt=0, cm3__gt=0), name="goods_have_mass"
            ),
            models.CheckConstraint(
                condition=Q(names__has_key="zh-Hans") & Q(units__has_key="zh-Hans"), name="item_named"
            ),
        ]

    def __str__(self) -> str:
        return str(self.names.get("zh-Hans", self.code))


class Offer(models.Model):
    """A supplier's price for an item from one warehouse. Prices are never updated: a new row."""

    public_id = PublicIdField(prefix="off")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="offers")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="offers")
    warehouse = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="offers")
    charity = models.ForeignKey(Charity, on_delete=models.PROTECT, null=True, blank=True)
    currency = models.CharField(max_length=3, default="CNY")
    charity_price = models.BigIntegerField()
    market_price = models.BigIntegerField(null=True, blank=True)
    market_source = models.JSONField(default=dict, blank=True)  # words by language
    market_on = models.DateField(null=True, blank=True)
    pack_size = models.PositiveIntegerField(default=1)
    price_breaks = models.JSONField(default=list, blank=True)  # see rules.price_at
    during = DateTimeRangeField(null=True, blank=True)

    def clean(self) -> None:
        if not breaks_fit(self.charity_price, self.price_breaks):
            raise ValidationError(
                {"price_breaks": "[[2, 900], [10, 800]]: units rise from 2 on, prices fall"}
            )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(charity_price__gt=0), name="offer_priced"),
            models.CheckConstraint(condition=Q(pack_size__gt=0), name="offer_pack"),
            models.CheckConstraint(
                condition=Q(market_price__isnull=True)
                | Q(market_on__isnull=False, market_source__has_key="zh-Hans"),
                name="market_price_has_source",
            ),
        ]
        indexes = [models.Index(fields=["item", "charity_price"], name="offer_by_price")]


class Stock(models.Model):
    """What lies in one warehouse, as last told. `on_hand` may fall under `reserved`: a shortage to tell."""

    warehouse = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="stocks")
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="stocks")
    on_hand = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)
    version = models.BigIntegerField(default=0)
    as_of = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["warehouse", "item"], name="stock_once")]


class Lane(models.Model):
    """A tariff and a delivery area: from a warehouse (or by a carrier) to a division (code prefix)."""

    warehouse = models.ForeignKey(Site, on_delete=models.CASCADE, null=True, blank=True, related_name="lanes")
    carrier = models.ForeignKey(
        Carrier, on_delete=models.CASCADE, null=True, blank=True, related_name="lanes"
    )
    to_division = models.CharField(max_length=12)
    days_min = models.PositiveSmallIntegerField()
    days_max = models.PositiveSmallIntegerField()
    base_price = models.BigIntegerField(default=0)
    kg_price = models.BigIntegerField(default=0)
    minimum_amount = models.BigIntegerField(default=0)  # goods of one order at least (fen)
    during = DateTimeRangeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(warehouse__isnull=False, carrier__isnull=True)
                | Q(warehouse__isnull=True, carrier__isnull=False),
                name="lane_of_one",
            ),
            models.CheckConstraint(condition=Q(minimum_amount__gte=0), name="lane_minimum"),
            models.CheckConstraint(
                condition=Q(days_min__lte=models.F("days_max")), name="lane_days_in_order"
            ),
        ]
