"""Which tables stand in the office, and how."""

from typing import Any

from django.contrib import admin
from django.db.models import Func, Model, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backend.catalogue.models import Item, Lane, Offer, Stock
from backend.deliveries.models import Plan, Vehicle
from backend.donations.models import Review
from backend.interfaces.backoffice.desks import AddOnly, ReadOnly, Reference
from backend.interfaces.backoffice.refusals import OfferForm
from backend.interfaces.backoffice.reviews import Reviews
from backend.interfaces.backoffice.said import said
from backend.interfaces.backoffice.site import office
from backend.interfaces.backoffice.subjects import actor
from backend.interfaces.backoffice.typed import InWords, SomebodyField
from backend.interfaces.look import words
from backend.journal.models import Entry
from backend.ledger.models import Account, Transfer
from backend.needs.models import Appeal, NeedLine
from backend.parties.models import (
    Access,
    Carrier,
    Charity,
    Closure,
    Membership,
    Organisation,
    Person,
    Recipient,
    Site,
    Supplier,
)


class Organisations(Reference):
    list_display = ("names", "public_id", "realm")
    search_fields = ("public_id", "names")
    readonly_fields = ("public_id",)


class Charities(Reference):
    ordering = ("-pk",)
    search_fields = ("organisation__public_id", "organisation__names")
    list_display = ("organisation", "certificate_no", "certificate_until", "checked_at", "mode")
    list_select_related = ("organisation",)
    autocomplete_fields = ("organisation",)


class Verified(Reference):
    ordering = ("-pk",)
    search_fields = ("organisation__public_id", "organisation__names")
    list_display = ("organisation", "verified_at")
    list_select_related = ("organisation",)
    autocomplete_fields = ("organisation",)


class Recipients(Reference):
    list_select_related = ("organisation",)
    list_display = ("organisation", "people", "verified_at")
    autocomplete_fields = ("organisation", "site")


class Memberships(Reference):
    list_display = ("user", "organisation", "role")
    list_filter = (("role", InWords),)
    list_select_related = ("user__person", "organisation")
    search_fields = ("organisation__names", "user__public_id", "user__person__name")
    autocomplete_fields = ("organisation",)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return [self._cell("user") if obj else "user", "organisation", "role"]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return [self._cell("user")] if obj else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            return SomebodyField(label=capfirst(str(db_field.verbose_name)))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class Sites(Reference):
    list_display = ("names", "kind", "township", "county_code", "lon", "lat")
    list_filter = (("kind", InWords), "county_code")
    search_fields = ("public_id", "names", "township")
    autocomplete_fields = ("organisation",)
    readonly_fields = ("public_id",)


class Closures(Reference):
    list_display = ("site", "during", "kind", "source")
    list_select_related = ("site",)
    autocomplete_fields = ("site",)


class Accesses(Reference):
    list_display = ("site", "kind", "vehicle_class", "during", "source")
    list_select_related = ("site",)
    autocomplete_fields = ("site",)


class Items(Reference):
    list_display = ("code", "names", "category", "grams", "cm3")
    list_filter = (("category", InWords),)
    search_fields = ("code", "names")
    autocomplete_fields = ("variant_of",)
    readonly_fields = ("public_id",)


class Offers(AddOnly):
    form = OfferForm
    list_display = ("item", "supplier", "warehouse", "charity_price", "market_price", "pack_size")
    list_select_related = ("item", "supplier__organisation", "warehouse")
    autocomplete_fields = ("item", "supplier", "warehouse", "charity")
    search_fields = ("public_id", "item__code", "item__names")


class Stocks(ReadOnly):
    search_fields = ("item__code", "item__names", "warehouse__names")
    list_display = ("item", "warehouse", "on_hand", "reserved", "version", "as_of")
    list_select_related = ("item", "warehouse")


