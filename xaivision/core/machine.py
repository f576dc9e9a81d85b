"""How busy the machine is: seconds measured beside other work say little."""

import os

# A core for everyone who wants one.
CROWDED = 1.0


def load_per_core() -> float:
    """Processes that wanted a core in the last minute, for each that may be used; NaN where the system does not say."""
    try:
        wanting = os.getloadavg()[0]
    except (AttributeError, OSError):  # Windows; systems without /proc
        return float("nan")
    return wanting / _cores()


def _cores() -> int:
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1


def crowded(load: float) -> bool:
    """Whether there were more processes than cores: seconds are longer than on a quiet machine, and not comparable."""
    return load > CROWDED
