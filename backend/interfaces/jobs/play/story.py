"""What the terminal says of a fact: who did what, in one line. Most facts have none."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from backend.confirmations.queries import sheet
from backend.interfaces.jobs.demo.cut import rows, words
from backend.journal.kinds import Kind
from backend.journal.queries import Fact, after, head
from backend.kernel.money import yuan

Names = Mapping[str, str]
LOOK_SECONDS = 0.5
FAULTS = ("missing", "damaged", "wrong", "expired")


def word(names: Names) -> str:
    """A name in the language of now; Chinese where there is no other."""
    wanted = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}.get(get_language() or "", "en")
    return names.get(wanted) or names.get("zh-Hans", "")


@dataclass(frozen=True)
class Books:
    """Where names are looked up: goods by their code, the place of a drop by its id."""

    goods: Mapping[str, Names]
    place: Callable[[str], Names]


def demo_books() -> Books:
    return Books({row["code"]: words(row, "name") for row in rows("goods/items.csv")}, _place)


def _place(drop: str) -> Names:
    found = sheet(drop=drop)
    return found.recipient_names if found else {}


def line(fact: Fact, books: Books) -> str:
    """One line for a fact that moves goods or money, nothing for the others."""
    teller = TELLERS.get(fact.kind)
    return teller(fact.public, fact.subject.partition(":")[2], books) if teller else ""


def _paid(said: Mapping[str, Any], subject: str, books: Books) -> str:
    return _("捐赠人付了%(money)s，在等供应商") % {"money": yuan(said["amount"])}


def _asked(said: Mapping[str, Any], subject: str, books: Books) -> str:
    goods = ", ".join(
        f"{row['asked']} × {word(books.goods.get(row['item'], {})) or row['item']}" for row in said["items"]
    )
    return _("单%(no)s发给供应商：%(goods)s") % {"no": said["number"], "goods": goods}


def _answered(said: Mapping[str, Any], subject: str, books: Books) -> str:
    kept = sum(row["accepted"] + row["backordered"] for row in said.get("items", ()))
    if not kept:
        return _("供应商没有接单%(no)s，去问别家") % {"no": said["number"]}
    return _("供应商接了单%(no)s：%(n)s件") % {"no": said["number"], "n": kept}


def _packed(said: Mapping[str, Any], subject: str, books: Books) -> str:
    return _("供应商装好了%(n)s箱") % {"n": len(said.get("parcels", ()))}


def _ready(said: Mapping[str, Any], subject: str, books: Books) -> str:
    return _("供应商说%(no)s可以来取") % {"no": said["number"]}


def _plan(said: Mapping[str, Any], subject: str, books: Books) -> str:
    return _("调度请人算一条路")


def _released(said: Mapping[str, Any], subject: str, books: Books) -> str:
    routes = len(said["routes"])
    if not routes:
        return _("调度放行了：货不多，不派专车")
    return _("调度看过草案，放行了：%(routes)s条路") % {"routes": routes}


def _expected(said: Mapping[str, Any], subject: str, books: Books) -> str:
    if said["by"] != "carrier":
        return ""
    return _("给%(place)s的箱子走普通快递") % {"place": word(books.place(subject))}


def _loaded(said: Mapping[str, Any], subject: str, books: Books) -> str:
    return _("司机装上了%(n)s箱") % {"n": said["loaded"]}


def _arrived(said: Mapping[str, Any], subject: str, books: Books) -> str:
    places = [word(books.place(drop)) for drop in said["drops"]]
    return (
        _("司机到了%(place)s") % {"place": ", ".join(dict.fromkeys(filter(None, places)))} if places else ""
    )


def _delivered(said: Mapping[str, Any], subject: str, books: Books) -> str:
    return _("箱子交给了%(place)s") % {"place": word(books.place(subject))}


def _counted(said: Mapping[str, Any], subject: str, books: Books) -> str:
    lacking = sum(said.get(fault, 0) for fault in FAULTS)
    told = {"place": word(books.place(subject)), "n": said["received"], "lacking": lacking}
    if lacking:
        return _("%(place)s点了：收到%(n)s件，缺的、坏的%(lacking)s件，供应商来补") % told
    return _("%(place)s点了：收到%(n)s件，都对上了") % told


TELLERS: dict[str, Callable[[Mapping[str, Any], str, Books], str]] = {
    Kind.GIFT_PAID: _paid,
    Kind.ORDER_SENT: _asked,
    Kind.ORDER_ANSWERED: _answered,
    Kind.SHIPMENT_PACKED: _packed,
    Kind.SHIPMENT_READY: _ready,
    Kind.PLAN_ASKED: _plan,
    Kind.PLAN_RELEASED: _released,
    Kind.DROP_EXPECTED: _expected,
    Kind.ROUTE_LOADED: _loaded,
    Kind.STOP_ARRIVED: _arrived,
    Kind.DROP_DELIVERED: _delivered,
    Kind.DROP_CONFIRMED: _counted,
}


class Narrator:
    """Reads the journal from now on and says each fact once, whoever did it."""

    def __init__(self, say: Callable[[str], object], books: Books | None = None) -> None:
        self.say, self.books = say, books or demo_books()
        self.seq = head()

    def tell(self) -> None:
        """Say what is new."""
        for fact in after(seq=self.seq):
            self.seq = fact.seq
            if told := line(fact, self.books):
                self.say(told)

    def run(self, over: threading.Event, language: str) -> None:
        """In a thread of its own until `over`; when it breaks, everything is over."""
        try:
            with translation.override(language):
                while not over.wait(LOOK_SECONDS):
                    self.tell()
                self.tell()
        finally:
            over.set()
            connection.close()
