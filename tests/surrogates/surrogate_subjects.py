"""Black boxes and tables for tests of surrogates."""

import numpy as np
import torch

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.data.feature import Feature
from xaivision.data.schema import TableSchema
from xaivision.surrogates.observed import Observed, observed
from xaivision.surrogates.reading import Columns, columns_of


def table(rows=400, features=6, seed=0):
    return torch.randn(rows, features, generator=torch.Generator().manual_seed(seed))


def schema_of(features, **special):
    return TableSchema(tuple(special.get(f"x{i}", Feature(f"x{i}", dtype="float32")) for i in range(features)))


def linear_box(weights, classes=2, schema=None):
    """Logistic in weights (F,), or (K, F) for several classes."""
    matrix = np.atleast_2d(np.asarray(weights, dtype=np.float64))
    if len(matrix) == 1:
        matrix = np.concatenate([-matrix / 2, matrix / 2])

    def score(rows):
        logits = rows.astype(np.float64) @ matrix.T
        grown = np.exp(logits - logits.max(1, keepdims=True))
        return grown / grown.sum(1, keepdims=True)

    return FunctionClassifier(score, len(matrix), score_unit="probability", domain="tabular", schema=schema)


def seen_by(model, inputs, truth=None) -> Observed:
    return observed(model, inputs, columns_of(model, inputs.shape[1]), truth)


def columns(features) -> Columns:
    return Columns(tuple(f"column {i}" for i in range(features)))
