"""An estimator with scikit-learn's interface as a classifier of tables."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaivision.core.batching import TABLE_VALUES_PER_CPU_BATCH, Batcher
from xaivision.core.classifier import ClassifierAdapter, Schema
from xaivision.core.errors import InputError
from xaivision.core.targets import ScoreUnit


class SklearnClassifier(ClassifierAdapter):
    """A fitted estimator or pipeline: `predict_proba`, else `decision_function`.

    With a schema, rows reach the estimator as a data frame with the original columns and categories, as pipelines over
    data frames need. `class_names` stand for the estimator's `classes_`, in their order. `decision_function` of two classes
    gives one margin m; the scores are then (-m, m).
    """

    def __init__(
        self,
        estimator: Any,
        *,
        class_names: Sequence[str] | None = None,
        schema: Schema | None = None,
        batch_size: int | None = None,
    ) -> None:
        classes = _classes(estimator)
        super().__init__(
            estimator,
            len(classes),
            score_unit=_score_unit(estimator),
            domain="tabular",
            class_names=class_names if class_names is not None else [str(name) for name in classes],
            schema=schema,
            batch_size=batch_size,
        )
        self.batches = Batcher(batch_size, TABLE_VALUES_PER_CPU_BATCH)
        self._features = getattr(estimator, "n_features_in_", None)

    @property
    def input_shape(self) -> tuple[int, ...] | None:
        known = super().input_shape
        return known if known is not None or self._features is None else (int(self._features),)

    @property
    def gives_probabilities(self) -> bool:
        """Not where it is asked for its `decision_function`: margins stand for no probabilities."""
        return self.score_unit == "probability"

    def _score(self, batch: Tensor) -> Tensor:
        rows = batch.detach().cpu().numpy().copy()  # a pipeline may work in place, and must not do so on the caller's values
        asked = self.schema.to_frame(rows) if self.schema is not None else rows
        with warnings.catch_warnings():
            # One that was fitted on a frame is asked for the same columns in the same order, and would say so at every call.
            warnings.filterwarnings("ignore", "X does not have valid feature names")
            if self.score_unit == "probability":
                scores = np.asarray(self.model.predict_proba(asked))  # type: ignore[attr-defined]  # any estimator
            else:
                scores = np.asarray(self.model.decision_function(asked))  # type: ignore[attr-defined]  # any estimator
        if scores.ndim == 1:
            scores = np.stack([-scores, scores], axis=1)
        return torch.from_numpy(np.ascontiguousarray(scores, dtype=rows.dtype))


def _score_unit(estimator: Any) -> ScoreUnit:
    if hasattr(estimator, "predict_proba"):
        return "probability"
    if hasattr(estimator, "decision_function"):
        _refuse_pairwise_margins(estimator)
        return "logit"
    raise InputError(
        f"`estimator` must have `predict_proba` or `decision_function`. Got {type(estimator).__name__}, which has neither."
    )


def _refuse_pairwise_margins(estimator: Any) -> None:
    """With three classes there are three pairs as well: their margins would pass for scores of the classes."""
    settings = estimator.get_params() if hasattr(estimator, "get_params") else {}
    pairwise = [name for name, value in settings.items() if name.endswith("decision_function_shape") and value == "ovo"]
    if pairwise and len(estimator.classes_) > 2:
        raise InputError(f"`estimator` must score classes, not pairs of classes. Set {pairwise[0]}='ovr'.")


def _classes(estimator: Any) -> Any:
    classes = getattr(estimator, "classes_", None)
    if classes is None:
        raise InputError(
            f"`estimator` must be a fitted classifier with `classes_`. Got {type(estimator).__name__}. Fit it first."
        )
    if isinstance(classes, list):
        raise InputError("`estimator` must predict one label. Got several outputs. Wrap one of them.")
    return classes
