"""Recipients: each opens the link it was sent, asks for its code, counts what arrived."""

import random
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from backend.confirmations.queries import waiting
from backend.interfaces.jobs.demo.cut import demo_id, rows
from backend.interfaces.jobs.replay.browser import Browsers, DoorShut

SHORT, BROKEN = 0.004, 0.004  # of the items of a drop: one piece is missing, or cannot be used
_CODE = re.compile(r'class="big no"[^>]*>\s*(\d{6})\s*<')
_ITEM = re.compile(r'data-item="([^"]+)"[^>]*data-expected="(\d+)"')
HTTP_FOUND = 302
AT_A_TIME = 4


@dataclass
class Schools:
    """All recipients of the county; `counted` sums what they wrote down."""

    browsers: Browsers
    seed: int
    counted: Counter[str] = field(default_factory=Counter)

    def count_all(self) -> int:
        """Count every drop that waits, several schools at a time; how many."""
        counted = 0
        while links := self.links():
            with ThreadPoolExecutor(AT_A_TIME) as pool:
                list(pool.map(self.count, links, links.values()))
            counted += len(links)
        return counted

    def links(self) -> dict[str, str]:
        """The link of every drop that nobody has counted yet, as the letters carry it."""
        recipients = [demo_id("org", row["code"]) for row in rows("recipients/recipients.csv")]
        return {row.drop: row.token for recipient in recipients for row in waiting(recipient=recipient)}

    def code(self, token: str) -> str:
        """Ask for the code that the courier needs at the gate."""
        browser = self.browsers.mine()
        page = browser.get(f"/count/{token}/")
        shown = browser.submit(page, page.form(action="/code/"))
        found = _CODE.search(shown.text)
        if not found:
            raise DoorShut(shown, "no code on the slip")
        return found.group(1)

    def count(self, drop: str, token: str) -> None:
        """Count what stands at the gate: nearly always everything, now and then one too few or one broken."""
        browser = self.browsers.mine()
        page = browser.get(f"/count/{token}/")
        rng = random.Random(f"{self.seed}/{drop}")
        sent: dict[str, str] = {}
        for item, expected in _ITEM.findall(page.text):
            luck, pieces = rng.random(), int(expected)
            short = int(luck < SHORT)
            broken = int(SHORT <= luck < SHORT + BROKEN)
            sent[f"got-{item}"] = str(pieces - short)
            sent[f"bad-{item}"] = str(broken)
            if short:
                sent[f"seen-{item}"] = "box_open"
            self.counted.update(pieces=pieces, short=short, broken=broken)
        answer = browser.submit(page, page.form(action="/send/"), sent, follow=False)
        if answer.status != HTTP_FOUND or not sent:
            raise DoorShut(answer, "the count was not taken")
