"""Small float64 networks on which captum's rules are right, and the same with one fault each."""

import torch
from explainer_networks import drawn, seeded
from torch import nn
from torch.nn import functional as F

from xaivision.core.torch_classifier import TorchClassifier

SIDE = 8


class Net(nn.Module):
    """Two convolutions with activations of one kind, pooling between them, and a linear head."""

    def __init__(self, act=nn.ReLU, pool=lambda: nn.MaxPool2d(2), channels=2):
        super().__init__()
        self.first, self.second = nn.Conv2d(channels, 4, 3, padding=1), nn.Conv2d(4, 5, 3, padding=1)
        self.one, self.two, self.pool, self.head = act(), act(), pool(), nn.Linear(5, 3)

    def forward(self, x):
        x = self.pool(self.one(self.first(x)))
        return self.head(self.two(self.second(x)).mean((2, 3)))


class Apart(Net):
    """With a convolution between activation and pooling: captum's hooks are right only so."""

    def forward(self, x):
        return self.head(self.pool(self.second(self.one(self.first(x)))).mean((2, 3)))


class Reused(Net):
    def forward(self, x):
        x = self.pool(self.one(self.first(x)))
        return self.head(self.one(self.second(x)).mean((2, 3)))


class Functional(Net):
    def forward(self, x):
        x = F.max_pool2d(F.relu(self.first(x)), 2)
        return self.head(torch.relu(self.second(x)).mean((2, 3)))


class SharedInput(Net):
    """What enters an activation goes past it as well."""

    def forward(self, x):
        maps = self.first(x)
        maps = self.pool(maps + self.one(maps))
        return self.head(self.two(self.second(maps)).mean((2, 3)))


class Gated(Net):
    def forward(self, x):
        maps = self.one(self.first(x))
        maps = self.pool(maps * torch.sigmoid(self.gate(maps)))
        return self.head(self.two(self.second(maps)).mean((2, 3)))

    def __init__(self):
        super().__init__()
        self.gate = nn.Conv2d(4, 4, 1)


class Branching(Net):
    """Goes another way for dark images: there is no graph."""

    def forward(self, x):
        return super().forward(x) if float(x.detach().mean()) > -9 else self.head(x)


def classifier_of(make, seed=0, **settings):
    return TorchClassifier(seeded(make, seed), 3, **settings)


def images(batch=3, seed=1, channels=2):
    return drawn((batch, channels, SIDE, SIDE), seed)
