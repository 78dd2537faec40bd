"""How a gift's story is said: the same words on its page and in its letters."""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from backend.interfaces.look import words
from backend.timelines.story import Expected, Gift, Line, News, NewsKind, Portion, Standing, Story

# what a portion is doing, after its quantity: 2床点清了
DOING: dict[Standing, Promise] = {
    Standing.GIVEN: _("{n}等着下单"),
    Standing.ORDERED: _("{n}下单了"),
    Standing.PACKED: _("{n}装箱了"),
    Standing.ROAD: _("{n}在路上"),
    Standing.ARRIVED: _("{n}送到了，等学校点数"),
    Standing.COUNTED: _("{n}点清了"),
    Standing.REFUNDED: _("{n}退款"),
}
FAILED: dict[str, Promise] = {
    "nobody": _("到了校门口，没有人收"),
    "closed": _("学校那天关着门"),
    "road": _("路走不通"),
    "refused": _("学校当时没有收"),
    "vehicle": _("车坏在路上"),
    "not_loaded": _("那趟车上没有这几箱"),
}
DECLINED: dict[str, Promise] = {
    "silent": _("到时间没有回话"),
    "no_stock": _("没有货了"),
    "out_of_stock": _("没有货了"),
    "discontinued": _("不再做这一样了"),
    "price": _("这个价做不了"),
    "area": _("不往那里送"),
    "other": _("这次做不了"),
}
SEEN: dict[str, Promise] = {
    "box_whole": _("箱子是好的，里面就少"),
    "box_open": _("箱子破了或被打开过"),
    "box_missing": _("少了一整箱"),
    "unclear": _("学校看不出原因"),
}


def slip_number(gift: Gift) -> str:
    """捐-2611-09417: how people name a gift on the phone."""
    return f"捐-{words.local(gift.placed_at):%y%m}-{gift.number:05d}"


def count(line: Line, quantity: int) -> str:
    return words.count(quantity, line.units)


def thing(line: Line, quantity: int) -> str:
    """3床棉被, 3 × Winter quilt"""
    if words.is_chinese():
        return count(line, quantity) + words.name(line.names)
    return f"{quantity:,} × {words.name(line.names)}"


def doing(portion: Portion, line: Line) -> str:
    """2床点清了; 1床在补 for what came short or broken once."""
    n = count(line, portion.quantity)
    if portion.again is Standing.SHORT:
        return gettext("{n}少了，正在补").format(n=n)
    if portion.again is Standing.BROKEN:
        return gettext("{n}不能用，正在换").format(n=n)
    return str(DOING[portion.kind]).format(n=n)


def shown(portion: Portion) -> str:
    """The state by which the look draws a portion."""
    return (portion.again or portion.kind).value


def headline(story: Story) -> str:
    """3床棉被，2床点清了，1床少了，正在补: the news, as a subject of a letter is."""
    line = story.line
    portions = story.portions
    if len(portions) == 1 and not portions[0].again:
        return str(DOING[portions[0].kind]).format(n=thing(line, portions[0].quantity))
    said = [thing(line, story.quantity), *(doing(portion, line) for portion in portions)]
    return ("，" if words.is_chinese() else ", ").join(said)


def given(gift: Gift, stories: Iterable[Story]) -> str:
    """What a gift is, in a title: 3床棉被; several items are only counted."""
    told = list(stories)
    if len(told) == 1:
        return thing(told[0].line, told[0].quantity)
    return ngettext("{n}样东西", "{n}样东西", len(told)).format(n=len(told))


def listed(parts: Iterable[str]) -> str:
    """6、7, or 6, 7"""
    return ("、" if words.is_chinese() else ", ").join(parts)


def likely(expected: Expected) -> str:
    """多半在11月30日（周一）到; with the hour when a route is planned."""
    day = words.day_week(expected.likely)
    if expected.at:
        return gettext("{day}{clock}前后到").format(day=day, clock=words.clock(expected.at[0]))
    return gettext("多半在{day}到").format(day=day)


def between(expected: Expected) -> str:
    """11月26日至12月1日"""
    return words.days_between(expected.first, expected.last)


def why(reason: str) -> str:
    """A school's reason in words: what was ticked."""
    return str(SEEN.get(reason.partition("|")[0], ""))


def written(reason: str) -> str:
    """A school's reason: what somebody wrote."""
    seen, bar, text = reason.partition("|")
    return text if bar else seen


def failed(reason: str) -> str:
    return str(FAILED.get(reason, _("那天没有送成")))


def declined(reason: str) -> str:
    return str(DECLINED.get(reason, reason))


def news_title(news: News, line: Line) -> str:
    n = count(line, news.quantity)
    money = words.money(news.amount)
    titles = {
        NewsKind.QUESTION: gettext("{n}要你拿个主意"),
        NewsKind.SHORT: gettext("有{n}没到"),
        NewsKind.BROKEN: gettext("有{n}不能用"),
        NewsKind.DECLINED: gettext("{n}这家做不了，正在问下一家"),
        NewsKind.LATE: gettext("{n}要晚到"),
        NewsKind.REFUNDED: gettext("{money}退给你"),
        NewsKind.REFUND_FAILED: gettext("{money}还没退成，正在再试"),
    }
    return titles[news.kind].format(n=n, money=money)
