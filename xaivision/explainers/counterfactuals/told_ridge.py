"""What a scikit-learn model says itself of how it was trained: its penalty, and what keeps it from being such a regression."""

from typing import Any

from xaivision.core.boosted_trees_classifier import BoostedTreesClassifier
from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.sklearn_classifier import SklearnClassifier

# Steps before a regression that leave its columns the standardized ones that a ridge is about.
STANDARDIZING = ("StandardScaler",)


def told_ridge(model: ClassifierAdapter, rows: int) -> float:
    """The factor of squared weights beside the mean loss of so many rows, by the `C` of a scikit-learn logistic regression.

    Raises: CapabilityError, where the model is of a kind that no ridge helps; InputError, where it is no such regression.
    """
    from sklearn.linear_model import LogisticRegression

    last = steps_of(model)[-1:]
    if isinstance(model, BoostedTreesClassifier) or (last and not _may_be_linear(last[0])):
        kind = type(last[0] if last else model.model).__name__
        raise CapabilityError(
            "Surviving deletions needs a logistic regression, or a torch network whose last layer is linear: of these it can be "
            f"foreseen how they change when rows are deleted. Got {kind}. Train one of these two."
        )
    if not last or not isinstance(last[0], LogisticRegression):
        raise InputError(
            "`ridge` must be given: only a scikit-learn logistic regression says with which penalty it was trained. "
            f"Got {model!r}. Of a network it is half of torch's `weight_decay`."
        )
    return 1 / (2 * float(last[0].C) * rows)


def misfit_words(model: ClassifierAdapter) -> str:
    """What was met in the place of a regression on the standardized columns, and the remedy; empty where it is not known."""
    steps = [type(one).__name__ for one in steps_of(model)]
    others = [name for name in steps[:-1] if name not in STANDARDIZING]
    if others:
        return (
            f"Got a pipeline of {', '.join(steps)}: {others[0]} makes other columns of the rows, or of another spread. Give "
            "`background` and the inputs as that step hands them on, with a pipeline of StandardScaler and "
            f"{steps[-1]} that was trained on these."
        )
    if steps and not _may_be_linear(steps_of(model)[-1]):
        return (
            f"Got {steps[-1]}, which is none. Train one, behind a StandardScaler, or a torch network whose last layer is linear."
        )
    return ""


def steps_of(model: ClassifierAdapter) -> list[Any]:
    """The steps of a scikit-learn pipeline, the estimator last, or the estimator alone; of other models nothing."""
    from sklearn.pipeline import Pipeline

    estimator: Any = model.model if isinstance(model, SklearnClassifier) else None
    if isinstance(estimator, Pipeline):
        return [step for _, step in estimator.steps if not isinstance(step, str)]  # such as "passthrough"
    return [] if estimator is None else [estimator]


def _may_be_linear(estimator: Any) -> bool:
    """Whether it has the weights of columns, or stands for another estimator, which may have them."""
    return any(hasattr(estimator, name) for name in ("coef_", "best_estimator_", "calibrated_classifiers_"))
