"""What the pages of the shop show: frozen, in the words of no language yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.paginator import Page
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backend.catalogue.queries import PriceFact
from backend.catalogue.rules import Category
from backend.confirmations.queries import CountSeen
from backend.donations.queries import GiftItem
from backend.donations.rules import GiftStatus
from backend.interfaces.look import schematic, words
from backend.interfaces.look.schematic import Map, Place
from backend.needs.queries import AppealCard, Disclosure, NeedCard, Totals, TownshipMissing
from backend.needs.rules import RemainderRule

CATEGORIES: Mapping[Category, Promise] = {
    Category.WARMTH: _("过冬"),
    Category.FOOD: _("吃饭"),
    Category.CLASS: _("上课"),
    Category.LODGING: _("住宿"),
    Category.HYGIENE: _("卫生"),
    Category.OTHER: _("别的"),
}
REMAINDERS: Mapping[RemainderRule, Promise] = {
    RemainderRule.SAME_RECIPIENT: _("用于这个收货人的其他需要，并公示"),
    RemainderRule.NEAREST_SAME_PURPOSE: _("用于最近的、目的相同的需要，并公示"),
    RemainderRule.BACK_TO_DONORS: _("按比例退给捐赠人，并公示"),
}
REACH: Mapping[str, Promise] = {
    "plain": _("大车能到"),
    "hills": _("山路，面包车能到"),
    "mountains": _("山路远，下大雨时会封"),
}


MOST_ON_MAP = 14  # more would be unreadable on a phone


@dataclass(frozen=True)
class Chip:
    """A filter: `href` keeps the other filter."""

    word: str
    href: str
    current: bool


@dataclass(frozen=True)
class Listed:
    """An appeal in the list: `shown` needs with a button, `others` in one line of words."""

    card: AppealCard
    reach: str
    shown: tuple[NeedCard, ...]
    others: tuple[NeedCard, ...]

    @property
    def full(self) -> bool:
        return all(need.left == 0 for need in self.card.needs)


@dataclass(frozen=True)
class HomePage:
    now: datetime
    totals: Totals
    map: Map | None
    chips: tuple[Chip, ...]
    township: str
    first: Listed | None
    rest: tuple[Listed, ...]
    page: Page[AppealCard]
    query: str
    counts: tuple[CountSeen, ...]


@dataclass(frozen=True)
class Truth:
    """Where the money for one piece goes (fen): to the supplier, to the gate; the market price beside it."""

    supplier: int
    gate: int
    total: int
    market: int | None
    source: Mapping[str, str]
    on: date | None


@dataclass(frozen=True)
class Offered:
    """A need on the page of its appeal."""

    need: NeedCard
    truth: Truth | None


@dataclass(frozen=True)
class AppealPageView:
    card: AppealCard
    reach: str
    words: Mapping[str, str]
    needs: tuple[Offered, ...]
    disclosure: Disclosure
    translated: Mapping[str, str]
    remainder: str
    open: bool
    bar: NeedCard | None
    whole: bool  # several things are missing: one gift may take on all of them
    counts: tuple[CountSeen, ...]


def listed(card: AppealCard, *, first: bool) -> Listed:
    """The lead shows three needs, the others one; what is left over is named in words."""
    most = 3 if first else 1
    return Listed(card, str(REACH.get(card.terrain, "")), card.needs[:most], card.needs[most:])


def county_map(places: Sequence[TownshipMissing]) -> Map | None:
    """The townships that miss most around a hub in their midst; None where nothing is missing."""
    places = sorted(places, key=lambda place: -place.missing)[:MOST_ON_MAP]
    if not places:
        return None
    lon = sum(place.lon for place in places) / len(places)
    lat = sum(place.lat for place in places) / len(places)
    hub = Place("hub", gettext("县分拨点"), lon, lat)
    home = reverse("shop:home")
    return schematic.draw(
        hub,
        [
            Place(
                place.code,
                words.place_short(place.name),
                place.lon,
                place.lat,
                place.missing,
                gettext("%(place)s，还差%(n)s件")
                % {"place": words.place(place.name), "n": f"{place.missing:,}"},
                f"{home}?town={place.code}#list",
            )
            for place in places
        ],
    )


def truth(need: NeedCard, fact: PriceFact | None) -> Truth | None:
    """The parts of a price; None where the cheapest supplier asks more than the donor pays."""
    if fact is None or fact.supplier_price > need.unit_price:
        return None
    gate = need.unit_price - fact.supplier_price
    return Truth(
        fact.supplier_price, gate, need.unit_price, fact.market_price, fact.market_source, fact.market_on
    )


@dataclass(frozen=True)
class GiveLine:
    """One row of the confirm page. `error` says what to do; `was` is the price before, when it changed."""

    need: NeedCard
    quantity: int
    error: str = ""
    was: int = 0

    @property
    def amount(self) -> int:
        return self.quantity * self.need.unit_price

    @property
    def most(self) -> int:
        return max(self.need.left, 1)


@dataclass(frozen=True)
class PromiseChoice:
    value: str
    word: str
    hint: str
    checked: bool


@dataclass(frozen=True)
class GivePage:
    """The confirm page. `filled` is what the visitor wrote, `errors` by field, `note` what went wrong."""

    lines: tuple[GiveLine, ...]
    charities: tuple[Mapping[str, str], ...]
    promises: tuple[PromiseChoice, ...]
    filled: object
    errors: Mapping[str, str]
    note: str
    note_title: str
    signed_in_as: str
    steps: tuple[str, ...]
    minutes: int
    unpaid: tuple["Unpaid", ...]

    @property
    def amount(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def details_open(self) -> bool:
        return any(name in self.errors for name in ("mail", "name", "phone", "message"))


@dataclass(frozen=True)
class Short:
    """A line that cannot be given as asked, what is left of it, and equal needs nearby."""

    need: NeedCard
    asked: int
    reason: str
    others: tuple[NeedCard, ...]


@dataclass(frozen=True)
class ShortPage:
    short: Short
    rest: tuple[GiveLine, ...]


GIFT_PAGE = "/gifts/{token}/"  # the track door tells a gift's story
GIFT_STATES: Mapping[GiftStatus, tuple[str, Promise]] = {
    GiftStatus.PLACED: ("hold", _("等付款")),
    GiftStatus.PAID: ("given", _("已付，在办")),
    GiftStatus.EXPIRED: ("declined", _("没有付，放回去了")),
    GiftStatus.RETURNED: ("refunded", _("付晚了，已退")),
    GiftStatus.REFUNDED: ("refunded", _("已退款")),
}


def steps() -> tuple[str, ...]:
    return gettext("看清楚"), gettext("付钱"), gettext("跟着看")


@dataclass(frozen=True)
class Unpaid:
    """A gift that is held until `expires_at`; `href` leads to paying or letting go."""

    items: tuple[GiftItem, ...]
    amount: int
    expires_at: datetime
    href: str


@dataclass(frozen=True)
class OtherGift:
    """Another charity's part of the same basket that waits for its payment."""

    amount: int
    charity_names: Mapping[str, str]
    href: str


@dataclass(frozen=True)
class PaidPage:
    """After the gateway: `stage` is waiting, expired, returned or paid."""

    stage: str
    step: int
    steps: tuple[str, ...]
    href: str
    gift_href: str
    again: str
    amount: int
    expires_at: datetime | None
    items: tuple[GiftItem, ...]
    more: int
    others: tuple[OtherGift, ...]


@dataclass(frozen=True)
class MyGift:
    items: tuple[GiftItem, ...]
    more: int
    amount: int
    places: tuple[Mapping[str, str], ...]
    placed_at: datetime
    href: str
    state: str
    word: str


@dataclass(frozen=True)
class MinePage:
    gifts: tuple[MyGift, ...]
    page: Page[Any]
