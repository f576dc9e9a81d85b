"""Small scikit-learn classifiers of the named tables, trained in about a second when they are asked for."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from xaivision.core.progress import track
from xaivision.core.sklearn_classifier import SklearnClassifier
from xaivision.data.dataset import Dataset
from xaivision.data.registry import load_dataset
from xaivision.models.card import ModelCard
from xaivision.models.held_out import held_out_card

SEED = 0


@dataclass(frozen=True)
class _Kind:
    """One way to classify a table: the unfitted estimator, what to say of it, and how many numbers it learns."""

    make: Callable[[], Any]
    what: str
    preprocessing: str
    citation: str
    parameters: Callable[[Any], int]


KINDS: Mapping[str, _Kind] = {
    "logistic": _Kind(
        # Stronger than scikit-learn's default: the tables have up to 60 columns for some hundred rows.
        lambda: make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000, random_state=SEED)),
        "logistic regression (C = 0.1) on standardized columns",
        "columns in their own units; standardized inside",
        "Cox: The regression analysis of binary sequences. J. R. Stat. Soc. B 20, 1958",
        lambda pipeline: pipeline[-1].coef_.size + pipeline[-1].intercept_.size,
    ),
    "forest": _Kind(
        lambda: RandomForestClassifier(n_estimators=200, random_state=SEED),
        "random forest of 200 trees",
        "columns in their own units",
        "Breiman: Random Forests. Machine Learning 45, 2001, doi:10.1023/A:1010933404324",
        lambda forest: sum(int(tree.tree_.node_count - tree.tree_.n_leaves) for tree in forest.estimators_),
    ),
}


def load(name: str) -> SklearnClassifier:
    """Class probabilities (B, K) for rows (B, F) of the table, by an estimator of the caller's own."""
    data, _ = _parts(name)
    # The estimator was fitted on class numbers and knows no names.
    return SklearnClassifier(deepcopy(_fitted(name)), class_names=data.class_names, schema=data.schema)


def card(name: str) -> ModelCard:
    """The card, with the accuracy on the held-out rows as this very model reaches it."""
    data, kind = _parts(name)
    model = load(name)
    return held_out_card(
        model, data, kind, name=name, what=f"{kind.what}, for the table {data.name}", parameters=kind.parameters(model.model)
    )


def _parts(name: str) -> tuple[Dataset, _Kind]:
    table, _, kind = name.rpartition("_")
    return load_dataset(table), KINDS[kind]


@cache
def _fitted(name: str) -> Any:
    """The estimator, fitted on what the adapter hands over later: frames with the columns of the schema."""
    data, kind = _parts(name)
    rows, targets = data.train
    frame = data.schema.to_frame(rows.numpy()) if data.schema is not None else rows.numpy()
    for estimator in track([kind.make()], f"training {name}"):
        estimator.fit(frame, targets.numpy())
    return estimator
