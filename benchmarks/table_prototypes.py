"""The RBF network beside logistic regression on three tables: five folds, each split five times anew, the same rows for both.

Both as they are without settings: the recipe of `train` for tables, which learns from 85 % of the training rows and is stopped by
the rest, and the registry's logistic regression of all of them. `python -m benchmarks table_prototypes`: some minutes on one
core. An accuracy is of all rows, each called by the model that has not seen it; the interval is of the mean over splits.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from xaivision.core.bootstrap import mean_interval
from xaivision.core.origin import library_versions
from xaivision.data.dataset import Dataset
from xaivision.data.grouped_folds import grouped_folds
from xaivision.data.registry import load_dataset
from xaivision.data.split import Split
from xaivision.models.table_estimators import KINDS
from xaivision.models.transfer import train

RESULT = Path(__file__).resolve().parents[1] / "docs" / "results" / "table_prototypes.json"
TABLES = ("wine", "breast_cancer", "uci_sonar")
FOLDS, SPLITS = 5, 5


def main(quick: bool = False) -> dict[str, Any]:
    """The whole result, written where it is not `quick`; a quick one is of one split and few passes."""
    splits, settings = (1, {"epochs": 2, "cycles": 1}) if quick else (SPLITS, {})
    found: dict[str, Any] = {"folds": FOLDS, "versions": dict(library_versions()), "rows": []}
    for name in TABLES:
        measured = [accuracies(load_dataset(name), seed, settings) for seed in range(splits)]
        found["rows"].append(row(name, measured))
        print(found["rows"][-1], flush=True)
    if not quick:
        RESULT.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return found


def accuracies(dataset: Dataset, seed: int, settings: dict[str, Any]) -> tuple[float, float]:
    """Of the network and of logistic regression: the share of all rows that the model of their fold calls rightly."""
    rows = torch.arange(len(dataset), device="cpu")
    folds = grouped_folds(dataset.targets, rows, FOLDS, seed)
    right = torch.zeros(2, dtype=torch.float64, device="cpu")
    for fold in range(FOLDS):
        split = Split(rows[folds != fold], rows[folds == fold])
        part = replace(dataset, fixed_split=split)
        (known, labels), (inputs, targets) = part.train, part.test
        network = train(part, model="rbf", seed=seed, **settings)
        linear = KINDS["logistic"].make().fit(known.numpy(), labels.numpy())
        called = network(inputs).argmax(1), torch.from_numpy(linear.predict(inputs.numpy()))
        right += torch.stack([(one == targets).sum() for one in called])
    network_right, linear_right = (right / len(dataset)).tolist()
    return network_right, linear_right


def row(name: str, measured: list[tuple[float, float]]) -> dict[str, Any]:
    """What is written of one table: both means, their difference in points with its interval, and every split."""
    each = torch.tensor(measured, dtype=torch.float64, device="cpu")
    points = 100 * (each[:, 0] - each[:, 1])
    interval = mean_interval(points) if len(points) > 1 else None
    means = each.mean(0).tolist()
    return {
        "table": name,
        "network": means[0],
        "logistic_regression": means[1],
        "points": float(points.mean()),
        "interval": interval,
        "splits": [list(one) for one in measured],
    }
