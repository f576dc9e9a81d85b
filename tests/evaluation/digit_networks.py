"""A convolutional network that reads handwritten digits, trained in a second, on true labels or on those it is given."""

from functools import cache

import torch
from torch import Tensor, nn

from xaivision.core.random import generator
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.digits import load

TRAINING = 1200


@cache
def digits() -> tuple[Tensor, Tensor]:
    """Pictures (1797, 1, 8, 8) and their digits."""
    data = load("digits")
    assert data.targets is not None
    return data.inputs, data.targets


def trained(inputs: Tensor, labels: Tensor, steps: int = 60, channels: int = 8) -> TorchClassifier:
    """A network fitted to these labels; the same for the same labels."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        module = nn.Sequential(
            nn.Conv2d(1, channels, 3),
            nn.ReLU(),
            nn.Conv2d(channels, 2 * channels, 3),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * channels, 10),
        )
    optimizer, draws = torch.optim.Adam(module.parameters(), 5e-3), generator(0, "digits")
    for _ in range(steps):
        batch = torch.randint(len(inputs), (300,), generator=draws)
        optimizer.zero_grad()
        nn.functional.cross_entropy(module(inputs[batch]), labels[batch]).backward()
        optimizer.step()
    return TorchClassifier(module.eval(), 10, domain="image")


@cache
def reader() -> tuple[TorchClassifier, Tensor]:
    """The network that knows the digits, and 20 pictures that it has not seen."""
    inputs, labels = digits()
    model = trained(inputs[:TRAINING], labels[:TRAINING])
    unseen, known = inputs[TRAINING:], labels[TRAINING:]
    assert float((model(unseen).argmax(1) == known).float().mean()) > 0.85
    return model, unseen[:20]
