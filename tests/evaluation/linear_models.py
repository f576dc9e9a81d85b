"""Models with a closed form, and maps about them: what the metrics are certified against."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.targets import Targets
from xaivision.explainers.controls import Constant


@dataclass(frozen=True)
class Columns:
    """A schema with typical values."""

    typical: tuple[float, ...] | None
    ranges: tuple[float, ...] | None = None
    category_names: tuple[tuple[str, ...], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple("abcdefgh"[: len(self.typical or ())])

    @property
    def groups(self) -> dict[str, tuple[int, ...]]:
        return {name: (number,) for number, name in enumerate(self.names)}

    def to_frame(self, rows: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(rows, columns=list(self.names))


def scored_by(function: Callable[[Tensor], Tensor], **more: Any) -> FunctionClassifier:
    """A table classifier of two classes whose first score is `function` of the rows, and whose second is 0."""

    def scores(rows: Tensor) -> Tensor:
        first = function(rows)
        return torch.stack([first, torch.zeros_like(first)], 1)

    return FunctionClassifier(scores, 2, **{"score_unit": "logit", "domain": "tabular", "array": "torch", **more})


def linear(weights: Sequence[float], bias: float = 0.0, **more: Any) -> FunctionClassifier:
    """First score: weights times values plus bias."""
    return scored_by(lambda rows: rows @ torch.tensor(list(weights)).to(rows) + bias, **more)


def mapped(
    model: Classifier, inputs: Tensor, values: Tensor, baseline: Tensor | None = None, targets: Targets = 0
) -> Attribution:
    """These values as contributions to the score of the inputs."""
    asked = Constant().explain(model, inputs, targets)
    return replace(asked, values=values, baseline=None if baseline is None else baseline.expand_as(inputs))


def rows_of(*numbers: Sequence[float]) -> Tensor:
    return torch.tensor(numbers, dtype=torch.float64)
