"""The penalty that a model was trained with, where it says so itself."""

from typing import Any

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.core.sklearn_classifier import SklearnClassifier


def told_ridge(model: ClassifierAdapter, rows: int) -> float:
    """The factor of squared weights beside the mean loss of so many rows, by the `C` of a scikit-learn logistic regression.

    Raises: InputError, where the model is no such regression.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

    estimator: Any = model.model if isinstance(model, SklearnClassifier) else None
    last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
    if not isinstance(last, LogisticRegression):
        raise InputError(
            "`ridge` must be given: only a scikit-learn logistic regression says with which penalty it was trained. "
            f"Got {model!r}. Of a network it is half of torch's `weight_decay`."
        )
    return 1 / (2 * float(last.C) * rows)
