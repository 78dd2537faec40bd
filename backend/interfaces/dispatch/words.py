"""What a plan says in words: why something is left out, what would help, what went wrong."""

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backend.deliveries.queries import LeftOut, Reason
from backend.interfaces.look import words

PREFIX = re.compile(r"^.*(·|, )")  # 演示仓·普坪, Demonstration warehouse, Puping
SHORT = re.compile(r"[（(]([^（）()]+)[）)]\s*$")


def short(names: object) -> str:
    """The place in a recipient's name: 示范小学（者贵村） is 者贵村 on a map."""
    name = words.name(names)  # type: ignore[arg-type]
    found = SHORT.search(name)
    inner = found.group(1) if found else ""
    if inner and inner not in (_("演示"), "演示", "demonstration"):
        return inner
    return PREFIX.sub("", SHORT.sub("", name).strip()) or name


def vehicle_class(name: str) -> str:
    """A vehicle class as people say it."""
    return {
        "microvan": _("面包车"),
        "truck_42": _("4.2米厢货"),
        "truck_52": _("5.2米厢货"),
    }.get(name, name)


def minutes(seconds: int) -> str:
    """50分钟, 1小时20分, 50 min"""
    whole = max(1, -(-seconds // 60))
    if whole < 60:
        return ngettext("%(n)d分钟", "%(n)d分钟", whole) % {"n": whole}
    return _("%(h)d小时%(m)02d分") % {"h": whole // 60, "m": whole % 60}


def yuan(fen: int) -> str:
    """Whole yuan: sums of a day are not read to the fen."""
    return words.money(round(fen / 100) * 100)


def kilograms(grams: int) -> str:
    """61公斤, rounded up."""
    return _("%(n)s公斤") % {"n": words.number(-(-grams // 1000))}


def kilometres(metres: int) -> str:
    return _("%(n)s公里") % {"n": words.number(round(metres / 1000))}


METHOD = re.compile(r"^(?P<line>.+?) x (?P<factor>[0-9.-]+) (?P<how>[a-z/]+)(; (?P<known>\d+) measured)?$")


def method(label: str) -> str:
    """How the roads were measured, as the plan's label says it; the label itself where it is another one."""
    found = METHOD.match(label)
    if not found:
        return label
    how = {"plain": _("平地"), "hills": _("丘陵"), "mountains": _("山地"), "learned": _("学来的")}
    terrain = _("、").join(how.get(part, part) for part in found["how"].split("/"))
    text = _("直线乘%(factor)s（%(terrain)s）") % {"factor": found["factor"], "terrain": terrain}
    if found["known"]:
        text += _("，%(n)s段是量过的") % {"n": found["known"]}
    return text


def failure(error: str) -> str:
    """Why no draft came of a plan."""
    known = {
        "nothing_ready": _("这个县没有装好箱、等着运的单子。"),
        "no_vehicles": _("那天没有空着的车：要么都有路线了，要么离得太远。"),
        "too_late": _("今天来不及出车了。换成明天再排。"),
        "worker_died": _("算的程序停了三次，不再试了。再排一次；还不行，请管机器的人看日志。"),
    }
    return known.get(error) or _("算的时候出错了，没有结果。再排一次；还不行，请管机器的人看日志。")


def why_short(row: LeftOut) -> str:
    """Two or three words under a place on the map."""
    return {
        "price": _("快运更省"),
        "far": _("仓太远"),
        "shut": _("那天不收货"),
        "closed": _("那天没人"),
        "warehouse": _("仓库不开"),
        "road": _("路不通"),
    }.get(row.why, _("没排上"))


def why(row: LeftOut) -> str:
    """One sentence: why this shipment is not on a vehicle."""
    if row.why == "price" and any(reason.code == "unused" for reason in row.reasons):
        return _("车装得下，也比快运省，这次没来得及排进去。")
    known = {
        "price": _("专门跑一趟比快运贵。"),
        "far": _("仓库离车队太远，不在车的来回以内，走快运。"),
        "shut": _("那天是收货点不收货的日子。"),
        "closed": _("收货点报过那天没人。"),
        "warehouse": _("供应商的仓库那天不开。"),
        "road": _("那天没有一种车过得去。"),
    }
    return known.get(row.why) or _("没有快运到这儿，车也排不下。")


def tag(row: LeftOut) -> str:
    """Which state tag: hold for what simply waits, late for what a road or a closure keeps."""
    return "late" if row.why in ("road", "closed", "owed") else "hold"


def reasons(rows: Iterable[Reason]) -> list[str]:
    """One line for each different reason, the vehicles it holds for in front: 甲、丁：……

    Of those that are only dearer than a carrier the nearest to it speaks for all.
    """
    lines: dict[str, list[str]] = {}
    rows = list(rows)
    dearer = [row for row in rows if row.code == "price"]
    cheapest = min(dearer, key=lambda row: row.amount, default=None)
    for row in rows:
        if row.code == "price" and row is not cheapest:
            continue
        lines.setdefault(_reason(row), []).append(row.sign)
    return [
        _("%(signs)s：%(why)s") % {"signs": _("、").join(signs), "why": text} for text, signs in lines.items()
    ]


def _reason(row: Reason) -> str:
    seconds = {
        "window": _("赶不上收货的钟点，差%(n)s"),
        "shift": _("赶不上收车，差%(n)s"),
        "duration": _("在外面太久，超%(n)s"),
    }
    if row.code in seconds:
        return seconds[row.code] % {"n": minutes(row.amount)}
    if row.code == "price":
        return _("比快运贵%(n)s") % {"n": yuan(row.amount)}
    if row.code == "distance":
        return _("里程超%(n)s") % {"n": kilometres(row.amount)}
    return {
        "class": _("车型过不去"),
        "capacity": _("整车也装不下"),
        "full": _("车已经装满"),
        "unused": _("装得下，这次没来得及排进去"),
        "vehicle": _("指定了别的车"),
        "skills": _("车上缺设备"),
        "locked": _("前面的站已经定了"),
    }.get(row.code, _("排不进去"))


def relaxation(row: Reason | None) -> str:
    """The cheapest single change that would let it in; empty where none was found."""
    if row is None:
        return ""
    change = {
        "window": _("请收货点等%(n)s") % {"n": minutes(row.amount)},
        "shift": _("让%(sign)s晚收车%(n)s") % {"sign": row.sign, "n": minutes(row.amount)},
        "duration": _("让%(sign)s多跑%(n)s") % {"sign": row.sign, "n": minutes(row.amount)},
        "distance": _("让%(sign)s多跑%(n)s") % {"sign": row.sign, "n": kilometres(row.amount)},
        "full": _("给%(sign)s换大一号的车") % {"sign": row.sign},
        "class": _("在路口换小车接"),
        "vehicle": _("改用%(sign)s") % {"sign": row.sign},
    }.get(row.code, _("放宽一条规矩"))
    added = yuan(row.added_cost or 0)
    return _("最省的办法：%(change)s，多花%(added)s。") % {"change": change, "added": added}


def fail_reason(code: str) -> str:
    """Why a stop could not be done."""
    return {
        "nobody": _("没人"),
        "closed": _("不开门"),
        "road": _("路不通"),
        "refused": _("不收"),
        "vehicle": _("车坏了"),
        "not_loaded": _("没装上车"),
    }.get(code, code)
