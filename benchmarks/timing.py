"""CPU seconds on one thread, interleaved, so that a busy machine slows every contestant alike."""

import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Protocol

Work = Callable[[], object]


class Timed(Protocol):
    """A contestant that is measured elsewhere."""

    def seconds(self) -> float: ...


def cpu_seconds(work: Work) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def in_a_row(work: Work, times: int) -> Work:
    """The work so many times: what takes milliseconds would else be measured on caches that another has filled."""

    def several() -> None:
        for _ in range(times):
            work()

    return several


def interleaved(
    contestants: Mapping[str, Work | Timed], rounds: int, first: Mapping[str, Work] | None = None
) -> dict[str, list[float]]:
    """Seconds of each contestant in each round; all of them run once unmeasured first.

    `first`: what runs then instead of a contestant, where a whole run of it would take minutes.
    """
    for name, contestant in contestants.items():
        _seconds((first or {}).get(name, contestant))
    found: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, contestant in contestants.items():
            found[name].append(_seconds(contestant))
    return found


def ratios(seconds: Mapping[str, list[float]], limit: str) -> dict[str, tuple[float, float, float]]:
    """Least, median and largest ratio to the limit of the same round."""
    found = {}
    for name, times in seconds.items():
        each = [own / least for own, least in zip(times, seconds[limit], strict=True)]
        found[name] = (min(each), median(each), max(each))
    return found


def _seconds(contestant: Work | Timed) -> float:
    return cpu_seconds(contestant) if callable(contestant) else contestant.seconds()
