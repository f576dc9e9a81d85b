"""How much the score moves when one region of an input is moved by noise and the rest stays.

Source: Nguyen, Rodriguez Martinez, On Quantitative Aspects of Model Interpretability, 2020, arXiv:2007.07584.
"""

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.core.targets import TargetScore
from xaivision.engines.correlation import score_resolution
from xaivision.engines.smoothing import NoisyCopies
from xaivision.engines.streaming import Pairs, streamed_scores


def squared_moves(model: Classifier, copies: NoisyCopies, target: TargetScore, regions: Tensor) -> Tensor:
    """(B, M) mean squared change of the target score, over the draws, when a region of `regions` (P,) takes a copy's values.

    In float64 on the CPU. What rounding alone may make is 0.
    """
    inputs, players = copies.inputs, int(regions.max()) + 1
    places = regions.to(inputs.device).view(1, *inputs.shape[2:]) if inputs.ndim == 4 else regions.to(inputs.device)
    found = torch.empty(len(inputs), copies.draws * players + 1, dtype=torch.float64, device="cpu")

    def moved(part: Pairs) -> Tensor:
        rows = inputs[part.inputs]
        shape = (-1, *[1] * (inputs.ndim - 1))
        here = places == (part.versions % players).to(inputs.device).view(shape)
        here &= (part.versions < copies.draws * players).to(inputs.device).view(shape)  # the last version is the input itself
        noise = _draws(copies, (part.versions // players).clamp_max(copies.draws - 1))
        return torch.where(here, rows + copies.scale[part.inputs] * noise, rows)

    for part, scores in streamed_scores(model, inputs, found.shape[1], moved, "moved regions"):
        found[part.inputs, part.versions] = target.take(part.inputs).of(scores).double().cpu()
    moves = (found[:, :-1] - found[:, -1:]).abs()
    moves[moves <= score_resolution(found, inputs.dtype)[:, None]] = 0
    return moves.view(len(inputs), copies.draws, players).square().mean(1)


def _draws(copies: NoisyCopies, numbers: Tensor) -> Tensor:
    """(n, *S) the noise of each of these draws; each is made once."""
    different = sorted(set(numbers.tolist()))
    places = torch.searchsorted(torch.tensor(different, device="cpu"), numbers)
    return torch.cat([copies.noise(range(number, number + 1)) for number in different])[places]
