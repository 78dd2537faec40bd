"""The driver's door: today's stops, one act at a time. Every act works without a script and may be sent twice."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backend.deliveries import operations, queries
from backend.deliveries.rules import FailReason, StopKind
from backend.interfaces.courier import pages
from backend.interfaces.entry import missing_is_404, say_no, seat_required
from backend.interfaces.look import words
from backend.kernel.errors import Malformed, Refused
from backend.parties.queries import Seat
from backend.parties.rules import Role


def _refusal(refused: Refused) -> str:
    if isinstance(refused, operations.WrongCode):
        left = refused.details.get("left")
        count = left if isinstance(left, int) else 0
        return ngettext("码不对，还可以试%(n)d次。", "码不对，还可以试%(n)d次。", count) % {"n": count}
    if isinstance(refused, operations.CodeLocked):
        return _("五次都不对，这个码不能再试了。打给调度，由他们跟收货人通电话。")
    if isinstance(refused, operations.NoCode):
        return _("收货人还没有码。打给调度。")
    if isinstance(refused, Malformed):
        return _("没记上：再看一下填的东西。")
    return _("没记上：这一站刚才已经变了，看一下现在的样子。")


@require_GET
@seat_required(Role.COURIER)
@missing_is_404
def today(request: HttpRequest, seat: Seat) -> HttpResponse:
    """The driver's own next route; without one, those that are free."""
    mine = queries.routes_of_courier(user_id=seat.user_id)
    if mine:
        return redirect("courier:route", mine[0].public_id)
    page = pages.today_page(organisation_id=seat.organisation_id)
    return render(request, "courier/today.html", {"page": page, "seat": seat})


@require_GET
@seat_required(Role.COURIER)
@missing_is_404
def route(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    row = queries.driven_route(public_id=public_id, courier_id=seat.user_id)
    page = pages.route_page(route=queries.road_route(route=row), user_id=seat.user_id, now=timezone.now())
    return render(request, "courier/route.html", {"page": page, "seat": seat})


@require_POST
@seat_required(Role.COURIER)
@missing_is_404
def take(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    """A driver takes a route that nobody drives."""
    row = queries.route_row(public_id=public_id, organisation_id=seat.organisation_id)
    try:
        operations.take_route(route=row, courier_id=seat.user_id, actor=seat.actor, at=timezone.now())
    except Refused as refused:
        say_no(request, _refusal(refused))
        return redirect("courier:today")
    return redirect("courier:route", public_id)


@require_POST
@seat_required(Role.COURIER)
@missing_is_404
def load(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    """The ticked boxes are on the vehicle."""
    stop = queries.stop_row(public_id=public_id, courier_id=seat.user_id)
    try:
        operations.load(
            stop=stop,
            parcels=request.POST.getlist("parcels"),
            client_uuid=_uuid(request),
            actor=seat.actor,
            at=timezone.now(),
        )
    except Refused as refused:
        say_no(request, _refusal(refused))
    return redirect("courier:route", stop.route.public_id)


def _uuid(request: HttpRequest) -> str:
    """The page's mark of this act; a request without one is no act of our page."""
    text = request.POST.get("uuid", "")
    if not 8 <= len(text) <= 64:
        raise Malformed("an act needs its mark", pointer="/uuid")
    return text


@require_POST
@seat_required(Role.COURIER)
@missing_is_404
def arrive(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    stop = queries.stop_row(public_id=public_id, courier_id=seat.user_id)
    try:
        operations.arrive(stop=stop, actor=seat.actor, at=timezone.now())
    except Refused as refused:
        say_no(request, _refusal(refused))
    return redirect("courier:route", stop.route.public_id)


@require_http_methods(["GET", "POST"])
@seat_required(Role.COURIER)
@missing_is_404
def fail(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    """走不通: which reason, and then on to the next stop."""
    stop = queries.stop_row(public_id=public_id, courier_id=seat.user_id)
    if request.method == "GET":
        page = {
            "public_id": public_id,
            "name": words.name(stop.site.names),
            "reasons": pages.fail_reasons(stop.kind == StopKind.PICKUP.value),
            "route": stop.route.public_id,
            "uuid": f"fail:{public_id}",
        }
        return render(request, "courier/fail.html", {"page": page, "seat": seat})
    try:
        operations.fail_stop(
            stop=stop,
            reason=_reason(request.POST.get("reason", "")),
            note=request.POST.get("note", ""),
            client_uuid=_uuid(request),
            actor=seat.actor,
            at=timezone.now(),
        )
    except Refused as refused:
        say_no(request, _refusal(refused))
    return redirect("courier:route", stop.route.public_id)


def _reason(text: str) -> FailReason:
    if text not in {reason.value for reason in FailReason} or text == FailReason.NOT_LOADED:
        raise Malformed("choose a reason", pointer="/reason")
    return FailReason(text)


@require_POST
@seat_required(Role.COURIER)
@missing_is_404
def deliver(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    """The receiver said their code."""
    stop = queries.stop_row(public_id=public_id, courier_id=seat.user_id)
    try:
        operations.deliver(
            drop=queries.drop_of_stop(stop=stop),
            code=request.POST.get("code", ""),
            client_uuid=_uuid(request),
            actor=seat.actor,
            at=timezone.now(),
        )
    except Refused as refused:
        say_no(request, _refusal(refused))
    return redirect("courier:route", stop.route.public_id)
