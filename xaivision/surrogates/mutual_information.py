"""How much each column tells of the black box's class: mutual information of its tenths with the probabilities.

Source: Miller, Note on the bias of information estimates, 1955 (the correction for few rows).
"""

import numpy as np

from xaivision.surrogates.decision_tree import Floats, Rows

BINS = 10
# Columns that are sorted at a time.
TOGETHER = 256


def mutual_informations(rows: Rows, probabilities: Floats, bins: int = BINS) -> Floats:
    """(F,) in nats, at least 0: of which of `bins` equally full parts a value (n, F) lies in, with the class (n, K) it is given.

    Equal values lie in one part. What independent columns would show by chance is taken off.
    """
    parts = [rows[:, start : start + TOGETHER] for start in range(0, rows.shape[1], TOGETHER)]
    return np.concatenate([_of_columns(part, probabilities, min(bins, max(2, len(rows) // 5))) for part in parts])


def binned(rows: Rows, bins: int) -> "np.ndarray":
    """(n, F) number of the part that each value lies in: by the share of values of its column that are smaller."""
    ordered = np.sort(rows, axis=0)
    smaller = np.stack([np.searchsorted(ordered[:, i], rows[:, i]) for i in range(rows.shape[1])], 1)
    found: np.ndarray = smaller * bins // len(rows)
    return found


def _of_columns(rows: Rows, probabilities: Floats, bins: int) -> Floats:
    n, columns = rows.shape
    classes = probabilities.shape[1]
    keys = (binned(rows, bins) + bins * np.arange(columns)).T.reshape(-1)
    counts = np.stack([np.bincount(keys, np.tile(probabilities[:, k], columns), columns * bins) for k in range(classes)], 1)
    joint = counts.reshape(columns, bins, classes) / n
    given, taken = joint.sum(2, keepdims=True), joint.sum(1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(joint > 0, joint * np.log(joint / (given * taken)), 0.0)
    used = (given[:, :, 0] > 0).sum(1)
    chance = (used - 1) * ((taken[:, 0] > 0).sum(1) - 1) / (2 * n)
    found: Floats = np.maximum(terms.sum((1, 2)) - chance, 0.0)
    return found
