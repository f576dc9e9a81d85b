"""Gradients averaged over noisy copies of the input.

Source: Smilkov et al., SmoothGrad, 2017, arXiv:1706.03825.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.streaming import GradientSum, Pairs, summed_gradients


def input_range(inputs: Tensor, ranges: Sequence[float] | None = None) -> Tensor:
    """Largest minus smallest value of each input, (B, 1, ...); of each column, (B, F), where those are known."""
    if ranges is not None:
        return torch.tensor(list(ranges), dtype=torch.float64, device="cpu").to(inputs).expand_as(inputs)
    low, high = inputs.flatten(1).aminmax(dim=1)
    return (high - low).view(-1, *[1] * (inputs.ndim - 1))


def smoothed_gradients(model: TorchClassifier, inputs: Tensor, target: TargetScore, scale: Tensor, noise: Tensor) -> GradientSum:
    """Mean gradient over `inputs + scale * noise`; `noise` (samples, *S) is shared by the inputs, `scale` (B, 1, ...)."""
    weights = torch.full((len(noise),), 1 / len(noise), dtype=torch.float64, device="cpu")

    def noisy(part: Pairs) -> Tensor:
        return torch.addcmul(inputs[part.inputs], scale[part.inputs], noise[part.versions])

    return summed_gradients(model, inputs, target, weights, noisy, "smoothed gradients")
