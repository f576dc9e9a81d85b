"""Counterfactuals that last through deletions, beside plain ones: which hold when rows are deleted, and what that costs.

Logistic regressions of breast cancer and German credit, 20 rows that they have not learned. So many rows of the training part as
the method is told of are deleted, at random (30 times) or those that hurt most (six deletions that are about as bad), and the
regression is fitted anew. `least`: of each row the cheapest that survives the deletions that hurt most, found by trying margins;
what the default costs beyond it is its safety. `python -m benchmarks lasting_counterfactuals`: a minute of one thread.
German credit is asked about where the variable XAIVISION_DATA says where the tables are; without it nothing is written.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

import xaivision as xv
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.counterfactuals import Counterfactuals
from xaivision.core.origin import library_versions
from xaivision.engines.counterfactuals.deletion import Logistic, fitted, influences, refitted
from xaivision.explainers.counterfactuals.deletion_robust import DeletionRobustCounterfactuals

RESULT = Path(__file__).resolve().parent.parent / "docs" / "results" / "lasting_counterfactuals.json"
RIDGE, ASKED, DRAWS, ALIKE = 0.01, 20, 30, 6
MARGINS = (0.0, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8)
FROZEN = ("personal_status_sex", "foreign_worker", "credit_history")


class Table(NamedTuple):
    """What is learned from and asked about, and what the method is told of the columns."""

    rows: Tensor
    labels: Tensor
    asked: Tensor
    wishes: dict[str, Any]


class Judged(NamedTuple):
    """Of each row (n,): the share of random deletions it survives, whether it survives the worst ones, and its cost."""

    random: Tensor
    targeted: Tensor
    cost: Tensor


def main(quick: bool = False) -> dict[str, Any]:
    """The whole result, written where it is not `quick`."""
    return of_both(judged, RESULT, quick)


def of_both(judge: Callable[[Table, bool], dict[str, Any]], result: Path, quick: bool) -> dict[str, Any]:
    """What is found of both tables, written where it is not `quick` and both are there."""
    torch.set_num_threads(1)
    found: dict[str, Any] = {"versions": dict(library_versions()), "tumors": judge(tumors(), quick)}
    if "XAIVISION_DATA" in os.environ:
        found["credits"] = judge(credits(), quick)
        if not quick:
            result.write_text(json.dumps(found, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return found


def tumors() -> Table:
    data = xv.load_dataset("breast_cancer")
    return Table(data.train.inputs, data.train.targets, data.test.inputs[:ASKED], {})


def credits() -> Table:
    """Numbers and one-hot categories; neither of them may change what people cannot."""
    frame = pd.read_csv(Path(os.environ["XAIVISION_DATA"]) / "tabular" / "german_credit.csv")
    labels = torch.tensor((frame.pop("class") == 1).to_numpy()).long()
    texts = [name for name in frame if frame[name].dtype.kind != "i"]
    wide = pd.get_dummies(frame, dtype=float)
    columns = list(map(str, wide))
    rows = torch.tensor(wide.to_numpy(dtype=float)).float()
    linked = [[place for place, column in enumerate(columns) if column.startswith(f"{name}_")] for name in texts]
    free = [place for place, column in enumerate(columns) if not column.startswith(FROZEN)]
    return Table(rows[:800], labels[:800], rows[800 : 800 + ASKED], {"features_to_vary": free, "linked": linked})


def judged(table: Table, quick: bool) -> dict[str, Any]:
    """Plain, first order alone, the default, and the least that survives."""
    table = table._replace(asked=table.asked[:4]) if quick else table
    model, known = regression(table), fitted(table.rows, 2.0 * table.labels - 1, RIDGE)
    default = asked_with(table, model, "auto")
    plain, lasting = (held(known, default, table, place) for place in (0, 1))
    tried = [held(known, asked_with(table, model, margin), table, 1) for margin in (MARGINS[::4] if quick else MARGINS)]
    costs = torch.stack([torch.where(one.targeted, one.cost, torch.inf) for one in tried]).amin(0)
    least = torch.minimum(costs, lasting.cost)
    told = {"plain": plain, "first order": tried[0], "default": lasting}
    return {
        "rows": len(table.rows),
        "asked": len(table.asked),
        "deleted": method(table, "auto").deletions,
        "found": float(default.found.all(1).double().mean()),
        "kinds": {name: row(one, plain) for name, one in told.items()},
        "least": {"more": spread(least / plain.cost - 1)},
    }


def regression(table: Table) -> ClassifierAdapter:
    estimator = LogisticRegression(C=1 / (2 * RIDGE * len(table.rows)), tol=1e-10, max_iter=10_000)
    return xv.classifier(make_pipeline(StandardScaler(), estimator).fit(table.rows.double().numpy(), table.labels.numpy()))


def method(table: Table, margin: Any) -> DeletionRobustCounterfactuals:
    return DeletionRobustCounterfactuals(table.rows, table.labels, RIDGE, margin=margin, **table.wishes)


def asked_with(table: Table, model: ClassifierAdapter, margin: Any) -> Counterfactuals:
    return method(table, margin).explain(model, table.asked)


def held(known: Logistic, found: Counterfactuals, table: Table, place: int) -> Judged:
    """What becomes of the plain (place 0) or the lasting (1) counterfactuals when rows are deleted."""
    points, side = known.standardized(found.counterfactuals[:, place]), 2.0 * found.goals.double() - 1
    count, draws = method(table, "auto").deletions, torch.Generator().manual_seed(0)
    fits = [refitted(known, torch.randperm(len(table.rows), generator=draws)[:count]) for _ in range(DRAWS)]
    random = torch.stack([(points @ weights) * side > 0 for weights in fits]).double().mean(0)
    order = (side[:, None] * points @ influences(known).T).argsort(dim=1, stable=True)
    targeted = [
        all(float(s * (point @ refitted(known, lot))) > 0 for lot in worst(rows, count))
        for s, point, rows in zip(side, points, order, strict=True)
    ]
    cost = (points - known.standardized(table.asked)).norm(dim=1)
    there = found.found[:, place]
    return Judged(random * there, torch.tensor(targeted) & there, torch.where(there, cost, torch.nan))


def worst(order: Tensor, count: int) -> list[Tensor]:
    """The deletion that hurts most, and those in which its last row is another one of the next."""
    return [torch.cat([order[: count - 1], order[last : last + 1]]) for last in range(count - 1, count - 1 + ALIKE)]


def row(one: Judged, plain: Judged) -> dict[str, Any]:
    return {
        "random": float(one.random.mean()),
        "targeted": float(one.targeted.double().mean()),
        "cost": float(one.cost.nanmedian()),
        "more": spread(one.cost / plain.cost - 1),
    }


def spread(values: Tensor) -> list[float]:
    """Median, and the middle half."""
    return torch.nanquantile(values, torch.tensor([0.5, 0.25, 0.75], dtype=values.dtype)).tolist()


if __name__ == "__main__":
    main()
