"""What an entry of the journal is about and who made it, in the reader's words, and what the journal has on a row."""

from collections.abc import Mapping
from functools import singledispatch

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import pgettext, pgettext_lazy

from backend.deliveries.models import Plan, Vehicle
from backend.donations.models import Review
from backend.interfaces.backoffice.names import TABLES
from backend.journal.models import Entry
from backend.ledger.models import Account, Transfer
from backend.needs.models import Appeal, NeedLine
from backend.parties.models import Carrier, Charity, Organisation, Recipient, Site, Supplier

SUBJECTS: Mapping[str, Promise] = {
    "appeal": pgettext_lazy("关于", "募捐"),
    "catalogue": pgettext_lazy("关于", "货品目录"),
    "drop": pgettext_lazy("关于", "一次收货"),
    "gathering": pgettext_lazy("关于", "大额捐赠"),
    "gift": pgettext_lazy("关于", "捐赠"),
    "need": pgettext_lazy("关于", "需要"),
    "order": pgettext_lazy("关于", "订单"),
    "organisation": pgettext_lazy("关于", "机构"),
    "plan": pgettext_lazy("关于", "计划"),
    "route": pgettext_lazy("关于", "路线"),
    "shipment": pgettext_lazy("关于", "一批货"),
    "site": pgettext_lazy("关于", "地点"),
    "stop": pgettext_lazy("关于", "一站"),
    "user": pgettext_lazy("关于", "人"),
    "vehicle": pgettext_lazy("关于", "车"),
}
CHANGED: Mapping[str, Promise] = {name.lower(): one for name, (one, _many) in TABLES.items()}
OURSELVES: Mapping[str, Promise] = {
    "demo": pgettext_lazy("谁做的", "示范资料"),
    "jobs": pgettext_lazy("谁做的", "后台任务"),
    "notices": pgettext_lazy("谁做的", "写信"),
    "shop": pgettext_lazy("谁做的", "网店"),
}
ACTORS: Mapping[str, Promise] = {
    "system": pgettext_lazy("谁做的", "系统"),
    "org": pgettext_lazy("谁做的", "机构"),
    "user": pgettext_lazy("谁做的", "用户"),
    "visitor": pgettext_lazy("谁做的", "访客"),
    "guest": pgettext_lazy("谁做的", "访客"),
    "gateway": pgettext_lazy("谁做的", "收款通道"),
    "supplier": pgettext_lazy("谁做的", "供应商"),
}


def _said(word: object, number: str) -> str:
    return pgettext("列举", " · ").join(part for part in (str(word), number) if part)


def subject(text: str) -> str:
    """appeal:apl_1 as 募捐 · apl_1; a row that the office changed by the name of its table."""
    kind, _colon, number = text.partition(":")
    return _said(SUBJECTS.get(kind) or CHANGED.get(kind.rpartition(".")[2], kind), number)


def actor(text: str, name: str | None = None) -> str:
    """system:jobs as 系统 · 后台任务; somebody whose `name` is known by it."""
    kind, colon, number = text.partition(":")
    who = str(OURSELVES.get(number, number)) if kind == "system" else number
    return name or (_said(ACTORS.get(kind, kind), who) if colon else text)


def on_record(row: Model) -> list[str]:
    """The subjects under which the journal speaks of `row`: what happened, and what the office changed."""
    return [*_own(row), f"{row._meta.label_lower}:{row.pk}"]


@singledispatch
def _own(row: Model) -> list[str]:
    return []


@_own.register
def _(row: Entry) -> list[str]:
    return [row.subject]


@_own.register
def _(row: Transfer) -> list[str]:
    return [row.entry.subject]


@_own.register
def _(row: Review) -> list[str]:
    return [f"gift:{row.donation.public_id}"]


@_own.register(Charity)
@_own.register(Supplier)
@_own.register(Carrier)
@_own.register(Recipient)
def _(row: Charity | Supplier | Carrier | Recipient) -> list[str]:
    return [f"organisation:{row.organisation.public_id}"]


@_own.register
def _(row: Account) -> list[str]:
    return [f"organisation:{row.charity.organisation.public_id}"]


@_own.register(Organisation)
@_own.register(Site)
@_own.register(Vehicle)
@_own.register(Plan)
@_own.register(Appeal)
def _(row: Organisation | Site | Vehicle | Plan | Appeal) -> list[str]:
    return [f"{row._meta.model_name}:{row.public_id}"]


@_own.register
def _(row: NeedLine) -> list[str]:
    return [f"need:{row.public_id}"]
