"""What can be given to, most urgent first; one appeal with what the law discloses; needs for a basket."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Avg, BigIntegerField, Case, Count, F, IntegerField, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from backend.needs.models import Appeal, NeedLine
from backend.needs.rules import AppealState, RemainderRule

Names = dict[str, str]


@dataclass(frozen=True)
class NeedCard:
    """One need as a donor sees it. Names, specs and units by language; prices in fen."""

    public_id: str
    appeal: str
    appeal_number: str
    recipient_names: Names
    township: str
    charity: str
    charity_names: Names
    item: str
    names: Names
    specs: Names
    units: Names
    drawing: str
    category: str
    wanted: int
    reserved: int
    received: int
    unit_price: int
    stopped: bool
    open: bool

    @property
    def left(self) -> int:
        """How many can be given now."""
        return self.wanted - self.reserved if self.open and not self.stopped else 0


@dataclass(frozen=True)
class AppealCard:
    """An appeal in a list, its needs the scarcest share first."""

    public_id: str
    number: str
    titles: Names
    recipient_names: Names
    township: str
    people: int
    terrain: str
    needed_on: date | None
    needs: tuple[NeedCard, ...]


@dataclass(frozen=True)
class Disclosure:
    """What the Charity Law (art. 24, 25) puts on the page of every appeal."""

    charity_names: Names
    certificate_no: str
    certificate_until: date | None
    checked_at: datetime | None
    contact: dict[str, Any]
    purpose: Names
    starts_at: datetime | None
    ends_at: datetime | None
    area: str
    person_in_charge: str
    beneficiaries: str
    use: str
    cost_share: str
    remainder_rule: RemainderRule
    filing_no: str
    translations: dict[str, dict[str, str]]


@dataclass(frozen=True)
class AppealPage:
    """One appeal whole. `state` is of rules.AppealState; only a live one within its dates takes gifts."""

    card: AppealCard
    words: Names
    state: AppealState
    disclosure: Disclosure


@dataclass(frozen=True)
class TownshipMissing:
    """How many pieces a township's open needs still miss; lon and lat are the middle of its recipients."""

    code: str
    name: str
    lon: float
    lat: float
    missing: int


@dataclass(frozen=True)
class Totals:
    """Pieces over all open appeals, and how many recipients ask."""

    recipients: int
    wanted: int
    reserved: int
    received: int
    missing: int


def _open(at: datetime) -> Q:
    return Q(state=AppealState.LIVE.value, starts_at__lte=at, ends_at__gt=at)


def _open_lines(at: datetime) -> QuerySet[NeedLine]:
    return NeedLine.objects.filter(
        appeal__state=AppealState.LIVE.value, appeal__starts_at__lte=at, appeal__ends_at__gt=at
    )


def _appeals(at: datetime, category: str, township: str) -> QuerySet[Appeal]:
    rows = Appeal.objects.filter(_open(at))
    if category:
        rows = rows.filter(lines__item__category=category).distinct()
    return rows.filter(recipient__site__township_code=township) if township else rows


def count_open_appeals(*, at: datetime, category: str = "", township: str = "") -> int:
    """How many appeals `open_appeals` would list."""
    return _appeals(at, category, township).count()


