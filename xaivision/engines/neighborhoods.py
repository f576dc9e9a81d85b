"""Neighborhoods of an input: the perturbations over which a simple function is to agree with the model.

Source: Han, Srinivas, Lakkaraju, Which Explanation Should I Choose?, 2022, arXiv:2206.01254.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import comb
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.engines.coalition_enumeration import all_coalitions
from xaivision.engines.coalition_sampling import LeverageDraw
from xaivision.engines.coin_flips import coin_flips, cosine_kernel
from xaivision.engines.quadrature import midpoints

Operator = Literal["add", "multiply"]
Kernel = Literal["cosine", "shapley", "uniform", "sizes"]
KERNELS = ("cosine", "shapley", "uniform", "sizes")
# From the number of a draw to its own chance: which batch the draw falls into does not matter.
ChanceOf = Callable[[int], torch.Generator]


class Steps(NamedTuple):
    """`steps` (n, F) float64: what is added to an input, or multiplied with what makes it differ from its baseline. `weights`
    (n,): how much each counts. `complete`: these are all there are, and nothing was left to chance.
    """

    steps: Tensor
    weights: Tensor
    complete: bool = False


@dataclass(frozen=True)
class Gaussian:
    """Normal steps that are added; `noise`, their standard deviation, is a share of the input's range."""

    noise: float = 0.15
    operator: Operator = "add"

    def __post_init__(self) -> None:
        if not 0 <= self.noise < float("inf"):
            raise InputError(f"`noise` must be a number from 0, a share of the input's range. Got {self.noise!r}.")
        if self.operator != "add":
            raise InputError(f"`operator` must be 'add' for normal steps. Got {self.operator!r}. `Scales` multiply.")

    def drawn(self, features: int, count: int, chance: torch.Generator) -> Steps:
        """Independent draws; their unit is one range."""
        steps = torch.randn(count, features, generator=chance, dtype=torch.float64, device="cpu")
        return Steps(self.noise * steps, _ones(count), complete=self.noise == 0)

    def part(self, draws: range, features: int, _count: int, chance: ChanceOf) -> Tensor:
        """(k, F) some of the draws, each from a chance of its own."""
        made = [torch.randn(features, generator=chance(draw), dtype=torch.float64, device="cpu") for draw in draws]
        return self.noise * torch.stack(made)


@dataclass(frozen=True)
class Scales:
    """One factor for all features, uniform between `low` and `high`: the middles of as many equal cells as are asked for."""

    low: float = 0.0
    high: float = 1.0
    operator: Operator = "multiply"

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= 1:
            raise InputError(f"`low` and `high` must be in order between 0 and 1. Got {self.low!r} and {self.high!r}.")
        if self.operator != "multiply":
            raise InputError(f"`operator` must be 'multiply' for factors. Got {self.operator!r}. `Gaussian` steps are added.")

    def drawn(self, features: int, count: int, chance: torch.Generator) -> Steps:
        """Nothing is drawn: the rule is fixed."""
        return Steps(self._factors(count)[:, None].expand(count, features), _ones(count), complete=True)

    def part(self, draws: range, features: int, count: int, _chance: ChanceOf) -> Tensor:
        """(k, F) some of the `count` factors."""
        return self._factors(count)[draws.start : draws.stop, None].expand(len(draws), features)

    def _factors(self, count: int) -> Tensor:
        return self.low + (self.high - self.low) * midpoints(count)


@dataclass(frozen=True)
class Masks:
    """Features that are there or not, weighted by a kernel; all masks there are where they are no more than asked for.

    `kernel` "cosine": lime's, of this `width`. "uniform": every mask alike. "sizes": every number of features alike, from none to
    all. "shapley": the Shapley kernel, whose infinite weights on nothing and everything are kept as conditions.
    """

    kernel: Kernel = "cosine"
    width: float = 0.25
    operator: Operator = "multiply"

    def __post_init__(self) -> None:
        if self.kernel not in KERNELS:
            raise InputError(f"`kernel` must be one of {', '.join(map(repr, KERNELS))}. Got {self.kernel!r}.")
        if not 0 < self.width < float("inf"):
            raise InputError(f"`width` must be a positive number. Got {self.width!r}.")
        if self.operator != "multiply":
            raise InputError(f"`operator` must be 'multiply' for masks. Got {self.operator!r}. `Gaussian` steps are added.")

    def drawn(self, features: int, count: int, chance: torch.Generator) -> Steps:
        """Masks as zeros and ones."""
        if self.kernel == "shapley":
            draw = LeverageDraw(features, chance)
            sample = draw.first(min(max(0, (count - 2) // 2), draw.all_pairs))
            return Steps(sample.coalitions.double(), sample.weights, sample.complete)
        every = features < 20 and 2**features <= count
        if every:
            masks = all_coalitions(features)
        else:
            masks = _of_every_size(features, count, chance) if self.kernel == "sizes" else coin_flips(features, count, chance)
        return Steps(masks.double(), self._weights(masks, every), every)

    def _weights(self, masks: Tensor, every: bool) -> Tensor:
        if self.kernel == "cosine":
            return cosine_kernel(masks, self.width)
        if self.kernel == "uniform" or not every:
            return _ones(len(masks))
        features = masks.shape[1]
        of_a_size = [1 / comb(features, size) for size in range(features + 1)]
        return torch.tensor(of_a_size, dtype=torch.float64, device="cpu")[masks.sum(1)]


@dataclass(frozen=True)
class OneAbsent:
    """One feature away at a time: a line without an intercept is fit to the drops of the score."""

    operator: Operator = "multiply"

    def drawn(self, features: int, count: int, chance: torch.Generator) -> Steps:
        """As many masks as features, whatever the budget."""
        return Steps(1 - torch.eye(features, dtype=torch.float64, device="cpu"), _ones(features), complete=True)


Neighborhood = Gaussian | Scales | Masks | OneAbsent


def perturbed(inputs: Tensor, others: Tensor, steps: Tensor, operator: Operator) -> Tensor:
    """(k * b, *S) versions, step by step, of inputs (b, *S) by steps (k, F) in the order of their flattened features.

    `others` (b, *S): what one step is in units of the input where steps are added, the baselines where they are multiplied.
    """
    moved = steps.to(inputs).view(len(steps), 1, *inputs.shape[1:])
    if operator == "add":
        return (inputs + moved * others).flatten(0, 1)
    shape = (len(steps), *inputs.shape)
    return torch.lerp(others.expand(shape), inputs.expand(shape), moved.expand(shape)).flatten(0, 1)


def _of_every_size(features: int, count: int, chance: torch.Generator) -> Tensor:
    """(count, F) bool: as many features as an even draw from none to all says, which of them by chance."""
    sizes = torch.randint(features + 1, (count, 1), generator=chance, device="cpu")
    places = torch.rand(count, features, generator=chance, dtype=torch.float64, device="cpu").argsort(1).argsort(1)
    return places < sizes


def _ones(count: int) -> Tensor:
    return torch.ones(count, dtype=torch.float64, device="cpu")
