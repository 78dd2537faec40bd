"""A search on a terminal: one line with time, incumbent and gap."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import ProgressColumn, Task
from rich.progress_bar import ProgressBar
from rich.table import Column
from rich.text import Text

from .solver import Progress


class SearchBar:
    """The progress of one search of so many seconds; silent where standard error is no terminal.

    `scale` is of costs: fen in one unit of the instance.
    """

    def __init__(self, seconds: float, scale: int = 1, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._scale = scale
        self._bar = Bar(
            _Elapsed(seconds),
            _Clock(seconds, table_column=Column(no_wrap=True)),
            _Incumbent(table_column=Column(no_wrap=True)),
            console=console,
            disable=not console.is_terminal,
            transient=True,
        )
        self._task = self._bar.add_task("", total=None, said="looking for a first plan")

    def __enter__(self) -> SearchBar:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        self._bar.update(self._task, said=said(progress, self._scale))


def said(progress: Progress, scale: int) -> str:
    """The incumbent in one phrase, such as `12,345 (gap 3.2 %), 2 owed`."""
    cost, bound = progress.cost / scale, progress.lower_bound
    text = f"{cost:,.0f}" if scale == 1 else f"{cost:,.1f}"
    if bound is not None and progress.cost and not progress.owed:
        text += f" (gap {100 * (1 - bound / progress.cost):.1f} %)"
    return text + (f", {progress.owed} owed" if progress.owed else "")


class _Elapsed(ProgressColumn):
    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def render(self, task: Task) -> ProgressBar:
        return ProgressBar(total=self._seconds, completed=min(task.elapsed or 0.0, self._seconds), width=30)


class _Clock(ProgressColumn):
    def __init__(self, seconds: float, table_column: Column) -> None:
        super().__init__(table_column)
        self._seconds = seconds

    def render(self, task: Task) -> Text:
        return Text(f"{task.elapsed or 0.0:.0f} / {self._seconds:g} s", style="dim")


class _Incumbent(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(str(task.fields["said"]), style="bold")
