"""Progress bars for generation: done, rate and time left, one bar per arm."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text


class _Rate(ProgressColumn):
    """Completions and tokens per second in this session; what was already in the log does not count."""

    def render(self, task: Task) -> Text:
        """The two rates, blank until there are any."""
        if not task.elapsed or task.completed <= task.fields["before"]:
            return Text("")
        made = (task.completed - task.fields["before"]) / task.elapsed
        tokens = task.fields["tokens"] / task.elapsed
        return Text(f"{made:.1f}/s {tokens:,.0f} tok/s" if tokens else f"{made:.1f}/s")


class Bars:
    """Use as a context manager; the runner tells it of arms and completions."""

    def __init__(self, console: Console | None = None) -> None:
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            _Rate(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console or Console(stderr=True),
        )
        self._tasks: dict[str, TaskID] = {}
        self._tokens: dict[str, int] = {}

    def __enter__(self) -> Bars:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def start(self, arm: str, total: int, done: int) -> None:
        """A bar for an arm."""
        self._tokens[arm] = 0
        self._tasks[arm] = self._bars.add_task(arm, total=total, completed=done, before=done, tokens=0)

    def advance(self, arm: str, tokens: int | None) -> None:
        """One more completion."""
        self._tokens[arm] += tokens or 0
        self._bars.update(self._tasks[arm], advance=1, tokens=self._tokens[arm])

    def tell(self, text: str) -> None:
        """A line above the bars."""
        self._bars.console.print(text, markup=False, highlight=False, soft_wrap=True)
