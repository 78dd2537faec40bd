"""What a donor could give to, as the shop's pages show it, and which of it somebody picks."""

import re
import threading
from collections import Counter
from dataclasses import dataclass, field

from backend.interfaces.jobs.demo.cut import rows
from backend.interfaces.jobs.replay.browser import Browser, DoorShut
from backend.interfaces.jobs.replay.stream import Wish

CANDIDATES = 8
_APPEAL = re.compile(r"/appeals/(apl_\w+)/")
_PAGE = re.compile(r"[?&]page=(\d+)")
_GIVE = re.compile(r'href="[^"]*/give/\?need=(nee_\w+)|name="need"[^>]*value="(nee_\w+)"')


@dataclass
class Shelf:
    """Needs that are still open, by public id, with the weight of one piece. Shared by all donors."""

    grams: dict[str, int]
    gone: set[str] = field(default_factory=set)
    given: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def pick(self, wish: Wish) -> str | None:
        """Of a few needs that `wish.draw` points to, the one whose weight is nearest; None: all are gone."""
        with self.lock:
            left = [need for need in self.grams if need not in self.gone]
        if not left:
            return None
        start = int(wish.draw * len(left))
        step = max(1, len(left) // CANDIDATES)
        few = {left[(start + n * step) % len(left)] for n in range(CANDIDATES)}
        return min(sorted(few), key=lambda need: abs(self.grams[need] - wish.grams))

    def close(self, need: str) -> None:
        """Somebody found it sold out."""
        with self.lock:
            self.gone.add(need)

    def note(self, needs: dict[str, int]) -> None:
        """Remember what was given."""
        with self.lock:
            self.given.update(needs)


def look_around(browser: Browser) -> Shelf:
    """Walk through the shop as a visitor does: every page of the list, every appeal, every need to give to."""
    appeals: dict[str, None] = {}
    page, last = 1, 1
    while page <= last:
        shown = browser.get(f"/?page={page}")
        appeals.update(dict.fromkeys(_APPEAL.findall(shown.text)))
        last = max([last, *(int(number) for number in _PAGE.findall(shown.text))])
        page += 1
    weights = {row["name_zh"]: int(row["grams"]) for row in rows("goods/items.csv")}
    grams: dict[str, int] = {}
    for appeal in appeals:
        shown = browser.get(f"/appeals/{appeal}/")
        grams.update(_needs(shown.text, weights))
    if not grams:
        raise DoorShut(browser.get("/"), "nothing to give to")
    return Shelf(grams)


def _needs(text: str, weights: dict[str, int]) -> dict[str, int]:
    """Needs of an appeal's page; the item is the name that stands last before the button."""
    found: dict[str, int] = {}
    names = [(m.start(), m.group()) for m in _names(weights).finditer(text)]
    for give in _GIVE.finditer(text):
        need = give.group(1) or give.group(2)
        before = [name for at, name in names if at < give.start()]
        if need not in found and before:
            found[need] = weights[before[-1]]
    return found


def _names(weights: dict[str, int]) -> re.Pattern[str]:
    longest_first = sorted(weights, key=len, reverse=True)
    return re.compile("|".join(re.escape(name) for name in longest_first))
