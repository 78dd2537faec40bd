"""Who may come in at a door for members, and how such a door says no."""

import contextlib
import functools
from collections.abc import Callable
from typing import Any, Concatenate

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from backend.kernel.errors import Missing
from backend.parties.queries import Seat, seats
from backend.parties.rules import Role

View = Callable[..., HttpResponseBase]
Act = Callable[Concatenate[HttpRequest, Seat, ...], HttpResponse]


def seat_required(*roles: Role) -> Callable[[Callable[Concatenate[HttpRequest, Seat, ...], Any]], View]:
    """Let in members who hold one of `roles`; the view gets the seat as its second argument.

    Somebody with several seats acts in the one named by `?as=org_…`, kept in the session, else the first;
    a page that is not there for this seat is looked for in the others, and the seat that has it is kept.
    Templates find the seats that could be taken in `request.seats`. Strangers are led to sign in; members
    without such a seat get 403.
    """

    def guard(view: Callable[Concatenate[HttpRequest, Seat, ...], Any]) -> View:
        @functools.wraps(view)
        def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            held = seats(user_id=request.user.pk or 0, roles=roles)
            if not held:
                raise PermissionDenied
            vars(request)["seats"] = held
            in_turn = _in_turn(request, held)
            for seat in in_turn:
                with contextlib.suppress(Http404):
                    response: HttpResponseBase = view(request, seat, *args, **kwargs)
                    if seat is not in_turn[0] or request.GET.get("as") == seat.organisation:
                        request.session["seat"] = seat.organisation
                    return response
            raise Http404

        entered: View = login_required(enter)
        return entered

    return guard


def _in_turn(request: HttpRequest, held: list[Seat]) -> list[Seat]:
    """The seat that was wished for, or used last, before the others; they keep their order."""
    wanted = request.GET.get("as") or request.session.get("seat")
    return sorted(held, key=lambda seat: seat.organisation != wanted)


def missing_is_404(view: Act) -> Act:
    """What is not there, or not of the member's organisation, is a 404."""

    @functools.wraps(view)
    def run(request: HttpRequest, seat: Seat, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, seat, *args, **kwargs)
        except Missing as missing:
            raise Http404 from missing

    return run


def say_no(request: HttpRequest, words: str) -> None:
    """A refusal stands above the page that comes next, in words."""
    messages.add_message(request, messages.WARNING, words, extra_tags="late")
