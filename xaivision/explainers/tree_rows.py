"""What the trees of an estimator see of the rows: through a pipeline's steps, as long as these mix no columns."""

from typing import Any

import numpy as np
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import CapabilityError
from xaivision.explainers.tree_models import ASKING_THE_MODEL, full_name

# Each gives one column for one column. Hiding a column before such a step and after it is the same thing, so that the trees
# may be explained behind it. Of an encoder that makes several columns of one that is not true.
COLUMN_BY_COLUMN = frozenset(
    f"sklearn.{name}"
    for name in (
        "StandardScaler",
        "MinMaxScaler",
        "MaxAbsScaler",
        "RobustScaler",
        "QuantileTransformer",
        "PowerTransformer",
        "OrdinalEncoder",
        "SimpleImputer",
    )
)


def split_pipeline(estimator: Any) -> tuple[list[Any], Any]:
    """The steps before the last, and the last; an estimator that is no pipeline has none before.

    Raises: CapabilityError, where a step may mix columns.
    """
    if "sklearn.Pipeline" not in map(full_name, type(estimator).__mro__):
        return [], estimator
    *before, last = [step for _, step in estimator.steps if step not in (None, "passthrough")]
    for step in before:
        if full_name(type(step)) not in COLUMN_BY_COLUMN:
            raise CapabilityError(_mixing(step))
    return before, last


def tree_rows(model: ClassifierAdapter, steps: list[Any], inputs: Tensor, precision: Any) -> np.ndarray:
    """(n, F) in float64: the numbers that the trees compare with their thresholds.

    Raises: CapabilityError, where they are not numbers, or not one for each column.
    """
    rows = inputs.detach().cpu().numpy().copy()
    seen = model.schema.to_frame(rows) if model.schema is not None else rows
    for step in steps:
        seen = step.transform(seen)
        if seen.shape != rows.shape:
            raise CapabilityError(_mixing(step))
    try:
        numbers = np.asarray(seen, dtype=np.float64)
    except (TypeError, ValueError):
        raise CapabilityError(
            f"`tree_shap` compares numbers with thresholds, and the trees are given words here. Use {ASKING_THE_MODEL}."
        ) from None
    return numbers.astype(precision).astype(np.float64)


def _mixing(step: Any) -> str:
    return (
        f"`tree_shap` explains columns as the model is given them, and {type(step).__name__} in front of the trees may mix "
        f"columns or make several of one. Use {ASKING_THE_MODEL}, about the whole pipeline."
    )
