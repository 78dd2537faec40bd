"""Letters to donors: the subject is the news, the table says how every piece stands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from backend.donations.tokens import gift_token
from backend.interfaces.jobs.post.page import Page, Row, address, render
from backend.interfaces.look import story as said
from backend.interfaces.look import words
from backend.journal import queries as journal
from backend.journal.queries import Fact
from backend.notices import queries
from backend.notices.operations import Mail, NothingToSay
from backend.notices.rules import LetterKind
from backend.timelines import queries as timelines
from backend.timelines.fold import tell
from backend.timelines.story import Gift, News, NewsKind, Standing, Story
from backend.timelines.touched import ref_of

if TYPE_CHECKING:
    from backend.notices.models import Letter


@dataclass(frozen=True)
class Told:
    """A gift, its stories as they stand now, and the fact that the letter is about."""

    gift: Gift
    stories: Sequence[Story]
    fact: Fact

    @property
    def open(self) -> bool:
        return not all(story.finished for story in self.stories)

    @property
    def counted_now(self) -> list[Story]:
        """The stories that the fact's count is part of."""
        at = self.fact.happened_at
        return [s for s in self.stories if any(e.kind is Standing.COUNTED and e.at == at for e in s.events)]


def compose(letter: "Letter") -> Mail:
    """The letter as the gift stands now. Raises NothingToSay."""
    donation = ref_of(letter.to)
    reader, gift = queries.donor(donation=donation), timelines.gift(donation=donation)
    fact = next(iter(journal.after(seq=letter.seq - 1, limit=1)), None)
    if gift is None or fact is None or not reader.mails:
        raise NothingToSay
    now = timezone.now()
    stories = [tell(line, paid_at=gift.paid_at, now=now, zone=settings.ZONE) for line in gift.lines]
    with translation.override(reader.language):
        page = SAID[LetterKind(letter.kind)](Told(gift, stories, fact))
        return render(_dressed(page, gift, stories), reader)


def _dressed(page: Page, gift: Gift, stories: Sequence[Story]) -> Page:
    """What every letter to a donor has: the number, the link, who signs."""
    token = gift_token(donation=gift.ref, link_version=gift.link_version)
    return replace(
        page,
        number=said.slip_number(gift),
        link=address(reverse("track:gift", kwargs={"key": token})),
        button=page.button or gettext("看这一笔"),
        closing=[
            *page.closing,
            gettext("{charity}托直送寄这封信。链接只给你自己用，别转给别人。").format(
                charity=words.name(gift.charity)
            ),
        ],
    )


def _page(told: Told, subject: str, *paragraphs: str, news: str = "", kind: str = "") -> Page:
    rows = _rows(told) if told.stories else []
    return Page(
        subject=subject,
        to=gettext("给捐赠人"),
        paragraphs=[paragraph for paragraph in paragraphs if paragraph],
        caption=gettext("你的{things}").format(things=said.given(told.gift, told.stories)) if rows else "",
        heads=(gettext("数量"), gettext("现在"), gettext("接下来")) if rows else ("", "", ""),
        rows=rows,
        news=news,
        kind=kind,
    )


def _rows(told: Told) -> list[Row]:
    rows = []
    for story in told.stories:
        coming = {(ahead.portion.kind, bool(ahead.portion.again)): ahead for ahead in story.ahead}
        for portion in story.portions:
            ahead = coming.get((portion.kind, bool(portion.again)))
            then = _then(portion.kind, story)
            if ahead and ahead.expected:
                then = gettext("{likely}（{between}）").format(
                    likely=said.likely(ahead.expected), between=said.between(ahead.expected)
                )
            elif ahead:
                then = gettext("等学校点数")
            rows.append(Row(said.thing(story.line, portion.quantity), said.doing(portion, story.line), then))
    return rows


def _then(kind: Standing, story: Story) -> str:
    return gettext("已经交到学校") if kind is Standing.COUNTED else ""


def _hello(told: Told) -> str:
    recipients = said.listed(dict.fromkeys(words.name(line.recipient) for line in told.gift.lines))
    return gettext("你好。这是你{day}给{to}捐的{things}，{amount}。").format(
        day=words.day(told.gift.placed_at),
        to=recipients,
        things=said.given(told.gift, told.stories),
        amount=words.money(told.gift.amount),
    )


def _paid(told: Told) -> Page:
    gift, undo = told.gift, ""
    if gift.order_after and gift.order_after > timezone.now():
        undo = gettext("{until}才去下单，在那之前你都能撤回。").format(until=words.moment(gift.order_after))
    subject = gettext("{amount}收到了，{things}").format(
        amount=words.money(gift.amount), things=said.given(gift, told.stories)
    )
    after = gettext("下单、装箱、上路、学校点数，每一步都写在这一笔的页面上；要紧的事写信告诉你。")
    return _page(told, subject, _hello(told), gettext("钱收到了，全部用于买货。") + undo, after)


def _returned(told: Told) -> Page:
    amount = words.money(told.gift.amount)
    subject = gettext("{amount}退给你，付款到得太晚").format(amount=amount)
    why = gettext("付款到得太晚，东西已经放回去了。钱原路退回，一般当天到，最晚三个工作日。")
    return Page(subject=subject, to=gettext("给捐赠人"), paragraphs=[_hello(told), why], kind="money")


