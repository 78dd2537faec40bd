"""The supplier's desk: answer, pack, label, report. Every act is a plain form and works without JavaScript."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from backend.catalogue.queries import stock_count, stock_levels
from backend.interfaces.entry import seat_required
from backend.interfaces.supplier_desk import forms, pages
from backend.kernel.errors import Missing, Refused
from backend.parties.queries import Seat
from backend.parties.rules import Role
from backend.shipments import operations as shipments
from backend.shipments.queries import OrderFile, desk_counts, desk_orders, order_file, order_of_shipment
from backend.shipments.queries import labels as labels_of
from backend.shipments.rules import Pile, Step
from backend.supplier_orders import operations as orders
from backend.supplier_orders.rules import ItemAnswer, OrderAction

members = seat_required(Role.DESK, Role.OWNER)
ROWS = 30


def _page(request: HttpRequest, count: int) -> Page[int]:
    return Paginator(range(count), ROWS).get_page(request.GET.get("page"))


def _offset(page: Page[int]) -> int:
    return (page.number - 1) * ROWS


@require_GET
@members
def desk(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Orders by what they wait for; without a wish the first pile in which something lies."""
    counts = desk_counts(organisation_id=seat.organisation_id)
    wished = request.GET.get("show")
    first = next((pile for pile in Pile if counts[pile]), Pile.ANSWER)
    pile = Pile(wished) if wished in set(Pile) else first
    page = _page(request, counts[pile])
    files = desk_orders(organisation_id=seat.organisation_id, pile=pile, offset=_offset(page), limit=ROWS)
    shown = pages.DeskPage(
        seat, pages.tabs(counts, pile), pages.rows(files, timezone.now()), page, pile.value
    )
    return render(request, "supplier_desk/desk.html", {"page": shown})


def _file(seat: Seat, order: str) -> OrderFile:
    file = order_file(public_id=order, organisation_id=seat.organisation_id)
    if file is None:
        raise Http404
    return file


@require_GET
@members
def order(request: HttpRequest, seat: Seat, order: str) -> HttpResponse:
    return _show(request, seat, _file(seat, order))


def _show(
    request: HttpRequest, seat: Seat, file: OrderFile, *, status: int = 200, **said: Any
) -> HttpResponse:
    boxes = _boxes(request)
    fields: Sequence[forms.AnswerField] = said.get("answers") or forms.empty_answer(file.order)
    may_pack = OrderAction.PACK in file.actions
    shown = pages.OrderPage(
        seat=seat,
        file=file,
        standing=pages.standing(file),
        shipments=pages.cards(file),
        answers=tuple(fields),
        pack=(said.get("pack") or forms.empty_pack(file.order, boxes)) if may_pack else None,
        boxes=boxes,
        box_choices=tuple(range(1, 7)),
        reasons=forms.reasons(),
        supplier_ref=said.get("supplier_ref", ""),
        error=said.get("error", ""),
        late=file.order.respond_by < timezone.now(),
        open_answers="answers" in said,
    )
    return render(request, "supplier_desk/order.html", {"page": shown}, status=status)


def _boxes(request: HttpRequest) -> int:
    number = forms.whole(request.POST.get("boxes") or request.GET.get("boxes") or "1") or 1
    return min(max(number, 1), forms.MOST_BOXES)


def _version(request: HttpRequest) -> int | None:
    return forms.whole(request.POST.get("version", ""))


def words_for(refusal: Refused) -> str:
    """A refusal in the desk's words."""
    said = {
        "order_changed": gettext("这张单刚刚变了。看一眼再来一次。"),
        "wrong_state": gettext("这张单已经往前走了，这一步不用再做。"),
        "reference_taken": gettext("这个单号你用在另一张单上了。换一个。"),
        "not_that_many": gettext("装得比接的多。看看还剩几件没装。"),
        "expires_too_early": gettext("送到以前就过期了。换一批新的。"),
        "no_such_parcel": gettext("没有这样的箱号。"),
    }
    return said.get(refusal.code, gettext("这一步没做成：%(why)s") % {"why": refusal.code})


def _back(request: HttpRequest, order: str, refusal: Refused) -> HttpResponse:
    if isinstance(refusal, Missing):
        raise Http404 from refusal
    messages.error(request, words_for(refusal), extra_tags="bad")
    return redirect("supplier_desk:order", order=order)


@require_POST
@members
def accept(request: HttpRequest, seat: Seat, order: str) -> HttpResponse:
    """Everything, now: the one-click answer."""
    file = _file(seat, order)
    rows = [ItemAnswer(item.public_id, accepted=item.asked) for item in file.order.items]
    return _answer(request, seat, file, rows, "")


@require_POST
@members
def answer(request: HttpRequest, seat: Seat, order: str) -> HttpResponse:
    """Item by item: now, later, not."""
    file = _file(seat, order)
    rows, fields = forms.read_answer(request.POST, file.order)
    reference = request.POST.get("supplier_ref", "").strip()[:80]
    if any(written.error for written in fields):
        return _show(request, seat, file, status=422, answers=fields, supplier_ref=reference)
    return _answer(request, seat, file, rows, reference)


def _answer(
    request: HttpRequest, seat: Seat, file: OrderFile, rows: list[ItemAnswer], reference: str
) -> HttpResponse:
    try:
        orders.answer(
            order=file.order.public_id,
            rows=rows,
            supplier_ref=reference or file.order.number,
            version=_version(request),
            organisation_id=seat.organisation_id,
            actor=seat.actor,
            at=timezone.now(),
        )
    except Refused as refusal:
        return _back(request, file.order.public_id, refusal)
    messages.success(request, gettext("答复记下了。"), extra_tags="good")
    return redirect("supplier_desk:order", order=file.order.public_id)


