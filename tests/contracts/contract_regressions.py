"""Tiny logistic regressions of two classes, for the methods that train a model again, in place of the other models of tables."""

from collections.abc import Callable, Mapping
from copy import copy
from functools import cache
from typing import Any

import torch
from contract_subjects import BATCH, COLUMNS, FEATURES, Subject, Watched, WatchedRegression, Witness, state_of
from torch import Tensor, nn

from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.counterfactuals.deletion import Logistic, fitted

ROWS, RIDGE = 120, 0.01


@cache
def _learned() -> tuple[Tensor, Tensor, Logistic]:
    """Rows, their classes, and the regression of both: a few rows of each class lie on the other side."""
    draws = torch.Generator().manual_seed(5)
    rows = torch.rand(ROWS, FEATURES, generator=draws, dtype=torch.float64)
    slopes = torch.linspace(-2, 3, FEATURES, dtype=torch.float64)
    odds = (rows - 0.5) @ slopes + 0.3 * torch.randn(ROWS, generator=draws, dtype=torch.float64)
    labels = (odds > 0).long()
    return rows, labels, fitted(rows, 2.0 * labels - 1, RIDGE)


def lesson(subject: Subject) -> Mapping[str, Any]:
    """What these models were trained on."""
    rows, labels, _ = _learned()
    return {"background": rows.to(subject.dtype), "labels": labels, "ridge": RIDGE}


def _weights(seed: int) -> tuple[Tensor, float]:
    """Those of columns in their own units, and the constant; another seed has not trained quite to the end."""
    _, _, known = _learned()
    weights = (1 - 1e-3 * seed) * known.weights[:-1] / known.scale
    return weights, float(known.weights[-1] - weights @ known.mean)


def network(dtype: torch.dtype, seed: int = 0) -> Subject:
    weights, constant = _weights(seed)
    witness, head = Witness(), nn.Linear(FEATURES, 2)
    with torch.no_grad():
        head.weight.copy_(torch.stack([-weights / 2, weights / 2]))
        head.bias.copy_(torch.tensor([-constant / 2, constant / 2]))
    module = Watched(nn.Identity(), head, witness).to(dtype).eval()
    model = TorchClassifier(module, 2, domain="tabular", schema=COLUMNS, batch_size=BATCH)
    return Subject(model, witness, (FEATURES,), dtype, lambda: state_of(module))


def estimator(dtype: torch.dtype, seed: int = 0) -> Subject:
    rows, labels, _ = _learned()
    weights, constant = _weights(seed)
    trained, witness = copy(WatchedRegression().fit(COLUMNS.to_frame(rows.numpy()), labels.numpy())), Witness()
    trained.witness = witness
    trained.coef_, trained.intercept_ = weights.numpy()[None], torch.tensor([constant]).numpy()
    model = SklearnClassifier(trained, schema=COLUMNS, batch_size=BATCH)
    return Subject(model, witness, (FEATURES,), dtype, lambda: (trained.coef_.tobytes(), trained.intercept_.tobytes()))


REGRESSIONS: dict[str, Callable[..., Subject]] = {"mlp": network, "sklearn": estimator, "trees": estimator}
