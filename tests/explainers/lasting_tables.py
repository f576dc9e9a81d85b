"""Logistic regressions of real tables, whose training rows are deleted: tumors, and credits with what people may not change."""

import os
from pathlib import Path

import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.data.registry import load_dataset
from xaivision.engines.counterfactuals.deletion import fitted

RIDGE, ASKED = 0.01, 20


def regression(rows, labels, ridge=RIDGE, schema=None):
    estimator = LogisticRegression(C=1 / (2 * ridge * len(rows)), tol=1e-10, max_iter=10_000)
    table = rows.double().numpy() if schema is None else pd.DataFrame(rows.double().numpy(), columns=schema.names)
    return SklearnClassifier(make_pipeline(StandardScaler(), estimator).fit(table, labels.numpy()), schema=schema)


def tumors():
    data = load_dataset("breast_cancer")
    return data.train.inputs, data.train.targets, data.test.inputs[:ASKED], {}


def credits():
    """Numbers and one-hot categories; neither of them may change what people cannot."""
    frame = pd.read_csv(Path(os.environ["XAIVISION_DATA"]) / "tabular" / "german_credit.csv")
    labels = torch.tensor((frame.pop("class") == 1).to_numpy()).long()
    wide = pd.get_dummies(frame, dtype=float)
    rows = torch.tensor(wide.to_numpy(dtype=float)).float()
    texts = [name for name in frame if frame[name].dtype.kind != "i"]
    linked = [[place for place, column in enumerate(wide) if column.startswith(f"{name}_")] for name in texts]
    frozen = ("personal_status_sex", "foreign_worker", "credit_history")
    free = [place for place, column in enumerate(wide) if not column.startswith(frozen)]
    return rows[:800], labels[:800], rows[800 : 800 + ASKED], {"features_to_vary": free, "linked": linked}


TABLES = {"tumors": tumors, **({"credits": credits} if "XAIVISION_DATA" in os.environ else {})}


def linear_network(rows, labels, ridge=RIDGE):
    """The same regression as a torch network, which shows its gradients."""
    known = fitted(rows, 2.0 * labels - 1, ridge)
    weight = known.weights[:-1] / known.scale
    layer = nn.Linear(rows.shape[1], 2)
    with torch.no_grad():
        layer.weight.copy_(torch.stack([-weight / 2, weight / 2]))
        bias = (known.weights[-1] - weight @ known.mean) / 2
        layer.bias.copy_(torch.stack([-bias, bias]))
    return TorchClassifier(layer, domain="tabular", num_classes=2)
