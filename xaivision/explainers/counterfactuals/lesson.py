"""What a model was trained on."""

from typing import NamedTuple

from torch import Tensor


class Lesson(NamedTuple):
    """What a model was trained on: rows (N, F), their labels (N,), -1 or 1, and the factor of the squared weights."""

    table: Tensor
    labels: Tensor
    ridge: float
