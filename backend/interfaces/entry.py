"""Who may come in at a door: the one check that every door for members uses."""

import functools
from collections.abc import Callable
from typing import Any, Concatenate

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase

from backend.parties.queries import Seat, seats
from backend.parties.rules import Role

View = Callable[..., HttpResponseBase]


def seat_required(*roles: Role) -> Callable[[Callable[Concatenate[HttpRequest, Seat, ...], Any]], View]:
    """Let in members who hold one of `roles`; the view gets the seat as its second argument.

    Somebody with several seats acts in the one named by `?as=org_…`, kept in the session, else the first.
    Strangers are led to sign in; members without such a seat get 403.
    """

    def guard(view: Callable[Concatenate[HttpRequest, Seat, ...], Any]) -> View:
        @functools.wraps(view)
        def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            held = seats(user_id=request.user.pk or 0, roles=roles)
            if not held:
                raise PermissionDenied
            response: HttpResponseBase = view(request, _chosen(request, held), *args, **kwargs)
            return response

        entered: View = login_required(enter)
        return entered

    return guard


def _chosen(request: HttpRequest, held: list[Seat]) -> Seat:
    wanted = request.GET.get("as") or request.session.get("seat")
    for seat in held:
        if seat.organisation == wanted:
            if request.session.get("seat") != wanted:
                request.session["seat"] = wanted
            return seat
    return held[0]
