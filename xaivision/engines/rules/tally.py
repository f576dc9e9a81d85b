"""How often conjunctions were tried, and how often the prediction held."""

from collections.abc import Generator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines.rules.conjunctions import Anchor
from xaivision.engines.rules.kl_bounds import lower_bound, upper_bound


class Helping(NamedTuple):
    """So many cases that meet a conjunction."""

    anchor: Anchor
    draws: int


class Tally:
    """Counts for every conjunction that was tried; at most `most` draws in all, but for the last helping."""

    def __init__(self, most: int) -> None:
        self.most, self.draws = most, 0
        self._tried: dict[Anchor, int] = {}
        self._held: dict[Anchor, float] = {}

    @property
    def spent(self) -> bool:
        """Whether there are no draws left."""
        return self.draws >= self.most

    def knows(self, anchor: Anchor) -> bool:
        """Whether it was tried at all."""
        return anchor in self._tried

    def count(self, anchor: Anchor) -> int:
        """How often it was tried."""
        return self._tried.get(anchor, 0)

    def draws_of(self, anchors: Sequence[Anchor], count: int) -> Generator[list[Helping], Tensor, None]:
        """Ask for so many draws of each of them in one pass, and count what comes."""
        if not anchors:
            return
        hits = yield [Helping(one, count) for one in anchors]
        for anchor, held in zip(anchors, hits.tolist(), strict=True):
            self._tried[anchor] = self.count(anchor) + count
            self._held[anchor] = self._held.get(anchor, 0.0) + held
        self.draws += count * len(anchors)

    def shares(self, anchors: Sequence[Anchor]) -> Tensor:
        """(n,) float64 how often the prediction held, as a share of the draws."""
        return torch.tensor([self._held[one] / self._tried[one] for one in anchors], dtype=torch.float64, device="cpu")

    def bounds(self, anchors: Sequence[Anchor], level: float) -> tuple[Tensor, Tensor]:
        """(n,) lower and upper bounds of the precision of each."""
        share = self.shares(anchors)
        each = level / torch.tensor([self._tried[one] for one in anchors], dtype=torch.float64, device="cpu")
        return lower_bound(share, each), upper_bound(share, each)
