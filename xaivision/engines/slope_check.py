"""Is the gradient that a network reports the slope of its score? It is not behind `detach`, `no_grad` or a rounded value."""

import torch
from torch import Tensor, nn

from xaivision.core.metering import count_gradient_calls
from xaivision.core.random import generator
from xaivision.core.slope import in_double_precision
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.module_graph import operations, traced

# In float64 the rounding of a difference over this step is some millionths of the slope.
STEP = 1e-6
DIRECTIONS = 3
# Where the slope over one step and over two differ by more, the score bends or is not computed in float64.
STEADY = 1e-3


def slope_error(model: TorchClassifier, one: Tensor, target: TargetScore) -> float | None:
    """The largest difference between slope and gradient along some directions, as a share of the larger of the two.

    `one` (1, *S) is asked about in float64, on a copy. None where it cannot be told: the module cannot be copied or works in
    its own precision, its score is not finite or does not move, or bends at every turn.
    """
    twin = in_double_precision(model)
    if twin is None:
        return None
    try:
        errors = [_error(twin, one.double(), target, number) for number in range(DIRECTIONS)]
    except (RuntimeError, TypeError):  # parts that insist on another precision
        return None
    known = [error for error in errors if error is not None]
    return max(known) if known else None


def stopped_gradients(module: nn.Module) -> tuple[str, ...]:
    """Operations at which gradients are switched off, detached, or defined anew; CapabilityError where there is no graph."""
    found = operations(traced(module))
    return tuple(str(operation) for operation in found if operation.gradients_off or operation.computes in ("detach", "detach_"))


def _error(model: TorchClassifier, one: Tensor, target: TargetScore, number: int) -> float | None:
    draws = generator(0, "slope check", number)
    noise, toward = (torch.randn(one.shape[1:], generator=draws, dtype=torch.float64, device="cpu").to(one) for _ in range(2))
    point = one + 1e-3 * noise  # off the corners that black pixels and equal neighbors sit on
    toward = toward / toward.norm()
    gradient = _gradient(model, point, target)
    count_gradient_calls(1)
    with torch.no_grad():
        steps = [
            float((_score(model, point + step * toward, target) - _score(model, point - step * toward, target)) / (2 * step))
            for step in (STEP, 2 * STEP)
        ]
    told = float((gradient * toward).sum())
    largest = max(abs(steps[0]), abs(told))
    if not 0 < largest < float("inf") or abs(steps[0] - steps[1]) > STEADY * largest:
        return None
    return abs(steps[0] - told) / largest


def _score(model: TorchClassifier, point: Tensor, target: TargetScore) -> Tensor:
    return target.of(model.forward(point)).sum()


def _gradient(model: TorchClassifier, point: Tensor, target: TargetScore) -> Tensor:
    with torch.enable_grad():
        leaf = point.clone().requires_grad_()
        score = _score(model, leaf.clone(), target)
        if not score.requires_grad:
            return torch.zeros_like(point)
        (gradient,) = torch.autograd.grad(score, leaf, allow_unused=True)
    return torch.zeros_like(point) if gradient is None else gradient