def open_appeals(
    *, at: datetime, category: str = "", township: str = "", offset: int = 0, limit: int = 20
) -> list[AppealCard]:
    """Open appeals: those that still miss something first, then by the day of need. Two queries."""
    chosen = _appeals(at, category, township).values("pk")
    rows = Appeal.objects.filter(pk__in=chosen).annotate(
        left=Coalesce(Sum(F("lines__wanted") - F("lines__reserved"), filter=_giveable()), 0)
    )
    full = Case(When(left__gt=0, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = rows.order_by(full, F("needed_on").asc(nulls_last=True), "opened_at", "pk")
    page = list(rows.select_related("recipient__organisation", "recipient__site")[offset : offset + limit])
    return _cards(page, at=at, category=category)


def _giveable() -> Q:
    return Q(lines__stopped_at__isnull=True)


def _cards(appeals: Sequence[Appeal], *, at: datetime, category: str = "") -> list[AppealCard]:
    lines = _needs(NeedLine.objects.filter(appeal__in=[appeal.pk for appeal in appeals]), at=at)
    by_appeal: dict[str, list[NeedCard]] = {}
    for need in lines:
        by_appeal.setdefault(need.appeal, []).append(need)
    for needs in by_appeal.values():
        needs.sort(key=lambda n: (n.category != category if category else False, n.left == 0, -_share(n)))
    return [_card(appeal, by_appeal.get(appeal.public_id, [])) for appeal in appeals]


def _share(need: NeedCard) -> float:
    return need.left / need.wanted


def _card(row: Appeal, needs: Iterable[NeedCard]) -> AppealCard:
    return AppealCard(
        row.public_id,
        row.number,
        row.titles,
        row.recipient.organisation.names,
        row.recipient.site.township,
        row.recipient.people,
        row.recipient.site.terrain,
        row.needed_on,
        tuple(needs),
    )


def _needs(rows: QuerySet[NeedLine], *, at: datetime) -> list[NeedCard]:
    rows = rows.select_related(
        "appeal", "item", "charity__organisation", "recipient__organisation", "recipient__site"
    )
    return [_need(row, at) for row in rows.order_by("pk")]


def _need(row: NeedLine, at: datetime) -> NeedCard:
    appeal, item = row.appeal, row.item
    return NeedCard(
        public_id=row.public_id,
        appeal=appeal.public_id,
        appeal_number=appeal.number,
        recipient_names=row.recipient.organisation.names,
        township=row.recipient.site.township,
        charity=row.charity.organisation.public_id,
        charity_names=row.charity.organisation.names,
        item=item.public_id,
        names=item.names,
        specs=item.specs,
        units=item.units,
        drawing=item.drawing,
        category=item.category,
        wanted=row.wanted,
        reserved=row.reserved,
        received=row.received,
        unit_price=row.unit_price,
        stopped=row.stopped_at is not None,
        open=_is_open(appeal, at),
    )


def _is_open(appeal: Appeal, at: datetime) -> bool:
    if appeal.starts_at is None or appeal.ends_at is None:
        return False
    return appeal.state == AppealState.LIVE.value and appeal.starts_at <= at < appeal.ends_at


def appeal_page(*, public_id: str, at: datetime) -> AppealPage | None:
    """One appeal that is or was live; None for a draft or an unknown one. Two queries."""
    rows = Appeal.objects.exclude(state=AppealState.DRAFT.value).select_related(
        "charity__organisation", "recipient__organisation", "recipient__site"
    )
    row = rows.filter(public_id=public_id).first()
    if row is None:
        return None
    return AppealPage(_cards([row], at=at)[0], row.words, AppealState(row.state), _disclosure(row))


def appeal_needs(*, public_id: str, at: datetime) -> list[NeedCard]:
    """The needs of one appeal that is or was live, as they stand now. One query."""
    rows = NeedLine.objects.filter(appeal__public_id=public_id)
    return _needs(rows.exclude(appeal__state=AppealState.DRAFT.value), at=at)


def _disclosure(row: Appeal) -> Disclosure:
    charity = row.charity
    return Disclosure(
        charity_names=charity.organisation.names,
        certificate_no=charity.certificate_no,
        certificate_until=charity.certificate_until,
        checked_at=charity.checked_at,
        contact=charity.contact,
        purpose=row.purpose,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        area=row.area,
        person_in_charge=row.person_in_charge,
        beneficiaries=row.beneficiaries,
        use=row.use,
        cost_share=row.cost_share,
        remainder_rule=RemainderRule(row.remainder_rule),
        filing_no=row.filing_no,
        translations=row.translations,
    )


def need_cards(*, public_ids: Collection[str], at: datetime) -> dict[str, NeedCard]:
    """The needs of a basket by public id; unknown ones are left out. One query."""
    rows = NeedLine.objects.filter(public_id__in=public_ids).exclude(appeal__state=AppealState.DRAFT.value)
    return {need.public_id: need for need in _needs(rows, at=at)}


def nearest_equal(*, public_id: str, at: datetime, limit: int = 3) -> list[NeedCard]:
    """Open needs of the same item that still miss some, nearest recipient first. Two queries."""
    here = NeedLine.objects.select_related("recipient__site").filter(public_id=public_id).first()
    if here is None:
        return []
    rows = _open_lines(at).filter(item_id=here.item_id, stopped_at__isnull=True, wanted__gt=F("reserved"))
    rows = rows.exclude(pk=here.pk).select_related(
        "appeal", "item", "charity__organisation", "recipient__organisation", "recipient__site"
    )
    site = here.recipient.site
    near = sorted(rows, key=lambda row: (_apart(site, row.recipient.site), row.pk))
    return [_need(row, at) for row in near[:limit]]


def _apart(a: Any, b: Any) -> float:
    """Degrees on the plane of the place: enough to rank neighbours."""
    return math.hypot((a.lon - b.lon) * math.cos(math.radians(a.lat)), a.lat - b.lat)


def missing_by_township(*, at: datetime) -> list[TownshipMissing]:
    """Where something is missing, by township. One query."""
    rows = _open_lines(at).filter(stopped_at__isnull=True, wanted__gt=F("reserved"))
    grouped = rows.values("recipient__site__township_code", "recipient__site__township").annotate(
        lon=Avg("recipient__site__lon"),
        lat=Avg("recipient__site__lat"),
        missing=Sum(F("wanted") - F("reserved")),
    )
    return [
        TownshipMissing(
            row["recipient__site__township_code"],
            row["recipient__site__township"],
            row["lon"],
            row["lat"],
            row["missing"],
        )
        for row in grouped.order_by("recipient__site__township_code")
    ]


@dataclass(frozen=True)
class Scope:
    """Which needs are meant: those of one appeal (public id), of a category, of a township, or all."""

    appeal: str = ""
    category: str = ""
    township: str = ""


@dataclass(frozen=True)
class Rest:
    """What can be given now within a scope: needs, pieces, fen, and the currencies and charities concerned."""

    needs: int
    pieces: int
    amount: int
    currencies: tuple[str, ...]
    charities: tuple[str, ...]


def rest(*, scope: Scope, at: datetime) -> Rest:
    """Sums over what is still missing within `scope`. One query."""
    rows = _open_lines(at).filter(stopped_at__isnull=True, wanted__gt=F("reserved"))
    if scope.appeal:
        rows = rows.filter(appeal__public_id=scope.appeal)
    if scope.category:
        rows = rows.filter(item__category=scope.category)
    if scope.township:
        rows = rows.filter(recipient__site__township_code=scope.township)
    left = F("wanted") - F("reserved")
    sums = rows.aggregate(
        needs=Count("pk"),
        pieces=Coalesce(Sum(left), 0),
        amount=Coalesce(Sum(left * F("unit_price"), output_field=BigIntegerField()), 0),
        currencies=ArrayAgg("appeal__currency", distinct=True, default=Value([])),
        charities=ArrayAgg("charity__organisation__public_id", distinct=True, default=Value([])),
    )
    return Rest(
        sums["needs"], sums["pieces"], sums["amount"], tuple(sums["currencies"]), tuple(sums["charities"])
    )


def totals(*, at: datetime) -> Totals:
    """Sums over all open appeals. One query."""
    missing = Sum(F("wanted") - F("reserved"), filter=Q(stopped_at__isnull=True))
    # names of their own: an aggregate called like a field would hide the field from the next one
    sums = _open_lines(at).aggregate(
        asking=Count("recipient", distinct=True),
        missing=Coalesce(missing, 0),
        all_wanted=Coalesce(Sum("wanted"), 0),
        all_reserved=Coalesce(Sum("reserved"), 0),
        all_received=Coalesce(Sum("received"), 0),
    )
    return Totals(
        sums["asking"], sums["all_wanted"], sums["all_reserved"], sums["all_received"], sums["missing"]
    )
