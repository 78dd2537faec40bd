"""What somebody who waits is told: how many are ahead, how long it takes, when to look again."""

import math
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from django.utils import translation
from django.utils.translation import gettext, ngettext

from backend.interfaces.crowd.room import Place

# places in the kept page that are filled for each visitor; no sentence of a page looks like them
AHEAD, LONG, AGAIN, TO = "[[ahead]]", "[[long]]", "[[again]]", "[[to]]"
MINUTE, HOUR = 60, 3600


@dataclass(frozen=True)
class Words:
    """`every`: seconds between two looks, the same for all at such a place; `again`: with a chance in it."""

    ahead: str
    long: str
    every: int
    again: int

    def for_script(self) -> dict[str, object]:
        """The same for a script, which adds its own chance to `every`: one more number would spoil the ETag."""
        return {"ahead": self.ahead, "long": self.long, "every": self.every}

    def written_into(self, body: bytes, *, to: str) -> bytes:
        filled = {
            AHEAD: escape(self.ahead), LONG: escape(self.long), AGAIN: str(self.again),
            TO: escape(quote(to, safe="")),
        }  # fmt: skip
        text = body.decode()
        for place, words in filled.items():
            text = text.replace(place, words)
        return text.encode()


def words(place: Place | None, language: str) -> Words:
    """For somebody at `place`; None: who has only just got their ticket."""
    with translation.override(language):
        if place is None:
            return Words(gettext("正在排号"), gettext("马上告诉你前面有多少人"), 2, 2)
        if not place.known:
            return Words(
                gettext("现在人多"), gettext("一个一个放，等一会儿就轮到"), place.every, place.look_again()
            )
        return Words(_ahead(place.ahead), _long(place.seconds), place.every, place.look_again())


def _ahead(count: int) -> str:
    if count == 0:
        return gettext("下一个就是你")
    return ngettext("前面还有%(n)s人", "前面还有%(n)s人", count) % {"n": f"{count:,}"}


def _long(seconds: float | None) -> str:
    """A range, not a promise: a quarter less to a half more than the measured pace says."""
    if seconds is None:
        return gettext("还没量出快慢，过一会儿说")
    if seconds < MINUTE:
        return gettext("照现在的快慢，不到1分钟")
    if seconds > 3 * HOUR:
        return gettext("照现在的快慢，要3个小时以上")
    low, high = math.floor(seconds * 0.75 / MINUTE), math.ceil(seconds * 1.5 / MINUTE)
    return gettext("照现在的快慢，大约%(low)s到%(high)s分钟") % {"low": max(low, 1), "high": high}
