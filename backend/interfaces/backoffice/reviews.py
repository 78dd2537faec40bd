"""Gifts that a person looks at: released to the suppliers or sent back, each by its operation and journalled."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from backend.donations.models import Donation, Review
from backend.donations.operations import AlreadyDecided, release_held, send_back_held
from backend.interfaces.backoffice.desks import ReadOnly
from backend.interfaces.backoffice.typed import InWords
from backend.interfaces.look import words

# what gave the reason, by the name that it is kept under
SEEN: Mapping[str, Promise] = {
    "failures": _("%(n)d次付款失败"),
    "gifts": _("一小时内%(n)d笔"),
    "seconds": _("%(n)d秒里太多"),
}
Decide = Callable[..., Donation]


def waiting() -> QuerySet[Review]:
    """What is paid and waits for a decision."""
    return Review.objects.filter(decision__isnull=True, donation__status="paid")


class Waiting(admin.SimpleListFilter):
    """By itself the list shows what waits for a decision and is paid."""

    title = _("看过没有")
    parameter_name = "looked"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", gettext("看过的")), ("all", gettext("全部"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:
        if self.value() == "all":
            return queryset
        if self.value() == "yes":
            return queryset.filter(decision__isnull=False)
        return queryset & waiting()


class Reviews(ReadOnly):
    list_display = ("opened_at", "gift", "number_amount", "reason", "signs", "decision", "decided_at")
    list_filter = (Waiting, ("reason", InWords))
    list_select_related = ("donation",)
    ordering = ("opened_at", "pk")
    actions = ("release", "send_back")

    @admin.display(description=_("看到的情况"))
    def signs(self, row: Review) -> str:
        told = (str(SEEN.get(key, key)) % {"n": value} for key, value in row.seen.items())
        return pgettext("列举", " · ").join(told)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        cells = super().get_fields(request, obj)
        return ["signs" if getattr(cell, "__name__", cell) == "seen" else cell for cell in cells]

    @admin.display(description=pgettext_lazy("栏目", "捐赠"), ordering="donation__public_id")
    def gift(self, row: Review) -> str:
        return row.donation.public_id

    @admin.display(description=pgettext_lazy("栏目", "金额"), ordering="donation__amount")
    def number_amount(self, row: Review) -> str:
        return format_html('<span class="number">{}</span>', words.price(row.donation.amount))

    @admin.action(description=_("没有问题，放行去下单"), permissions=["view"])
    def release(self, request: HttpRequest, rows: QuerySet[Review]) -> None:
        self._decide(request, rows, release_held)

    @admin.action(description=_("有问题，全部退款"), permissions=["view"])
    def send_back(self, request: HttpRequest, rows: QuerySet[Review]) -> None:
        self._decide(request, rows, send_back_held)

    def _decide(self, request: HttpRequest, rows: QuerySet[Review], decide: Decide) -> None:
        actor, at = f"user:{request.user.public_id}", timezone.now()  # type: ignore[union-attr]
        done = sum(self._one(row.public_id, decide, actor, at) for row in rows)
        self.message_user(request, gettext("办了%(n)d笔。") % {"n": done}, messages.SUCCESS)
        if late := rows.count() - done:
            self.message_user(
                request, gettext("%(n)d笔已经办过，或者没有付。") % {"n": late}, messages.WARNING
            )

    def _one(self, review: str, decide: Decide, actor: str, at: datetime) -> bool:
        try:
            decide(review=review, actor=actor, at=at)
        except AlreadyDecided:
            return False
        return True
