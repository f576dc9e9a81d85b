"""Small float64 classifiers for the tests of the engines, and their gradients one at a time."""

import torch
from torch import Tensor, nn

from xaivision.core.torch_classifier import TorchClassifier


def drawn(shape: tuple[int, ...], seed: int) -> Tensor:
    """Uniform numbers in [0, 1], float64."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def seeded(make, seed: int = 0) -> nn.Module:
    """A float64 module whose weights depend on the seed alone."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make().double()


def table_classifier(features: int = 5, seed: int = 0, **settings) -> TorchClassifier:
    make = lambda: nn.Sequential(nn.Linear(features, 8), nn.Tanh(), nn.Linear(8, 3))  # noqa: E731
    return TorchClassifier(seeded(make, seed), 3, domain="tabular", **settings)


def image_classifier(channels: int = 2, seed: int = 0, **settings) -> TorchClassifier:
    def make():
        return nn.Sequential(
            nn.Conv2d(channels, 4, 3, padding=1), nn.Tanh(), nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(16, 3)
        )

    return TorchClassifier(seeded(make, seed), 3, **settings)


def gradient_of(model: TorchClassifier, one: Tensor, target: int) -> Tensor:
    """The gradient of one score at one input, asked of the bare module."""
    leaf = one.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model.model(leaf[None])[0, target], leaf)
    return gradient
