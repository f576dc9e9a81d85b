"""Shapley values of table models: the error at so many evaluations, beside shap's KernelExplainer without selection of features.

Nothing is timed. The truth of the forest is that of shap's TreeExplainer on the same background, to rounding; of the network a
plain regression over so many coalitions that its own error is a tenth of those measured.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp, log

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from benchmarks.contest import OURS, Contest, write
from xaivision.core.errors import InputError
from xaivision.core.progress import track
from xaivision.core.sharing import sharing
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.data.registry import load_dataset
from xaivision.explainers.registry import explainer
from xaivision.explainers.shap_package import quiet_shap

BACKGROUND, TARGET = 100, 1
ROWS, SEEDS, REFERENCE = 6, 2, 2**17
QUICK_ROWS, QUICK_SEEDS, QUICK_REFERENCE = 1, 1, 2**12
PEER = "shap KernelExplainer, l1_reg=0"
METHODS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    f"{OURS} kernel_shap": ("kernel_shap", {}),
    f"{OURS} kernel_shap, adjust=False": ("kernel_shap", {"adjust": False}),
    f"{OURS} permutation_shap": ("permutation_shap", {}),
}


@dataclass(frozen=True)
class Table:
    """A fitted estimator, rows to explain, and a background of others."""

    estimator: object
    rows: Tensor
    background: Tensor
    peer_at: tuple[int, ...]
    ours_at: tuple[int, ...]
    truth: Callable[["Table", int], Tensor]

    @property
    def model(self) -> SklearnClassifier:
        return SklearnClassifier(self.estimator)

    def probabilities(self, rows: "np.ndarray") -> "np.ndarray":
        return self.estimator.predict_proba(rows)[:, TARGET]  # type: ignore[attr-defined,no-any-return]


def sonar_forest(rows: int) -> Table:
    data = load_dataset("uci_sonar")
    forest = RandomForestClassifier(100, random_state=0)
    peer_at, ours_at = (512, 1024, 2048, 4096), (124, 248, 300, 384, 512, 768, 1024, 2048)
    return _table(forest, data.inputs.double().numpy(), data.targets.numpy(), rows, (peer_at, ours_at), _tree_truth)


def cancer_network(rows: int) -> Table:
    inputs, labels = load_breast_cancer(return_X_y=True)
    network = make_pipeline(StandardScaler(), MLPClassifier((64, 32), max_iter=300, random_state=0))
    peer_at, ours_at = (256, 512, 1024, 2048), (150, 192, 256, 384, 512, 768, 1024)
    return _table(network, inputs, labels, rows, (peer_at, ours_at), _long_regression)


CONTESTS = {
    "shapley_sonar_forest": (
        sonar_forest,
        Contest(
            "shapley_sonar_forest",
            "Shapley values of a forest's rows, by evaluations",
            "60 columns, 100 trees, a background of 100 rows; relative error of the values",
            "the error of shap's KernelExplainer with 3 times fewer evaluations, by one of our methods",
        ),
    ),
    "shapley_cancer_mlp": (
        cancer_network,
        Contest(
            "shapley_cancer_mlp",
            "Shapley values of a network's rows, by evaluations",
            "30 columns, two hidden layers, a background of 100 rows; relative error of the values",
            "the error of shap's KernelExplainer with 2 times fewer evaluations, from 512 up",
        ),
    ),
}


def main(quick: bool = False) -> dict[str, list[list[object]]]:
    """Rows of errors for each table; `quick`: one row of it, and nothing is written."""
    found = {}
    for name, (make, contest) in CONTESTS.items():
        table = make(QUICK_ROWS if quick else ROWS)
        found[name] = _measured(table, QUICK_SEEDS if quick else SEEDS, QUICK_REFERENCE if quick else REFERENCE)
        for row in found[name]:
            print(f"{name}: {' | '.join(map(str, row))}", flush=True)
        if not quick:
            write(contest, ["method", *(f"{count} evaluations" for count in _counts(table)), "evaluations saved"], found[name])
    return found


def _table(
    estimator: object,
    inputs: "np.ndarray",
    labels: "np.ndarray",
    rows: int,
    counts: tuple[tuple[int, ...], tuple[int, ...]],
    truth: Callable[[Table, int], Tensor],
) -> Table:
    order = np.random.default_rng(0).permutation(len(inputs))
    estimator.fit(inputs, labels)  # type: ignore[attr-defined]
    chosen = torch.from_numpy(inputs[order])
    return Table(estimator, chosen[BACKGROUND : BACKGROUND + rows], chosen[:BACKGROUND], *counts, truth)


def _counts(table: Table) -> list[int]:
    return sorted({*table.peer_at, *table.ours_at})


def _measured(table: Table, seeds: int, reference: int) -> list[list[object]]:
    truth = table.truth(table, reference)
    errors = {PEER: {count: _error(_peer(table, count, seeds), truth) for count in track(table.peer_at, PEER)}}
    with sharing():
        for name, (method, settings) in METHODS.items():
            asked = ((count, _ours(table, method, settings, count, seeds)) for count in track(table.ours_at, name))
            errors[name] = {count: _error(found, truth) for count, found in asked if found is not None}
    saved = {name: _saved(errors[PEER], mine) for name, mine in errors.items()}
    columns = _counts(table)
    return [[name, *(f"{mine[c]:.3f}" if c in mine else "" for c in columns), saved[name]] for name, mine in errors.items()]


def _error(found: Tensor, truth: Tensor) -> float:
    """Mean over rows and seeds of the relative error. `found` (seeds, B, F), `truth` (B, F)."""
    return float(((found - truth).norm(dim=2) / truth.norm(dim=1)).mean())


def _saved(peer: Mapping[int, float], mine: Mapping[int, float]) -> str:
    """How many times fewer evaluations reach each of the peer's errors, by lines between the logarithms of measured ones."""
    if mine is peer:
        return ""
    counts = sorted(mine)
    told = []
    for count, error in peer.items():
        above = [c for c in counts if mine[c] > error]
        if not above:
            told.append(f"over {count / counts[0]:.1f} at {count}")
        elif above[-1] == counts[-1]:
            told.append(f"under {count / counts[-1]:.1f} at {count}")
        else:
            low, high = above[-1], counts[counts.index(above[-1]) + 1]
            part = (log(mine[low]) - log(error)) / (log(mine[low]) - log(mine[high]))
            told.append(f"{count / exp(log(low) + part * (log(high) - log(low))):.1f} at {count}")
    return ", ".join(told)


