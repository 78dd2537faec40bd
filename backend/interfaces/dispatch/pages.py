"""Make the dispatcher's pages from plans: worded and drawn."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backend.deliveries import queries
from backend.deliveries.queries import LeftOut, PlanRoute, PlanSheet, PlanStop
from backend.deliveries.rules import PlanState, StopKind, StopState
from backend.interfaces.dispatch import drawing
from backend.interfaces.dispatch import words as say
from backend.interfaces.dispatch.shapes import (
    Call,
    County,
    FillRow,
    Home,
    LeftRow,
    PlanPage,
    PlanRow,
    Progress,
    RouteRow,
    StopRow,
    Tag,
)
from backend.interfaces.look import words
from backend.shipments.rules import ShipmentState


def plan_tag(state: PlanState) -> Tag:
    """A plan's state as a tag."""
    return {
        PlanState.ASKED: Tag("ordered", _("在算")),
        PlanState.DRAFTED: Tag("given", _("草案，等放行")),
        PlanState.FAILED: Tag("declined", _("没算成")),
        PlanState.RELEASED: Tag("road", _("已放行")),
        PlanState.DISCARDED: Tag("hold", _("不用了")),
    }[state]


def home(*, organisation_id: int, now: datetime) -> Home:
    """What waits, what was planned, whom to call."""
    counties = {row.region: row for row in queries.waiting()}
    lines = queries.plan_lines(organisation_id=organisation_id)
    regions = {*counties, *(line.region for line in lines)}
    names = queries.county_names(regions=regions)
    today = words.local(now).date()
    return Home(
        tuple(
            County(row.region, words.name(names.get(row.region)) or row.region, row.shipments, row.boxes)
            for row in counties.values()
        ),
        tuple(_row(line, names) for line in lines),
        tuple(
            Call(row.drop, words.name(row.names), row.sign, row.number)
            for row in queries.drops_to_call(organisation_id=organisation_id)
        ),
        # after noon nobody leaves for a whole day's tour any more
        today + timedelta(days=1) if words.local(now).hour >= 12 else today,
        today,
    )


def _row(line: queries.PlanLine, names: Mapping[str, Any]) -> PlanRow:
    return PlanRow(
        line.public_id,
        line.number,
        words.name(names.get(line.region)) or line.region,
        line.on,
        plan_tag(line.state),
        say.yuan(line.cost) if line.cost is not None else "",
        line.stops,
        line.left,
    )


def plan_page(*, sheet: PlanSheet, organisation_id: int, now: datetime) -> PlanPage:
    """A plan worded and drawn."""
    names = _names(sheet)
    county = queries.county_names(regions=[sheet.region]).get(sheet.region)
    load, own = sheet.load, sheet.costs.own
    stops = [stop for route in sheet.routes for stop in route.deliveries]
    return PlanPage(
        sheet.public_id,
        sheet.number,
        words.name(county) or sheet.region,
        sheet.on,
        sheet.state,
        plan_tag(sheet.state),
        say.failure(sheet.error) if sheet.error else "",
        sheet.asked_at,
        sheet.drafted_at,
        sheet.released_at,
        _progress(sheet),
        tuple(_route(n, route, sheet) for n, route in enumerate(sheet.routes)),
        tuple(_left(row) for row in sheet.left),
        say.yuan(sheet.costs.total),
        _parts(sheet),
        words.money(round(own / load.pieces)) if load.pieces else "",
        say.kilometres(sheet.metres),
        say.method(sheet.method),
        f"{sheet.gap * 100:.1f}%" if sheet.gap is not None else "",
        say.yuan(sheet.bound) if sheet.bound is not None else "",
        f"{sheet.whole_gap * 100:.1f}%" if sheet.whole_gap is not None else "",
        say.yuan(sheet.whole_bound) if sheet.whole_bound is not None else "",
        sheet.stops,
        sum(1 for stop in stops if stop.state in (StopState.DONE, StopState.FAILED)),
        load.pieces,
        load.boxes,
        len(sheet.routes),
        max((row.waits_days for row in sheet.left), default=0),
        _repeat(sheet),
        drawing.route_map(sheet, names, _whys(sheet)),
        drawing.day_chart(sheet.routes, names, {h: f"{h}:00" for h in range(24)}, words.local(now)),
        drawing.gap_chart(sheet.bound, sheet.costs.total) if not _owes(sheet) else None,
        tuple(_fill(fill) for fill in drawing.fills(sheet.routes)),
        tuple(queries.couriers_of(organisation_id=organisation_id))
        if sheet.state is PlanState.RELEASED
        else (),
        len(sendable(sheet)),
        say.yuan(sum(row.tariff or 0 for row in sheet.left if row.shipment in sendable(sheet))),
        sheet.unsearched,
    )


def sendable(sheet: PlanSheet) -> list[str]:
    """The left-out shipments that a carrier would take and that still wait."""
    return [row.shipment for row in sheet.left if row.tariff is not None and row.free]


