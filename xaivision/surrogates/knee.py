"""Where more features stop to pay: the knee of held-out fidelity.

The fewest features whose squared error is no more than one standard error above that of the best number, row by row: what the
farthest point above a chord says depends on how far the curve was drawn, and this does not.

Source: Breiman, Friedman, Olshen, Stone, Classification and Regression Trees, 1984, section 3.4.3 (the one standard error rule).
"""

from collections.abc import Sequence

import numpy as np

from xaivision.surrogates.decision_tree import Floats


def knee(errors: Sequence[Floats]) -> int:
    """Number of the first of m surrogates, simplest first, that is as good as the best but for one standard error.

    `errors`: for each the error (n,) of every row.
    """
    table = np.stack(errors)
    best = int(table.mean(1).argmin())
    behind = table - table[best]
    slack = behind.std(1, ddof=1) / np.sqrt(table.shape[1]) if table.shape[1] > 1 else np.zeros(len(table))
    return int(np.flatnonzero(behind.mean(1) <= slack)[0])
