"""Neighborhoods of an input: the perturbations over which a simple function is to agree with the model.

Source: Han, Srinivas, Lakkaraju, Which Explanation Should I Choose?, 2022, arXiv:2206.01254.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.engines.coalition_enumeration import all_coalitions
from xaivision.engines.coalition_sampling import LeverageDraw
from xaivision.engines.coin_flips import coin_flips, cosine_kernel
from xaivision.engines.quadrature import midpoints

Operator = Literal["add", "multiply"]
Kernel = Literal["cosine", "shapley", "uniform"]
KERNELS = ("cosine", "shapley", "uniform")


class Steps(NamedTuple):
    """`steps` (n, F) float64: what is added to an input, or multiplied with what makes it differ from its baseline. `weights`
    (n,): how much each counts.
    """

    steps: Tensor
    weights: Tensor


@runtime_checkable
class Neighborhood(Protocol):
    """Perturbations of one input of `features` numbers."""

    @property
    def operator(self) -> Operator: ...

    def drawn(self, features: int, count: int, chance: torch.Generator) -> Steps: ...


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
        return Steps(self.noise * steps, _ones(count))


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
        factors = self.low + (self.high - self.low) * midpoints(count)
        return Steps(factors[:, None].expand(count, features), _ones(count))


@dataclass(frozen=True)
class Masks:
    """Features that are there or not, weighted by a kernel; all masks there are where they are no more than asked for.

    `kernel` "cosine": lime's, of this `width`. "uniform": every mask alike. "shapley": the Shapley kernel, whose infinite weights
    on nothing and everything are kept as conditions.
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
            return Steps(sample.coalitions.double(), sample.weights)
        few = features < 20 and 2**features <= count
        masks = all_coalitions(features) if few else coin_flips(features, count, chance)
        weights = cosine_kernel(masks, self.width) if self.kernel == "cosine" else _ones(len(masks))
        return Steps(masks.double(), weights)


@dataclass(frozen=True)
class OneAbsent:
    """One feature away at a time: a line without an intercept is fit to the drops of the score."""

    operator: Operator = "multiply"

    def drawn(self, features: int, count: int, chance: torch.Generator) -> Steps:
        """As many masks as features, whatever the budget."""
        return Steps(1 - torch.eye(features, dtype=torch.float64, device="cpu"), _ones(features))


def perturbed(one: Tensor, baseline: Tensor, steps: Tensor, operator: Operator) -> Tensor:
    """(n, *S) versions of one input (*S) by steps (n, F) in the order of its flattened features."""
    moved = steps.to(one).view(len(steps), *one.shape)
    return one + moved if operator == "add" else torch.lerp(baseline.expand_as(moved), one.expand_as(moved), moved)


def _ones(count: int) -> Tensor:
    return torch.ones(count, dtype=torch.float64, device="cpu")
