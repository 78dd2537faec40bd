"""The practice gateway's pay page. It belongs to the gateway: it knows the signed order, nothing of ours."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from backend.donations.payments.port import BadSignature, OrderState
from backend.donations.payments.sandbox import remote
from backend.donations.payments.sandbox.remote import Manner, Wish
from backend.kernel.money import yuan


@dataclass(frozen=True)
class MannerChoice:
    """One way in which the notice may behave, for practising bad days."""

    value: str
    words: str


@dataclass(frozen=True)
class PayPage:
    """What the gateway shows: the merchant's order and what can be done with it."""

    order: str
    sign: str
    merchant_no: str
    merchant_ref: str
    amount: str
    state: str
    return_url: str
    failed: bool
    manners: tuple[MannerChoice, ...]


@never_cache
@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest) -> HttpResponse:
    """GET shows the order; POST pays it, lets it fail, or leaves it as it is."""
    sent = request.GET if request.method == "GET" else request.POST
    order, sign = sent.get("order", ""), sent.get("sign", "")
    wish = _wish(order, sign)
    act = sent.get("act", "") if request.method == "POST" else ""
    if act == "leave":
        return HttpResponseRedirect(wish.return_url)
    card = sent.get("card", "")[:40]
    if act == "fail":
        remote.fail(wish, at=timezone.now(), card=card)
    if act == "pay":
        state = remote.pay(wish, at=timezone.now(), manner=_manner(sent.get("manner", "")), card=card)
        if state is OrderState.PAID:
            return HttpResponseRedirect(wish.return_url)
    page = _page(wish, order, sign, failed=act == "fail")
    return render(request, "payments/sandbox.html", {"page": page}, status=402 if page.failed else 200)


def _wish(order: str, sign: str) -> Wish:
    """The order as the merchant signed it; nothing is shown, paid or followed that was not signed."""
    if settings.PAYMENT_GATEWAY != "sandbox":
        raise Http404
    try:
        wish = remote.read_wish(order=order, signature=sign)
    except BadSignature as error:
        raise Http404 from error
    if urlsplit(wish.return_url).scheme not in ("http", "https"):
        raise Http404
    return wish


def _manner(text: str) -> Manner:
    return next((manner for manner in Manner if manner.value == text), Manner.ONCE)


def _page(wish: Wish, order: str, sign: str, *, failed: bool) -> PayPage:
    return PayPage(
        order=order,
        sign=sign,
        merchant_no=wish.merchant_no,
        merchant_ref=wish.merchant_ref,
        amount=yuan(wish.amount),
        state=remote.state_of(wish, at=timezone.now()).value,
        return_url=wish.return_url,
        failed=failed,
        manners=_manners(),
    )


def _manners() -> tuple[MannerChoice, ...]:
    words = {
        Manner.ONCE: gettext("通知一次"),
        Manner.TWICE: gettext("通知两次"),
        Manner.LATE: gettext("通知迟到一小时"),
        Manner.TAMPERED: gettext("第一次通知在路上被改"),
        Manner.NEVER: gettext("不通知"),
    }
    return tuple(MannerChoice(manner.value, text) for manner, text in words.items())
