"""A model trained on labels that say nothing: what an explanation of real learning is held against."""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

import torch
from torch import Tensor

from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.random import generator
from xaivision.core.wrapping import classifier

# Standard errors of a guesser's accuracy: chance is above that once in a thousand times.
CERTAIN = 3.0

# From inputs (n, *S) and labels (n,) to a model fitted to them.
Train = Callable[[Tensor, Tensor], Classifier]


@dataclass(frozen=True, eq=False)
class RandomlyTrained:
    """A `model` and what it was trained on: `inputs` (n, *S), and `labels` (n,) that were permuted among them."""

    model: Classifier
    inputs: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        _check_pairs(self.inputs, self.labels)


def trained_on_random_labels(train: Train, inputs: Tensor, labels: Tensor, seed: int = 0) -> RandomlyTrained:
    """What `train(inputs, permuted)` gives, with the permuted labels (n,): as many of each class, none of them earned.

    Train long, without early stopping: where the labels are not learned by heart, there is nothing to be explained.

    Raises: InputError, where inputs and labels are not as many, or what `train` gives is no classifier.
    """
    _check_pairs(inputs, labels)
    order = torch.randperm(len(labels), generator=generator(seed, "random labels"), device="cpu")
    permuted = labels[order.to(labels.device)]
    return RandomlyTrained(classifier(train(inputs, permuted)), inputs, permuted)


def check_fit(trained: RandomlyTrained) -> float:
    """The share of its random labels that the model gives; it must be well above chance.

    Well above: at least halfway from the share of the most frequent label to 1, and by three standard errors.

    Raises: InputError, where it is not.
    """
    right = classifier(trained.model)(trained.inputs).argmax(1).cpu() == trained.labels.cpu()
    share = float(right.double().mean())
    chance = float(torch.bincount(trained.labels.cpu()).max()) / len(right)
    needed = min(1.0, max((1 + chance) / 2, chance + CERTAIN * sqrt(chance * (1 - chance) / len(right))))
    if not share >= needed:
        raise InputError(
            f"`trained` must have learned its random labels by heart, at least {needed:.2f} of them. Got {share:.2f}, where "
            f"guessing gives {chance:.2f}. Train it longer, or on fewer inputs."
        )
    return share


def _check_pairs(inputs: object, labels: object) -> None:
    if not isinstance(inputs, Tensor) or not isinstance(labels, Tensor):
        raise InputError(f"`inputs` and `labels` must be tensors. Got {type(inputs).__name__} and {type(labels).__name__}.")
    if labels.ndim != 1 or len(labels) != len(inputs) or labels.is_floating_point() or not len(labels):
        raise InputError(
            f"`labels` must be class numbers, one for each of {len(inputs)} inputs. "
            f"Got {labels.dtype} of shape {tuple(labels.shape)}."
        )
