"""Giving: the confirm page, the way to the gateway, and what the visitor finds when they come back."""

from collections.abc import Mapping

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from backend.donations import operations
from backend.donations.operations import Busy, Choice, ReviewReason, TooManyFailures
from backend.donations.payments.port import GatewayDown
from backend.donations.queries import GiftPage, gift_by_token, gifts_together
from backend.donations.rules import (
    AppealClosed,
    GiftStatus,
    KeyReused,
    MembersOnly,
    NeedStopped,
    NoCertificate,
    NoSuchNeed,
    NotEnoughLeft,
    PriceChanged,
)
from backend.donations.tokens import gift_token
from backend.interfaces.shop import basket, checkout, pages, robots, unpaid
from backend.interfaces.shop.basket import Wish
from backend.interfaces.shop.checkout import Filled
from backend.interfaces.shop.here import says_so
from backend.interfaces.shop.pages import GIFT_PAGE
from backend.interfaces.shop.robots import Verdict
from backend.kernel.errors import Conflicts, Refused
from backend.needs import queries
from backend.needs.queries import NeedCard
from backend.parties.queries import person_mail, person_name

GONE = (NotEnoughLeft, NeedStopped, AppealClosed)


@never_cache
@require_http_methods(["GET", "POST"])
@says_so
def give(request: HttpRequest) -> HttpResponse:
    """GET shows what would be given and mints the key; POST pays, mends, or puts aside."""
    if request.method == "GET":
        return _confirm(request, _wished(request))
    filled = checkout.read(request.POST)
    needs = _needs(filled.wishes)
    if request.POST.get("act") != "pay":
        basket.keep(request, list(filled.wishes))
        return redirect("shop:home" if request.POST.get("act") == "more" else "shop:give")
    errors = checkout.faults(filled)
    if errors or not filled.wishes:
        return _confirm(request, filled, errors=errors, status=422)
    return _pay(request, filled, needs)


def _wished(request: HttpRequest) -> Filled:
    wishes = basket.kept(request)
    need, text = request.GET.get("need", ""), request.GET.get("quantity", "1")
    if need:
        quantity = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1
        wishes = basket.joined(wishes, Wish(need, max(quantity, 1)))
    filled = Filled(tuple(wishes), key=checkout.mint_key())
    user_id = request.user.pk
    if user_id is None:
        return filled
    return filled._replace(name=person_name(user_id=user_id), mail=person_mail(user_id=user_id))


def _needs(wishes: tuple[Wish, ...]) -> dict[str, NeedCard]:
    return queries.need_cards(public_ids=[wish.need for wish in wishes], at=timezone.now())


def _confirm(
    request: HttpRequest,
    filled: Filled,
    *,
    errors: Mapping[str, str] | None = None,
    note: tuple[str, str] = ("", ""),
    status: int = 200,
) -> HttpResponse:
    needs = _needs(filled.wishes)
    errors = errors or {}
    checkout.visitor(request)
    lines = tuple(
        pages.GiveLine(
            needs[wish.need],
            wish.quantity,
            errors.get(checkout.QUANTITY + wish.need, ""),
            _was(filled, needs[wish.need]),
        )
        for wish in filled.wishes
        if wish.need in needs
    )
    page = pages.GivePage(
        lines=lines,
        charities=tuple({line.need.charity: line.need.charity_names for line in lines}.values()),
        promises=_promises(filled.promise),
        filled=filled,
        errors=errors,
        note_title=note[0],
        note=note[1],
        signed_in_as=person_name(user_id=request.user.pk) if request.user.is_authenticated else "",
        steps=pages.steps(),
        minutes=settings.RESERVATION_MINUTES,
        unpaid=unpaid.waiting(request, at=timezone.now()),
    )
    return render(request, "shop/give.html", {"page": page}, status=status)


def _was(filled: Filled, need: NeedCard) -> int:
    shown = filled.prices.get(need.public_id, need.unit_price)
    return shown if shown != need.unit_price else 0


def _promises(chosen: Choice) -> tuple[pages.PromiseChoice, ...]:
    words = {
        Choice.NEAREST: (gettext("换成最近的、一样的需要"), gettext("先告诉你换到哪里，你可以不同意")),
        Choice.WAIT: (gettext("等，再问别的供应商"), gettext("价钱不变；还是没人接，就问你")),
        Choice.REFUND: (gettext("原路退给我"), gettext("3个工作日内到账")),
    }
    return tuple(pages.PromiseChoice(c.value, *words[c], c is chosen) for c in checkout.PROMISES)


