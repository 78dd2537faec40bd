"""Real processes, real HTTP: far more come than can be served. Counted, not timed."""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import psycopg
import pytest
from django.utils import timezone

from backend.config import stack
from backend.config.healthy import is_healthy
from backend.config.services.children import Child, wait_until
from backend.config.services.ports import Ports
from backend.donations.models import Donation
from backend.donations.queries import reconcile
from backend.needs.queries import NeedCard, open_appeals
from tests.live import BASE_DIR, LiveStack, eventually

LOOKERS, GIVERS = 40, 12
NARROW = {
    "ZS_CROWD_PAGES_AT_WORK": "1",
    "ZS_CROWD_PAGES_WAITING": "2",
    "ZS_CROWD_RATE": "0",
    "ZS_DB_POOL": "8",
}


@pytest.fixture
def narrow_web(live_stack: LiveStack) -> Iterator[str]:
    """One more web process of the running system that serves one page at a time."""
    ports = Ports.hold(29_650, 1)
    (port,) = ports.numbers
    env = {**live_stack.env, **NARROW, "ZS_SITE_URL": f"http://127.0.0.1:{port}"}
    log = live_stack.folder / "log" / "narrow.log"
    child = Child("narrow", [sys.executable, *stack.web(port)], log, env, cwd=BASE_DIR)
    child.start()
    url = f"http://127.0.0.1:{port}"
    try:
        assert wait_until(lambda: is_healthy(f"{url}/health/live"), child, 60), child.last_words(20)
        yield url
    finally:
        child.ask_to_stop()
        child.stop(seconds=5)
        ports.release()


def look(url: str) -> httpx.Response:
    """A page that is not kept: its address says too much."""
    return httpx.get(f"{url}/?next=1", headers={"Accept": "text/html"}, timeout=60)


@dataclass
class Giver:
    """Somebody who has the confirm page open."""

    browser: httpx.Client
    form: dict[str, str]

    @classmethod
    def begin(cls, url: str, need: NeedCard) -> "Giver":
        browser = httpx.Client(base_url=url, timeout=60)
        page = browser.get("/give/", params={"need": need.public_id}).text
        fields = dict(re.findall(r'name="(key|csrfmiddlewaretoken)" value="([^"]+)"', page))
        one = {f"quantity-{need.public_id}": "1", f"price-{need.public_id}": str(need.unit_price)}
        return cls(browser, {**fields, **one, "act": "pay", "promise": "refund", "stands_alone": "yes"})

    def finish(self) -> int:
        return self.browser.post("/give/", data=self.form).status_code


def test_those_who_look_are_turned_away_and_every_gift_that_was_begun_is_taken(
    live_stack: LiveStack, narrow_web: str
) -> None:
    now = timezone.now()
    needs = (need for appeal in open_appeals(at=now, limit=40) for need in appeal.needs)
    need = max(needs, key=lambda card: card.left)
    before = Donation.objects.count()
    kept = httpx.get(f"{narrow_web}/", timeout=60).text
    givers = [Giver.begin(narrow_web, need) for _ in range(GIVERS)]
    crowd = ThreadPoolExecutor(LOOKERS + GIVERS)
    with psycopg.connect(live_stack.env["DATABASE_URL"]) as holder:
        # pages cannot be read; gifts do not need this table
        holder.execute("LOCK TABLE confirmations_confirmation, confirmations_count IN ACCESS EXCLUSIVE MODE")
        lookers = [crowd.submit(look, narrow_web) for _ in range(LOOKERS)]
        eventually(lambda: sum(looker.done() for looker in lookers) >= LOOKERS - 3)
        assert Counter(crowd.map(Giver.finish, givers)) == {302: GIVERS}
        stale = httpx.get(f"{narrow_web}/", timeout=60)
        assert stale.status_code == 200 and len(stale.text) == len(kept)
    answers = [looker.result() for looker in lookers]
    turned_away = [answer for answer in answers if answer.status_code == 503]
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert len(turned_away) >= LOOKERS - 3
    assert all(3 <= int(answer.headers["Retry-After"]) <= 9 for answer in turned_away)
    assert all("现在人多，等几秒" in answer.text for answer in turned_away)
    assert look(narrow_web).status_code == 200  # well again by itself
    assert Donation.objects.count() == before + GIVERS and reconcile() == []
