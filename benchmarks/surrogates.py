"""Surrogates of tables of 30 to 7,129 columns: how faithful, beside random features and XGBoost on all columns."""

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.contest import Contest, write
from xaivision.core.classifier import ClassifierAdapter
from xaivision.data.card import DatasetCard
from xaivision.data.dataset import Dataset
from xaivision.data.registry import load_dataset
from xaivision.data.split import Split
from xaivision.models.registry import load_model
from xaivision.models.table_networks import train_table
from xaivision.surrogate_making import surrogate
from xaivision.surrogates.cross_validation import cross_validated
from xaivision.surrogates.growing import Growth
from xaivision.surrogates.study import Plan

CONTEST = Contest(
    "surrogates",
    "Surrogates of tables",
    "Trees for black boxes, on rows that nothing was learned from: agreement with the black box, and that of as many random "
    "features; R2 of probabilities; accuracy of black box and surrogate, and of XGBoost on all columns; CPU seconds of all that "
    "but XGBoost, and the largest memory of the process until then",
    "leukemia, all folds, in three minutes",
)
COLUMNS = ["table", "k", "planted", "agreement", "random", "R2", "black box", "surrogate", "XGBoost", "seconds", "GB"]


@dataclass(frozen=True)
class Planted:
    """Rows (n, F) of which the first `informative` columns decide the class by a linear rule."""

    rows: Tensor
    targets: Tensor
    informative: int


def planted(rows: int, features: int, informative: int, classes: int, seed: int = 0) -> Planted:
    """Normal columns; the class is that of the largest linear function of the informative ones."""
    draws = torch.Generator().manual_seed(seed)
    inputs = torch.randn(rows, features, generator=draws)
    weights = torch.randn(informative, classes, generator=draws)
    return Planted(inputs, (inputs[:, :informative] @ weights).argmax(1), informative)


def main(quick: bool = False) -> list[list[object]]:
    """Each table in turn, small ones first: the memory is the process's largest so far."""
    jobs: list[Callable[[], list[object]]] = [breast_cancer]
    if not quick:
        jobs += [
            partial(generated, "like UJI, 5,000 x 520, 13 classes", planted(5000, 520, 20, 13)),
            partial(generated, "like forest cover, 20,000 x 54, 7 classes", planted(20_000, 54, 12, 7)),
            *([leukemia] if leukemia_file().exists() else []),
        ]
    rows: list[list[object]] = []
    for job in jobs:
        rows.append(job())
        print("surrogates:", *rows[-1], flush=True)
        if not quick:
            write(CONTEST, COLUMNS, rows)
    return rows


def breast_cancer() -> list[object]:
    """Eight features of thirty, a forest as the black box."""
    data = load_dataset("breast_cancer")
    return of_data("breast cancer, 569 x 30", lambda: load_model("breast_cancer_forest"), data, None, k=8)


def generated(name: str, made: Planted) -> list[object]:
    """A dense autoencoder with a classifier as the black box."""
    data = as_data(name, made.rows, made.targets)
    return of_data(name, lambda: train_table(data, epochs=15), data, made.informative, k=made.informative)


def leukemia() -> list[object]:
    """72 x 7,129 gene expressions: black box, ranking and surrogate anew in each of five folds."""
    import pandas as pd

    frame = pd.read_csv(leukemia_file())
    labels, names = pd.factorize(frame.pop("CLASS"), sort=True)
    rows, targets = torch.tensor(frame.to_numpy(), dtype=torch.float32), torch.tensor(labels)

    def make(part: Tensor, classes: Tensor) -> ClassifierAdapter:
        return train_table(as_data("leukemia", part, classes, tuple(names), held_out=0), epochs=20)

    start = time.process_time()
    found = cross_validated(make, rows, targets, Plan("tree", draws=10, growth=Growth(depth=3)))
    seconds = time.process_time() - start
    told, counts = found.fidelity, sorted(map(len, found.chosen))
    random = sum(one.agreement.value for one in found.random) / len(found.random)
    numbers = (told.agreement.value, random, told.r2.value, told.black_box_accuracy.value, told.accuracy.value)
    boosted = boosted_in_folds(rows, targets)
    return [
        "leukemia, 72 x 7,129, five folds",
        f"{counts[0]} to {counts[-1]}",
        "",
        *map(short, (*numbers, boosted)),
        f"{seconds:.0f}",
        peak(),
    ]


def of_data(name: str, make: Callable[[], ClassifierAdapter], data: Dataset, informative: int | None, k: int) -> list[object]:
    """One row of the table."""
    start = time.process_time()
    study = surrogate(make(), data, k=k, draws=10, resamples=5)
    seconds = time.process_time() - start
    found = study.fidelity
    hits = "" if informative is None else f"{sum(one < informative for one in study.surrogate.features)} of {informative}"
    numbers = (
        found.agreement.value,
        study.random.agreement.value,
        found.r2.value,
        found.black_box_accuracy.value,
        found.accuracy.value,
    )
    memory = peak()
    return [name, study.k, hits, *map(short, (*numbers, boosted_accuracy(data.train, data.test))), f"{seconds:.0f}", memory]


def boosted_accuracy(learned: tuple[Tensor, Tensor], held_out: tuple[Tensor, Tensor], bins: int = 256) -> float:
    """Of XGBoost with its usual settings and fifty trees on all columns, but for the `bins` of each column's histogram."""
    from xgboost import XGBClassifier

    model = XGBClassifier(n_estimators=50, n_jobs=1, random_state=0, max_bin=bins)
    model.fit(learned[0].numpy(), learned[1].numpy())
    return float((model.predict(held_out[0].numpy()) == held_out[1].numpy()).mean())


def boosted_in_folds(rows: Tensor, targets: Tensor) -> float:
    """The same on the folds of `leukemia`."""
    from xaivision.surrogates.cross_validation import stratified_folds

    fold_of = stratified_folds(targets, 5)
    right = 0.0
    for fold in range(5):
        rest, held = fold_of != fold, fold_of == fold
        right += boosted_accuracy((rows[rest], targets[rest]), (rows[held], targets[held])) * int(held.sum())
    return right / len(rows)


def as_data(name: str, rows: Tensor, targets: Tensor, class_names: tuple[str, ...] = (), held_out: float = 0.3) -> Dataset:
    """Rows as a data set whose last ones are held out."""
    first = round(len(rows) * (1 - held_out))
    names = class_names or tuple(map(str, range(int(targets.max()) + 1)))
    card = DatasetCard(name, "rows of a benchmark", f"{len(rows)} x {rows.shape[1]}", "none", "none", "this benchmark")
    return Dataset(name, rows, targets, names, card, fixed_split=Split(torch.arange(first), torch.arange(first, len(rows))))


def leukemia_file() -> Path:
    return Path(os.environ.get("XAIVISION_DATA", "nowhere")) / "tabular" / "leukemia_golub.csv.gz"


def short(value: float) -> str:
    return f"{value:.3f}"


def peak() -> str:
    """The largest memory of this process so far, in GB."""
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f}"
