"""A pass over what is learned from: its order, what each class counts, and one step."""

from collections.abc import Callable
from math import isfinite

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.random import generator


def batches(count: int, size: int, seed: int, *purpose: str | int) -> list[Tensor]:
    """The row numbers of a pass in an order that the seed and the purpose decide, in batches of this size or a little less."""
    order = torch.randperm(count, generator=generator(seed, *purpose), device="cpu")
    return list(order.chunk(-(-count // size)))


def class_weights(targets: Tensor, num_classes: int, how: str) -> Tensor | None:
    """(K,) float32: what an input of each class counts, on average over the inputs 1; None where all count the same."""
    if how == "none":
        return None
    counts = targets.bincount(minlength=num_classes).double()
    return (len(targets) / (num_classes * counts)).float()


def take_step(optimizer: torch.optim.Optimizer, loss: Callable[[], Tensor]) -> None:
    """One step down the gradient of this loss."""
    optimizer.zero_grad()
    with torch.enable_grad():
        torch.autograd.backward(loss())
    optimizer.step()


def checked_loss(loss: float, remedy: str = "Give smaller learning rates.") -> float:
    """The loss, where it is a number.

    Raises: InputError, where it is none.
    """
    if not isfinite(loss):
        raise InputError(f"The training must have a finite validation loss. Got {loss}. {remedy}")
    return loss
