"""LightGBM's classifiers, asked through their booster: the estimator warns of arrays where it was fitted on a frame."""

from functools import cached_property
from typing import Any

import numpy as np

from xaivision.core.boosted_trees import Link, Objective, columned
from xaivision.core.errors import InputError

OBJECTIVES = {
    "binary": Objective("logistic"),
    "cross_entropy": Objective("logistic"),
    "multiclass": Objective("softmax"),
    "multiclassova": Objective("one_against_rest"),
}
# What LightGBM calls the columns of an array.
UNNAMED = "Column_"


class LightgbmTrees:
    """A fitted LGBMClassifier, or a raw Booster whose objective is one of a classifier."""

    def __init__(self, model: Any) -> None:
        self._estimator = None if _is_booster(model) else _fitted(model)
        self._booster = model if self._estimator is None else self._estimator.booster_
        if self.objective not in OBJECTIVES:
            raise InputError(
                f"`model` must be trained as a classifier, with one of {', '.join(OBJECTIVES)}. Its objective is "
                f"{self.objective}. Where it is one of your own, wrap a function: "
                "xv.classifier(function, num_classes=..., score_unit=..., domain='tabular')."
            )

    @cached_property
    def _header(self) -> dict[str, str]:
        """The first lines of the model's text."""
        lines = self._booster.model_to_string(num_iteration=1).split("\n\n")[0].splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)

    @property
    def classes(self) -> tuple[str, ...] | None:
        return None if self._estimator is None else tuple(map(str, self._estimator.classes_))

    @property
    def num_classes(self) -> int:
        return max(2, int(self._header["num_class"]))

    @property
    def features(self) -> int:
        return int(self._booster.num_feature())

    @property
    def columns(self) -> tuple[str, ...] | None:
        names = tuple(self._booster.feature_name())
        return None if names == tuple(f"{UNNAMED}{number}" for number in range(len(names))) else names

    @property
    def objective(self) -> str:
        return self._header.get("objective", "custom").split()[0]

    @property
    def link(self) -> Link:
        return OBJECTIVES[self.objective].link

    @property
    def _steepness(self) -> float:
        """What LightGBM multiplies a margin with before the logistic function."""
        settings = dict(part.split(":", 1) for part in self._header["objective"].split()[1:] if ":" in part)
        return float(settings.get("sigmoid", 1))

    def margins(self, rows: Any) -> "np.ndarray":
        return columned(self._booster.predict(rows, raw_score=True)) * self._steepness

    def probabilities(self, rows: Any) -> "np.ndarray | None":
        return columned(self._booster.predict(rows))


def _is_booster(model: Any) -> bool:
    return hasattr(model, "model_to_string")


def _fitted(model: Any) -> Any:
    """Raises: InputError, where this is no fitted classifier."""
    if not hasattr(model, "predict_proba"):
        raise InputError(f"`model` must be a classifier of LightGBM or a Booster. Got {type(model).__name__}.")
    if not model.__sklearn_is_fitted__():
        raise InputError(f"`model` must be fitted. Got a {type(model).__name__} without trees. Fit it first.")
    return model
