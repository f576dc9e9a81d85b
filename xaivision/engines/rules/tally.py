"""How often conjunctions were tried, how often the prediction held, and how near it came."""

from collections.abc import Generator, Mapping, Sequence
from math import log
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.engines.rules.conjunctions import Anchor
from xaivision.engines.rules.kl_bounds import lower_bound, upper_bound


class Helping(NamedTuple):
    """So many cases that meet a conjunction."""

    anchor: Anchor
    draws: int


class Outcome(NamedTuple):
    """Of each helping (n,): how often the prediction `held`, and the sum of how much each case was `leaning` to it, 0 to 1."""

    held: Tensor
    leaning: Tensor


# Helpings are asked for in one pass, and what came of them is sent, or None where there was no time for it.
Asking = Generator[list[Helping], Outcome | None, None]


class Tally:
    """Counts for every conjunction that was tried; at most `most` draws in all. `over`: there was no time for what was asked for
    last, so that nothing more is. Of a conjunction that was not tried nothing is known: it may hold never or always.
    """

    def __init__(self, most: int) -> None:
        self.most, self.draws, self.proofs = most, 0, 0
        self.over = False
        self._tried: dict[Anchor, int] = {}
        self._held: dict[Anchor, float] = {}
        self._leaning: dict[Anchor, float] = {}

    @property
    def tried(self) -> int:
        """How many conjunctions were tried."""
        return len(self._tried)

    @property
    def spent(self) -> bool:
        """Whether there are no draws left, or no time for them."""
        return self.over or self.draws >= self.most

    def knows(self, anchor: Anchor) -> bool:
        """Whether it was tried at all."""
        return anchor in self._tried

    def count(self, anchor: Anchor) -> int:
        """How often it was tried."""
        return self._tried.get(anchor, 0)

    def draws_of(self, anchors: Sequence[Anchor], count: int) -> Asking:
        """Ask for so many draws of each of them in one pass, or for as many as are left, and count what comes."""
        if not anchors or self.spent:
            return
        left = self.most - self.draws
        anchors, count = anchors[:left], min(count, max(1, left // len(anchors)))
        came = yield [Helping(one, count) for one in anchors]
        if came is None:
            self.over = True
            return
        for anchor, held, leaning in zip(anchors, came.held.tolist(), came.leaning.tolist(), strict=True):
            self._tried[anchor] = self.count(anchor) + count
            self._held[anchor] = self._held.get(anchor, 0.0) + held
            self._leaning[anchor] = self._leaning.get(anchor, 0.0) + leaning
        self.draws += count * len(anchors)

    def proof_of(self, anchor: Anchor, count: int, delta: float) -> Generator[list[Helping], Outcome | None, tuple[float, float]]:
        """How often the prediction holds on so many new draws alone, as a share, and how often it does at least: the chance that
        any proof of this tally says more than is so is `delta`, however many there are.
        """
        self.proofs += 1
        before = self._held.get(anchor, 0.0)
        yield from self.draws_of([anchor], count)
        share = torch.tensor([(self._held.get(anchor, 0.0) - before) / count], dtype=torch.float64, device="cpu")
        # 1/(1 2) + 1/(2 3) + 1/(3 4) + ... is 1.
        level = log(self.proofs * (self.proofs + 1) / delta) / count
        return float(share), float(lower_bound(share, torch.full_like(share, level)))

    def shares(self, anchors: Sequence[Anchor]) -> Tensor:
        """(n,) float64 how often the prediction held, as a share of the draws."""
        return self._per_draw(self._held, anchors)

    def leanings(self, anchors: Sequence[Anchor]) -> Tensor:
        """(n,) float64 how much a draw leaned to the prediction on average."""
        return self._per_draw(self._leaning, anchors)

    def bounds(self, anchors: Sequence[Anchor], level: float) -> tuple[Tensor, Tensor]:
        """(n,) lower and upper bounds of the precision of each."""
        return self._around(self.shares(anchors), anchors, level)

    def leaning_bounds(self, anchors: Sequence[Anchor], level: float) -> tuple[Tensor, Tensor]:
        """(n,) lower and upper bounds of the leaning of each: Chernoff's bound holds for all that lies in 0 to 1."""
        return self._around(self.leanings(anchors), anchors, level)

    def _per_draw(self, sums: Mapping[Anchor, float], anchors: Sequence[Anchor]) -> Tensor:
        return torch.tensor([sums.get(one, 0.0) / max(1, self.count(one)) for one in anchors], dtype=torch.float64, device="cpu")

    def _around(self, mean: Tensor, anchors: Sequence[Anchor], level: float) -> tuple[Tensor, Tensor]:
        each = level / torch.tensor([self.count(one) for one in anchors], dtype=torch.float64, device="cpu")
        return lower_bound(mean, each), upper_bound(mean, each)