def _fill(fill: drawing.Fill) -> FillRow:
    said = _("%(used)s／%(limit)s，车厢%(volume)s%%") % {
        "used": words.number(-(-fill.grams // 1000)),
        "limit": say.kilograms(fill.limit),
        "volume": fill.volume,
    }
    return FillRow(fill.sign, fill.of, fill.y, fill.used, fill.room, said)


def _names(sheet: PlanSheet) -> dict[str, str]:
    places = [route.home for route in sheet.routes]
    places += [stop.place for route in sheet.routes for stop in route.stops]
    places += [row.place for row in sheet.left]
    return {place.public_id: say.short(place.names) for place in places}


def _whys(sheet: PlanSheet) -> dict[str, str]:
    """A word under a place on the map, where it is more than money."""
    return {row.place.public_id: say.why_short(row) for row in sheet.left if row.why != "price"}


def _owes(sheet: PlanSheet) -> bool:
    """With a mandatory job left out a cost says nothing beside a bound."""
    return any(row.why == "owed" for row in sheet.left)


def _progress(sheet: PlanSheet) -> Progress:
    said = sheet.progress
    return Progress(
        int(said.get("elapsed") or 0),
        sheet.seconds,
        say.yuan(said["incumbent"]) if said.get("incumbent") is not None else "",
        say.yuan(said["bound"]) if said.get("bound") is not None else "",
        _gap(said),
        said.get("owed") or 0,
        bool(said),
        said.get("stage") == "reasons",
    )


def _gap(said: Mapping[str, Any]) -> str:
    """How far the best so far can be from the best there is; nothing while something owed is left out."""
    incumbent, bound = said.get("incumbent"), said.get("bound")
    if not incumbent or bound is None or said.get("owed"):
        return ""
    return f"{max(incumbent - bound, 0) / incumbent * 100:.1f}%"


def live_address() -> str:
    """Where plans are heard."""
    return f"{settings.LIVE_ORIGIN}/live/plans/"


def _parts(sheet: PlanSheet) -> tuple[str, ...]:
    costs = sheet.costs
    parts = [
        (_("车%(fen)s"), costs.fixed),
        (_("路%(fen)s"), costs.km),
        (_("人%(fen)s"), costs.hour),
        (_("快运%(fen)s"), costs.carrier),
    ]
    return tuple(text % {"fen": say.yuan(fen)} for text, fen in parts if fen)


def _repeat(sheet: PlanSheet) -> str:
    """Seed, iterations and versions: with them anybody can solve it again."""
    if not sheet.versions:
        return ""
    counted = _("、").join(f"{engine} {n:,}" for engine, n in sheet.iterations.items())
    return _("种子%(seed)s，%(counted)s次；%(versions)s") % {
        "seed": sheet.seed,
        "counted": counted,
        "versions": _("、").join(sheet.versions),
    }


def _route(index: int, route: PlanRoute, sheet: PlanSheet) -> RouteRow:
    load = route.load
    return RouteRow(
        route.public_id,
        route.sign,
        drawing.lane(index),
        say.vehicle_class(route.vehicle_class),
        say.yuan(route.cost),
        say.kilometres(route.metres),
        load.pieces,
        load.boxes,
        route.courier,
        route.state not in ("", "planned"),
        route.leaves,
        route.returns,
        tuple(_stop(stop, sheet.state) for stop in route.stops),
    )


def _stop(stop: PlanStop, state: PlanState) -> StopRow:
    return StopRow(
        stop.number,
        words.name(stop.place.names),
        stop.kind is StopKind.PICKUP,
        stop.arrival,
        stop.departure,
        stop.load.pieces,
        stop.load.boxes,
        say.yuan(stop.price) if stop.price is not None else "",
        say.yuan(stop.carrier) if stop.carrier is not None else "",
        stop.price is not None and stop.carrier is not None and stop.price > stop.carrier,
        f"{words.clock(stop.window[0])}—{words.clock(stop.window[1])}" if stop.window else _("全天"),
        _stop_tag(stop, state),
    )


def _stop_tag(stop: PlanStop, state: PlanState) -> Tag:
    if state is not PlanState.RELEASED:
        return Tag("asked", _("草案"))
    if stop.state is StopState.FAILED:
        return Tag("declined", _("没送成：%(why)s") % {"why": say.fail_reason(stop.fail_reason)})
    if stop.kind is StopKind.PICKUP:
        return (
            Tag("packed", pgettext("车上", "装好了"))
            if stop.state is StopState.DONE
            else Tag("ordered", _("等装车"))
        )
    if stop.state is StopState.DONE:
        return _delivered(stop.shipment_states)
    if stop.state is StopState.ARRIVED:
        late = stop.late_minutes
        return Tag("late", _("到了，晚%(n)s分钟") % {"n": late}) if late >= 5 else Tag("arrived", _("车到了"))
    loaded = ShipmentState.IN_TRANSIT in stop.shipment_states
    return Tag("road", _("在路上")) if loaded else Tag("ordered", _("等装车"))


def _delivered(states: Sequence[ShipmentState]) -> Tag:
    if ShipmentState.DISCREPANCY in states:
        return Tag("short", _("点数对不上"))
    if states and all(state is ShipmentState.CONFIRMED for state in states):
        return Tag("counted", _("已点清"))
    return Tag("arrived", _("等收货人点数"))


def _left(row: LeftOut) -> LeftRow:
    return LeftRow(
        row.shipment,
        row.number,
        words.name(row.place.names),
        row.load.pieces,
        say.kilograms(row.load.grams),
        Tag(say.tag(row), say.why_short(row)),
        say.why(row),
        tuple(say.reasons(row.reasons)),
        say.relaxation(row.relaxation),
        say.yuan(row.tariff) if row.tariff is not None else "",
        row.waits_days,
        row.tariff is not None and row.free,
        "" if row.free else _("已经走了快运，或者排进了别的计划。"),
    )
