"""Conjunctions of numbered conditions: what they cover, how they grow, and which conditions in them say nothing new."""

from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor

# Numbers of the conditions in a conjunction, in order.
Anchor = tuple[int, ...]


class Conjunctions:
    """Of `covered` (C, n): which of n cases meet each single condition; `features` (C,): what each of them is about.

    Of two conditions about one feature the one that covers all that the other covers says nothing beside it.
    """

    def __init__(self, covered: Tensor, features: Sequence[int]) -> None:
        self.covered, self.features = covered, features
        self._known: dict[Anchor, float] = {}

    def __len__(self) -> int:
        """How many single conditions there are."""
        return len(self.covered)

    def coverage(self, anchor: Anchor) -> float:
        """The share of cases that meet all conditions."""
        if anchor not in self._known:
            self._known[anchor] = float(self.covered[list(anchor)].all(0).double().mean()) if anchor else 1.0
        return self._known[anchor]

    def grown(self, anchors: Sequence[Anchor], most: int) -> list[Anchor]:
        """Each of these with one condition more, or one made stricter, of at most so many conditions."""
        found = {self._joined(one, more) for one in anchors for more in range(len(self)) if more not in one}
        return sorted(one for one in found - set(anchors) if len(one) <= most)

    def loosened(self, anchor: Anchor) -> list[Anchor]:
        """It without one of its conditions, or with a weaker one about the same feature in its place."""
        found = set()
        for place, one in enumerate(anchor):
            rest = anchor[:place] + anchor[place + 1 :]
            weaker = self._implies[one].nonzero().flatten().tolist()
            found |= {rest, *(tuple(sorted({*rest, other})) for other in weaker)}
        return sorted(found)

    @cached_property
    def _implies(self) -> Tensor:
        """(C, C) bool: which condition says all that another one about the same feature says."""
        about = torch.tensor(self.features, dtype=torch.int64, device="cpu")
        implies = torch.zeros(len(about), len(about), dtype=torch.bool, device="cpu")
        for feature in about.unique():  # type: ignore[no-untyped-call]
            same = (about == feature).nonzero().flatten()
            cases = self.covered[same].double()
            # How many cases meet the first and miss the second: none where the first says all that the second says.
            implies[same[:, None], same] = cases @ (1 - cases).T == 0
        return implies.fill_diagonal_(False)

    def _joined(self, anchor: Anchor, more: int) -> Anchor:
        """The conjunction with one more condition, less those that it implies; as it is where it says so already."""
        if any(bool(self._implies[one, more]) for one in anchor):
            return anchor
        return tuple(sorted((*(one for one in anchor if not self._implies[more, one]), more)))
