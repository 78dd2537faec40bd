"""What the driver's phone shows: one next stop, big, and the road in order."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.deliveries import queries
from backend.deliveries.queries import RoadBox, RoadRoute, RoadStop, RouteLine
from backend.deliveries.rules import CODE_TRIES, DropState, FailReason, RouteState, StopKind, StopState
from backend.interfaces.courier import navigation
from backend.interfaces.look import words

CLOSE_CALL_SECONDS = 30 * 60  # a window that ends so soon after the planned arrival is said aloud


@dataclass(frozen=True)
class Box:
    """A box as it is ticked when it is loaded."""

    code: str
    to: str
    stop_number: int


@dataclass(frozen=True)
class Card:
    """The next stop. `uuid` marks the act, so that sending the page twice is one act."""

    public_id: str
    number: int
    name: str
    pickup: bool
    arrived: bool
    arrival: datetime
    late: int
    window_says: str
    load_says: str
    boxes: tuple[Box, ...]
    way_says: str
    township: str
    map_href: str
    uuid: str
    tries_left: int
    has_code: bool


@dataclass(frozen=True)
class Line:
    """One stop in the list of the road. `state` is done, next, ahead or warn."""

    number: int
    name: str
    state: str
    icon: str
    time: str
    says: str
    must: str


@dataclass(frozen=True)
class Choice:
    """A route to look at or to take."""

    public_id: str
    says: str
    on: date


@dataclass(frozen=True)
class Reason:
    """A reason why a stop cannot be done."""

    value: str
    word: str
    hint: str


@dataclass(frozen=True)
class RoutePage:
    """One route of one driver."""

    public_id: str
    plan_number: str
    sign: str
    on: date
    stops: int
    done: bool
    card: Card | None
    lines: tuple[Line, ...]
    home: str
    others: tuple[Choice, ...]


@dataclass(frozen=True)
class TodayPage:
    """No route of one's own: which ones are free to take."""

    free: tuple[Choice, ...]


def today_page(*, organisation_id: int) -> TodayPage:
    return TodayPage(tuple(_choice(row) for row in queries.free_routes(organisation_id=organisation_id)))


def _choice(row: RouteLine) -> Choice:
    said = ngettext("%(sign)s车，%(n)d站，%(number)s", "%(sign)s车，%(n)d站，%(number)s", row.stops)
    return Choice(row.public_id, said % {"sign": row.sign, "n": row.stops, "number": row.plan_number}, row.on)


def route_page(*, route: RoadRoute, user_id: int, now: datetime) -> RoutePage:
    """The route as its driver sees it now."""
    coming = route.next
    others = [row for row in queries.routes_of_courier(user_id=user_id) if row.public_id != route.public_id]
    return RoutePage(
        route.public_id,
        route.plan_number,
        route.sign,
        route.on,
        len(route.stops),
        route.state is RouteState.DONE,
        _card(coming, now) if coming else None,
        tuple(_line(stop, coming) for stop in route.stops),
        words.name(route.home),
        tuple(_choice(row) for row in others),
    )


def _expected(stop: RoadStop) -> list[RoadBox]:
    return [box for box in stop.boxes if box.state is DropState.EXPECTED]


def _card(stop: RoadStop, now: datetime) -> Card:
    boxes = _expected(stop)
    behind = stop.late_minutes or max(0, int((now - stop.arrival).total_seconds() // 60))
    return Card(
        stop.public_id,
        stop.number,
        words.name(stop.names),
        stop.kind is StopKind.PICKUP,
        stop.state is StopState.ARRIVED,
        stop.arrival,
        behind if behind < 12 * 60 else 0,
        _window(stop),
        _load(boxes),
        tuple(Box(box.code, words.name(box.to), box.stop_number) for box in boxes),
        _way(stop),
        stop.township,
        navigation.link(stop.lon, stop.lat, words.name(stop.names)),
        str(uuid4()),
        CODE_TRIES - stop.code_tries,
        stop.has_code,
    )


def _window(stop: RoadStop) -> str:
    if stop.window is None:
        return ""
    hours = {"a": words.clock(stop.window[0]), "b": words.clock(stop.window[1])}
    if stop.kind is StopKind.PICKUP:
        return _("开门%(a)s至%(b)s") % hours
    return _("收货%(a)s至%(b)s") % hours


def _load(boxes: list[RoadBox]) -> str:
    pieces, grams = sum(box.pieces for box in boxes), sum(box.grams for box in boxes)
    said = ngettext("%(n)s件，约%(kg)s公斤", "%(n)s件，约%(kg)s公斤", pieces)
    return said % {"n": words.number(pieces), "kg": words.number(-(-grams // 1000))}


def _way(stop: RoadStop) -> str:
    if not stop.metres:
        return _("就在这里")
    return _("从上一站再走%(n)s公里") % {"n": f"{stop.metres / 1000:.1f}"}


def _line(stop: RoadStop, coming: RoadStop | None) -> Line:
    state = "done"
    if stop.state is StopState.FAILED:
        state = "warn"
    elif coming is not None and stop.public_id == coming.public_id:
        state = "next"
    elif stop.open:
        state = "ahead"
    return Line(
        stop.number, words.name(stop.names), state, _icon(stop, state), _time(stop), _says(stop), _must(stop)
    )


def _icon(stop: RoadStop, state: str) -> str:
    if state == "ahead":
        return "packed" if stop.kind is StopKind.DELIVERY else "down"
    return {"done": "ok", "warn": "warn", "next": "road"}[state]


def _time(stop: RoadStop) -> str:
    if stop.done_at:
        return _("%(t)s走") % {"t": words.clock(stop.done_at)}
    if stop.arrived_at:
        return _("%(t)s到") % {"t": words.clock(stop.arrived_at)}
    return _("%(t)s左右") % {"t": words.clock(stop.arrival)}


def _says(stop: RoadStop) -> str:
    boxes = [box for box in stop.boxes if box.state is not DropState.FAILED]
    if stop.state is StopState.FAILED:
        return fail_word(stop.fail_reason)
    said = ngettext("%(n)d箱", "%(n)d箱", len(boxes)) % {"n": len(boxes)}
    if stop.kind is StopKind.PICKUP:
        return said + (_("，装好了") if stop.state is StopState.DONE else _("，装车"))
    return said + (_("，交了") if stop.state is StopState.DONE else "")


def _must(stop: RoadStop) -> str:
    """A closing time that leaves little room is said before the driver is late for it."""
    if stop.window is None or not stop.open:
        return ""
    if (stop.window[1] - stop.arrival).total_seconds() > CLOSE_CALL_SECONDS:
        return ""
    return _("%(t)s前必须到") % {"t": words.clock(stop.window[1])}


def fail_word(code: str) -> str:
    """Why a stop was not done."""
    return {
        "nobody": _("没人收"),
        "closed": _("不开门"),
        "road": _("路走不通"),
        "refused": _("不肯收"),
        "vehicle": _("车坏了"),
        "not_loaded": _("没有装上车的箱子，不用去"),
    }.get(code, code)


def fail_reasons(pickup: bool) -> list[Reason]:
    """The reasons a driver may choose from."""
    hints = {
        FailReason.ROAD: _("塌方、涨水、桥限重、雪"),
        FailReason.NOBODY: _("打过电话，等了十分钟"),
        FailReason.CLOSED: _("关门、放假"),
        FailReason.REFUSED: _("货不对，或者说没要过") if not pickup else _("仓库说没备好货"),
        FailReason.VEHICLE: _("走不了了"),
    }
    return [Reason(reason.value, fail_word(reason.value), hint) for reason, hint in hints.items()]
