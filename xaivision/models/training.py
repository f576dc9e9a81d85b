"""Trains a small network to the same weights each time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from xaivision.core.progress import track
from xaivision.core.random import generator


@dataclass(frozen=True)
class Recipe:
    """How long and how fast to train: AdamW with one cycle of the learning rate up to `learning_rate`."""

    epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    seed: int = 0


def train(module: nn.Module, inputs: Tensor, targets: Tensor, recipe: Recipe, what: str) -> None:
    """Minimize the cross entropy over inputs (N, *S) and classes (N,), in place, on one thread.

    The order of the batches comes from the recipe's seed; the global random state is neither read nor changed.

    Raises: Cancelled, before an epoch.
    """
    batches = -(-len(inputs) // recipe.batch_size)
    with one_thread(), torch.inference_mode(False):  # which leaves `no_grad` too
        module.train()
        optimizer = torch.optim.AdamW(module.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, recipe.learning_rate, epochs=recipe.epochs, steps_per_epoch=batches
        )
        draws = generator(recipe.seed, "order of the batches")
        for _ in track(range(recipe.epochs), what):
            for batch in torch.randperm(len(inputs), generator=draws).chunk(batches):
                optimizer.zero_grad()
                torch.autograd.backward(cross_entropy(module(inputs[batch]), targets[batch]))
                optimizer.step()
                schedule.step()
        module.eval()


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums in one order, so that the weights do not depend on the number of threads; layers this small are faster so, too."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
