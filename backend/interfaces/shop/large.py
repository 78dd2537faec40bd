"""«Everything that is missing»: one large gift for an appeal, a kind, a township or the whole county.

Its needs are held for as long as a payment may take, so it is for members, one at a time. A worker puts it
together; this door begins it, shows how it comes along, and lets it go.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from celery import current_app
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from kombu.exceptions import OperationalError

from backend.catalogue.rules import Category
from backend.donations import operations
from backend.donations.operations import Choice, OneAtATime, TooManyFailures
from backend.donations.payments.port import GatewayDown
from backend.donations.queries import GatheringPage, gathering, gift
from backend.donations.rules import GatheringStatus, GiftStatus, KeyReused, TooMuch
from backend.interfaces.look import words
from backend.interfaces.shop import checkout, pages
from backend.kernel.errors import Conflicts, Refused
from backend.needs.queries import Rest, Scope, appeal_page, missing_by_township, rest
from backend.parties.queries import person_mail, person_name


@dataclass(frozen=True)
class LargePage:
    """What would be given, before it is begun."""

    scope: Scope
    title: Mapping[str, str] | str
    rest: Rest
    key: str
    minutes: int
    exact: bool
    note: tuple[str, str]
    unsaid: bool
    steps: tuple[str, ...]

    @property
    def rest_only(self) -> bool:
        return not self.exact


@dataclass(frozen=True)
class PartToPay:
    amount: int
    charity_names: Mapping[str, str]
    public_id: str
    paid: bool


@dataclass(frozen=True)
class ComingPage:
    """How a large gift comes along. `stage` is gathering, whole, dropping or dropped."""

    stage: str
    now: GatheringPage
    parts: tuple[PartToPay, ...]
    why: str
    expires_at: datetime | None
    steps: tuple[str, ...]
    href: str

    @property
    def step(self) -> int:
        return 2 if self.stage == "whole" else 1


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def large(request: HttpRequest) -> HttpResponse:
    """GET says how much it would be and mints the key; POST begins."""
    sent = request.GET if request.method == "GET" else request.POST
    kinds = {category.value for category in Category}
    kind = sent.get("kind", "") if sent.get("kind") in kinds else ""
    scope = Scope(sent.get("appeal", "")[:40], kind, sent.get("town", "")[:12])
    if request.method == "GET":
        return _confirm(request, scope, checkout.mint_key())
    key, exact = sent.get("key", "")[:120], sent.get("exact", "yes") == "yes"
    if sent.get("stands_alone") != "yes" or not key:
        return _confirm(request, scope, key or checkout.mint_key(), exact=exact, unsaid=True, status=422)
    user_id = request.user.pk or 0
    donor = operations.DonorDetail(
        user_id=user_id,
        name=person_name(user_id=user_id),
        mail=person_mail(user_id=user_id),
        language=get_language() or settings.LANGUAGE_CODE,
    )
    who = checkout.visitor(request)
    try:
        begun = operations.start_gathering(
            client=who,
            key=key,
            scope=scope,
            exact=exact,
            donor=donor,
            promise=Choice.NEAREST,
            actor=who,
            at=timezone.now(),
        )
    except Refused as refusal:
        return _confirm(request, scope, checkout.mint_key(), exact=exact, note=_note(refusal), status=409)
    _wake()
    return redirect("shop:coming", token=_signer().sign(begun.public_id))


def _confirm(
    request: HttpRequest,
    scope: Scope,
    key: str,
    *,
    exact: bool = True,
    note: tuple[str, str] = ("", ""),
    unsaid: bool = False,
    status: int = 200,
) -> HttpResponse:
    at = timezone.now()
    page = LargePage(
        scope,
        _title(scope, at),
        rest(scope=scope, at=at),
        key,
        settings.RESERVATION_MINUTES,
        exact,
        note,
        unsaid,
        pages.steps(),
    )
    return render(request, "shop/large.html", {"page": page}, status=status)


def _title(scope: Scope, at: datetime) -> Mapping[str, str] | str:
    """What is meant, in words: an appeal by its title, else the kind, the township, or all of it."""
    if scope.appeal:
        found = appeal_page(public_id=scope.appeal, at=at)
        if found is None:
            raise Http404
        return found.card.titles
    kind = next((str(word) for category, word in pages.CATEGORIES.items() if category == scope.category), "")
    town = next((place.name for place in missing_by_township(at=at) if place.code == scope.township), "")
    return " ".join(part for part in (words.place(town) if town else "", kind) if part) or gettext("全部需要")


def _note(refusal: Refused) -> tuple[str, str]:
    if isinstance(refusal, OneAtATime):
        return gettext("上一笔大的还没付"), gettext("先付掉，或者放掉，再来下一笔。")
    if isinstance(refusal, TooMuch):
        return gettext("太多了，一笔装不下"), gettext("按种类或者按乡镇分几笔。")
    if isinstance(refusal, KeyReused):
        return gettext("这张单刚才交过一次"), gettext("看清楚下面的数，再按一次。")
    return gettext("现在没有缺的"), gettext("刚刚都被捐完了。没有扣钱。")


def _wake() -> None:
    """Say «look now»; without a broker the sweep finds it within seconds."""
    try:
        current_app.send_task("gifts.gather", retry=False)
    except (OperationalError, OSError):
        return


def _signer() -> Signer:
    return Signer(salt="shop.large")


@never_cache
@require_http_methods(["GET", "POST"])
def coming(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows how it comes along; POST lets it go, or leads to the gateway."""
    found = _found(token)
    if request.method == "POST":
        return _act(request, token, found)
    if request.htmx and found.status in (GatheringStatus.GATHERING, GatheringStatus.DROPPING):  # type: ignore[attr-defined]
        return render(request, "shop/coming_now.html", {"page": _page(found, request.path)})
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(headers={"HX-Redirect": request.path})
    return render(request, "shop/coming.html", {"page": _page(found, request.path)})


