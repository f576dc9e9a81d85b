"""Generators of pictures: what turns a picture into numbers that mean something, and such numbers back into a picture."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from torch import Tensor

from xaivision.core.telling_apart import told_apart


class Direction(NamedTuple):
    """One number of a code: it changes the `name` ("brightness") of an object `of` the picture ("segment 3").

    `kind` is what users choose directions by ("style"). The number may go from `low` to `high`, in steps of `step` (0: anywhere).
    With `choices` it is 0, 1, 2, ... and stands for one of them. `shown`: what `low` and `high` are in a `unit` people know.
    `ways`: where numbers below zero lead and where those above ("up", "down"), for what moves.
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
    ways: tuple[str, str] | None = None

    def told(self, value: float, digits: int = 3) -> str:
        """The value in words, of a number so many digits."""
        if self.choices:
            return self.choices[round(value)]
        if self.shown is not None and self.high > self.low:
            share = (value - self.low) / (self.high - self.low)
            value = self.shown[0] + share * (self.shown[1] - self.shown[0])
        way = self.ways[value > 0] if self.ways and value else ""
        number = f"{abs(value) if way else value:.{digits}g}".replace("-", "\N{MINUS SIGN}")
        return " ".join(filter(None, (number, self.unit, way)))


@dataclass(frozen=True, eq=False)
class Code:
    """A picture in numbers: `values` (D,) float64 on the CPU, one for each of its `directions`.

    `memory`: what the generator needs beside the numbers to make this picture again, such as the pixels of its segments.
    """

    values: Tensor
    directions: tuple[Direction, ...]
    memory: Any = None


class Generator(Protocol):
    """Makes pictures from codes. Only what it can make can be found: it is part of every answer that is given with it.

    One that also has `places` (`Placing`) lets figures outline what was edited.
    """

    def encode(self, picture: Tensor) -> Code:
        """The code of one picture (C, H, W) in [0, 1]."""
        ...

    def decode(self, code: Code, values: Tensor) -> Tensor:
        """(n, C, H, W) in [0, 1]: the picture of this code with other values (n, D). With its own, it is the picture again."""
        ...


@runtime_checkable
class Placing(Protocol):
    """A generator that knows where the objects of its codes are."""

    def places(self, code: Code, values: Tensor) -> Tensor:
        """(2, H, W) int64 the number of the object that each pixel belongs to, where it is edited by other values (D,): in the
        picture as it was, and as it is then; -1 elsewhere.
        """
        ...


def code_words(code: Code, values: Tensor) -> tuple[str, ...]:
    """`segment 3: brightness 0 -> 0.25` for each number that differs from the code's, or `segment 3: moved 5 px up`."""
    triples = zip(code.directions, code.values.tolist(), values.tolist(), strict=True)
    return tuple(f"{one.of}: {_edit_words(one, before, after)}" for one, before, after in triples if before != after)


def _edit_words(one: Direction, before: float, after: float) -> str:
    was, now = told_apart(before, after, one.told, 3)
    if one.ways and not before:  # that it was nowhere else says nothing
        return f"moved {now}"
    return f"{'' if one.ways else f'{one.name} '}{was} \N{RIGHTWARDS ARROW} {now}"
