"""Generators of pictures: what turns a picture into numbers that mean something, and such numbers back into a picture."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from torch import Tensor


class Direction(NamedTuple):
    """One number of a code: it changes the `name` ("brightness") of an object `of` the picture ("segment 3").

    `kind` is what users choose directions by ("style"). The number may go from `low` to `high`, in steps of `step` (0: anywhere).
    With `choices` it is 0, 1, 2, ... and stands for one of them. `shown`: what `low` and `high` are in a `unit` people know.
    """

    name: str
    kind: str
    of: str
    low: float
    high: float
    step: float = 0.0
    choices: tuple[str, ...] = ()
    shown: tuple[float, float] | None = None
    unit: str = ""

    def told(self, value: float) -> str:
        """The value in words."""
        if self.choices:
            return self.choices[round(value)]
        if self.shown is not None and self.high > self.low:
            share = (value - self.low) / (self.high - self.low)
            value = self.shown[0] + share * (self.shown[1] - self.shown[0])
        return f"{value:.3g} {self.unit}".rstrip()


@dataclass(frozen=True, eq=False)
class Code:
    """A picture in numbers: `values` (D,) float64 on the CPU, one for each of its `directions`.

    `memory`: what the generator needs beside the numbers to make this picture again, such as the pixels of its segments.
    """

    values: Tensor
    directions: tuple[Direction, ...]
    memory: Any = None


class Generator(Protocol):
    """Makes pictures from codes. Only what it can make can be found: it is part of every answer that is given with it."""

    def encode(self, picture: Tensor) -> Code:
        """The code of one picture (C, H, W) in [0, 1]."""
        ...

    def decode(self, code: Code, values: Tensor) -> Tensor:
        """(n, C, H, W) in [0, 1]: the picture of this code with other values (n, D). With its own, it is the picture again."""
        ...


def code_words(code: Code, values: Tensor) -> tuple[str, ...]:
    """`segment 3: brightness 0 -> 0.25` for each number that differs from the code's."""
    pairs = zip(code.directions, code.values.tolist(), values.tolist(), strict=True)
    return tuple(
        f"{one.of}: {one.name} {one.told(before)} \N{RIGHTWARDS ARROW} {one.told(after)}"
        for one, before, after in pairs
        if before != after
    )
