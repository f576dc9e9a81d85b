"""The constraint that counterfactuals survive deletions, carried by the methods for tables: which hold, and what that costs.

The regressions, rows and deletions of `lasting_counterfactuals`. Each method is asked with and without the constraint, at its
defaults, for one counterfactual of each row; gradients need the regression as a torch network. `python -m benchmarks
lasting_constraint`: a minute of one thread. German credit is asked about where the variable XAIVISION_DATA says where the tables
are; without it nothing is written.
"""

from pathlib import Path
from typing import Any

import torch
from torch import nn

import xaivision as xv
from benchmarks.lasting_counterfactuals import RIDGE, Judged, Table, held, of_both, regression, spread
from xaivision.core.classifier import ClassifierAdapter
from xaivision.engines.counterfactuals.deletion import Logistic, fitted

RESULT = Path(__file__).resolve().parent.parent / "docs" / "results" / "lasting_constraint.json"
METHODS = (
    "random_counterfactuals",
    "nearest_unlike_neighbors",
    "genetic_counterfactuals",
    "gradient_counterfactuals",
    "growing_spheres",
)


def main(quick: bool = False) -> dict[str, Any]:
    """The whole result, written where it is not `quick`."""
    return of_both(judged, RESULT, quick)


def judged(table: Table, quick: bool) -> dict[str, Any]:
    """Every method, plain and with the constraint."""
    table = table._replace(asked=table.asked[:4]) if quick else table
    known = fitted(table.rows, 2.0 * table.labels - 1, RIDGE)
    return {"asked": len(table.asked), "methods": {name: of_method(name, table, known) for name in METHODS}}


def of_method(name: str, table: Table, known: Logistic) -> dict[str, Any]:
    """Of how many rows something was found, and of that the shares that hold; `more`: what the constraint adds to the cost."""
    model = network(known) if name == "gradient_counterfactuals" else regression(table)
    told = [
        asked_with(name, table, (model, known), constraint) for constraint in (None, xv.SurvivesDeletion(table.labels, RIDGE))
    ]
    return {
        **{kind: row(one) for kind, one in zip(("plain", "lasting"), told, strict=True)},
        "more": spread(told[1].cost / told[0].cost - 1),
    }


def asked_with(
    name: str, table: Table, models: tuple[ClassifierAdapter, Logistic], constraint: xv.SurvivesDeletion | None
) -> Judged:
    model, known = models
    settings = {"background": table.rows, "total_CFs": 1, "constraint": constraint, **table.wishes}
    found = xv.explain(model, table.asked, name, **settings)
    return held(known, found, table, 0)


def row(one: Judged) -> dict[str, float]:
    there = ~one.cost.isnan()
    shares = (one.random[there].mean(), one.targeted[there].double().mean())
    return {"found": float(there.double().mean()), "random": float(shares[0]), "targeted": float(shares[1])}


def network(known: Logistic) -> ClassifierAdapter:
    """The regression as a torch network of one layer."""
    weights, layer = known.weights[:-1] / known.scale, nn.Linear(len(known.scale), 2)
    constant = known.weights[-1] - weights @ known.mean
    with torch.no_grad():
        layer.weight.copy_(torch.stack([-weights / 2, weights / 2]))
        layer.bias.copy_(torch.stack([-constant / 2, constant / 2]))
    return xv.classifier(layer, domain="tabular", num_classes=2)


if __name__ == "__main__":
    main()
