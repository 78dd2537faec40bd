"""The API for suppliers' own systems: orders, boxes, stock, events."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import NinjaAPI, Path, Query

from backend.interfaces.supplier_api import shapes
from backend.interfaces.supplier_api.answers import IdempotencyKey, IfMatch, once, version_in
from backend.interfaces.supplier_api.keys import Key, actor_of, holder_of
from backend.interfaces.supplier_api.middleware import VERSION
from backend.interfaces.supplier_api.openapi import complete
from backend.interfaces.supplier_api.paging import cursor_of, place_in
from backend.interfaces.supplier_api.problems import Problem, install
from backend.interfaces.supplier_api.views import event_out, label_out, order_out
from backend.parties.rules import Scope
from backend.shipments import operations as shipments
from backend.shipments.queries import (
    events,
    labels,
    order_file,
    order_files,
    order_of_shipment,
)
from backend.shipments.rules import PackedBox, PackedItem, Step
from backend.supplier_orders import operations as orders
from backend.supplier_orders.queries import order_page, warehouses_of
from backend.supplier_orders.rules import ItemAnswer

PublicId = Annotated[str, Path(max_length=40, pattern=r"^[0-9A-Za-z_]+$")]
LIMIT = Annotated[int, Query(ge=1, le=200)]
READ, WRITE = Key(Scope.ORDERS_READ), Key(Scope.ORDERS_WRITE)
READS: dict[int, Any] = dict.fromkeys((400, 401, 403, 404, 422, 429), Problem)
ACTS: dict[int, Any] = dict.fromkeys((400, 401, 403, 404, 409, 412, 422, 428, 429), Problem)


class SupplierApi(NinjaAPI):
    """The description is completed with what ninja does not know: problem+json and headers."""

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        return complete(super().get_openapi_schema(**kwargs))

    def get_openapi_operation_id(self, operation: Any) -> str:
        return str(operation.view_func.__name__)


api = SupplierApi(
    title="Zhisong supplier API",
    version=VERSION,
    description=__doc__,
    urls_namespace="supplier_api_v1",
    docs_url=None,
)
install(api)


def _order(request: HttpRequest, public_id: str) -> shapes.OrderOut:
    file = order_file(public_id=public_id, organisation_id=holder_of(request).organisation_id)
    if file is None:
        raise orders.NoSuchOrder
    return order_out(file)


@api.get("/orders", response={200: shapes.OrderPage, **READS}, auth=READ)
def list_orders(
    request: HttpRequest,
    request_status: Annotated[str, Query(max_length=20, pattern="^[a-z_]*$")] = "",
    updated_since: shapes.Moment | None = None,
    cursor: Annotated[str, Query(max_length=300, pattern="^[0-9A-Za-z_-]*$")] = "",
    limit: LIMIT = 50,
) -> shapes.OrderPage:
    """Your orders, oldest first; with `updated_since` by their last change, for keeping in step."""
    question = "changed" if updated_since else "sent"
    views = order_page(
        organisation_id=holder_of(request).organisation_id,
        request_status=request_status,
        updated_since=updated_since,
        after=place_in(cursor, question) if cursor else None,
        limit=limit + 1,
    )
    page = views[:limit]
    more = len(views) > limit
    last = page[-1] if more else None
    moment = last and (last.updated_at if updated_since else last.submitted_at)
    return shapes.OrderPage(
        orders=[order_out(file) for file in order_files(page)],
        next_cursor=cursor_of(moment, last.id, question) if last and moment else None,
    )


@api.get("/orders/{order_id}", response={200: shapes.OrderOut, **READS}, auth=READ)
def get_order(request: HttpRequest, response: HttpResponse, order_id: PublicId) -> shapes.OrderOut:
    """One order with its shipments. Send its ETag as If-Match with what you do."""
    order = _order(request, order_id)
    response["ETag"] = order.etag
    return order


@api.post("/orders/{order_id}/answer", response={200: shapes.OrderOut, **ACTS}, auth=WRITE)
def answer_order(
    request: HttpRequest, order_id: PublicId, body: shapes.AnswerIn, key: IdempotencyKey, if_match: IfMatch
) -> HttpResponse:
    """Say item by item what you send now, later, or not. What you reject is asked of somebody else."""

    def act() -> tuple[int, shapes.OrderOut]:
        orders.answer(
            order=order_id,
            rows=[ItemAnswer(**row.model_dump()) for row in body.items],
            supplier_ref=body.supplier_ref,
            version=version_in(if_match, order_id),
            organisation_id=holder_of(request).organisation_id,
            actor=actor_of(request),
            at=timezone.now(),
        )
        return 200, _order(request, order_id)

    return once(request, key, act)


@api.post("/orders/{order_id}/give-back", response={200: shapes.OrderOut, **ACTS}, auth=WRITE)
def give_order_back(
    request: HttpRequest, order_id: PublicId, body: shapes.GiveBackIn, key: IdempotencyKey, if_match: IfMatch
) -> HttpResponse:
    """You accepted and cannot send after all: everything that is not in a box goes to somebody else."""

    def act() -> tuple[int, shapes.OrderOut]:
        orders.give_back(
            order=order_id,
            reason=body.reason,
            version=version_in(if_match, order_id),
            organisation_id=holder_of(request).organisation_id,
            actor=actor_of(request),
            at=timezone.now(),
        )
        return 200, _order(request, order_id)

    return once(request, key, act)


def _boxes(body: shapes.PackIn) -> list[PackedBox]:
    return [
        PackedBox(tuple(PackedItem(**item.model_dump()) for item in box.items), box.grams, box.cm3)
        for box in body.parcels
    ]


@api.post("/orders/{order_id}/shipments", response={201: shapes.OrderOut, **ACTS}, auth=WRITE)
def pack_order(
    request: HttpRequest, order_id: PublicId, body: shapes.PackIn, key: IdempotencyKey, if_match: IfMatch
) -> HttpResponse:
    """Pack accepted goods into boxes: one shipment. Perishables need an expiry date after their arrival."""

    def act() -> tuple[int, shapes.OrderOut]:
        shipments.pack(
            order=order_id,
            parcels=_boxes(body),
            version=version_in(if_match, order_id),
            organisation_id=holder_of(request).organisation_id,
            actor=actor_of(request),
            at=timezone.now(),
        )
        return 201, _order(request, order_id)

    return once(request, key, act)


def _order_id(request: HttpRequest, shipment: str) -> str:
    order = order_of_shipment(shipment=shipment, organisation_id=holder_of(request).organisation_id)
    if order is None:
        raise shipments.NoSuchShipment
    return order


@api.post("/shipments/{shipment_id}/ready", response={200: shapes.OrderOut, **ACTS}, auth=WRITE)
def mark_shipment_ready(
    request: HttpRequest, shipment_id: PublicId, key: IdempotencyKey, if_match: IfMatch
) -> HttpResponse:
    """The boxes may be fetched: routes are planned with them from now on."""

    def act() -> tuple[int, shapes.OrderOut]:
        order = _order_id(request, shipment_id)
        shipments.mark_ready(
            shipment=shipment_id,
            version=version_in(if_match, order),
            organisation_id=holder_of(request).organisation_id,
            actor=actor_of(request),
            at=timezone.now(),
        )
        return 200, _order(request, order)

    return once(request, key, act)


@api.post("/shipments/{shipment_id}/repack", response={200: shapes.OrderOut, **ACTS}, auth=WRITE)
def repack_shipment(
    request: HttpRequest, shipment_id: PublicId, body: shapes.PackIn, key: IdempotencyKey, if_match: IfMatch
) -> HttpResponse:
    """The same goods in other boxes. The labels of the old boxes end."""

    def act() -> tuple[int, shapes.OrderOut]:
        order = _order_id(request, shipment_id)
        shipments.repack(
            shipment=shipment_id,
            parcels=_boxes(body),
            version=version_in(if_match, order),
            organisation_id=holder_of(request).organisation_id,
            actor=actor_of(request),
            at=timezone.now(),
        )
        return 200, _order(request, order)

    return once(request, key, act)


@api.post("/shipments/{shipment_id}/hand-over", response={200: shapes.OrderOut, **ACTS}, auth=WRITE)
def hand_shipment_over(
    request: HttpRequest, shipment_id: PublicId, body: shapes.HandOverIn, key: IdempotencyKey
) -> HttpResponse:
    """Boxes left your hands. What has left cannot be un-left: no If-Match is needed."""
    holder = holder_of(request)

    def act() -> tuple[int, shapes.OrderOut]:
        order = _order_id(request, shipment_id)
        shipments.hand_over(
            parcels=body.parcels,
            shipment=shipment_id,
            step=Step.PICKUP,
            from_label=f"org:{holder.organisation}",
            to_label=f"carrier:{body.to}",
            client_uuid=f"{holder.prefix}:{key}"[:64],
            organisation_id=holder.organisation_id,
            actor=actor_of(request),
            at=timezone.now(),
        )
        return 200, _order(request, order)

    return once(request, key, act)


@api.get("/shipments/{shipment_id}/labels", response={200: shapes.LabelsOut, **READS}, auth=READ)
def get_labels(request: HttpRequest, shipment_id: PublicId) -> shapes.LabelsOut:
    """What to print on each box: a code, where it goes in general, nothing about anybody."""
    found = labels(shipment=shipment_id, organisation_id=holder_of(request).organisation_id)
    if not found:
        raise shipments.NoSuchShipment
    return shapes.LabelsOut(labels=[label_out(label) for label in found])


@api.get("/locations", response={200: shapes.LocationsOut, **READS}, auth=READ)
def list_locations(request: HttpRequest) -> shapes.LocationsOut:
    """Your warehouses, by the ids under which you report stock."""
    found = warehouses_of(organisation_id=holder_of(request).organisation_id)
    return shapes.LocationsOut(locations=[shapes.LocationOut(id=pid, names=names) for _, pid, names in found])


@api.post(
    "/stock",
    response={200: shapes.StockOut, **{s: p for s, p in ACTS.items() if s not in (404, 412, 428)}},
    auth=Key(Scope.STOCK_WRITE),
)
def report_stock(request: HttpRequest, body: shapes.StockIn, key: IdempotencyKey) -> HttpResponse:
    """Absolute levels, up to 500 rows, each with a result of its own. A version only grows."""

    def act() -> tuple[int, shapes.StockOut]:
        results = orders.report_stock(
            organisation_id=holder_of(request).organisation_id,
            rows=[orders.StockRow(**row.model_dump()) for row in body.rows],
            actor=actor_of(request),
            at=timezone.now(),
        )
        return 200, shapes.StockOut(
            rows=[
                shapes.StockRowOut(
                    location=r.location, sku=r.sku, outcome=r.outcome, code=r.code, short=r.short
                )
                for r in results
            ]
        )

    return once(request, key, act)


@api.get("/events", response={200: shapes.EventsOut, **READS}, auth=Key(Scope.EVENTS_READ))
def list_events(
    request: HttpRequest,
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    limit: LIMIT = 100,
) -> shapes.EventsOut:
    """What happened to your orders and shipments, in an order that never changes."""
    found = events(organisation_id=holder_of(request).organisation_id, after=after, limit=limit + 1)
    page = found[:limit]
    return shapes.EventsOut(
        events=[event_out(fact) for fact in page],
        last=page[-1].seq if page else after,
        more=len(found) > limit,
    )
