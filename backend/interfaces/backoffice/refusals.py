"""What the tables refuse, in the words of who typed it."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS
from django.db.models import BaseConstraint
from django.forms import ModelForm
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backend.catalogue.rules import breaks_fit

NOT_MET = BaseConstraint.default_violation_error_message
# by the name of the constraint, which is all that Django's message has
REFUSALS: Mapping[str, Promise] = {
    "organisation_named": _("名称要有简体的。"),
    "item_named": _("名称和量词都要有简体的。"),
    "goods_have_mass": _("实物要写重量和体积。"),
    "offer_priced": _("公益价要大于零。"),
    "offer_pack": _("每箱至少一件。"),
    "market_price_has_source": _("写了市场价，也要写日期和出处。"),
    "lane_of_one": _("仓库和承运人只填一个。"),
    "lane_days_in_order": _("最少几天不能多过最多几天。"),
    "site_on_earth": _("经度在-180到180之间，纬度在-90到90之间。"),
    "vehicle_shift": _("收车要在出车以后。"),
    "closures_of_a_site_part": _("和这个地点已经记下的一段重叠。"),
    "vehicle_holds": _("车要能装：重量和体积都大于零。"),
}


class Form(ModelForm):  # type: ignore[type-arg]
    """A form of the office: a constraint that is not met says so in words."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        told = {NOT_MET % {"name": name}: words for name, words in REFUSALS.items()}
        for error in self.errors.get(NON_FIELD_ERRORS, self.error_class()).as_data():
            error.message = str(told.get(str(error.message), error.message))


class OfferForm(Form):
    """Prices for more pieces rise in pieces and fall in price."""

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        price, breaks = told.get("charity_price"), told.get("price_breaks")
        if price and breaks and not breaks_fit(price, breaks):
            self.add_error("price_breaks", gettext("从2件起，件数一档比一档多，价钱一档比一档低。"))
        return told
