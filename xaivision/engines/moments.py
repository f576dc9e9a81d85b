"""Means over draws that all inputs of a batch share, with their errors: streamed, so that memory is that of one batch."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.progress import track


class Block(NamedTuple):
    """One batch of work: each of these consecutive inputs in each of these consecutive versions: draws, or places on a path."""

    inputs: slice
    versions: range

    @property
    def rows(self) -> Tensor:
        """(k * b,) which input each pair is about, version by version. On the CPU: it indexes any device."""
        return torch.arange(self.inputs.start, self.inputs.stop, device="cpu").repeat(len(self.versions))


# From a block to what is averaged, (k * b, *V), draw by draw.
Ask = Callable[[Block], Tensor]


class Moments(NamedTuple):
    """Over `draws` draws, in float64: the `mean` (B, *V) and the `variance` (B, *V), the mean squared deviation from it.

    `fourth` (B, *V): the mean fourth power of the deviation, where it was asked for.
    """

    draws: int
    mean: Tensor
    variance: Tensor
    fourth: Tensor | None = None

    def error_of_mean(self) -> Tensor | None:
        """(B, *V) standard error of the mean; None for one draw, which says nothing of its error."""
        return None if self.draws < 2 else (self.variance / (self.draws - 1)).sqrt()

    def error_of_variance(self) -> Tensor | None:
        """(B, *V) standard error of the variance, as it is for many draws; None for one draw, and without fourth powers."""
        if self.draws < 2 or self.fourth is None:
            return None
        return ((self.fourth - self.variance**2).clamp_min(0) / (self.draws - 1)).sqrt()


def blocks(inputs: int, versions: int, size: int) -> list[Block]:
    """Every input in every version, in batches of at most `size`: all versions of some inputs, then those of the next.

    What a version is made of is made once for all inputs of a batch.
    """
    found = []
    for start in range(0, inputs, size):
        part = slice(start, min(start + size, inputs))
        at_once = size // (part.stop - part.start)
        found += [Block(part, range(first, min(first + at_once, versions))) for first in range(0, versions, at_once)]
    return found


def moments(work: list[Block], ask: Ask, what: str, *, fourth: bool = False) -> Moments:
    """Mean and spread, over the draws, of what `ask` answers for each input. `work` in the order of `blocks`."""
    sums: list[_PowerSums] = []
    for block in track(work, what):
        answers = ask(block)
        values = answers.view(len(block.versions), -1, *answers.shape[1:]).double()
        if block.versions.start == 0:
            sums.append(_PowerSums(values[0], 4 if fourth else 2))
        sums[-1].add(values)
    found = [part.moments() for part in sums]
    return Moments(
        found[0].draws,
        torch.cat([part.mean for part in found]),
        torch.cat([part.variance for part in found]),
        torch.cat([part.fourth for part in found if part.fourth is not None]) if fourth else None,
    )


class _PowerSums:
    """Sums of powers of the distance from the first draw: taken from zero they would cancel where the spread is small."""

    def __init__(self, origin: Tensor, highest: int) -> None:
        self.origin = origin.clone()
        self.draws = 0
        self.sums = [torch.zeros_like(origin) for _ in range(highest)]

    def add(self, values: Tensor) -> None:
        """Values (k, b, *V) of further draws."""
        distance = values - self.origin
        self.draws += len(values)
        power = distance
        for number, total in enumerate(self.sums):
            power = distance if number == 0 else power * distance
            total += power.sum(0)

    def moments(self) -> Moments:
        means = [total / self.draws for total in self.sums]
        shift, square = means[:2]
        variance = (square - shift**2).clamp_min(0)
        fourth = None
        if len(means) == 4:
            fourth = means[3] - 4 * shift * means[2] + 6 * shift**2 * square - 3 * shift**4
        return Moments(self.draws, self.origin + shift, variance, fourth)
