"""Small float64 classifiers for the tests of the explainers."""

import torch
from torch import Tensor, nn

from xaivision.core.torch_classifier import TorchClassifier


class Columns:
    """A schema that knows its columns' typical values."""

    def __init__(self, *typical: float) -> None:
        self.typical = typical
        self.ranges = None
        self.category_names = ()
        self.names = tuple(f"column {i}" for i in range(len(typical)))
        self.groups = {name: (i,) for i, name in enumerate(self.names)}

    def to_frame(self, rows):
        return rows


class Untouched(nn.Module):
    """Scores that change with the input although no gradient reaches it."""

    def forward(self, x):
        total = x.flatten(1).sum(1).detach()
        return torch.stack([total, -total], 1)


def drawn(shape: tuple[int, ...], seed: int) -> Tensor:
    """Uniform numbers in [0, 1], float64."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def seeded(make, seed: int = 0) -> nn.Module:
    """A float64 module whose weights depend on the seed alone."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make().double()


def table_classifier(features: int = 4, seed: int = 0, **settings) -> TorchClassifier:
    make = lambda: nn.Sequential(nn.Linear(features, 8), nn.Tanh(), nn.Linear(8, 3))  # noqa: E731
    return TorchClassifier(seeded(make, seed), 3, domain="tabular", **settings)


def image_classifier(channels: int = 2, seed: int = 0, **settings) -> TorchClassifier:
    """Two convolutions `0` and `2`, then a head that is not linear."""

    def make():
        return nn.Sequential(
            nn.Conv2d(channels, 4, 3, padding=1),
            nn.Tanh(),
            nn.Conv2d(4, 5, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.LazyLinear(6),
            nn.Tanh(),
            nn.Linear(6, 3),
        )

    module = seeded(make, seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module(torch.zeros(1, channels, 8, 8, dtype=torch.float64))
    return TorchClassifier(module, 3, **settings)


def linear_classifier(weights: Tensor, bias: float = 0.0) -> TorchClassifier:
    """Scores (w.x + bias, -w.x) of the flattened input; an image model where `weights` is (C, H, W)."""
    linear = nn.Linear(weights.numel(), 2).double()
    with torch.no_grad():
        linear.weight.copy_(torch.stack([weights.flatten(), -weights.flatten()]))
        linear.bias.copy_(torch.tensor([bias, 0.0]))
    module = nn.Sequential(nn.Flatten(), linear)
    return TorchClassifier(module, 2, domain="image" if weights.ndim == 3 else "tabular")


def gradient_of(model: TorchClassifier, one: Tensor, target: int) -> Tensor:
    """The gradient of one score at one input, asked of the bare module."""
    leaf = one.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(model.model(leaf[None])[0, target], leaf)
    return gradient