def _ours(table: Table, method: str, settings: Mapping[str, object], count: int, seeds: int) -> Tensor | None:
    """None where the method needs more evaluations: a regression more than random orders."""
    asked = explainer(method, budget=count, background=table.background, **settings)
    try:
        return torch.stack([asked.explain(table.model, table.rows, TARGET, seed=seed).values for seed in range(seeds)])
    except InputError:
        return None


def _peer(table: Table, count: int, seeds: int) -> Tensor:
    found = []
    with quiet_shap() as shap:
        for seed in range(seeds):
            np.random.seed(seed)  # noqa: NPY002 - it draws from there
            peer = shap.KernelExplainer(table.probabilities, table.background.numpy())
            # Of its evaluations shap does not count those of all and none.
            values = peer.shap_values(table.rows.numpy(), nsamples=count - 2, l1_reg=0, silent=True)
            found.append(torch.from_numpy(values))
    return torch.stack(found)


def _tree_truth(table: Table, _reference: int) -> Tensor:
    with quiet_shap() as shap:
        peer = shap.TreeExplainer(table.estimator, table.background.numpy(), feature_perturbation="interventional")
        return torch.from_numpy(peer.shap_values(table.rows.numpy(), check_additivity=False)[..., TARGET])


def _long_regression(table: Table, reference: int) -> Tensor:
    asked = explainer("kernel_shap", budget=reference, background=table.background, adjust=False)
    return asked.explain(table.model, table.rows, TARGET, seed=12345).values  # type: ignore[attr-defined,no-any-return]
