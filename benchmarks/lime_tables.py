"""LIME on tables: 20 rows of a forest and of a small network, beside the lime package and the passes that they need."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from lime.lime_tabular import LimeTabularExplainer
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.contest import LIMIT, OURS, Contest, hold
from benchmarks.peers import Peer
from benchmarks.timing import Work
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.data.registry import load_dataset
from xaivision.explainers.lime_tabular import LimeTabular

ROWS, QUICK_ROWS, SAMPLES = 20, 2, 5000
ONE_BY_ONE = f"{OURS}, a row a call"
AROUND = f"{OURS}, around each row"
PEER, PEER_ALL = "lime, its default", "lime, all columns"


class Table:
    """An estimator, what it was fitted to, and the rows to explain."""

    def __init__(self, make: Callable[[], object], rows: "np.ndarray", labels: "np.ndarray", count: int) -> None:
        self.training, self.rows = rows[:-ROWS], rows[-ROWS:][:count]
        self.estimator = make().fit(self.training, labels[:-ROWS])
        self.targets = self.estimator.predict_proba(self.rows).argmax(1)


def sonar_forest(count: int) -> Table:
    data = load_dataset("uci_sonar")
    order = np.random.default_rng(0).permutation(len(data))
    rows, labels = data.inputs.double().numpy()[order], data.targets.numpy()[order]
    return Table(lambda: RandomForestClassifier(100, random_state=0), rows, labels, count)


def cancer_network(count: int) -> Table:
    rows, labels = load_breast_cancer(return_X_y=True)
    make = lambda: make_pipeline(StandardScaler(), MLPClassifier((64, 32), max_iter=300, random_state=0))  # noqa: E731
    return Table(make, rows, labels, count)


TABLES: Mapping[str, Callable[[int], Table]] = {"lime_sonar_forest": sonar_forest, "lime_cancer_mlp": cancer_network}
CONTESTS = {
    "lime_sonar_forest": Contest(
        "lime_sonar_forest",
        "LIME of a forest's rows",
        f"{ROWS} rows of 60 columns, {SAMPLES} samples, a random forest, against {ROWS} times {SAMPLES} rows through it; ours "
        "asks about the rows that all inputs of a call share once: it is below that limit",
        "4 times faster than lime",
    ),
    "lime_cancer_mlp": Contest(
        "lime_cancer_mlp",
        "LIME of a network's rows",
        f"{ROWS} rows of 30 columns, {SAMPLES} samples, a network of 64 and 32 units, against {ROWS} times "
        f"{SAMPLES} rows through it; ours asks about the rows that all inputs of a call share once: it is below that limit",
        "8 times faster than lime",
    ),
}


def peer(contest: str, name: str, quick: bool) -> Work:
    """lime's explanations of the same rows: with all columns as ours, and with its choice of ten, which takes another fit."""
    table = TABLES[contest](QUICK_ROWS if quick else ROWS)

    def lime(selection: str) -> None:
        made = LimeTabularExplainer(table.training, feature_selection=selection, random_state=0)
        for row, target in zip(table.rows, table.targets, strict=True):
            made.explain_instance(row, table.estimator.predict_proba, labels=(int(target),), num_samples=SAMPLES)

    return lambda: lime({PEER: "auto", PEER_ALL: "none"}[name])


def contestants(contest: str, quick: bool) -> dict[str, Work | Peer]:
    table = TABLES[contest](QUICK_ROWS if quick else ROWS)
    model, inputs = SklearnClassifier(table.estimator), torch.from_numpy(table.rows)
    background = torch.from_numpy(table.training)
    shared = LimeTabular(background=background, budget=SAMPLES)
    around = LimeTabular(background=background, budget=SAMPLES, discretize=False, sample_around_instance=True)
    lime = LimeTabularExplainer(table.training, random_state=0)
    _, perturbed = lime._LimeTabularExplainer__data_inverse(table.rows[0], SAMPLES)

    def limit() -> None:
        for _ in table.rows:
            table.estimator.predict_proba(perturbed)

    def one_by_one() -> None:
        for index in range(len(inputs)):
            shared.explain(model, inputs[index : index + 1])

    return {
        LIMIT: limit,
        OURS: lambda: shared.explain(model, inputs),
        ONE_BY_ONE: one_by_one,
        AROUND: lambda: around.explain(model, inputs),
        **{name: Peer("lime_tables", contest, name, quick=quick) for name in (PEER, PEER_ALL)},
    }


def main(quick: bool = False) -> list[list[object]]:
    found = []
    for name, contest in CONTESTS.items():
        found += hold(contest, contestants(name, quick), rounds=1 if quick else 5)
    return found
