"""A row in a few words, for columns that point at it and for the head of its own page."""

from functools import singledispatch

from django.core.exceptions import ObjectDoesNotExist
from django.utils.translation import pgettext

from backend.catalogue.models import Item, Lane, Offer, Stock
from backend.deliveries.models import Plan, Vehicle
from backend.donations.models import Donation, Review
from backend.interfaces.backoffice.subjects import subject
from backend.interfaces.backoffice.words import account, code
from backend.interfaces.look import words
from backend.journal.models import Entry
from backend.ledger.models import Account, Transfer
from backend.needs.models import NeedLine
from backend.parties.models import (
    Access,
    Carrier,
    Charity,
    Closure,
    Membership,
    Organisation,
    Recipient,
    Site,
    Supplier,
    User,
)


def _joined(*parts: str) -> str:
    return pgettext("列举", " · ").join(part for part in parts if part)


@singledispatch
def said(row: object) -> str:
    """`row` as its readers name it; related rows that it needs are best selected with it."""
    return str(row)


@said.register(Organisation)
@said.register(Site)
@said.register(Item)
def _(row: Organisation | Site | Item) -> str:
    return words.name(row.names)


@said.register(Charity)
@said.register(Supplier)
@said.register(Carrier)
@said.register(Recipient)
def _(row: Charity | Supplier | Carrier | Recipient) -> str:
    return words.name(row.organisation.names)


@said.register
def _(row: User) -> str:
    try:
        return row.person.name or row.public_id
    except ObjectDoesNotExist:
        return row.public_id


@said.register
def _(row: Membership) -> str:
    return _joined(said(row.user), code(Membership, "role", row.role))


@said.register(Closure)
@said.register(Access)
def _(row: Closure | Access) -> str:
    return _joined(said(row.site), code(type(row), "kind", row.kind))


@said.register
def _(row: Offer) -> str:
    return _joined(said(row.item), said(row.supplier))


@said.register
def _(row: Stock) -> str:
    return _joined(said(row.item), said(row.warehouse))


@said.register
def _(row: Lane) -> str:
    of = row.warehouse or row.carrier
    return _joined(said(of), row.to_division)


@said.register
def _(row: Vehicle) -> str:
    return row.sign


@said.register
def _(row: Plan) -> str:
    return row.number


@said.register
def _(row: NeedLine) -> str:
    return _joined(str(row.appeal), said(row.item))


@said.register
def _(row: Entry) -> str:
    return code(Entry, "kind", row.kind)


@said.register
def _(row: Account) -> str:
    return _joined(account(row.kind), said(row.owner or row.charity))


@said.register
def _(row: Transfer) -> str:
    return _joined(code(Transfer, "kind", row.kind), words.price(row.amount))


@said.register
def _(row: Donation) -> str:
    return row.public_id


@said.register
def _(row: Review) -> str:
    return subject(f"gift:{row.donation.public_id}")
