"""Asks a model about many versions of each input, a batch at a time: memory is that of one batch, not of all versions."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier, batch_size_of
from xaivision.core.progress import track
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier


class Pairs(NamedTuple):
    """One batch of work: `inputs` (n,) which inputs, `versions` (n,) which version of each. On the CPU: they index any device."""

    inputs: Tensor
    versions: Tensor


# From pairs to the inputs to ask about, (n, *S).
Versions = Callable[[Pairs], Tensor]


def pairs(inputs: int, versions: int, size: int) -> list[Pairs]:
    """Every (input, version), input by input, in batches of `size`."""
    starts = range(0, inputs * versions, size)
    batches = (torch.arange(start, min(start + size, inputs * versions), device="cpu") for start in starts)
    return [Pairs(numbers // versions, numbers % versions) for numbers in batches]


def streamed_scores(
    model: Classifier, inputs: Tensor, versions: int, make: Versions, what: str
) -> Iterator[tuple[Pairs, Tensor]]:
    """For each batch of pairs its scores (n, K)."""
    for part in track(pairs(len(inputs), versions, batch_size_of(model, inputs)), what):
        yield part, model(make(part))


class GradientSum(NamedTuple):
    """`values` (B, *S) in float64; `cut`: no gradient reached the input."""

    values: Tensor
    cut: bool


def summed_gradients(
    model: TorchClassifier, inputs: Tensor, target: TargetScore, weights: Tensor, make: Versions, what: str
) -> GradientSum:
    """For each input the weighted sum, over versions, of the target score's gradients; `weights` (versions,)."""
    total = torch.zeros(inputs.shape, dtype=torch.float64, device=inputs.device)
    cut = False
    size = model.batches.size(inputs, "gradients")
    for part in track(pairs(len(inputs), len(weights), size), what):
        found = model.gradients(make(part), target.take(part.inputs))
        cut = cut or found.cut
        _add_weighted(total, part, found.values, weights[part.versions])
    return GradientSum(total, cut)


def _add_weighted(total: Tensor, part: Pairs, gradients: Tensor, weights: Tensor) -> None:
    """One product an input that the batch touches: a matrix over all of them would spread one input's NaN to the others."""
    for row in range(int(part.inputs[0]), int(part.inputs[-1]) + 1):
        own = (part.inputs == row).nonzero().flatten()
        mine = slice(int(own[0]), int(own[-1]) + 1)  # pairs run input by input
        weighted = weights[mine].to(gradients) @ gradients[mine].flatten(1)
        total[row] += weighted.view(gradients.shape[1:]).double()
