"""Tiny models and explainers that the tests of core ask, and a full record of a module's state."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.diagnostics import Diagnostics
from xaivision.core.origin import Origin
from xaivision.core.query import Query
from xaivision.core.question import question


@contextmanager
def seeded(seed: int = 0) -> Iterator[None]:
    """Weights drawn inside depend on the seed alone, and the global generator is not moved."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def drawn(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def convnet(channels: int = 3, classes: int = 3, *, dtype: torch.dtype = torch.float32, seed: int = 0) -> nn.Sequential:
    """Two convolutions with everything that evaluation mode and hooks trip over: batch norm, dropout, in-place ReLU."""
    with seeded(seed):
        net = nn.Sequential(
            nn.Conv2d(channels, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(inplace=True),
            nn.Conv2d(4, 5, 3, stride=2),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(0.5),
            nn.Linear(5, classes),
        ).to(dtype)
        net[1].running_mean.uniform_(-0.1, 0.1)
        net[1].running_var.uniform_(0.5, 1.5)
    return net


def linear(features: int = 4, classes: int = 3, *, dtype: torch.dtype = torch.float32, seed: int = 0) -> nn.Linear:
    with seeded(seed):
        return nn.Linear(features, classes).to(dtype)


class Applied(nn.Module):
    """A module that is one function: no parameter shows its device or dtype."""

    def __init__(self, function: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, inputs: Tensor) -> Any:
        return self.function(inputs)


def then(module: nn.Module, function: Callable[[Tensor], Any]) -> nn.Sequential:
    return nn.Sequential(module, Applied(function))


def state_of(module: nn.Module) -> dict[str, Any]:
    """Everything a library could leave changed in a user's module."""
    tensors = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    return {
        "values": {name: (str(one.dtype), one.detach().numpy().tobytes()) for name, one in tensors.items()},
        "objects": {name: id(one) for name, one in tensors.items()},
        "grads": {name: None if one.grad is None else one.grad.numpy().tobytes() for name, one in tensors.items()},
        "requires_grad": {name: one.requires_grad for name, one in tensors.items()},
        "training": {name: part.training for name, part in module.named_modules()},
        "hooks": {
            name: [len(getattr(part, kind)) for kind in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")]
            for name, part in module.named_modules()
        },
    }


def query_of(inputs: Tensor, scores: Tensor | None = None) -> Query:
    return Query(
        inputs,
        torch.zeros(len(inputs), dtype=torch.long),
        torch.zeros(len(inputs)) if scores is None else scores,
        "logit",
    )


def parts_of(inputs: Tensor, scores: Tensor | None = None, **measured: Any) -> tuple[Query, Origin, Diagnostics]:
    """What every explanation is given first."""
    return query_of(inputs, scores), Origin("probe"), Diagnostics(**measured)


def card(**more: Any) -> About:
    told = {"name": "probe", "answers": "?", "misleads": "?", "cost": "?", "source": "?", "needs": Access.SCORES}
    return About(**{**told, **more})


@dataclass(frozen=True)
class Probe:
    """An explainer that hands its question to a function."""

    about: ClassVar[About] = card()

    answer: Callable[[Any], Any]

    def explain(self, model: Any, inputs: Tensor, targets: Any = None, *, seed: int = 0) -> Any:
        with question(self, model, inputs, targets, seed=seed) as q:
            return self.answer(q)


class ControlProbe(Probe):
    about = card(control=True)


class GradientProbe(Probe):
    about = card(name="gradient_probe", needs=Access.GRADIENTS)


class ImageProbe(Probe):
    about = card(name="image_probe", domains=("image",))


def with_logits(module: nn.Module) -> nn.Sequential:
    return then(module, lambda scores: SimpleNamespace(logits=scores))