class Lanes(Reference):
    list_display = (
        "warehouse",
        "carrier",
        "to_division",
        "days_min",
        "days_max",
        "base_price",
        "kg_price",
        "minimum_amount",
    )
    list_select_related = ("warehouse", "carrier__organisation")
    autocomplete_fields = ("warehouse", "carrier")


class Vehicles(Reference):
    list_display = ("sign", "vehicle_class", "carrier", "grams", "cm3", "retired_at")
    list_select_related = ("carrier__organisation",)
    autocomplete_fields = ("carrier", "home")
    readonly_fields = ("public_id",)


class Appeals(ReadOnly):
    list_display = ("number", "charity", "recipient", "state", "needed_on")
    list_filter = (("state", InWords),)
    list_select_related = ("charity__organisation", "recipient__organisation")
    search_fields = ("number", "public_id")


class NeedLines(ReadOnly):
    search_fields = ("appeal__number", "public_id", "item__names")
    list_display = ("appeal", "item", "wanted", "reserved", "received", "unit_price", "stopped_at")
    list_select_related = ("appeal", "item")


class Entries(ReadOnly):
    list_display = ("happened_at", "kind", "subject", "who")
    list_filter = (("kind", InWords),)
    search_fields = ("subject", "public_id")
    exclude = ("private", "salt", "private_digest")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Entry]:
        """With the names of bodies and of those who have a seat or work here; donors stay a number."""
        who = Func(OuterRef("actor"), Value(":"), Value(2), function="split_part", output_field=TextField())
        body = Organisation.objects.filter(public_id=who).values("names")[:1]
        known = Person.objects.filter(Q(user__is_staff=True) | Q(user__memberships__isnull=False))
        name = known.filter(user__public_id=who).values("name")[:1]
        rows: QuerySet[Entry] = super().get_queryset(request)
        return rows.annotate(actor_name=Subquery(name), actor_body=Subquery(body))

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        told: dict[str, Any] = {"actor": "who", "charity": "whose"}
        cells = super().get_fields(request, obj)
        return [told.get(cell if isinstance(cell, str) else cell.__name__, cell) for cell in cells]

    @admin.display(description=_("谁做的"), ordering="actor")
    def who(self, row: Entry) -> str:
        body = row.actor_body  # type: ignore[attr-defined]
        return actor(row.actor, words.name(body) if body else row.actor_name)  # type: ignore[attr-defined]

    @admin.display(description=pgettext_lazy("栏目", "慈善组织"))
    def whose(self, row: Entry) -> str:
        found = Organisation.objects.filter(public_id=row.charity).first() if row.charity else None
        return said(found) if found else row.charity


class Accounts(ReadOnly):
    list_display = ("charity", "kind", "currency", "owner")
    list_select_related = ("charity__organisation", "owner")


class Transfers(ReadOnly):
    list_display = ("happened_at", "kind", "debit", "credit", "amount", "currency")
    list_select_related = (
        "debit__owner",
        "debit__charity__organisation",
        "credit__owner",
        "credit__charity__organisation",
    )
    list_filter = (("kind", InWords),)
    ordering = ("-id",)


class Plans(ReadOnly):
    exclude = ("problem", "answer", "claimed_by", "claimed_until")
    list_display = ("number", "region", "on", "state", "asked_at", "drafted_at")
    list_filter = (("state", InWords),)


office.register(Organisation, Organisations)
office.register(Charity, Charities)
office.register(Supplier, Verified)
office.register(Carrier, Verified)
office.register(Recipient, Recipients)
office.register(Membership, Memberships)
office.register(Site, Sites)
office.register(Closure, Closures)
office.register(Access, Accesses)
office.register(Item, Items)
office.register(Offer, Offers)
office.register(Stock, Stocks)
office.register(Lane, Lanes)
office.register(Vehicle, Vehicles)
office.register(Appeal, Appeals)
office.register(NeedLine, NeedLines)
office.register(Entry, Entries)
office.register(Account, Accounts)
office.register(Transfer, Transfers)
office.register(Plan, Plans)
office.register(Review, Reviews)
