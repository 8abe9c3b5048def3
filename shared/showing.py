"""What long work shows meanwhile, on standard error: a bar where that is a terminal, and what it waits for."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TimeRemainingColumn
from rich.text import Text


def bar() -> Progress:
    """Documents of how many, and how long it will take; elsewhere than in a terminal nothing."""
    columns = (BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
    console = Console(stderr=True)
    return Progress(*columns, console=console, transient=True, redirect_stdout=False, disable=not console.is_terminal)


def once() -> Callable[[str], None]:
    """Prints the first sentence that it hears, and no other one: all jobs meet the same silence."""
    told: list[str] = []

    def tell(sentence: str) -> None:
        if not told:
            told.append(sentence)
            Console(stderr=True, soft_wrap=True).print(sentence, highlight=False, markup=False)

    return tell


class _Rate(ProgressColumn):
    """Documents per second."""

    def render(self, task: Task) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:.0f}/s", style="progress.data.speed")
