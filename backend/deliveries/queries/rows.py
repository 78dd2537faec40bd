"""Find the one row that an operation needs, if it is the asker's to see."""

from dataclasses import dataclass
from typing import TypeVar

from backend.deliveries.models import Drop, Plan, Route, Stop
from backend.deliveries.rules import CODE_TRIES, DropState
from backend.deliveries.tokens import read_link
from backend.kernel.errors import Missing
from backend.parties.models import Carrier, User

T = TypeVar("T")


def _one(row: T | None) -> T:
    if row is None:
        raise Missing
    return row


def carrier_of(*, organisation_id: int) -> Carrier:
    """The carrier that an organisation is; raises Missing when it is none."""
    rows = Carrier.objects.filter(organisation_id=organisation_id)
    return _one(rows.select_related("organisation").first())


def plan_row(*, public_id: str, organisation_id: int) -> Plan:
    """A plan of this carrier; raises Missing."""
    rows = Plan.objects.filter(public_id=public_id, carrier__organisation_id=organisation_id)
    return _one(rows.select_related("carrier").first())


def route_row(*, public_id: str, organisation_id: int) -> Route:
    """A route of this carrier; raises Missing."""
    rows = Route.objects.filter(public_id=public_id, vehicle__carrier__organisation_id=organisation_id)
    return _one(rows.select_related("vehicle__carrier", "plan").first())


def driven_route(*, public_id: str, courier_id: int) -> Route:
    """A route that this courier drives; raises Missing."""
    return _one(Route.objects.filter(public_id=public_id, courier_id=courier_id).first())


def stop_row(*, public_id: str, courier_id: int) -> Stop:
    """A stop of a route that this courier drives; raises Missing."""
    rows = Stop.objects.filter(public_id=public_id, route__courier_id=courier_id)
    return _one(rows.select_related("route__vehicle__carrier", "site").first())


def drop_row(*, public_id: str, courier_id: int | None = None, organisation_id: int | None = None) -> Drop:
    """A drop that this courier brings, or that a vehicle of this carrier brings; raises Missing."""
    rows = Drop.objects.filter(public_id=public_id)
    if courier_id is not None:
        rows = rows.filter(stop__route__courier_id=courier_id)
    if organisation_id is not None:
        rows = rows.filter(stop__route__vehicle__carrier__organisation_id=organisation_id)
    return _one(rows.select_related("stop__route", "recipient__organisation", "site").first())


def drop_of_stop(*, stop: Stop) -> Drop:
    """What is left at a stop; raises Missing where goods are only fetched."""
    return _one(stop.drops.select_related("recipient__organisation", "site").order_by("pk").first())


def drop_by_link(*, token: str) -> Drop | None:
    """The drop of a signed link; None for a token that is not ours, or that a reprint has ended."""
    if (read := read_link(token)) is None:
        return None
    public_id, version = read
    rows = Drop.objects.filter(public_id=public_id, link_version=version)
    return rows.select_related("recipient__organisation", "site").first()


def user_row(*, public_id: str) -> User:
    """Somebody by public id; raises Missing."""
    return _one(User.objects.filter(public_id=public_id, is_active=True).first())


@dataclass(frozen=True)
class Locked:
    """A drop whose five tries are spent: somebody must call."""

    drop: str
    names: dict[str, str]
    sign: str
    number: int


def drops_to_call(*, organisation_id: int) -> list[Locked]:
    """Drops of this carrier where the receiver's code was wrong five times."""
    rows = Drop.objects.filter(
        state=DropState.EXPECTED.value,
        code_tries__gte=CODE_TRIES,
        stop__route__vehicle__carrier__organisation_id=organisation_id,
    ).select_related("site", "stop__route__vehicle")
    return [
        Locked(row.public_id, row.site.names, row.stop.route.vehicle.sign, row.stop.step)
        for row in rows.order_by("pk")
        if row.stop
    ]
