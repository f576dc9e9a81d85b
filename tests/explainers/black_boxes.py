"""Float64 black boxes with two scores, one the negative of the other, and the numbers they are asked about."""

import torch

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.core.image_format import ImageFormat

DOUBLE = torch.float64


def draws(*shape, seed=0):
    """Uniform numbers in [0, 1]."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=DOUBLE)


def table_model(score, schema=None):
    """Of rows: the first score is `score(rows)`."""
    return FunctionClassifier(two_of(score), 2, score_unit="logit", domain="tabular", schema=schema)


def image_model(score, channels=1, side=6):
    return FunctionClassifier(
        two_of(score), 2, score_unit="logit", domain="image", image_format=ImageFormat(channels, side, side)
    )


def two_of(score):
    def scores(inputs):
        found = score(torch.as_tensor(inputs))
        return torch.stack((found, -found), 1).numpy()

    return scores


def wavy_score(columns):
    """Interactions of every order."""
    inner, outer = 4 * (draws(columns, 12, seed=3) - 0.5), draws(12, seed=4) - 0.5
    return lambda rows: torch.tanh(torch.as_tensor(rows).double() @ inner) @ outer


def wavy(columns, schema=None):
    return table_model(wavy_score(columns), schema)
