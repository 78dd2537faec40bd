"""The courier's run sheet as a PDF: the yellow copy, with a QR of the route's page, never a code or a receiver's link."""

import functools
import io
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import segno
import typst
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.deliveries.queries import RoadRoute, RoadStop
from backend.deliveries.rules import DropState, StopKind
from backend.interfaces.dispatch import words as say
from backend.interfaces.look import words

TEMPLATE = Path(__file__).with_name("run_sheet.typ")
FONT = "Noto Sans CJK TC"  # the whole family: the text's language picks each region's shapes
REGIONS = {"zh-hans": ("zh", "cn"), "zh-hant": ("zh", "tw"), "en": ("en", "gb")}


@functools.cache
def _fonts() -> typst.Fonts:
    """The one font of the package; what this machine has installed plays no part."""
    folder = Path(str(files("cvttf_NotoSansCJK_Regular")))
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])


def run_sheet(route: RoadRoute, *, size: str, language: str) -> bytes:
    """A PDF of the route in the reader's language, on `size` a4 or a5."""
    data = json.dumps(_data(route, size, language), ensure_ascii=False)
    return typst.compile(
        TEMPLATE,
        root=TEMPLATE.parent,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"data": data},
    )


def _data(route: RoadRoute, size: str, language: str) -> dict[str, Any]:
    lang, region = REGIONS.get(language.lower(), REGIONS["zh-hans"])
    return {
        "paper": size,
        "lang": lang,
        "region": region,
        "font": FONT,
        "number": route.plan_number,
        "title": _("%(sign)s车送货单") % {"sign": route.sign},
        "copy": _("直送　第三联　承运人随车"),
        "facts": _facts(route),
        "qr": _qr(settings.SITE_URL + reverse("courier:route", args=[route.public_id])),
        "qr_says": _("扫码看今天的路"),
        "stops": [_stop(stop) for stop in route.stops],
        "at": _("几点"),
        "foot": _("收货码在收货人手里，这张纸上没有。"),
        "closing": _("装车、到了、交货都在手机上点；没信号先记在这张纸上。走不通、没人收，打给调度。"),
    }


def _facts(route: RoadRoute) -> list[str]:
    stops = [stop for stop in route.stops if stop.kind is StopKind.DELIVERY]
    grams = sum(stop.grams for stop in stops)
    counted = ngettext("%(n)d站，%(boxes)d箱，%(weight)s", "%(n)d站，%(boxes)d箱，%(weight)s", len(stops))
    return [
        f"{words.day_week(route.on)}　{route.plan_number}",
        f"{say.vehicle_class(route.vehicle_class)}　{route.courier or _('还没派人')}",
        counted % {"n": len(stops), "boxes": route.boxes, "weight": say.kilograms(grams)}
        + f"　{say.kilometres(route.metres)}",
        _("从%(home)s出发，回到那里") % {"home": words.name(route.home)},
    ]


def _stop(stop: RoadStop) -> dict[str, Any]:
    pickup = stop.kind is StopKind.PICKUP
    boxes = [box for box in stop.boxes if box.state is not DropState.FAILED]
    said = [words.place_there(stop.township)] if stop.township else []
    if stop.window:
        hours = {"a": words.clock(stop.window[0]), "b": words.clock(stop.window[1])}
        said.append(_("开门%(a)s至%(b)s") % hours if pickup else _("收货%(a)s至%(b)s") % hours)
    load = ngettext("%(n)d箱，%(weight)s", "%(n)d箱，%(weight)s", len(boxes))
    return {
        "number": stop.number,
        "pickup": pickup,
        "name": words.name(stop.names),
        "what": _("装货") if pickup else _("交货"),
        "clock": f"{words.clock(stop.arrival)}—{words.clock(stop.departure)}",
        "load": load % {"n": len(boxes), "weight": say.kilograms(sum(box.grams for box in boxes))},
        "facts": ["　".join(said)] if said else [],
        "boxes": [f"{box.code} → {box.stop_number}" if pickup else box.code for box in boxes],
        "sign": _("交出的人") if pickup else _("收货人"),
    }


def _qr(address: str) -> str:
    """A QR code as SVG text."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", border=2, xmldecl=False, light="#fff")
    return out.getvalue().decode()
