"""The dispatcher's door: ask for a plan, look at it, let it go, follow it."""

from datetime import date

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRefresh

from backend.deliveries import operations, queries
from backend.interfaces import tickets
from backend.interfaces.dispatch import pages, paper
from backend.interfaces.entry import missing_is_404, say_no, seat_required
from backend.interfaces.look import words
from backend.kernel.errors import Conflicts, Malformed, Refused
from backend.parties.queries import Seat
from backend.parties.rules import Role


def _refusal(refused: Refused) -> str:
    if isinstance(refused, operations.ParcelElsewhere):
        numbers = refused.details.get("shipments") or []
        listed = _("、").join(str(n) for n in numbers) if isinstance(numbers, list) else ""
        return _("没有放行：%(numbers)s已经在别的计划里，或者已经走了。再排一次。") % {"numbers": listed}
    if isinstance(refused, operations.BadDay):
        return _("这一天过去了。选今天或者以后。")
    if isinstance(refused, Malformed) and refused.pointer == "/reason":
        return _("要写为什么不用码。")
    if isinstance(refused, Malformed):
        return _("表填得不对：县、日子和时间再看一下。")
    if isinstance(refused, Conflicts):
        return _("刚才有人先动了。看一下现在的样子，再决定。")
    return _("没做成。看一下现在的样子，再决定。")


@require_GET
@seat_required(Role.DISPATCH)
def home(request: HttpRequest, seat: Seat) -> HttpResponse:
    page = pages.home(organisation_id=seat.organisation_id, now=timezone.now())
    return render(request, "dispatch/home.html", {"page": page, "seat": seat})


@require_POST
@seat_required(Role.DISPATCH)
@missing_is_404
def ask(request: HttpRequest, seat: Seat) -> HttpResponse:
    try:
        plan = operations.ask_plan(
            carrier=queries.carrier_of(organisation_id=seat.organisation_id),
            region=request.POST.get("region", ""),
            on=_day(request.POST.get("on", "")),
            seconds=_number(request.POST.get("seconds", "")),
            seed=1,
            actor=seat.actor,
            at=timezone.now(),
        )
    except Malformed as refused:
        say_no(request, _refusal(refused))
        return redirect("dispatch:home")
    return redirect("dispatch:plan", plan.public_id)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Malformed("a day as YYYY-MM-DD", pointer="/on") from error


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0


@require_GET
@seat_required(Role.DISPATCH)
@missing_is_404
def plan(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    row = queries.plan_row(public_id=public_id, organisation_id=seat.organisation_id)
    sheet = queries.plan_sheet(plan=row)
    page = pages.plan_page(sheet=sheet, organisation_id=seat.organisation_id, now=timezone.now())
    return render(request, "dispatch/plan.html", {"page": page, "seat": seat, "live": pages.live_address()})


@require_GET
@seat_required(Role.DISPATCH)
@missing_is_404
def progress(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    """How far the search is, for htmx; a plan that is no longer searched for turns the whole page."""
    row = queries.plan_row(public_id=public_id, organisation_id=seat.organisation_id)
    page = pages.plan_page(
        sheet=queries.plan_sheet(plan=row), organisation_id=seat.organisation_id, now=timezone.now()
    )
    if not page.is_asked:
        return HttpResponseClientRefresh()
    return render(request, "dispatch/_progress.html", {"page": page, "live": pages.live_address()})


@require_GET
@seat_required(Role.DISPATCH)
@missing_is_404
def ticket(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    """A right to this plan's stream for a minute."""
    row = queries.plan_row(public_id=public_id, organisation_id=seat.organisation_id)
    return JsonResponse({"ticket": tickets.ticket(row.public_id)})


@require_POST
@seat_required(Role.DISPATCH)
@missing_is_404
def release(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    row = queries.plan_row(public_id=public_id, organisation_id=seat.organisation_id)
    chosen = request.POST.getlist("by_carrier")
    if request.POST.get("all_by_carrier") and row.answer:
        chosen = pages.sendable(queries.plan_sheet(plan=row))
    try:
        operations.release_plan(plan=row, by_carrier=chosen, actor=seat.actor, at=timezone.now())
    except Conflicts as refused:
        say_no(request, _refusal(refused))
    return redirect("dispatch:plan", public_id)


@require_POST
@seat_required(Role.DISPATCH)
@missing_is_404
def discard(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    row = queries.plan_row(public_id=public_id, organisation_id=seat.organisation_id)
    try:
        operations.discard_plan(plan=row, actor=seat.actor, at=timezone.now())
    except Conflicts as refused:
        say_no(request, _refusal(refused))
        return redirect("dispatch:plan", public_id)
    return redirect("dispatch:home")


@require_POST
@seat_required(Role.DISPATCH)
@missing_is_404
def retry(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    row = queries.plan_row(public_id=public_id, organisation_id=seat.organisation_id)
    try:
        operations.retry_plan(plan=row, actor=seat.actor, at=timezone.now())
    except Conflicts as refused:
        say_no(request, _refusal(refused))
    return redirect("dispatch:plan", public_id)


@require_POST
@seat_required(Role.DISPATCH)
@missing_is_404
def assign(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    route = queries.route_row(public_id=public_id, organisation_id=seat.organisation_id)
    try:
        courier = queries.user_row(public_id=request.POST.get("courier", ""))
        operations.assign_courier(route=route, courier=courier, actor=seat.actor, at=timezone.now())
    except Refused as refused:
        say_no(request, _refusal(refused))
    return redirect("dispatch:plan", route.plan.public_id)


@require_GET
@seat_required(Role.DISPATCH)
@missing_is_404
def run_sheet(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    """The courier's paper: A5 by default, `?paper=a4` for another printer."""
    route = queries.route_row(public_id=public_id, organisation_id=seat.organisation_id)
    size = "a4" if request.GET.get("paper") == "a4" else "a5"
    body = paper.run_sheet(queries.road_route(route=route), size=size, language=get_language() or "zh-hans")
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{route.plan.number}-{public_id[-6:]}.pdf"'
    return answer


@require_POST
@seat_required(Role.DISPATCH)
@missing_is_404
def new_code(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    """After a call: a new code, to be read out to the receiver. It is shown once."""
    drop = queries.drop_row(public_id=public_id, organisation_id=seat.organisation_id)
    try:
        code = operations.issue_code(drop=drop, actor=seat.actor, at=timezone.now())
    except Conflicts as refused:
        say_no(request, _refusal(refused))
        return redirect("dispatch:home")
    shown = {"code": code, "name": words.name(drop.site.names)}
    return render(request, "dispatch/code.html", {"page": shown, "seat": seat})


@require_POST
@seat_required(Role.DISPATCH)
@missing_is_404
def waive(request: HttpRequest, seat: Seat, public_id: str) -> HttpResponse:
    """After a call: handed over without a code, with the reason that is kept."""
    drop = queries.drop_row(public_id=public_id, organisation_id=seat.organisation_id)
    try:
        operations.deliver_without_code(
            drop=drop,
            reason=request.POST.get("reason", ""),
            client_uuid=f"waive:{drop.public_id}",
            actor=seat.actor,
            at=timezone.now(),
        )
    except Refused as refused:
        say_no(request, _refusal(refused))
    return redirect("dispatch:home")
