"""The time of a search with a limit: how many rows may be asked about in the next call, so that the end comes in time."""

import time
from collections.abc import Iterator

import torch

# A call is cut so short that it takes about this share of the time that is left: the end then comes when it should.
SHARE_OF_THE_REST = 0.05
FIRST_ROWS = 16
# At most this share of the time is kept for choosing among what was found: by what that took between two calls.
CHOOSING = 0.2
# A call is about so many times the rows of the largest one before, at most: what one row takes is not yet known of many.
GROWTH = 4
# What is kept back for asking about the answer once more.
RESERVE = 0.06


class Clock:
    """The time of one search, which began at `start`. Without a limit it never ends. `first`: of so many rows the first call is;
    `last`: so many rows are asked about once more when the search is over, or as many as this `share` of the time is enough for.
    """

    def __init__(
        self, seconds: float | None, start: float, *, first: int = FIRST_ROWS, last: int = 0, share: float = 1.0
    ) -> None:
        self.start, self.seconds, self.last, self.share = start, seconds, last, share
        self.kept = 0.0  # seconds for what else is done when the search is over
        self.pace: float | None = None  # seconds a row, of the calls about the most rows
        self._ended = time.perf_counter()
        # What a call takes whatever its rows are, by the first one, which asked about the inputs; what lies between two calls.
        self._call, self._between = self._ended - start, 0.0
        self._largest = first / GROWTH

    @property
    def left(self) -> float:
        """Seconds until the search must end, less what choosing and asking about the answer will take."""
        if self.seconds is None:
            return torch.inf
        # Choosing in the end is among more than before.
        asking = min(self.last * (self.pace or 0.0), self.share * self.seconds)
        return self._rest(self.seconds) - max(self._call, asking) - 2 * self._between - self.kept

    def ending(self, wanted: int) -> int:
        """How many of these rows there is time for when the search is over: one at least."""
        if self.seconds is None or not self.pace:
            return wanted
        return min(wanted, max(1, int(self._rest(self.seconds) / self.pace)))

    def parts(self, rows: int, most: int | None = None) -> Iterator[slice]:
        """So many rows in stretches, each for one call about at most so many, as long as there is time; what is done about a
        stretch before the next one is asked for is taken as its call.
        """
        start = 0
        while start < rows and (count := self.rows(rows - start if most is None else min(rows - start, most))):
            began = time.perf_counter()
            yield slice(start, start + count)
            self.asked(count, began)
            start += count

    def rows(self, wanted: int) -> int:
        """How many of these rows may be asked about in the next call: 0 where time is up."""
        if self.seconds is None:
            return wanted
        if self.pace is not None:  # what lies before the first call is no choosing
            self._between = min(max(self._between, time.perf_counter() - self._ended), CHOOSING * self.seconds)
        if self.left <= self._call or not self.bears(1):
            return 0
        fits = (
            self._largest * GROWTH
            if self.pace is None
            else min(self._largest * GROWTH, SHARE_OF_THE_REST * self.left / self.pace)
        )
        return min(wanted, max(1, int(fits)))

    def bears(self, rows: int) -> bool:
        """Whether there is time for one call about all of these rows."""
        return self.pace is None or self.pace * rows <= self.left

    def asked(self, rows: int, began: float) -> None:
        """Remember a call about so many rows."""
        self._ended = time.perf_counter()
        taken = self._ended - began
        if self.pace is None or rows >= self._largest:
            self.pace = taken / rows
        elif rows * GROWTH >= self._largest:  # one about few rows says what a call takes, and not what a row does
            self.pace = max(self.pace, taken / rows)
        self._call, self._largest = min(self._call, taken), max(self._largest, rows)

    def _rest(self, seconds: float) -> float:
        """What is left of so many seconds but for a reserve."""
        return (1 - RESERVE) * seconds - (time.perf_counter() - self.start)
