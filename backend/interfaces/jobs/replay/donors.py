"""Donors: each comes by, gives at the shop's door and pays on the gateway's page."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx

from backend.interfaces.crowd.challenge import counted
from backend.interfaces.jobs.replay.browser import Browser, Browsers, DoorShut, Page
from backend.interfaces.jobs.replay.shelf import Shelf
from backend.interfaces.jobs.replay.stream import Visit

PATIENCE = 6  # how many needs somebody tries before they leave
MANNERS, MANNER_ODDS = ("once", "twice", "tampered"), (95, 3, 2)
COME_BACK = 0.2  # of those who paid wait for the shop's page; the others close the window
HTTP_OK, HTTP_FOUND, HTTP_CONFLICT, HTTP_ASKED, HTTP_BUSY = 200, 302, 409, 428, 503


@dataclass
class Tally:
    """What became of the visits, and how many pieces were given, by the donors' own count."""

    visits: Counter[str] = field(default_factory=Counter)
    pieces: int = 0
    failures: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, outcome: str, pieces: int = 0, failure: str = "") -> None:
        with self.lock:
            self.visits[outcome] += 1
            self.pieces += pieces
            if failure:
                self.failures.append(failure)


@dataclass
class Crowd:
    """All donors of a replay; `workers` of them are at the door at a time."""

    base: str
    shelf: Shelf
    seed: int
    workers: int
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.browsers = Browsers(self.base)

    def come(self, visits: list[Visit], *, speed: float, done: Callable[[], object]) -> None:
        """Let everybody come by, `speed` times as fast as they really came (0: one after the other, at once)."""
        begun = time.monotonic()
        pause = threading.Event()
        with ThreadPoolExecutor(self.workers) as pool:
            for visit in visits:
                if speed:
                    pause.wait(max(0.0, begun + visit.after / speed - time.monotonic()))
                pool.submit(self._visit, visit).add_done_callback(lambda _: done())
        self.browsers.close()

    def _visit(self, visit: Visit) -> None:
        try:
            browser = self.browsers.mine()
            browser.forget()
            outcome, pieces = self._give(browser, visit)
            self.tally.add(outcome, pieces)
        except (DoorShut, httpx.HTTPError) as error:
            self.tally.add("failed", failure=f"visit {visit.number}: {error}")

    def _give(self, browser: Browser, visit: Visit) -> tuple[str, int]:
        rng = random.Random(f"{self.seed}/{visit.number}/manners")
        basket = self._basket(visit)
        for _ in range(PATIENCE):
            if not basket:
                return "nothing left", 0
            answer = self._order(browser, basket)
            if answer.status == HTTP_CONFLICT:
                basket = self._less(basket) or self._basket(visit)
            if answer.status in (HTTP_CONFLICT, HTTP_BUSY):
                browser.forget()
                continue
            comes_back = rng.random() < COME_BACK
            pay, manner = answer.form(holding="act"), rng.choices(MANNERS, MANNER_ODDS)[0]
            paid = browser.submit(answer, pay, {"act": "pay", "manner": manner}, follow=comes_back)
            if paid.status != (HTTP_OK if comes_back else HTTP_FOUND):
                raise DoorShut(paid, "the way back from the gateway")
            return "paid", sum(basket.values())
        self.shelf.put_back(basket)
        return "came too late", 0

    def _basket(self, visit: Visit) -> dict[str, int]:
        basket: dict[str, int] = {}
        for wish in visit.wishes:
            taken = self.shelf.take(wish)
            if taken:
                basket[taken[0]] = basket.get(taken[0], 0) + taken[1]
        return basket

    def _order(self, browser: Browser, basket: dict[str, int]) -> Page:
        """Fill the basket, confirm it; the answer is the gateway's page, or the shop's refusal."""
        page: Page | None = None
        for need, quantity in basket.items():
            if page is not None:
                page = browser.submit(page, page.form(holding="key"), {"act": "keep"})
            page = browser.get(f"/give/?need={need}&quantity={quantity}")
        if page is None:
            raise ValueError("an empty basket")
        answer = browser.submit(page, page.form(holding="key"), {"act": "pay", "stands_alone": "yes"})
        if answer.status == HTTP_ASKED:
            question = answer.form(holding="puzzle")
            answer = browser.submit(answer, question, {"proof": counted(question.fields["puzzle"])})
        return answer

    def _less(self, basket: dict[str, int]) -> dict[str, int]:
        """Refused: ask for one of each, then for one thing; when one of one thing is too much, it is gone."""
        if max(basket.values()) > 1:
            return dict.fromkeys(basket, 1)
        first, *others = basket
        if others:
            return {first: 1}
        self.shelf.close(first)
        return {}
