"""What a kept page must not hold: this visitor's own basket and unpaid gifts. Asked for apart, and only when
there are some."""

import functools
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from backend.interfaces.shop import basket, unpaid

COOKIE = "here"  # says only that there is something to ask for; scripts may read it
View = Callable[..., HttpResponse]


def has_own(request: HttpRequest) -> bool:
    """Whether `here` would show anything to this visitor."""
    return bool(basket.kept(request)) or unpaid.any_kept(request)


def leave_mark(response: HttpResponse) -> None:
    """Kept pages of this browser ask for what is its own."""
    secure = settings.SITE_URL.startswith("https://")
    response.set_cookie(COOKIE, "1", samesite="Lax", secure=secure)


def says_so(view: View) -> View:
    """Let `view` leave the mark by which kept pages know that there is something to ask for."""

    @functools.wraps(view)
    def run(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        taken_in = unpaid.take_in(request)
        response = view(request, *args, **kwargs)
        if taken_in:
            response.delete_cookie(unpaid.COOKIE, samesite="Lax")
        if has_own(request):
            leave_mark(response)
        elif COOKIE in request.COOKIES:
            response.delete_cookie(COOKIE, samesite="Lax")
        return response

    return run


@never_cache
@require_safe
@says_so
def here(request: HttpRequest) -> HttpResponse:
    """The parts, each named for its place in the page."""
    own = {"basket": len(basket.kept(request)), "unpaid": unpaid.waiting(request, at=timezone.now())}
    return render(request, "shop/here.html", own)