def _pay(request: HttpRequest, filled: Filled, needs: Mapping[str, NeedCard]) -> HttpResponse:
    verdict = robots.look(request)
    if verdict not in (Verdict.GO, Verdict.HOLD):
        return _stopped(request, filled, verdict)
    if refusal := checkout.refused_before(request):
        return _refused(request, filled, needs, refusal)
    try:
        placed = operations.place(
            client=checkout.visitor(request),
            key=filled.key,
            lines=checkout.lines(filled, needs),
            donor=checkout.donor(filled, request, get_language() or settings.LANGUAGE_CODE),
            actor=checkout.visitor(request),
            at=timezone.now(),
        )
    except Refused as refusal:
        return _refused(request, filled, needs, refusal)
    if verdict is Verdict.HOLD:
        for donation in placed.donations:
            operations.hold(
                donation=donation,
                reason=ReviewReason.PACE,
                seen={"seconds": robots.WINDOW},
                actor=robots.ACTOR,
                at=timezone.now(),
            )
    basket.take_out(request, {wish.need for wish in filled.wishes})
    unpaid.remember(request, placed.tokens)
    if not placed.pay_url:
        return redirect("shop:paid", token=placed.tokens[0])
    return robots.remember(request, HttpResponseRedirect(placed.pay_url))


def _stopped(request: HttpRequest, filled: Filled, verdict: Verdict) -> HttpResponse:
    """An address is asked; a visitor who gives too often, or whose payments fail too often, is told so."""
    if verdict is Verdict.ASK:
        return render(request, "shop/ask.html", {"page": robots.question(request)}, status=428)
    note = {
        Verdict.STOP: (
            gettext("这一个小时捐得太多了"),
            gettext("没有扣钱。已经捐的都算数；一小时后再捐，或者打电话给慈善组织，一笔办完。"),
        ),
        Verdict.FAILED: (
            gettext("付款失败太多次了"),
            gettext("没有扣钱。过%(n)s分钟再来，换一种付款方式也行。") % {"n": settings.CARD_MINUTES},
        ),
    }[verdict]
    return _confirm(request, filled, note=note, status=429)


def _refused(
    request: HttpRequest, filled: Filled, needs: Mapping[str, NeedCard], refusal: Refused
) -> HttpResponse:
    """What a refusal means for the visitor: the nearest equal need, or the page again with a word."""
    missing = str(refusal.details.get("need", ""))
    if isinstance(refusal, GONE) and missing in needs:
        return _short(request, filled, missing)
    # nobody knows what came of it: the same key finds the gift if it was written
    unsure = isinstance(refusal, Busy | GatewayDown)
    again = filled if unsure else filled._replace(key=checkout.mint_key())
    return _confirm(request, again, note=_note(refusal), status=503 if unsure else 409)


def _note(refusal: Refused) -> tuple[str, str]:
    if isinstance(refusal, PriceChanged):
        return gettext("价钱变了"), gettext("还没有扣钱。新的价钱在下面，同意再付。")
    if isinstance(refusal, KeyReused):
        return (
            gettext("这张单刚才交过一次，内容不一样"),
            gettext("先看看“我的捐赠”里有没有。要再捐一笔，就再按一次付钱。"),
        )
    if isinstance(refusal, MembersOnly):
        return gettext("这个机构只向自己的会员募集"), gettext("登录会员账户再来，或者挑别的需要。")
    if isinstance(refusal, NoCertificate):
        return gettext("这个机构的公募资格到期了"), gettext("还没有扣钱。核过以后才能再捐，先挑别的需要。")
    if isinstance(refusal, NoSuchNeed):
        return gettext("有一样已经撤下了"), gettext("还没有扣钱。剩下的在下面。")
    if isinstance(refusal, Busy | GatewayDown):
        return gettext("现在人太多，没轮到"), gettext("没有扣钱，也没有占住东西。等十秒再按一次付钱。")
    return gettext("这一笔没有办成"), gettext("还没有扣钱。看看下面的数，再按一次付钱。")


