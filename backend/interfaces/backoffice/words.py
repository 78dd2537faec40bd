"""The codes of the tables in the reader's words: "Model.field", else "field"."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backend.catalogue.rules import Category, ItemKind
from backend.deliveries.rules import PlanState
from backend.donations.rules import ReviewReason
from backend.interfaces.backoffice.facts import FACTS
from backend.ledger.rules import AccountKind, CostClass, TransferKind
from backend.needs.rules import AppealState, RemainderRule
from backend.parties.rules import AccessKind, Mode, Realm, Role, SiteKind, VehicleClass

Words = Mapping[str, Promise]

SITES: Words = {
    SiteKind.SCHOOL: _("学校"),
    SiteKind.CLINIC: _("卫生室"),
    SiteKind.VILLAGE: _("村"),
    SiteKind.WAREHOUSE: _("仓库"),
    SiteKind.HUB: _("中转站"),
}
ACCOUNTS: Words = {
    AccountKind.GATEWAY: _("收款通道"),
    AccountKind.GIFTS: _("捐款"),
    AccountKind.PAYABLE: _("应付"),
    AccountKind.REMAINDER: _("余款"),
    AccountKind.FREIGHT: _("运费"),
}
CODES: Mapping[str, Words] = {
    "realm": {Realm.LIVE: _("真的"), Realm.TEST: _("演练")},
    "role": {
        Role.OWNER: _("负责人"),
        Role.DESK: _("备货"),
        Role.DISPATCH: _("调度"),
        Role.COURIER: _("司机"),
        Role.KEEPER: pgettext_lazy("职责", "收货"),
        Role.OFFICER: _("慈善组织的人"),
    },
    "mode": {
        Mode.DESIGNATED_PLATFORM: _("指定平台"),
        Mode.CHARITY_SITE: _("慈善组织自己的网站"),
        Mode.DIRECTED: _("定向募捐"),
        Mode.LOGISTICS_ONLY: _("只管送货"),
    },
    "terrain": {
        "plain": pgettext_lazy("地形", "平地"),
        "hills": pgettext_lazy("地形", "丘陵"),
        "mountains": pgettext_lazy("地形", "山地"),
    },
    "vehicle_class": {
        VehicleClass.MICROVAN: pgettext_lazy("车型", "面包车"),
        VehicleClass.TRUCK_42: pgettext_lazy("车型", "4.2米厢货"),
        VehicleClass.TRUCK_52: pgettext_lazy("车型", "5.2米厢货"),
    },
    "category": {
        Category.WARMTH: _("过冬"),
        Category.FOOD: _("吃饭"),
        Category.CLASS: _("上课"),
        Category.LODGING: _("住宿"),
        Category.HYGIENE: _("卫生"),
        Category.OTHER: pgettext_lazy("种类", "别的"),
    },
    "remainder_rule": {
        RemainderRule.SAME_RECIPIENT: _("还给同一个收货人用"),
        RemainderRule.NEAREST_SAME_PURPOSE: _("用于最近的同类需要"),
        RemainderRule.BACK_TO_DONORS: _("退给捐赠人"),
    },
    "cost_class": {
        CostClass.NONE: _("不算费用"),
        CostClass.PROGRAMME: _("项目"),
        CostClass.MANAGEMENT: _("管理"),
        CostClass.FUNDRAISING: _("募集"),
    },
    "reason": {
        ReviewReason.PACE: _("一个访客捐得太快"),
        ReviewReason.CARD_PACE: _("一张卡捐得太多"),
        ReviewReason.CARD_TESTING: _("刚有许多次付款失败"),
    },
    "decision": {"release": _("放行了"), "refund": _("退款了")},
    "Site.kind": SITES,
    "Access.kind": {
        AccessKind.OPEN: _("通"),
        AccessKind.SMALL_ONLY: _("只通小车"),
        AccessKind.CLOSED: _("不通"),
    },
    "Item.kind": {ItemKind.GOODS: _("实物"), ItemKind.SERVICE: _("服务")},
    "Account.kind": ACCOUNTS,
    "Transfer.kind": {
        TransferKind.GIFT_PAID: _("收到捐款"),
        TransferKind.GIFT_REFUNDED: _("退给捐赠人"),
        TransferKind.GOODS_COUNTED: _("点清付货款"),
        TransferKind.SAVING: _("省下的"),
        TransferKind.REVERSAL: _("冲正"),
    },
    "Entry.kind": FACTS,
    "Appeal.state": {
        AppealState.DRAFT: _("草稿"),
        AppealState.LIVE: _("进行中"),
        AppealState.CLOSED: _("结束了"),
    },
    "Plan.state": {
        PlanState.ASKED: _("等着算"),
        PlanState.DRAFTED: _("算好了"),
        PlanState.FAILED: _("没算出来"),
        PlanState.RELEASED: _("放行了"),
        PlanState.DISCARDED: _("不要了"),
    },
}


def codes(model: type, field: str) -> Words | None:
    """The words of a column that holds codes; None for any other column."""
    return CODES.get(f"{model.__name__}.{field}") or CODES.get(field)


def code(model: type, field: str, value: str) -> str:
    """One code in words; as it stands where there is no word for it."""
    return str((codes(model, field) or {}).get(value, value))


def account(kind: str) -> str:
    return str(ACCOUNTS.get(kind, kind))
