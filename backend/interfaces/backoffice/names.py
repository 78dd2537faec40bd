"""What the office calls rooms and tables."""

from collections.abc import Mapping

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

ROOMS: Mapping[str, Promise] = {
    "parties": _("机构、人和地方"),
    "catalogue": _("货品和价钱"),
    "needs": _("需要"),
    "donations": _("捐款"),
    "deliveries": _("送货"),
    "journal": _("流水"),
    "ledger": _("账"),
}
TABLES: Mapping[str, Promise] = {
    "Organisation": _("机构"),
    "Charity": _("慈善组织"),
    "Supplier": _("供应商"),
    "Carrier": _("承运人"),
    "Recipient": _("收货人"),
    "Membership": _("谁在哪儿做什么"),
    "Site": _("地点"),
    "Closure": _("关门的日子"),
    "Access": _("什么车能到"),
    "Item": _("货品"),
    "Offer": _("报价"),
    "Stock": _("库存"),
    "Lane": _("送到哪里、多少钱"),
    "Vehicle": _("车"),
    "Appeal": _("募捐"),
    "NeedLine": _("要的东西"),
    "Review": _("要人看的捐赠"),
    "Entry": _("发生的事"),
    "Account": _("账户"),
    "Transfer": _("转账"),
    "Plan": _("计划"),
}


def title(request: HttpRequest) -> str:
    """The office's name, for unfold."""
    return gettext("直送·办公室")
