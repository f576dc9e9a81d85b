"""The identity of a model that shows no weights: what it answers to a few items, asked again wherever an audit goes on."""

import math
from collections.abc import Mapping, Sequence

from xaivision.core.errors import InputError

# Items whose scores are kept, each asked about alone. The same question to the same model gives the same numbers up to rounding.
KNOWN_BY, TOLERANCE = 4, 1e-5

Scores = Mapping[str, Sequence[float]]


def check_same(known: Scores, now: Scores, names: Sequence[str], where: object) -> None:
    """Whether a model answers as the one did whose parts are kept; `known` and `now`: the scores of items by number.

    Raises: InputError, where it does not.
    """
    for item, before in known.items():
        if not _alike(before, now.get(item, ())):
            raise InputError(
                f"`{where}` holds an audit of another model: item `{names[int(item)]}` had the scores {_told(before)} and has "
                f"{_told(now.get(item, ()))} now. Name another folder. A model that draws at random cannot be audited in parts."
            )


def _alike(first: Sequence[float], second: Sequence[float]) -> bool:
    scale = max((abs(one) for one in first if math.isfinite(one)), default=0.0)
    return len(first) == len(second) and all(
        one == other or (one != one and other != other) or abs(one - other) <= TOLERANCE * scale
        for one, other in zip(first, second, strict=True)
    )


def _told(scores: Sequence[float]) -> str:
    shown = ", ".join(f"{one:.6g}" for one in scores[:4])
    return f"[{shown}{', ...' if len(scores) > 4 else ''}]" if scores else "none"