@require_POST
@members
def give_back(request: HttpRequest, seat: Seat, order: str) -> HttpResponse:
    """Accepted, and cannot be sent after all."""
    try:
        orders.give_back(
            order=order,
            reason=request.POST.get("reason", "").strip()[:80] or "other",
            version=_version(request),
            organisation_id=seat.organisation_id,
            actor=seat.actor,
            at=timezone.now(),
        )
    except Refused as refusal:
        return _back(request, order, refusal)
    messages.success(request, gettext("没装箱的退回去了，会问别家。"), extra_tags="late")
    return redirect("supplier_desk:order", order=order)


@require_POST
@members
def pack(request: HttpRequest, seat: Seat, order: str) -> HttpResponse:
    file = _file(seat, order)
    boxes, form = forms.read_pack(request.POST, file.order, _boxes(request))
    if not boxes:
        return _show(request, seat, file, status=422, pack=form)
    try:
        shipments.pack(
            order=order,
            parcels=boxes,
            version=_version(request),
            organisation_id=seat.organisation_id,
            actor=seat.actor,
            at=timezone.now(),
        )
    except shipments.ExpiresTooEarly as refusal:
        return _show(request, seat, file, status=422, pack=form, error=words_for(refusal))
    except Refused as refusal:
        return _back(request, order, refusal)
    messages.success(request, gettext("装好了。贴上箱签，报“可以来取”。"), extra_tags="good")
    return redirect("supplier_desk:order", order=order)


def _order_id(seat: Seat, shipment: str) -> str:
    found = order_of_shipment(shipment=shipment, organisation_id=seat.organisation_id)
    if found is None:
        raise Http404
    return found


@require_POST
@members
def ready(request: HttpRequest, seat: Seat, shipment: str) -> HttpResponse:
    order = _order_id(seat, shipment)
    try:
        shipments.mark_ready(
            shipment=shipment, organisation_id=seat.organisation_id, actor=seat.actor, at=timezone.now()
        )
    except Refused as refusal:
        return _back(request, order, refusal)
    messages.success(request, gettext("报上了。排了车会来取。"), extra_tags="good")
    return redirect("supplier_desk:order", order=order)


@require_POST
@members
def hand_over(request: HttpRequest, seat: Seat, shipment: str) -> HttpResponse:
    """A common carrier took the boxes; our own couriers take them on their own page."""
    order = _order_id(seat, shipment)
    number = "".join(sign for sign in request.POST.get("carrier_ref", "") if sign.isalnum())[:40]
    if not number:
        messages.error(request, gettext("写上快递单号。"), extra_tags="bad")
        return redirect("supplier_desk:order", order=order)
    try:
        shipments.hand_over(
            parcels=request.POST.getlist("parcel"),
            shipment=shipment,
            step=Step.PICKUP,
            from_label=f"org:{seat.organisation}",
            to_label=f"carrier:{number}",
            client_uuid=f"desk:{shipment}"[:64],
            organisation_id=seat.organisation_id,
            actor=seat.actor,
            at=timezone.now(),
        )
    except Refused as refusal:
        return _back(request, order, refusal)
    messages.success(request, gettext("交出去了。"), extra_tags="good")
    return redirect("supplier_desk:order", order=order)


@require_GET
@members
def labels(request: HttpRequest, seat: Seat, shipment: str) -> HttpResponse:
    """A6 labels, one a page, for any printer: the browser makes the PDF."""
    found = labels_of(shipment=shipment, organisation_id=seat.organisation_id)
    if not found:
        raise Http404
    page = pages.LabelsPage(shipment, _order_id(seat, shipment), tuple(found))
    return render(request, "supplier_desk/labels.html", {"page": page})


@require_http_methods(["GET", "POST"])
@members
def stock(request: HttpRequest, seat: Seat) -> HttpResponse:
    """What lies in the warehouse. Only changed rows are told."""
    page = _page(request, stock_count(organisation_id=seat.organisation_id))
    levels = stock_levels(organisation_id=seat.organisation_id, offset=_offset(page), limit=ROWS)
    rows = tuple(pages.StockRow(level, str(level.on_hand)) for level in levels)
    if request.method == "POST":
        rows = tuple(_told(request, row) for row in rows)
        if not any(row.error for row in rows):
            _tell(seat, request, rows)
            return redirect(f"{request.path}?page={page.number}")
    shown = pages.StockPage(seat, rows, page)
    status = 422 if any(row.error for row in rows) else 200
    return render(request, "supplier_desk/stock.html", {"page": shown}, status=status)


def _told(request: HttpRequest, row: pages.StockRow) -> pages.StockRow:
    name = f"on-{row.level.warehouse}-{row.level.code}"
    value = request.POST.get(name, row.value).strip()
    error = "" if forms.whole(value) is not None and value else gettext("写一个数，0也行。")
    return pages.StockRow(row.level, value, error)


def _tell(seat: Seat, request: HttpRequest, rows: Sequence[pages.StockRow]) -> None:
    now = timezone.now()
    changed = [
        orders.StockRow(
            row.level.warehouse, row.level.code, forms.whole(row.value) or 0, now, row.level.version + 1
        )
        for row in rows
        if forms.whole(row.value) != row.level.on_hand
    ]
    if not changed:
        messages.info(request, gettext("没有改动。"), extra_tags="late")
        return
    results = orders.report_stock(
        organisation_id=seat.organisation_id, rows=changed, actor=seat.actor, at=now
    )
    told = sum(result.outcome == "updated" for result in results)
    messages.success(request, gettext("改了%(n)d样的库存。") % {"n": told}, extra_tags="good")
