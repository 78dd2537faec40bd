"""What a gift's page shows: frozen, in the reader's language and the deployment's days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from backend.interfaces.look import story as said
from backend.interfaces.look import words
from backend.timelines.fold import tell
from backend.timelines.story import Ahead, Event, Gift, Line, News, NewsKind, Portion, Standing, Story

NOTE = {
    NewsKind.QUESTION: "bad",
    NewsKind.SHORT: "short",
    NewsKind.BROKEN: "bad",
    NewsKind.DECLINED: "bad",
    NewsKind.LATE: "late",
    NewsKind.REFUNDED: "money",
    NewsKind.REFUND_FAILED: "money",
}
ICONS = {NewsKind.QUESTION: "info", NewsKind.BROKEN: "broken"}
TITLES: dict[Standing, Promise] = {
    Standing.GIVEN: _("捐赠"),
    Standing.ORDERED: _("下单"),
    Standing.PACKED: _("装箱"),
    Standing.ROAD: _("上路"),
    Standing.ARRIVED: _("到校门口"),
    Standing.COUNTED: _("点数"),
    Standing.REFUNDED: _("退款"),
    Standing.LATE: _("没送成"),
    Standing.DECLINED: _("没有接单"),
}
CHOICES: dict[str, Promise] = {
    "wait": _("再等等，接着问别的供应商"),
    "nearest": _("转给最近的、缺同样东西的地方"),
    "refund": _("退给我"),
}


@dataclass(frozen=True)
class Tag:
    kind: str
    words: str


@dataclass(frozen=True)
class Step:
    """One stop of the road: what happened, or what comes next."""

    event: Event | None
    icon: str
    title: str
    state: str = "done"
    quantity: str = ""
    ahead: Ahead | None = None

    @property
    def forks(self) -> bool:
        """Goods part here: what was counted, and what was not."""
        event = self.event
        return bool(event and event.fate and event.fate.received and event.fate.lacking)


@dataclass(frozen=True)
class Choice:
    value: str
    words: Promise
    fallback: bool


@dataclass(frozen=True)
class Bad:
    """One piece of bad news with what is known of it."""

    news: News
    line: Line
    title: str
    kind: str
    icon: str = ""
    choices: Sequence[Choice] = ()
    several: bool = False


@dataclass(frozen=True)
class Told:
    """The story of one item, ready to be set."""

    story: Story
    title: str
    tags: Sequence[Tag]
    steps: Sequence[Step]

    @property
    def line(self) -> Line:
        return self.story.line

    @property
    def postmark(self) -> bool:
        return self.story.finished and self.story.last_count is not None


@dataclass(frozen=True)
class GiftPage:
    """`key` opens the page: the token of a guest's link, or the gift's public id for its signed-in owner."""

    gift: Gift
    key: str
    number: str
    title: str
    told: Sequence[Told]
    bad: Sequence[Bad]
    seq: int
    live: str
    undo_until: datetime | None
    to_pay: bool
    over: str
    answered: bool = False

    @property
    def several(self) -> bool:
        return len(self.told) > 1

    @property
    def recipients(self) -> str:
        from_lines = dict.fromkeys(words.name(told.line.recipient) for told in self.told)
        return said.listed(from_lines)


def gift_page(gift: Gift, key: str, *, seq: int, now: datetime, answered: bool = False) -> GiftPage:
    stories, told = tell_all(gift, now)
    paid, several = _paid_at(gift), len(stories) > 1
    return GiftPage(
        gift=gift,
        key=key,
        number=said.slip_number(gift),
        title=said.given(gift, stories).replace(" × ", "\u00a0× "),
        told=told,
        bad=[_bad(news, story, several) for story in stories for news in story.news] if paid else [],
        seq=seq,
        live=f"{settings.LIVE_ORIGIN}/live/gifts/",
        undo_until=gift.order_after if _can_undo(gift, stories, now) else None,
        to_pay=gift.status == "placed",
        over=gift.status if gift.status in ("expired", "returned") else "",
        answered=answered,
    )


def tell_all(gift: Gift, now: datetime, *, most: int | None = None) -> tuple[list[Story], list[Told]]:
    """The stories of a gift's items (the first `most`), and the same ready to be set."""
    paid = _paid_at(gift)
    stories = [tell(line, paid_at=paid, now=now, zone=settings.ZONE) for line in gift.lines[:most]]
    return stories, [_told(story) for story in stories]


def _paid_at(gift: Gift) -> datetime | None:
    return gift.paid_at if gift.status in ("paid", "refunded") else None


def _can_undo(gift: Gift, stories: Sequence[Story], now: datetime) -> bool:
    waiting = all(portion.kind is Standing.GIVEN for story in stories for portion in story.portions)
    return gift.status == "paid" and gift.order_after is not None and now < gift.order_after and waiting


def _told(story: Story) -> Told:
    tags = [Tag(said.shown(portion), said.doing(portion, story.line)) for portion in story.portions]
    done = [_step(event, story) for event in story.events]
    ahead = [step for coming in story.ahead[:2] for step in _coming(coming, story)]
    return Told(story, said.thing(story.line, story.quantity), tags, [*done, *ahead])


def _step(event: Event, story: Story) -> Step:
    bad = event.kind in (Standing.LATE, Standing.DECLINED) or bool(event.fate and event.fate.lacking)
    quantity = said.count(story.line, event.quantity) if _is_part(event, story) else ""
    return Step(event, event.kind.value, str(TITLES[event.kind]), "warn" if bad else "done", quantity)


def _is_part(event: Event, story: Story) -> bool:
    return bool(event.quantity) and event.quantity != story.quantity and event.kind is not Standing.COUNTED


def _coming(ahead: Ahead, story: Story) -> list[Step]:
    """The next thing, and then the arrival: two steps say enough."""
    portion: Portion = ahead.portion
    quantity = said.count(story.line, portion.quantity) if portion.quantity != story.quantity else ""
    steps = [
        Step(
            None,
            kind.value,
            str(TITLES[kind]),
            "ahead",
            quantity,
            ahead if kind is Standing.ARRIVED else None,
        )
        for kind in dict.fromkeys((ahead.steps[0], Standing.ARRIVED))
        if kind in ahead.steps
    ]
    if not steps:
        return []
    first = steps[0]
    return [Step(None, first.icon, first.title, "next", quantity, ahead), *steps[1:]]


def _bad(news: News, story: Story, several: bool) -> Bad:
    choices: list[Choice] = []
    if news.question:
        asked = news.question
        choices = [Choice(value, CHOICES[value], value == asked.fallback) for value in asked.choices]
    return Bad(
        news,
        story.line,
        said.news_title(news, story.line),
        NOTE[news.kind],
        ICONS.get(news.kind, ""),
        choices,
        several,
    )
