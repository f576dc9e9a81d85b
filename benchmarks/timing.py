"""CPU seconds on one thread, interleaved, so that a busy machine slows every contestant alike."""

import time
from collections.abc import Callable, Mapping
from statistics import median

Work = Callable[[], object]


def cpu_seconds(work: Work) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def interleaved(contestants: Mapping[str, Work], rounds: int) -> dict[str, list[float]]:
    """Seconds of each contestant in each round; all of them run once unmeasured first."""
    for work in contestants.values():
        work()
    found: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, work in contestants.items():
            found[name].append(cpu_seconds(work))
    return found


def ratios(seconds: Mapping[str, list[float]], limit: str) -> dict[str, tuple[float, float, float]]:
    """Least, median and largest ratio to the limit of the same round."""
    found = {}
    for name, times in seconds.items():
        each = [own / least for own, least in zip(times, seconds[limit], strict=True)]
        found[name] = (min(each), median(each), max(each))
    return found