def _found(token: str) -> GatheringPage:
    try:
        found = gathering(public_id=_signer().unsign(token))
    except BadSignature as error:
        raise Http404 from error
    if found is None:
        raise Http404
    return found


def _act(request: HttpRequest, token: str, found: GatheringPage) -> HttpResponse:
    at = timezone.now()
    try:
        if request.POST.get("act") == "drop":
            operations.cancel_gathering(gathering=found.public_id, actor=checkout.visitor(request), at=at)
            _wake()
        elif request.POST.get("pay") in found.gifts:
            return HttpResponseRedirect(operations.start_payment(donation=request.POST["pay"], at=at))
    except TooManyFailures:
        messages.warning(request, gettext("付款失败太多次了，先歇一会儿。东西还给你留着。"), "late")
    except GatewayDown:
        messages.warning(request, gettext("网关现在没有回话。付过的钱不会丢，等一会儿再问。"), "late")
    except Conflicts:
        messages.warning(request, gettext("这一笔的状态刚刚变了，下面是现在的样子。"), "late")
    return redirect("shop:coming", token=token)


def _page(found: GatheringPage, href: str) -> ComingPage:
    gifts = [page for public_id in found.gifts if (page := gift(public_id=public_id, most_items=0))]
    stages = {
        GatheringStatus.GATHERING: "gathering",
        GatheringStatus.GATHERED: "whole",
        GatheringStatus.DROPPING: "dropping",
        GatheringStatus.DROPPED: "dropped",
    }
    parts = tuple(
        PartToPay(page.amount, page.charity_names, page.public_id, page.status is not GiftStatus.PLACED)
        for page in gifts
    )
    until = next((page.expires_at for page in gifts if page.status is GiftStatus.PLACED), None)
    return ComingPage(stages[found.status], found, parts, _why(found.reason), until, pages.steps(), href)


def _why(reason: str) -> str:
    words = {
        "cancelled": gettext("你放掉了。"),
        "not_paid": gettext("到时间没有收到钱。"),
        "not_enough_left": gettext("有一样刚被别人先捐了，凑不齐。"),
        "price_changed": gettext("有一样的价钱刚变了。"),
        "nothing_left": gettext("刚刚都被捐完了。"),
        "too_slow": gettext("太久没有凑齐。"),
    }
    return words.get(reason, gettext("有一样现在不能捐了。") if reason else "")
