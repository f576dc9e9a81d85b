"""Work in the background: its progress, the answers that are there already, its end, and how to stop it."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock, Thread
from typing import Any

from desk.telling import sentence_of
from xaivision.core.errors import Cancelled
from xaivision.core.explanation import Explanation
from xaivision.core.progress import CancelToken, reporting


@dataclass
class Stage:
    """One piece of tracked work: what is done, how much of how much; `total` None where nobody knows."""

    what: str
    total: int | None
    done: int = 0

    @property
    def text(self) -> str:
        """`occlusion: 128 of 737`."""
        return f"{self.what}: {self.done:,} of {self.total:,}" if self.total else self.what


class Job:
    """Runs `work(job)` in a thread of its own. `answers` fills as methods answer; `result`, or `error`, is there once it is done.

    Several sessions may watch one job (`watches`); it is stopped once the last of them has left.
    """

    def __init__(self, work: Callable[["Job"], Any]) -> None:
        self.answers: dict[str, Explanation] = {}
        self.result: Any = None
        self.error = ""
        self.cancelled = False
        # What pages draw of the result, kept so that no redraw makes it anew.
        self.kept: dict[Any, Any] = {}
        self.watches: set[Any] = set()
        self._token = CancelToken()
        self._stages: list[Stage] = []
        self._lock = Lock()
        self._thread = Thread(target=self._run, args=[work], daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether nothing more will come."""
        return not self._thread.is_alive()

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The work under way, the outermost first."""
        with self._lock:
            return tuple(self._stages)

    def cancel(self) -> None:
        """It stops before its next part; what it changed of the model is restored."""
        self._token.cancel()

    def wait(self, seconds: float | None = None) -> bool:
        """Whether it is done within so many seconds."""
        self._thread.join(seconds)
        return self.done

    def kept_as(self, name: Any, make: Callable[[], Any]) -> Any:
        """What `make()` gave the first time under this name."""
        if name not in self.kept:
            self.kept[name] = make()
        return self.kept[name]

    def last_kept(self, name: Any, asked: Any, make: Callable[[], Any]) -> Any:
        """What `make()` gave last under this name, where the same was asked; else it is made anew, and takes that one's place."""
        known = self.kept.get(name)
        if known is None or known[0] != asked:
            known = self.kept[name] = (asked, make())
        return known[1]

    def start(self, what: str, total: int | None) -> "_Under":
        """A reporter's part: the library says what it begins."""
        stage = Stage(what, total)
        with self._lock:
            self._stages.append(stage)
        return _Under(self, stage)

    def end(self, stage: Stage) -> None:
        """The library says that it has finished this."""
        with self._lock:
            self._stages = [one for one in self._stages if one is not stage]

    def _run(self, work: Callable[["Job"], Any]) -> None:
        try:
            with reporting(self, self._token):
                self.result = work(self)
        except Cancelled:
            self.cancelled, self.error = True, "Stopped."
        except Exception as error:  # a model from outside may raise anything; the page says so in one sentence
            self.error = sentence_of(error)


@dataclass
class _Under:
    job: Job
    stage: Stage

    def advance(self) -> None:
        self.stage.done += 1

    def finish(self) -> None:
        self.job.end(self.stage)
