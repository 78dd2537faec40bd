"""What a donor could give to, as the shop's pages show it, and which of it somebody picks."""

import re
import threading
from dataclasses import dataclass, field

from backend.interfaces.jobs.demo.cut import rows
from backend.interfaces.jobs.replay.browser import Browser, DoorShut
from backend.interfaces.jobs.replay.stream import Wish

CANDIDATES = 8
_APPEAL = re.compile(r"/appeals/(apl_\w+)/")
_PAGE = re.compile(r"[?&]page=(\d+)")
# the form of a need: its id, how many are missing, and the item's name before the comma of the label
_NEED = re.compile(r'value="(nee_\w+)">(?:(?!</form>).)*?max="(\d+)"[^>]*aria-label="([^"，]+)，', re.S)


@dataclass
class Shelf:
    """Open needs by public id: how many are missing, and the weight of one piece. Shared by all donors."""

    left: dict[str, int]
    grams: dict[str, int]
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, wish: Wish) -> tuple[str, int] | None:
        """Of a few needs that `wish.draw` points to, the one whose weight is nearest, and how many of it.

        None when everything is given.
        """
        with self.lock:
            there = [need for need, pieces in self.left.items() if pieces]
            if not there:
                return None
            start, step = int(wish.draw * len(there)), max(1, len(there) // CANDIDATES)
            few = {there[(start + n * step) % len(there)] for n in range(CANDIDATES)}
            need = min(sorted(few), key=lambda each: abs(self.grams[each] - wish.grams))
            quantity = min(wish.quantity, self.left[need])
            self.left[need] -= quantity
            return need, quantity

    def put_back(self, basket: dict[str, int]) -> None:
        """It was not given after all."""
        with self.lock:
            for need, quantity in basket.items():
                self.left[need] += quantity

    def close(self, need: str) -> None:
        """Somebody found it sold out."""
        with self.lock:
            self.left[need] = 0


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
    shelf = Shelf({}, {})
    for appeal in appeals:
        for need, left, name in _NEED.findall(browser.get(f"/appeals/{appeal}/").text):
            shelf.left[need], shelf.grams[need] = int(left), weights[name]
    if not shelf.left:
        raise DoorShut(browser.get("/"), "nothing to give to")
    return shelf
