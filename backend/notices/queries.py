"""Who reads a letter, where they read it, and in which language."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from backend.deliveries.models import Drop
from backend.donations.models import Detail, Donation
from backend.notices.models import Letter
from backend.notices.rules import LetterState
from backend.parties.models import Membership
from backend.parties.rules import Role
from backend.supplier_orders.models import SupplierOrder
from backend.supplier_orders.rules import RequestStatus
from backend.timelines.touched import ref_of

DEFAULT_LANGUAGE = "zh-hans"


@dataclass(frozen=True)
class Reader:
    """Addresses of one letter's readers and the language they chose."""

    mails: tuple[str, ...]
    language: str = DEFAULT_LANGUAGE


def reachable(*, donations: Iterable[str]) -> set[str]:
    """Those gifts (public ids) whose donor left an address, with the gift or with an account."""
    rows = Donation.objects.filter(public_id__in=list(donations))
    known = rows.filter(
        ~Q(detail__mail="") & Q(detail__mail__isnull=False) | Q(user__person__mail__isnull=False)
    )
    return set(known.values_list("public_id", flat=True))


def donor(*, donation: str) -> Reader:
    """The donor of a gift (public id)."""
    row = Detail.objects.filter(donation__public_id=donation).values_list("mail", "language").first()
    mail, language = row or ("", DEFAULT_LANGUAGE)
    if not mail:
        accounts = Donation.objects.filter(public_id=donation, user__person__mail__isnull=False)
        mail = accounts.values_list("user__person__mail", flat=True).first() or ""
    return Reader((mail,) if mail else (), language or DEFAULT_LANGUAGE)


def members(*, organisation: str, roles: Sequence[Role]) -> Reader:
    """Everybody who holds one of `roles` for an organisation (public id) and left an address."""
    rows = Membership.objects.filter(
        organisation__public_id=organisation,
        role__in=[role.value for role in roles],
        user__is_active=True,
        user__person__mail__isnull=False,
    ).exclude(user__person__mail="")
    mails = {mail for mail in rows.values_list("user__person__mail", flat=True) if mail}
    return Reader(tuple(sorted(mails)))


def recipient_of(*, drop: str) -> str:
    """The recipient's organisation (public id) of a drop; empty when there is none."""
    rows = Drop.objects.filter(public_id=ref_of(drop))
    return rows.values_list("recipient__organisation__public_id", flat=True).first() or ""


def supplier_of(*, order: str) -> str:
    rows = SupplierOrder.objects.filter(public_id=ref_of(order))
    return rows.values_list("supplier__organisation__public_id", flat=True).first() or ""


@dataclass(frozen=True)
class OrderSlip:
    """What a new order asks, for the letter about it."""

    number: str
    respond_by: datetime
    recipient: dict[str, str]
    replacement: bool
    open: bool
    items: list[tuple[dict[str, str], dict[str, str], int]]


def order_slip(*, order: str) -> OrderSlip | None:
    """Names, measure words and quantities of an order (label or public id)."""
    rows = SupplierOrder.objects.select_related("recipient__organisation")
    row = rows.filter(public_id=ref_of(order)).first()
    if row is None:
        return None
    items = row.items.select_related("offer__item").order_by("pk")
    return OrderSlip(
        number=row.number,
        respond_by=row.respond_by,
        recipient=row.recipient.organisation.names,
        replacement=row.replacement,
        open=row.request_status == RequestStatus.SUBMITTED.value,
        items=[(item.offer.item.names, item.offer.item.units, item.asked) for item in items],
    )


def charities_of(*, drop: str) -> list[str]:
    """The charities (public ids of their organisations) whose goods a drop brought."""
    path = "parcels__parcel__shipment__order__charity__organisation__public_id"
    rows = Drop.objects.filter(public_id=ref_of(drop)).values_list(path, flat=True)
    return sorted({row for row in rows if row})


def due_count() -> int:
    """Letters that wait to be sent."""
    return Letter.objects.filter(state=LetterState.DUE.value).count()
