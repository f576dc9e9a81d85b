"""What a chosen part of an input does to the score: removed a little, and kept with a little of the rest removed.

Source: Zheng et al., 2024, arXiv:2310.01820.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.core.targets import TargetScore
from xaivision.engines.replaced_scores import Gone, replaced_scores
from xaivision.engines.streaming import Pairs


class Chances(NamedTuple):
    """`removed`: the chance at which an element of the part goes; `kept`: at which one of the rest stays."""

    removed: float
    kept: float


class Fidelities(NamedTuple):
    """(B, n) for n sizes of the part, float64: falls of the score without some of the part (`plus`) and without some of the
    rest (`minus`), means over draws with their standard errors.
    """

    plus: Tensor
    minus: Tensor
    plus_error: Tensor
    minus_error: Tensor

    @property
    def delta(self) -> Tensor:
        return self.plus - self.minus

    @property
    def delta_error(self) -> Tensor:
        return torch.hypot(self.plus_error, self.minus_error)


class Parts(NamedTuple):
    """The parts of each input that are judged: for each of the `sizes` its elements of the lowest ranks.

    `ranks` (B, P): the rank of each position's element, from 0; `regions` (P,): the number of its element.
    """

    ranks: Tensor
    regions: Tensor
    sizes: Sequence[int]


class _Plan(NamedTuple):
    """Versions, (n,) each: the part's size, whether the part loses elements or else the rest does, and the draw."""

    sizes: Tensor
    from_part: Tensor
    draws: Tensor


def robust_fidelity(
    model: Classifier, replaced: tuple[Tensor, Tensor], target: TargetScore, parts: Parts, chances: Chances, draws: Tensor
) -> Fidelities:
    """The fidelities of the parts; `replaced`: inputs and what stands for absent features, (B, *S) both.

    `draws` (n, M): uniform in [0, 1), one for each element, the same for all inputs. A chance of 0 or 1 needs one draw only.
    A part that is empty has `plus` 0, one that is everything `minus` 0.
    """
    counts = [1 if chance in (0, 1) else len(draws) for chance in chances]
    plan = _planned(parts.sizes, counts)
    inputs, substitutes = replaced
    scores = replaced_scores(model, inputs, substitutes, target, len(plan.sizes), _gone(plan, parts, chances, draws))
    falls = scores[:, :1] - scores[:, 1:]
    by_size = torch.split(falls.view(len(inputs), len(parts.sizes), sum(counts)), counts, 2)
    unchanged = _unchanged(parts)
    means = [side.mean(2).masked_fill(mask, 0) for side, mask in zip(by_size, unchanged, strict=True)]
    errors = [_error(side).masked_fill(mask, 0) for side, mask in zip(by_size, unchanged, strict=True)]
    settled = [error if chance not in (0, 1) else torch.zeros_like(error) for error, chance in zip(errors, chances, strict=True)]
    return Fidelities(*means, *settled)


def _planned(sizes: Sequence[int], counts: Sequence[int]) -> _Plan:
    """First nothing is removed; then, size by size, the draws of the part and those of the rest."""
    rows = [(size, side == 0, draw) for size in sizes for side, count in enumerate(counts) for draw in range(count)]
    columns = zip((0, True, 0), *rows, strict=True)
    return _Plan(*(torch.tensor(column, device="cpu") for column in columns))


def _gone(plan: _Plan, parts: Parts, chances: Chances, draws: Tensor) -> Gone:
    def gone(pairs: Pairs) -> Tensor:
        chosen = pairs.versions
        inside = parts.ranks[pairs.inputs] < plan.sizes[chosen][:, None]
        chance = draws[plan.draws[chosen]][:, parts.regions]
        return torch.where(
            plan.from_part[chosen][:, None], inside & (chance < chances.removed), ~inside & (chance >= chances.kept)
        )

    return gone


def _unchanged(parts: Parts) -> tuple[Tensor, Tensor]:
    """(n,) which sizes leave nothing to be removed from the part, and which from the rest: there a fall is rounding."""
    sizes = torch.tensor(parts.sizes, device="cpu")
    return sizes == 0, sizes > int(parts.regions.max())


def _error(falls: Tensor) -> Tensor:
    """(B, n) standard error of the mean over the draws (B, n, draws); NaN for one draw, which says nothing of it."""
    if falls.shape[2] < 2:
        return torch.full(falls.shape[:2], torch.nan, dtype=torch.float64, device="cpu")
    errors: Tensor = falls.std(2) / falls.shape[2] ** 0.5
    return errors
