"""Progress in a terminal: a bar with the time that is left for everything that is tracked."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from xaivision.core.progress import CancelToken, reporting


class _Bar:
    def __init__(self, bars: Progress, number: TaskID) -> None:
        self._bars, self._number = bars, number

    def advance(self) -> None:
        self._bars.advance(self._number)

    def finish(self) -> None:
        self._bars.remove_task(self._number)


class TerminalReporter:
    """Shows each piece of tracked work as a bar; nested work below the work that it is part of."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars

    def start(self, what: str, total: int | None) -> _Bar:
        return _Bar(self._bars, self._bars.add_task(what, total=total))


@contextmanager
def progress(token: CancelToken | None = None) -> Iterator[None]:
    """Show the progress of everything inside on standard error; nothing where that is not a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    bars = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with bars, reporting(TerminalReporter(bars), token):
        yield
