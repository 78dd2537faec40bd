"""What a person watches while a replay runs: bars on a terminal; elsewhere a line now and then."""

import threading
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from django.db import connections
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from backend.timelines.account import Goods

STAGES = ("下了单", "装了箱", "点了数")
BAR_SECONDS, LINE_SECONDS = 2.0, 30.0


class Watch:
    """Donors who came, then pieces ordered, packed and counted of those that were paid.

    Looks by itself, in a thread of its own: a round of vehicles may take many minutes. `look` reads the goods.
    """

    def __init__(
        self, console: Console, orders: int, look: Callable[[], Goods], clock: Callable[[], datetime]
    ) -> None:
        self.console, self.look, self.clock = console, look, clock
        self.before = look()
        self.bars = console.is_terminal
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self.progress = Progress(*columns, console=console, disable=not self.bars)
        self.visits = self.progress.add_task("来捐的人", total=orders)
        self.pieces = [self.progress.add_task(f"{name}，件", total=None) for name in STAGES]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch")

    def __enter__(self) -> Self:
        self.progress.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        self.show()
        self.progress.stop()

    def visited(self) -> None:
        """Another donor has come and gone."""
        self.progress.advance(self.visits)

    def show(self) -> None:
        """How far it is now."""
        now, before = self.look(), self.before
        done = (now.ordered, now.shipped, now.counted)
        began = (before.ordered, before.shipped, before.counted)
        total = now.to_supply - now.waiting_for_donor
        for task, pieces, earlier in zip(self.pieces, done, began, strict=True):
            self.progress.update(task, completed=pieces - earlier, total=max(total - earlier, 0))
        if not self.bars:
            self.console.print(f"{self.clock():%H:%M:%S} UTC  {self.line()}", highlight=False, soft_wrap=True)

    def line(self) -> str:
        """The bars in words."""
        return "  ".join(
            f"{task.description} {task.completed:,.0f}/{task.total or 0:,.0f}" for task in self.progress.tasks
        )

    def _watch(self) -> None:
        try:
            while not self._over.wait(BAR_SECONDS if self.bars else LINE_SECONDS):
                self.show()
        finally:
            connections.close_all()
