"""The connection of one open page to the server. What is watched through it is left once the page was closed."""

from threading import Timer
from weakref import WeakSet

from desk.jobs import Jobs, Watch

# Who loads a page anew, or loses the network for a moment, is back by then.
SECONDS_TO_RETURN = 10.0


class Seat:
    """Everything that one session watches, on all its pages, as long as its browser is connected."""

    def __init__(self, jobs: Jobs, seconds_to_return: float = SECONDS_TO_RETURN) -> None:
        self._jobs, self._seconds = jobs, seconds_to_return
        self._watches: WeakSet[Watch] = WeakSet()

    def take(self, watch: Watch) -> None:
        """Watched through this connection from now on, and through no other any more."""
        watch.seat = self
        self._watches.add(watch)

    def close(self) -> None:
        """The browser is gone; what nobody has taken to another seat soon is left."""
        timer = Timer(self._seconds, self._leave)
        timer.daemon = True
        timer.start()

    def _leave(self) -> None:
        for watch in list(self._watches):
            if watch.seat is self:
                self._jobs.leave(watch)
