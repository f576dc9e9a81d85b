"""What was tried for each input and fell short: what a reason is made of where too little was found."""

import torch
from torch import Tensor


class Misses:
    """Tries, all (B,), by input: `tried` in all; of those predicted as the class to reach `unsure` ones, to which the model gives
    less than the probability asked for, and `surest`, the most it gives to one. `unmet`: by what is wrong with them in words,
    those that are decided as wished and fail in that.
    """

    def __init__(self, inputs: int) -> None:
        self.tried, self.unsure = torch.zeros(2, inputs, dtype=torch.int64, device="cpu")
        self.surest = torch.zeros(inputs, dtype=torch.float64, device="cpu")
        self.unmet: dict[str, Tensor] = {}

    def count_tries(self, owners: Tensor) -> None:
        """One try for each of these inputs (n,)."""
        self.tried += torch.bincount(owners, minlength=len(self.tried))

    def count_unsure(self, owners: Tensor, probabilities: Tensor) -> None:
        """Tries for these inputs (n,) that are predicted as wished, with a probability (n,) that is too low."""
        self.unsure += torch.bincount(owners, minlength=len(self.unsure))
        self.surest.scatter_reduce_(0, owners, probabilities, "amax")

    def count_unmet(self, owners: Tensor, unmet: str) -> None:
        """Tries for these inputs (n,) that are decided as wished, with what is wrong with them."""
        counts = torch.bincount(owners, minlength=len(self.tried))
        self.unmet[unmet] = self.unmet.get(unmet, torch.zeros_like(counts)) + counts
