"""What a shared page shows: goods, places, days and counts. No person, no sum, no number of the gift's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from backend.interfaces.look import story as said
from backend.interfaces.look import words
from backend.interfaces.track.pages import Told, tell_all
from backend.needs.queries import AppealCard, AppealPage, NeedCard
from backend.needs.rules import AppealState
from backend.timelines.story import Gift

MOST_STORIES, MOST_APPEALS, MOST_NEEDS = 12, 3, 6


@dataclass(frozen=True)
class OwnPart:
    """On the donor's own page: the address, empty while nothing is shared; `may`: it can be."""

    may: bool
    address: str


@dataclass(frozen=True)
class Progress:
    """How an appeal stands that the gift went to: the needs it gave to first."""

    card: AppealCard
    needs: tuple[NeedCard, ...]
    more: int
    open: bool

    @property
    def left(self) -> bool:
        return self.open and any(need.left for need in self.card.needs)


@dataclass(frozen=True)
class SharedPage:
    title: str
    recipients: str
    given_at: datetime
    told: Sequence[Told]
    more: int
    progress: Sequence[Progress]
    charity: str
    news: str

    @property
    def several(self) -> bool:
        return len(self.told) > 1

    @property
    def give_href(self) -> str:
        """Where something is missing: the gift's own appeal first."""
        left = next((one for one in self.progress if one.left), None)
        return reverse("shop:appeal", args=[left.card.public_id]) if left else reverse("shop:home")

    @property
    def left(self) -> bool:
        return any(one.left for one in self.progress)


def appeals_of(gift: Gift) -> list[str]:
    """The appeals (public ids) that a page can show."""
    return list(dict.fromkeys(line.appeal for line in gift.lines))[:MOST_APPEALS]


def shared_page(gift: Gift, appeals: Sequence[AppealPage], *, now: datetime) -> SharedPage:
    stories, told = tell_all(gift, now, most=MOST_STORIES)
    recipients = list(dict.fromkeys(words.name(line.recipient) for line in gift.lines))
    title = said.thing(stories[0].line, stories[0].quantity)
    if gift.all_lines > 1:
        title = ngettext("{n}样东西", "{n}样东西", gift.all_lines).format(n=words.number(gift.all_lines))
    return SharedPage(
        title=title.replace(" × ", "\u00a0× "),
        recipients=_some(recipients),
        given_at=gift.paid_at or gift.placed_at,
        told=told,
        more=max(gift.all_lines - len(told), 0),
        progress=[_progress(gift, appeal) for appeal in appeals],
        charity=words.name(gift.charity),
        news=("；" if words.is_chinese() else "; ").join(said.headline(story) for story in stories[:3]),
    )


def _some(recipients: Sequence[str]) -> str:
    named = said.listed(recipients[:MOST_APPEALS])
    return gettext("{names}等").format(names=named) if len(recipients) > MOST_APPEALS else named


def _progress(gift: Gift, appeal: AppealPage) -> Progress:
    given = {unit.need for line in gift.lines for unit in line.bought}
    ordered = sorted(appeal.card.needs, key=lambda need: need.public_id not in given)
    is_open = appeal.state is AppealState.LIVE and any(need.open for need in ordered)
    return Progress(appeal.card, tuple(ordered[:MOST_NEEDS]), max(len(ordered) - MOST_NEEDS, 0), is_open)
