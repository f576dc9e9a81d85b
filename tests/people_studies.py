"""Studies with people about a sum of columns, whose right answers are known."""

import json
from functools import cache

import torch

from xaivision.core.function_classifier import FunctionClassifier
from xaivision.evaluation.simulatability.design import Design
from xaivision.evaluation.simulatability.study import export_study
from xaivision.explainers.feature_ablation import FeatureAblation

COLUMNS, LEVELS = 6, 5
WEIGHTS = torch.tensor([3.0, -2.0, 1.5, 1.0, -1.0, 0.5])
SMALL = Design(items=8, learned=4, users=4)


def linear(classes=2):
    """The sum of the weighted columns, in as many bands as there are classes."""
    bands = torch.linspace(1.5, 4.5, classes - 1) if classes > 2 else torch.tensor([6.0])

    def scores(rows):
        place = (rows.to(WEIGHTS) @ WEIGHTS)[:, None]
        return -(place - torch.cat([bands[:1] - 1, bands + 1])[None]).abs()

    names = ("no", "yes") if classes == 2 else tuple("abc")
    return FunctionClassifier(scores, classes, score_unit="logit", domain="tabular", array="torch", class_names=names)


@cache
def table():
    """400 rows of whole numbers, the model's classes of them, and labels of which a quarter are others."""
    draw = torch.Generator().manual_seed(0)
    rows = torch.randint(LEVELS, (400, COLUMNS), generator=draw).float()
    predicted = linear()(rows).argmax(1)
    return rows, predicted, torch.where(torch.rand(400, generator=draw) < 0.25, 1 - predicted, predicted)


ABLATION = FeatureAblation(baseline="zeros")


def studies(root):
    """A folder for each of the two simulations, by the same method."""
    rows, _, labels = table()
    return {
        task: export_study(root / task, task, ABLATION, linear(), rows, labels=labels, design=SMALL)
        for task in ("forward", "counterfactual")
    }


def key_of(folder):
    return json.loads((folder / "key.json").read_text())
