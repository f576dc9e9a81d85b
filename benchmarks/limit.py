"""The physical limit: the model's own passes and nothing else, channels last, freed heap kept, at the best batch size."""

import torch
from torch import Tensor

from benchmarks.timing import cpu_seconds
from xaivision.core.heap import kept_heap
from xaivision.core.torch_classifier import TorchClassifier

BATCHES = (4, 8, 16, 32)


def forwards(model: TorchClassifier, photo: Tensor, count: int, batch: int) -> None:
    """`count` forward passes of a normalized batch that is made once."""
    inputs = model.prepared(photo[:1].expand(batch, *photo.shape[1:]))
    with model.held(), torch.no_grad():
        for start in range(0, count, batch):
            model.model(inputs[: min(batch, count - start)])


def gradients(model: TorchClassifier, photo: Tensor, count: int, batch: int) -> None:
    """`count` forward and backward passes."""
    inputs = model.prepared(photo[:1].expand(batch, *photo.shape[1:]))
    with model.held():
        for start in range(0, count, batch):
            leaf = inputs[: min(batch, count - start)].detach().requires_grad_()
            torch.autograd.grad(model.model(leaf)[:, 0].sum(), leaf)


def best_batch(passes, model: TorchClassifier, photo: Tensor, count: int) -> int:
    """The batch size at which `count` passes take least, best of two tries each."""
    with kept_heap():
        times = {size: min(cpu_seconds(lambda s=size: passes(model, photo, count, s)) for _ in range(2)) for size in BATCHES}
    return min(times, key=times.get)
