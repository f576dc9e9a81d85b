"""Hierarchies of features as linkage matrices: row i joins two earlier groups into group M + i, with a distance and a size."""

from typing import Literal

import numpy as np
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.explainers.shap_package import quiet_shap

Hierarchy = Literal["correlation"] | Tensor | np.ndarray


def pixel_hierarchy(height: int, width: int) -> np.ndarray:
    """(H * W - 1, 4) shap's own for pictures: halves along the longer side, down to single pixels.

    Raises: MissingExtraError.
    """
    with quiet_shap() as shap:
        tree: np.ndarray = shap.maskers.Image(np.zeros((height, width, 1))).clustering
    return tree


def column_hierarchy(hierarchy: Hierarchy, background: Tensor | None, columns: int) -> np.ndarray:
    """(F - 1, 4) the given one, or single linkage by the correlation of the background's columns.

    A constant column goes along with no other: its distance to all is 1. shap adds noise to the background instead.

    Raises: InputError, where there is no background to learn from, or the given one is no hierarchy of F columns.
    """
    if not isinstance(hierarchy, str):
        return _given(hierarchy, columns)
    if hierarchy != "correlation":
        raise InputError(f"`hierarchy` must be 'correlation' or a linkage matrix of the columns. Got {hierarchy!r}.")
    if background is None or len(background) < 2:
        raise InputError("`hierarchy` 'correlation' needs a `background` of at least two rows. Give one, or a linkage matrix.")
    if columns == 1:
        return np.zeros((0, 4))
    from scipy.cluster.hierarchy import single
    from scipy.spatial.distance import squareform

    distances = 1 - _correlations(background.detach().double().cpu().numpy())
    tree: np.ndarray = single(squareform(distances, checks=False).clip(0))
    return tree


def _correlations(rows: np.ndarray) -> np.ndarray:
    """(F, F), 0 for a constant column and any other."""
    centered = rows - rows.mean(0)
    lengths = np.sqrt(np.square(centered).sum(0))
    unit = np.divide(centered, lengths, out=np.zeros_like(centered), where=lengths > 1e-12 * np.abs(rows).max(0, initial=0))
    correlations: np.ndarray = unit.T @ unit
    np.fill_diagonal(correlations, 1)
    return correlations


def _given(hierarchy: Tensor | np.ndarray, columns: int) -> np.ndarray:
    from scipy.cluster.hierarchy import is_valid_linkage

    try:
        tree = np.asarray(hierarchy.detach().cpu() if isinstance(hierarchy, Tensor) else hierarchy, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(
            f"`hierarchy` must be 'correlation' or a linkage matrix ({columns - 1}, 4), as SciPy makes it. "
            f"Got {type(hierarchy).__name__}. Nested lists of columns are for `owen`."
        ) from None
    if tree.shape != (columns - 1, 4) or not (columns == 1 or is_valid_linkage(tree)):
        raise InputError(
            f"`hierarchy` must be a linkage matrix of {columns} columns, ({columns - 1}, 4), as SciPy's `linkage` "
            f"gives it. Got shape {tree.shape}."
        )
    return tree
