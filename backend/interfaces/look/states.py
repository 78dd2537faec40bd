"""The states of an item as everybody sees them: a word, a colour, a shape."""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Shown(StrEnum):
    """What can be said of an item. Only `counted` is drawn solid: it is the only end."""

    ASKED = "asked"
    GIVEN = "given"
    ORDERED = "ordered"
    PACKED = "packed"
    ROAD = "road"
    ARRIVED = "arrived"
    COUNTED = "counted"
    SHORT = "short"
    BROKEN = "broken"
    REFUNDED = "refunded"
    LATE = "late"
    DECLINED = "declined"
    HOLD = "hold"


@dataclass(frozen=True)
class Tag:
    """`word` may be made exact by the page (少了1床), never vaguer; `icon` is a drawing of icons.svg."""

    word: Promise
    icon: str


STATES = MappingProxyType(
    {
        Shown.ASKED: Tag(_("需要"), "asked"),
        Shown.GIVEN: Tag(_("已捐"), "given"),
        Shown.ORDERED: Tag(_("已下单"), "ordered"),
        Shown.PACKED: Tag(_("已装箱"), "packed"),
        Shown.ROAD: Tag(_("在路上"), "road"),
        Shown.ARRIVED: Tag(_("已送到"), "arrived"),
        Shown.COUNTED: Tag(_("已点清"), "counted"),
        Shown.SHORT: Tag(_("少了"), "short"),
        Shown.BROKEN: Tag(_("坏了"), "broken"),
        Shown.REFUNDED: Tag(_("已退款"), "refunded"),
        Shown.LATE: Tag(_("晚到"), "late"),
        Shown.DECLINED: Tag(_("未接单"), "declined"),
        Shown.HOLD: Tag(_("先等"), "hold"),
    }
)
