"""Progress in a terminal: a bar with the time that is left for everything that is tracked."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TaskID, TextColumn
from rich.text import Text

from xaivision.core.progress import CancelToken, reporting, track

T = TypeVar("T")
MINUTE = 60.0


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


class LineReporter:
    """Says in a line a minute how far the outermost piece of work is: for a log, which has no place for a bar."""

    def __init__(self, write: Callable[[str], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._write, self._clock = write, clock
        self._open: list[_Line] = []
        self._said = clock()

    def start(self, what: str, total: int | None) -> "_Line":
        line = _Line(self, what, total)
        self._open.append(line)
        self.say()
        return line

    def say(self) -> None:
        """All work that is being done, where a minute has passed since the last line."""
        now = self._clock()
        if self._open and now - self._said >= MINUTE:
            self._said = now
            self._write("; ".join(map(str, self._open)))

    def end(self, line: "_Line") -> None:
        """Tell of this piece no more."""
        self._open.remove(line)


class _Line:
    def __init__(self, reporter: LineReporter, what: str, total: int | None) -> None:
        self._reporter, self._what, self._total, self._done = reporter, what, total, 0

    def advance(self) -> None:
        self._done += 1
        self._reporter.say()

    def finish(self) -> None:
        self._reporter.end(self)

    def __str__(self) -> str:
        """`known answers 12/64`."""
        return self._what if self._total is None else f"{self._what} {self._done}/{self._total}"


class _Standing(ProgressColumn):
    """`12/64  0:03, 0:13 left`; the seconds alone where nobody knows how much there is to do."""

    def render(self, task: Task) -> Text:
        spent = _clock(task.elapsed or 0)
        if task.total is None:
            return Text(spent, style="progress.elapsed")
        left = "" if task.time_remaining is None else f", {_clock(task.time_remaining)} left"
        return Text(f"{task.completed:.0f}/{task.total:.0f}  {spent}{left}", style="progress.elapsed")


@contextmanager
def progress(token: CancelToken | None = None) -> Iterator[None]:
    """Show the progress of everything inside on standard error; in a line a minute where that is not a terminal."""
    console = Console(stderr=True)
    if not console.is_terminal:
        with reporting(LineReporter(lambda line: console.out(line, highlight=False)), token):
            yield
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), _Standing())
    bars = Progress(*columns, console=console, transient=True)
    with bars, reporting(TerminalReporter(bars), token):
        yield


def doing(what: str, work: Callable[[], T]) -> T:
    """What the work returns; while it lasts, the terminal says what is being done.

    Raises: what the work raises; Cancelled, where the job was cancelled before.
    """
    (done,) = [work() for _ in track(iter([what]), what)]  # of an iterator nobody knows how much there is
    return done


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
