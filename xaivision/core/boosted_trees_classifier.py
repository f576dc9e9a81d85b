"""Boosted trees of XGBoost or LightGBM as a classifier of tables."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaivision.core.boosted_trees import BoostedTrees, linked
from xaivision.core.classifier import ClassifierAdapter, Schema
from xaivision.core.errors import InputError
from xaivision.core.extras import made_by
from xaivision.core.lightgbm_trees import LightgbmTrees
from xaivision.core.targets import ScoreUnit
from xaivision.core.two_classes import both_scores
from xaivision.core.xgboost_trees import XgboostTrees


class BoostedTreesClassifier(ClassifierAdapter):
    """A fitted `XGBClassifier` or `LGBMClassifier`, or a raw `Booster` of either that was trained as a classifier.

    `score_unit="probability"`: as `predict_proba`. "logit": the raw margins, in which the trees add up; one margin z for two
    classes is read as (-z / 2, z / 2). Where LightGBM multiplies margins before its logistic function (its `sigmoid`), they
    come multiplied.

    With a schema, a model that was trained on named columns gets a data frame. XGBoost rounds rows to float32 and answers in
    float32, whatever the inputs: two rows that differ by less get the same scores.
    """

    def __init__(
        self,
        model: Any,
        *,
        score_unit: ScoreUnit = "probability",
        class_names: Sequence[str] | None = None,
        schema: Schema | None = None,
        batch_size: int | None = None,
    ) -> None:
        self._trees = _trees_of(model)
        super().__init__(
            model,
            self._trees.num_classes,
            score_unit=score_unit,
            domain="tabular",
            class_names=class_names if class_names is not None else self._trees.classes,
            schema=schema,
            batch_size=batch_size,
        )
        _check_columns(self._trees, schema)
        if score_unit == "probability" and self._trees.link == "none":
            raise InputError(f"Probabilities cannot be had from the objective {self._trees.objective}. Give score_unit='logit'.")

    @property
    def input_shape(self) -> tuple[int, ...] | None:
        return (self._trees.features,)

    @property
    def gives_probabilities(self) -> bool:
        """Not where margins were not trained to become any, or those of each class were trained alone."""
        return self.score_unit == "probability" or self._trees.link in ("logistic", "softmax")

    def _score(self, batch: Tensor) -> Tensor:
        rows = batch.detach().cpu().numpy().copy()
        named = self.schema is not None and self._trees.columns is not None
        scores = self._asked(self.schema.to_frame(rows) if named and self.schema is not None else rows)
        answer = torch.from_numpy(np.ascontiguousarray(scores, dtype=rows.dtype))
        return both_scores(answer, self.score_unit) if answer.shape[1:] == (1,) else answer

    def _asked(self, rows: Any) -> "np.ndarray":
        if self.score_unit == "logit":
            return self._trees.margins(rows)
        given = self._trees.probabilities(rows)
        return linked(self._trees.margins(rows), self._trees.link) if given is None else given


def _trees_of(model: Any) -> BoostedTrees:
    if made_by(model, "xgboost"):
        return XgboostTrees(model)
    if made_by(model, "lightgbm"):
        return LightgbmTrees(model)
    raise InputError(
        f"`model` must be a classifier or a Booster of XGBoost or LightGBM. Got {type(model).__name__}. "
        "For other estimators use SklearnClassifier."
    )


def _check_columns(trees: BoostedTrees, schema: Schema | None) -> None:
    """Raises: InputError, where the schema is of another table."""
    if schema is None:
        return
    # LightGBM writes white space in names as underscores.
    names = [name.replace(" ", "_") for name in schema.names]
    theirs = None if trees.columns is None else [name.replace(" ", "_") for name in trees.columns]
    if len(names) != trees.features or theirs not in (None, names):
        shown = "" if trees.columns is None else f" that start with {', '.join(trees.columns[:3])}"
        raise InputError(
            f"`schema` must have the {trees.features} columns that the model was trained on{shown}, in their order. "
            f"Got {len(names)} that start with {', '.join(schema.names[:3])}."
        )
