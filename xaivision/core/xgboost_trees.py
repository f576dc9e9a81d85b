"""XGBoost's classifiers, by their own doors: the estimator's where there is one, the booster's otherwise."""

import json
from functools import cached_property
from typing import Any

import numpy as np

from xaivision.core.boosted_trees import Link, Objective, columned
from xaivision.core.errors import InputError
from xaivision.core.extras import extra

OBJECTIVES = {
    "binary:logistic": Objective("logistic"),
    "binary:logitraw": Objective("logistic", gives_probabilities=False),  # it gives the margin
    "binary:hinge": Objective("none", gives_probabilities=False),
    "multi:softprob": Objective("softmax"),
    "multi:softmax": Objective("softmax", gives_probabilities=False),  # it gives the label
}


class XgboostTrees:
    """A fitted XGBClassifier or XGBRFClassifier, or a raw Booster whose objective is one of a classifier."""

    def __init__(self, model: Any) -> None:
        self._estimator = None if _is_booster(model) else _fitted(model)
        self._booster = model if self._estimator is None else self._estimator.get_booster()
        if self.objective not in OBJECTIVES:
            raise InputError(
                f"`model` must be trained as a classifier, with one of {', '.join(OBJECTIVES)}. Its objective is "
                f"{self.objective}. Where that stands for one of your own, wrap a function: "
                "xv.classifier(function, num_classes=..., score_unit=..., domain='tabular')."
            )
        if self._learner["learner_model_param"].get("num_target", "1") != "1":
            raise InputError("`model` must predict one label. Got several outputs. Train one booster for each.")

    @cached_property
    def _learner(self) -> dict[str, Any]:
        learner: dict[str, Any] = json.loads(self._booster.save_config())["learner"]
        return learner

    @property
    def classes(self) -> tuple[str, ...] | None:
        return None if self._estimator is None else tuple(map(str, self._estimator.classes_))

    @property
    def num_classes(self) -> int:
        return max(2, int(self._learner["learner_model_param"]["num_class"]))

    @property
    def features(self) -> int:
        return int(self._booster.num_features())

    @property
    def columns(self) -> tuple[str, ...] | None:
        names = self._booster.feature_names
        return None if names is None else tuple(names)

    @property
    def objective(self) -> str:
        return str(self._learner["objective"]["name"])

    @property
    def link(self) -> Link:
        return OBJECTIVES[self.objective].link

    def margins(self, rows: Any) -> "np.ndarray":
        if self._estimator is not None:
            return columned(self._estimator.predict(rows, output_margin=True))
        return self._predicted(rows, margin=True)

    def probabilities(self, rows: Any) -> "np.ndarray | None":
        if not OBJECTIVES[self.objective].gives_probabilities:
            return None
        if self._estimator is not None:
            return columned(self._estimator.predict_proba(rows))
        return self._predicted(rows, margin=False)

    def _predicted(self, rows: Any, *, margin: bool) -> "np.ndarray":
        if self._learner["gradient_booster"]["name"] != "gblinear":
            return columned(self._booster.inplace_predict(rows, predict_type="margin" if margin else "value"))
        matrix = extra("xgboost", "xgboost").DMatrix(rows, feature_names=self._booster.feature_names)
        return columned(self._booster.predict(matrix, output_margin=margin))


def _is_booster(model: Any) -> bool:
    return hasattr(model, "inplace_predict") and hasattr(model, "save_config")


def _fitted(model: Any) -> Any:
    """Raises: InputError, where this is no fitted classifier."""
    if not hasattr(model, "predict_proba"):
        raise InputError(f"`model` must be a classifier of XGBoost or a Booster. Got {type(model).__name__}.")
    if not model.__sklearn_is_fitted__():
        raise InputError(f"`model` must be fitted. Got a {type(model).__name__} without trees. Fit it first.")
    return model
