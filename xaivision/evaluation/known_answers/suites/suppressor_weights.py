"""The suppressor pair: what the weights of a linear model give to a suppressor, and what the pattern that they read does.

Source: Haufe et al., On the interpretation of weight vectors of linear models in multivariate neuroimaging, 2014,
doi:10.1016/j.neuroimage.2013.10.067.
"""

import torch
from torch import Tensor

from xaivision.core.bootstrap import mean_interval
from xaivision.data.known_answers.suppressor_table import suppressor_pair
from xaivision.evaluation.known_answers.study_table import StudyTable, study_table
from xaivision.evaluation.known_answers.suites.recipes import RECIPES
from xaivision.models.known_answers.known_models import known_model

HEADS = ("share of the informative column", "share of the suppressor", "suppressor, from", "to", "standard error")
# Sets that are drawn, each with a model of its own, and parts of a set that its standard error is over.
DRAWS, PARTS = 10, 10


def suppressor_study(seed: int) -> StudyTable:
    """Means over sets that are drawn anew, the interval over them, and the standard error of the pattern within a set."""
    found = [_shares_of_both(seed + number) for number in range(DRAWS)]
    weights, patterns, errors = (torch.stack(one) for one in zip(*found, strict=True))
    rows = {
        "sizes of the weights": (*weights.mean(0).tolist(), *mean_interval(weights[:, 1]), float("nan")),
        "pattern": (*patterns.mean(0).tolist(), *mean_interval(patterns[:, 1]), float(errors.mean())),
        "a map that knows nothing": (0.5, 0.5, *[float("nan")] * 3),
    }
    notes = (
        f"Means over {DRAWS} sets that are drawn anew, each with a model of its own; from and to: their 95 % interval. The "
        "pattern is the covariance of the columns times the weights; its standard error is that within a set, over parts of it.",
    )
    source = "Haufe et al., 2014, doi:10.1016/j.neuroimage.2013.10.067"
    return study_table("The suppressor pair", HEADS, rows, notes=notes, source=source)


def _shares_of_both(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """(2,) shares of both columns in the weights' size and in the pattern's, and () the error of the suppressor's there."""
    known = suppressor_pair(seed=seed)
    model = known_model("linear", known, RECIPES["linear"]).model
    layer = next(part for part in model.modules() if isinstance(part, torch.nn.Linear))
    weights = (layer.weight[1] - layer.weight[0]).detach().double()
    rows = known.learned.inputs.double()
    parts = torch.stack([_shares(torch.cov(part.T) @ weights) for part in rows.chunk(PARTS)])
    return _shares(weights), _shares(torch.cov(rows.T) @ weights), parts.std(0)[1] / PARTS**0.5


def _shares(values: Tensor) -> Tensor:
    return values.abs() / values.abs().sum()
