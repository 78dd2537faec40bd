"""Letters to schools, suppliers and those who answer for a charity."""

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from backend.confirmations.queries import Sheet, disputed_counts, sheet
from backend.deliveries.operations import issue_code
from backend.deliveries.queries import drop_row
from backend.deliveries.rules import DropState
from backend.deliveries.tokens import link_token
from backend.interfaces.jobs.post.page import Page, Row, address, render
from backend.interfaces.look import story as said
from backend.interfaces.look import words
from backend.journal import queries as journal
from backend.notices import queries
from backend.notices.operations import ACTOR, Mail, NothingToSay
from backend.notices.queries import Reader
from backend.parties.rules import Role
from backend.timelines.touched import ref_of

if TYPE_CHECKING:
    from backend.notices.models import Letter


def _keepers(letter: "Letter") -> Reader:
    return _members(letter, Role.KEEPER, Role.OWNER)


def _members(letter: "Letter", *roles: Role) -> Reader:
    reader = queries.members(organisation=ref_of(letter.to), roles=roles)
    if not reader.mails:
        raise NothingToSay
    return reader


def _sheet(letter: "Letter") -> Sheet:
    found = sheet(drop=ref_of(letter.subject_label))
    if found is None:
        raise NothingToSay
    return found


def _goods(of: Sheet) -> list[Row]:
    return [Row(words.name(row.names), words.count(row.quantity, row.units)) for row in of.rows]


def coming(letter: "Letter") -> Mail:
    """What comes, when, the page to count on, and the one-time code. A new try makes a new code."""
    reader, brings = _keepers(letter), _sheet(letter)
    if brings.state is not DropState.EXPECTED or not brings.rows:
        raise NothingToSay
    drop = drop_row(public_id=brings.drop)
    with translation.override(reader.language):
        when = words.day_week(brings.expected_from) if brings.expected_from else gettext("这几天")
        at = (
            gettext("大约{clock}").format(clock=words.clock(brings.expected_from))
            if brings.expected_from
            else ""
        )
        page = Page(
            subject=gettext("{when}有货到，{boxes}箱").format(when=when, boxes=brings.boxes),
            to=words.name(brings.recipient_names),
            paragraphs=[
                gettext("{when}{at}有{boxes}箱货送到校门口。").format(when=when, at=at, boxes=brings.boxes),
                gettext("货到了，把下面六位数念给送货的人，只能用一次。货没到，别给任何人。"),
            ],
            code=issue_code(drop=drop, actor=ACTOR, at=timezone.now()),
            caption=gettext("该到的东西"),
            heads=(gettext("东西"), gettext("该到"), ""),
            rows=_goods(brings),
            link=address(
                reverse("confirm:count", kwargs={"token": link_token(drop.public_id, drop.link_version)})
            ),
            button=gettext("打开点数的页面"),
            closing=[
                gettext("有信号的时候先打开一次，到时候没有信号也能点。点到多少写多少，少了坏了不怪学校。")
            ],
        )
        return render(page, reader)


def not_today(letter: "Letter") -> Mail:
    reader, brings = _keepers(letter), _sheet(letter)
    with translation.override(reader.language):
        fact = next(iter(journal.after(seq=letter.seq - 1, limit=1)), None)
        why = said.failed(str(fact.public.get("reason", ""))) if fact else ""
        page = Page(
            subject=gettext("今天的货没送成，下一趟再来"),
            to=words.name(brings.recipient_names),
            paragraphs=[
                why + gettext("。"),
                gettext("箱子在送货的人那里，排上下一趟就写信告诉你，会有新的链接和新的码。旧的不能用了。"),
            ],
            kind="late",
        )
        return render(page, reader)


def order(letter: "Letter") -> Mail:
    """A new order for a supplier's desk."""
    reader = _members(letter, Role.DESK, Role.OWNER)
    slip = queries.order_slip(order=letter.subject_label)
    if slip is None or not slip.open:
        raise NothingToSay
    with translation.override(reader.language):
        until = words.moment(slip.respond_by)
        kind = (
            gettext("这是补发：上次没到的没有付过钱，这次点清了付；运费由你们出。")
            if slip.replacement
            else ""
        )
        page = Page(
            subject=gettext("新订单{number}，{until}前回话").format(number=slip.number, until=until),
            to=gettext("给供应商"),
            number=slip.number,
            paragraphs=[
                gettext("送到{to}。{until}前告诉我们接多少；不回话，就去问别家。").format(
                    to=words.name(slip.recipient), until=until
                ),
                *([kind] if kind else []),
            ],
            caption=gettext("要的东西"),
            heads=(gettext("东西"), gettext("数量"), ""),
            rows=[Row(words.name(names), words.count(asked, units)) for names, units, asked in slip.items],
            link=address("/desk/"),
            button=gettext("去回话"),
        )
        return render(page, reader)


def disputed(letter: "Letter") -> Mail:
    """Two phones counted differently: somebody has to ring the school."""
    reader, brings = _members(letter, Role.OFFICER, Role.OWNER), _sheet(letter)
    with translation.override(reader.language):
        rows = [
            Row(words.name(row.names), words.count(row.count.received if row.count else 0, row.units), later)
            for row in brings.rows
            for later in [disputed_counts(drop=brings.drop, parts=tuple(row.parts))]
        ]
        page = Page(
            subject=gettext("{to}：两部手机数的不一样").format(to=words.name(brings.recipient_names)),
            to=gettext("给机构"),
            paragraphs=[
                gettext(
                    "先到的数算数，账已经按它记了。后到的数也留着。打个电话问问学校，是数错了还是记错了。"
                )
            ],
            caption=gettext("两边的数"),
            heads=(gettext("东西"), gettext("先记的"), gettext("后记的")),
            rows=rows,
            kind="late",
        )
        return render(page, reader)
