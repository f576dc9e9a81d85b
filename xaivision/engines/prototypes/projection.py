"""Which training inputs prototypes become, and which prototypes are worth keeping."""

import torch
from torch import Tensor

# Of so many training inputs nearest to a prototype, as many at least must be of its class.
NEIGHBORS, LEAST = 6, 3


def nearest_of_class(found: Tensor, labels: Tensor, owners: Tensor) -> Tensor:
    """(P,) row of the input nearest to each prototype, among those of its class that no other of its class has.

    `found` (N, P): the smallest distance of each input to each prototype; `labels` (N,), `owners` (P,). The nearest pair comes
    first, then the nearest of what is left: the paper gives each prototype its nearest input, so that several may become one.

    Source: Chen et al., 2018, arXiv:1806.10574, section 2.2; that they differ is ours.
    """
    left = found.double().masked_fill(labels[:, None] != owners, torch.inf)
    rows = torch.zeros(len(owners), dtype=torch.long, device=found.device)
    for _ in range(len(owners)):
        row, prototype = divmod(int(left.argmin()), len(owners))
        rows[prototype] = row
        left[:, prototype] = torch.inf
        left[row] = torch.inf
    return rows


def worth_keeping(found: Tensor, labels: Tensor, owners: Tensor) -> Tensor:
    """(P,) whether at least 3 of the 6 inputs nearest to a prototype are of its class.

    Source: Chen et al., 2018, arXiv:1806.10574, section 2.4.
    """
    nearest = found.argsort(dim=0, stable=True)[:NEIGHBORS]
    return (labels[nearest] == owners).sum(0) >= LEAST
