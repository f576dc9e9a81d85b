"""Whether a row lies where others are: no farther from its nearest neighbors than most of them are from theirs."""

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.space import Space

# Rows whose distances are looked at together.
PART = 256


class Crowd:
    """Known `cases` (n, F): a row belongs to them if its `k`-th neighbor is as near as that of the given `share` of them."""

    def __init__(self, space: Space, cases: Tensor, k: int, share: float) -> None:
        self.space, self.cases = space, cases.to(space.dtype)
        self.k = min(k, len(cases) - 1)
        own = self.reach(self.cases, self.k + 1)  # each is its own nearest
        self.limit = float(own.quantile(share)) if len(own) else 0.0

    def reach(self, rows: Tensor, k: int) -> Tensor:
        """(n,) distance of each row to the `k`-th nearest case."""
        parts = [
            self.space.between(rows[start : start + PART], self.cases).kthvalue(k, dim=1).values
            for start in range(0, len(rows), PART)
        ]
        return torch.cat(parts) if parts else torch.zeros(0, dtype=torch.float64, device="cpu")

    def slack(self, rows: Tensor) -> Tensor:
        """(n,) how far inside the limit each row is, as a share of it: negative outside."""
        if self.limit == 0:
            return torch.where(self.reach(rows, max(1, self.k)) == 0, 1.0, -1.0).double()
        return 1 - self.reach(rows, max(1, self.k)) / self.limit
