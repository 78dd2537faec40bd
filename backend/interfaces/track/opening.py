"""Who may open a gift's page, and in whose name they act there."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from backend.donations.tokens import read_gift_token
from backend.kernel.errors import Refused
from backend.timelines import queries as timelines
from backend.timelines.story import Gift


def opened(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Find the gift that `key` opens: a signed link for anybody who has it, a public id for its owner."""

    @never_cache
    @wraps(view)
    def enter(request: HttpRequest, key: str, **more: Any) -> HttpResponseBase:
        if key.startswith("don_") and "." not in key:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            gift = timelines.gift(donation=key, user_id=request.user.pk)
        else:
            gift = _linked(key)
        if gift is None:
            return render(request, "track/gone.html", status=404)
        return view(request, gift, key, **more)

    return enter


def _linked(token: str) -> Gift | None:
    read = read_gift_token(token)
    if read is None:
        return None
    gift = timelines.gift(donation=read[0])
    return gift if gift and gift.link_version == read[1] else None


def actor_of(request: HttpRequest, gift: Gift) -> str:
    """Who acts, for the journal."""
    user = request.user
    return f"user:{user.public_id}" if user.is_authenticated else f"gift:{gift.ref}"


def try_to(request: HttpRequest, act: Callable[[], object], done: str) -> None:
    """Act, and say what came of it."""
    try:
        act()
        messages.success(request, done, extra_tags="good")
    except Refused:
        messages.warning(request, gettext("晚了一步，情况已经变了。看看下面现在怎么样。"), extra_tags="late")
