"""Curves of the score as parts of each input are replaced one after another: what several metrics look at."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.random import generator
from xaivision.engines.regions import ranked_below, region_ranks
from xaivision.engines.replaced_scores import replaced_scores
from xaivision.evaluation.following import Output, followed
from xaivision.evaluation.measurement import Measurement


@dataclass(frozen=True, eq=False)
class PartCurves:
    """`scores` (B, n + 1) of the input and after each of n steps; `shares` (B, n + 1) of its parts that are gone by then.

    NaN for maps that are not finite. `unit` is that of the scores.
    """

    scores: Tensor
    shares: Tensor
    unit: str

    @property
    def area(self) -> Tensor:
        """(B,) trapezoid area over the share of parts that are gone."""
        return torch.trapezoid(self.scores, self.shares)


def part_ranks(m: Measurement, regions: Tensor, seed: int, *, mean: bool = False) -> Tensor:
    """(B, P) the rank of each position's part, highest sum of attributions first, or highest mean; `regions` (P,) or (B, P)."""
    values = m.explanation.feature_values.flatten(1)
    own = regions.flatten(1) if regions.ndim > 1 else regions
    return region_ranks(values, own.expand(len(values), -1), generator(seed, "removal ties"), mean=mean)


def part_curves(m: Measurement, ranks: Tensor, counts: Tensor, others: Tensor, output: Output) -> PartCurves:
    """The curves with the parts of the first `counts` (B, n + 1) ranks taken from `others` (B, *S)."""
    target, unit = followed(m, output)
    inputs = m.explanation.query.inputs
    scores = replaced_scores(m.model, inputs, others, target, counts.shape[1], ranked_below(ranks, counts))
    scores[~m.explanation.values.flatten(1).isfinite().all(1).cpu()] = torch.nan
    return PartCurves(scores, counts.double() / (ranks.amax(1, keepdim=True) + 1), unit)
