"""What a chosen part of an input does to the score: removed a little, and kept with a little of the rest removed.

Source: Zheng et al., 2024, arXiv:2310.01820; chances that depend on the size: Zheng et al., 2025, arXiv:2410.02970.
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
    """Versions, (n,) each: the number of the part's size, whether the part loses elements or else the rest does, and the draw."""

    sizes: Tensor
    from_part: Tensor
    draws: Tensor


def capped_chances(elements: int, sizes: Sequence[int], alpha: float, most: float) -> list[Chances]:
    """For each size the chances at which elements go, `alpha` or less: no more than `most` of all are expected to go.

    A part as large as everything loses what may be lost at most, and leaves no rest to lose from.
    """
    allowed = most * elements
    gone = [(min(alpha, allowed / max(size, 1)), min(alpha, allowed / max(elements - size, 1))) for size in sizes]
    return [Chances(from_part, 1 - from_rest) for from_part, from_rest in gone]


def robust_fidelity(
    model: Classifier,
    replaced: tuple[Tensor, Tensor],
    target: TargetScore,
    parts: Parts,
    chances: Sequence[Chances],
    draws: Tensor,
) -> Fidelities:
    """The fidelities of the parts; `replaced`: inputs and what stands for absent features, (B, *S) both.

    `chances`: those of each size. `draws` (n, M): uniform in [0, 1), one for each element, the same for all inputs. A chance
    of 0 or 1 needs one draw only. A part that is empty has `plus` 0, one that is everything `minus` 0.
    """
    settled = _settled(parts, chances)
    counts = [1 if one else len(draws) for one in settled.flatten().tolist()]
    inputs, substitutes = replaced
    plan = _planned(counts)
    scores = replaced_scores(model, inputs, substitutes, target, len(plan.sizes), _gone(plan, parts, chances, draws))
    falls = torch.split(scores[:, :1] - scores[:, 1:], counts, 1)
    shape = (len(inputs), len(parts.sizes), 2)
    means = torch.stack([one.mean(1) for one in falls], 1).view(shape).masked_fill(_unchanged(parts), 0)
    errors = torch.stack([_error(one) for one in falls], 1).view(shape).masked_fill(settled, 0)
    return Fidelities(means[..., 0], means[..., 1], errors[..., 0], errors[..., 1])


def _planned(counts: Sequence[int]) -> _Plan:
    """First nothing is removed; then, size by size, the draws of the part and those of the rest: so many of each."""
    rows = [(place // 2, place % 2 == 0, draw) for place, count in enumerate(counts) for draw in range(count)]
    # The first version takes from a part of no size.
    columns = zip((-1, True, 0), *rows, strict=True)
    return _Plan(*(torch.tensor(column, device="cpu") for column in columns))


def _gone(plan: _Plan, parts: Parts, chances: Sequence[Chances], draws: Tensor) -> Gone:
    sizes = torch.tensor([*parts.sizes, 0], device="cpu")
    removed, kept = torch.tensor([*chances, (0.0, 1.0)], dtype=torch.float64, device="cpu").T

    def gone(pairs: Pairs) -> Tensor:
        chosen = pairs.versions
        place = plan.sizes[chosen]
        inside = parts.ranks[pairs.inputs] < sizes[place][:, None]
        chance = draws[plan.draws[chosen]][:, parts.regions]
        from_part, from_rest = chance < removed[place][:, None], chance >= kept[place][:, None]
        return torch.where(plan.from_part[chosen][:, None], inside & from_part, ~inside & from_rest)

    return gone


def _unchanged(parts: Parts) -> Tensor:
    """(n, 2) which sizes leave nothing to be removed from the part, and which from the rest: there a fall is rounding."""
    sizes = torch.tensor(parts.sizes, device="cpu")
    return torch.stack([sizes == 0, sizes > int(parts.regions.max())], 1)


def _settled(parts: Parts, chances: Sequence[Chances]) -> Tensor:
    """(n, 2) where there is no chance: the same for every draw."""
    certain = torch.tensor([[one in (0, 1) for one in pair] for pair in chances], device="cpu")
    return certain | _unchanged(parts)


def _error(falls: Tensor) -> Tensor:
    """(B,) standard error of the mean over the draws (B, draws); NaN for one draw, which says nothing of it."""
    if falls.shape[1] < 2:
        return torch.full(falls.shape[:1], torch.nan, dtype=torch.float64, device="cpu")
    errors: Tensor = falls.std(1) / falls.shape[1] ** 0.5
    return errors
