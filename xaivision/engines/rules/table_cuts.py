"""Where the columns of a table are cut into what is low and what is high: at quartiles, and where a model's scores change."""

import torch
from torch import Tensor

from xaivision.engines.table_bins import QUARTILES

# Stretches of each column in which the scores differ most, and the share of rows that each of them holds at least.
STRETCHES, LEAST_SHARE = 4, 0.05


def column_cuts(background: Tensor, scores: Tensor) -> list[list[float]]:
    """For each column of a background (n, F) its quartiles, and where a small tree on this column alone cuts the scores (m, K)
    of the first m of these rows.
    """
    table = background.double().cpu()
    places = torch.tensor(QUARTILES, dtype=torch.float64, device="cpu")
    return [
        [*torch.quantile(values, places).tolist(), *_changes(values[: len(scores)], scores.double().cpu())] for values in table.T
    ]


def load_trees() -> None:
    """What is loaded once in a process, and takes seconds: no limit of time is about that."""
    import sklearn.tree  # noqa: F401


def _changes(values: Tensor, scores: Tensor) -> list[float]:
    from sklearn.tree import DecisionTreeRegressor

    if not len(values):
        return []
    least = max(1, round(LEAST_SHARE * len(values)))
    tree = DecisionTreeRegressor(max_leaf_nodes=STRETCHES, min_samples_leaf=least, random_state=0)
    grown = tree.fit(values[:, None].numpy(), scores.numpy()).tree_
    return [float(cut) for cut, child in zip(grown.threshold, grown.children_left, strict=True) if child >= 0]