def _short(request: HttpRequest, filled: Filled, missing: str) -> HttpResponse:
    """Sold out in between: what is left, and the nearest equal needs. The rest stays in the basket."""
    at = timezone.now()
    needs = queries.need_cards(public_ids=[wish.need for wish in filled.wishes], at=at)
    need = needs[missing]
    asked = next(wish.quantity for wish in filled.wishes if wish.need == missing)
    rest = [wish for wish in filled.wishes if wish.need != missing]
    basket.keep(request, rest)
    others = queries.nearest_equal(public_id=missing, at=at)
    reason = "stopped" if need.stopped else "left" if need.left else "closed" if not need.open else "gone"
    page = pages.ShortPage(
        pages.Short(need, asked, reason, tuple(others)),
        tuple(pages.GiveLine(needs[wish.need], wish.quantity) for wish in rest if wish.need in needs),
    )
    return render(request, "shop/short.html", {"page": page}, status=409)


@never_cache
@require_http_methods(["GET", "POST"])
@says_so
def paid(request: HttpRequest, token: str) -> HttpResponse:
    """Where the gateway leads back. GET reads; POST asks the gateway, leads there again, or lets the gift go."""
    gift = _gift(token)
    if request.method == "POST":
        return _ask(request, token, gift)
    if gift.status is GiftStatus.PAID and not _unpaid(gift):
        return _on(request, GIFT_PAGE.format(token=token))
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(status=204) if gift.status is GiftStatus.PLACED else _on(request, request.path)
    return _show(request, token, gift)


def _gift(token: str) -> GiftPage:
    gift = gift_by_token(token=token)
    if gift is None:
        raise Http404
    return gift


def _unpaid(gift: GiftPage) -> list[GiftPage]:
    """The same basket's gifts to other charities that still wait for their payment."""
    others = gifts_together(public_id=gift.public_id)
    return [other for other in others if other.status is GiftStatus.PLACED]


def _on(request: HttpRequest, to: str) -> HttpResponse:
    """Lead on, a waiting page from inside (htmx) as well as a browser."""
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponseClientRedirect(to)
    return HttpResponseRedirect(to)


def _ask(request: HttpRequest, token: str, gift: GiftPage) -> HttpResponse:
    at = timezone.now()
    try:
        if request.POST.get("act") == "pay" and gift.status is GiftStatus.PLACED:
            return HttpResponseRedirect(operations.start_payment(donation=gift.public_id, at=at))
        if request.POST.get("act") == "leave":
            operations.let_go(donation=gift.public_id, actor=checkout.visitor(request), at=at)
            return _on(request, request.path)
        operations.sync(donation=gift.public_id, at=at)
    except TooManyFailures:
        messages.warning(request, gettext("付款失败太多次了，先歇一会儿。东西还给你留着。"), "late")
    except GatewayDown:
        messages.warning(request, gettext("网关现在没有回话。付过的钱不会丢，等一会儿再问。"), "late")
    except Conflicts:
        messages.warning(request, gettext("这一笔的状态刚刚变了，下面是现在的样子。"), "late")
    if request.htmx and _gift(token).status is GiftStatus.PLACED:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    return _on(request, request.path)


def _show(request: HttpRequest, token: str, gift: GiftPage) -> HttpResponse:
    stages = {
        GiftStatus.PLACED: ("waiting", 2),
        GiftStatus.EXPIRED: ("expired", 2),
        GiftStatus.RETURNED: ("returned", 2),
    }
    stage, step = stages.get(gift.status, ("paid", 3))
    first = gift.items[0] if gift.items else None
    page = pages.PaidPage(
        stage=stage,
        step=step,
        steps=pages.steps(),
        href=request.path,
        gift_href=GIFT_PAGE.format(token=token),
        again=f"{reverse('shop:give')}?need={first.need}&quantity={first.quantity}" if first else "/",
        amount=gift.amount,
        expires_at=gift.expires_at,
        items=gift.items,
        more=gift.all_items - len(gift.items),
        others=tuple(
            pages.OtherGift(other.amount, other.charity_names, reverse("shop:paid", args=[_token(other)]))
            for other in _unpaid(gift)
        ),
    )
    return render(request, "shop/paid.html", {"page": page})


def _token(gift: GiftPage) -> str:
    return gift_token(donation=gift.public_id, link_version=gift.link_version)