def _taken_back(told: Told) -> Page:
    subject = gettext("撤回了，{amount}退给你").format(amount=words.money(told.gift.amount))
    why = gettext("钱原路退回，一般当天到，最晚三个工作日。退到了再写一封信给你。")
    return Page(subject=subject, to=gettext("给捐赠人"), paragraphs=[_hello(told), why], kind="money")


def _refunded(told: Told) -> Page:
    amount = words.money(int(told.fact.public.get("amount", 0)))
    subject = gettext("{amount}已经退回").format(amount=amount)
    return _page(told, subject, _hello(told), gettext("付款的那家说，钱已经退回你原来的账户。"))


def _question(told: Told) -> Page:
    asked = [(s, n) for s in told.stories for n in s.news if n.kind is NewsKind.QUESTION and n.question]
    if not asked:
        raise NothingToSay  # answered meanwhile
    story, news = asked[0]
    question = news.question
    assert question is not None
    until = words.moment(question.answer_by)
    subject = gettext("{things}没有人接，要你拿个主意").format(things=said.thing(story.line, news.quantity))
    why = gettext("问过的供应商都做不了这个价。")
    if question.kind == "stopped":
        subject = gettext("{things}学校说够了，要你拿个主意").format(
            things=said.thing(story.line, news.quantity)
        )
        why = gettext("学校说够了，这几件不用再送去。")
    choose = gettext("{until}前告诉我们怎么办就行；不选，就按你捐的时候说的办。").format(until=until)
    return replace(_page(told, subject, _hello(told), why, choose, kind="bad"), button=gettext("去选一个"))


def _road(told: Told) -> Page:
    if not told.open:
        raise NothingToSay  # counted already: that letter says more
    moving = [(s, a) for s in told.stories for a in s.ahead if a.portion.kind is Standing.ROAD]
    if not moving:
        raise NothingToSay
    story, ahead = moving[0]
    when = said.likely(ahead.expected) if ahead.expected else ""
    parts = [gettext("{things}上路了").format(things=said.thing(story.line, ahead.portion.quantity)), when]
    return _page(told, _joined(parts), _hello(told), gettext("车从供应商的仓库出发了。"))


def _late(told: Told) -> Page:
    late = [(s, n) for s in told.stories for n in s.news if n.kind is NewsKind.LATE]
    if not late:
        raise NothingToSay  # it came after all
    story, news = late[0]
    subject = gettext("{things}要晚到").format(things=said.thing(story.line, news.quantity))
    why = said.failed(news.reason) + gettext("。箱子没有丢，下一趟再送。不用你做什么。")
    when = said.likely(news.expected) + gettext("。") if news.expected else ""
    return _page(told, subject, _hello(told), when, news=why, kind="late")


def _counted(told: Told) -> Page:
    stories = told.counted_now or list(told.stories)
    subject = _joined(said.headline(story) for story in stories[:2])
    lacking = [news for s in stories for news in s.news if news.kind in (NewsKind.SHORT, NewsKind.BROKEN)]
    if not lacking:
        last = gettext("都点清了，这是最后一封信。") if not told.open else ""
        return _page(told, subject, _hello(told), gettext("学校打开箱子数了一遍，数都对上了。"), last)
    promise = gettext("供应商补，运费他们出，你不用再付钱。补的点清以后，再写一封给你。")
    shared = any(news.kind is NewsKind.SHORT and news.fate and news.fate.shared for news in lacking)
    whose = gettext("为什么算在你这一笔：同一批里少了，按捐赠先后，从最后一笔算起。") if shared else ""
    return _page(
        told, subject, _hello(told), _found(stories), _seen(lacking), whose, news=promise, kind="short"
    )


def _found(stories: Sequence[Story]) -> str:
    """该有40床，实有38床: what the school counted of the batch."""
    fates = [
        (story, story.last_count.fate) for story in stories if story.last_count and story.last_count.fate
    ]
    return "".join(
        gettext("学校打开箱子数了一遍：该有{all}，点到{got}。").format(
            all=said.count(story.line, fate.of_batch), got=said.count(story.line, fate.batch)
        )
        for story, fate in fates
        if fate.lacking
    )


def _seen(lacking: Sequence[News]) -> str:
    heard = [text for news in lacking for text in (said.why(news.reason), said.written(news.reason)) if text]
    return gettext("学校写的：{words}。").format(words=said.listed(dict.fromkeys(heard))) if heard else ""


def _joined(parts: object) -> str:
    sign = "，" if words.is_chinese() else ", "
    return sign.join(part for part in parts if part)  # type: ignore[attr-defined]


SAID: dict[LetterKind, Callable[[Told], Page]] = {
    LetterKind.PAID: _paid,
    LetterKind.RETURNED: _returned,
    LetterKind.TAKEN_BACK: _taken_back,
    LetterKind.REFUNDED: _refunded,
    LetterKind.QUESTION: _question,
    LetterKind.ROAD: _road,
    LetterKind.LATE: _late,
    LetterKind.COUNTED: _counted,
}
KINDS = tuple(SAID)
