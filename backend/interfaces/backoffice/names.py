"""What the office calls rooms and tables, in the order in which its menu has them."""

from collections.abc import Mapping

from django.apps import apps
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy

from backend.interfaces.backoffice import columns

ROOMS: Mapping[str, Promise] = {
    "donations": pgettext_lazy("办公室", "捐款"),
    "needs": pgettext_lazy("办公室", "需要"),
    "parties": pgettext_lazy("办公室", "机构、人和地方"),
    "catalogue": pgettext_lazy("办公室", "货品和价钱"),
    "deliveries": pgettext_lazy("办公室", "送货"),
    "ledger": pgettext_lazy("办公室", "账"),
    "journal": pgettext_lazy("办公室", "流水"),
}
# one row of the table, and all of them: Chinese says both alike
TABLES: Mapping[str, tuple[Promise, Promise]] = {
    "Organisation": (pgettext_lazy("一条", "机构"), pgettext_lazy("办公室", "机构")),
    "Charity": (pgettext_lazy("一条", "慈善组织"), pgettext_lazy("办公室", "慈善组织")),
    "Supplier": (pgettext_lazy("一条", "供应商"), pgettext_lazy("办公室", "供应商")),
    "Carrier": (pgettext_lazy("一条", "承运人"), pgettext_lazy("办公室", "承运人")),
    "Recipient": (pgettext_lazy("一条", "收货人"), pgettext_lazy("办公室", "收货人")),
    "Membership": (pgettext_lazy("一条", "谁在哪儿做什么"), pgettext_lazy("办公室", "谁在哪儿做什么")),
    "Site": (pgettext_lazy("一条", "地点"), pgettext_lazy("办公室", "地点")),
    "Closure": (pgettext_lazy("一条", "关门的日子"), pgettext_lazy("办公室", "关门的日子")),
    "Access": (pgettext_lazy("一条", "什么车能到"), pgettext_lazy("办公室", "什么车能到")),
    "Item": (pgettext_lazy("一条", "货品"), pgettext_lazy("办公室", "货品")),
    "Offer": (pgettext_lazy("一条", "报价"), pgettext_lazy("办公室", "报价")),
    "Stock": (pgettext_lazy("一条", "库存"), pgettext_lazy("办公室", "库存")),
    "Lane": (pgettext_lazy("一条", "送到哪里、多少钱"), pgettext_lazy("办公室", "送到哪里、多少钱")),
    "Plan": (pgettext_lazy("一条", "计划"), pgettext_lazy("办公室", "计划")),
    "Vehicle": (pgettext_lazy("一条", "车"), pgettext_lazy("办公室", "车")),
    "Appeal": (pgettext_lazy("一条", "募捐"), pgettext_lazy("办公室", "募捐")),
    "NeedLine": (pgettext_lazy("一条", "要的东西"), pgettext_lazy("办公室", "要的东西")),
    "Review": (pgettext_lazy("一条", "要人看的捐赠"), pgettext_lazy("办公室", "要人看的捐赠")),
    "Entry": (pgettext_lazy("一条", "发生的事"), pgettext_lazy("办公室", "发生的事")),
    "Account": (pgettext_lazy("一条", "账户"), pgettext_lazy("办公室", "账户")),
    "Transfer": (pgettext_lazy("一条", "转账"), pgettext_lazy("办公室", "转账")),
}


def title(request: HttpRequest) -> str:
    """The office's name, for unfold."""
    return gettext("直送·办公室")


def mark(request: HttpRequest) -> str:
    """The sign of every page of ours, for unfold."""
    return static("look/mark.svg")


def choose_language(request: HttpRequest) -> str:
    """Where the house keeps a reader's language, for unfold's menu."""
    return reverse("look:choose")


def name_rooms() -> None:
    """Django's admin asks rooms, tables and fields for their names: they are told here, once, at the start.

    Migrations do not see it: they read what the classes were declared with.
    """
    for label, word in ROOMS.items():
        config = apps.get_app_config(label)
        config.verbose_name = word  # type: ignore[assignment]
        for model in config.get_models():
            if model.__name__ not in TABLES:
                continue
            one, many = TABLES[model.__name__]
            model._meta.verbose_name = one  # type: ignore[assignment]
            model._meta.verbose_name_plural = many  # type: ignore[assignment]
            for field in model._meta.fields:
                said = columns.TYPED.get(field.name) or columns.label(model, field.name)
                if said is not None:
                    field.verbose_name = said  # type: ignore[assignment]
