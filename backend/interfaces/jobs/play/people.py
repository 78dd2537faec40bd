"""Suppliers, dispatcher, driver and schools of the demonstration, who take up whatever has just been given.

They are the people of `replay`, at the same public doors; here they take their time.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

import httpx
from django.utils.translation import gettext as _

from backend.interfaces.jobs.demo import stage
from backend.interfaces.jobs.replay.browser import DoorShut
from backend.interfaces.jobs.replay.fleet import Fleet, NoPlan
from backend.interfaces.jobs.replay.suppliers import ApiRefused, SupplierSystem, goods_by_sku
from backend.journal.queries import head

LOOK_SECONDS = 1.0
FIRST_REST, LONGEST_REST = 5.0, 300.0  # after something went wrong
WRONG = (DoorShut, NoPlan, ApiRefused, httpx.HTTPError)


@dataclass(frozen=True)
class Where:
    """The server, the suppliers' keys by name, the sign-in links, and seconds before each act."""

    base: str
    keys: dict[str, str]
    links: dict[str, str]
    pace: float
    clock: Callable[[], datetime]


class People:
    """All of them together, until `over`."""

    def __init__(self, where: Where, say: Callable[[str], object], over: threading.Event) -> None:
        self.where, self.say, self.over = where, say, over
        goods = goods_by_sku()
        self.systems = [
            SupplierSystem(where.base, name, key, 0, goods, pause=self.take_time)
            for name, key in where.keys.items()
        ]
        self.fleet = Fleet(where.base, where.links, 0, where.clock, pause=self.take_time)
        self.left: dict[str, int] = {}
        self.rest = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.fleet.__exit__(kind, error, trace)
        for system in self.systems:
            system.close()

    def take_time(self) -> None:
        """Before each act: a person watches."""
        self.over.wait(self.where.pace)

    def run(self) -> None:
        """Act whenever something has happened, and once at the beginning."""
        seen = -1
        while not self.over.is_set():
            now = head()
            if now != seen or self.rest:
                self._turn()
            seen = now
            self.over.wait(self.rest or LOOK_SECONDS)

    def _turn(self) -> None:
        with stage.taken(wait=False) as ours:
            if not ours:
                self.rest = FIRST_REST
                return
            try:
                self.act()
                self.rest = 0.0
            except WRONG as error:
                self.rest = min(max(self.rest * 2, FIRST_REST), LONGEST_REST)
                told = {"why": error, "seconds": round(self.rest)}
                self.say(_("没走通，%(seconds)s秒后再来：%(why)s") % told)

    def act(self) -> None:
        """Everything that waits for one of them, up to the last count."""
        for system in self.systems:
            system.work(at=self.where.clock())
        ready = self.fleet.ready()
        if ready != self.left:  # what no plan could take is not planned again and again
            self.fleet.round()
            self.left = self.fleet.ready()
        else:
            self.fleet.schools.count_all()
