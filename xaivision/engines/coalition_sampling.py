"""Coalitions to ask a game about: complement pairs, as many of every size as of any other, no pair twice."""

from collections.abc import Iterator
from functools import cached_property
from math import comb
from typing import NamedTuple

import torch
from torch import Tensor

# Strata of up to this many pairs are shuffled as a whole; in larger ones a draw that came before is rare, and drawn again.
SHUFFLED_WHOLE = 2**17
# Draws are made in blocks of one size, so that more of them go on where fewer ended.
BLOCK = 16


class PairedSample(NamedTuple):
    """Coalitions that a sampler chose, without the empty and the full one.

    `coalitions` (2P, M) bool on the CPU: rows 2i and 2i + 1 are complements, the first the smaller (at half size: with
    player 0). `weights` (2P,) float64: of the regression whose solution is the Shapley values, the Shapley kernel divided
    by the share of its size that was drawn, so that every size counts as if it were there wholly. `sizes` (P,): the smaller
    size of each pair. `shares` (P,): how much of all pairs of that size was drawn, 1 where it is there wholly.
    """

    coalitions: Tensor
    weights: Tensor
    sizes: Tensor
    shares: Tensor

    @property
    def pairs(self) -> int:
        return len(self.sizes)

    @property
    def complete(self) -> bool:
        """Whether these are all coalitions there are."""
        return self.coalitions.shape[1] < 64 and len(self.coalitions) == 2 ** self.coalitions.shape[1] - 2


class LeverageDraw:
    """One draw of pairs that goes on as long as there are any: what more pairs bring is added to what fewer gave.

    The leverage of a coalition in the Shapley regression is one over the number of coalitions of its size: each size is
    drawn as often as any other, until it is there wholly.

    Source: arXiv:2410.01917
    """

    def __init__(self, players: int, generator: torch.Generator) -> None:
        self.players = players
        self._sizes = range(1, players // 2 + 1)
        self._seeds = torch.randint(2**62, (len(self._sizes),), generator=generator, dtype=torch.int64, device="cpu").tolist()

    @cached_property
    def all_pairs(self) -> int:
        """How many pairs there are, the empty and the full coalition's not counted."""
        return sum(self._capacity(size) for size in self._sizes)

    def within(self, budget: int) -> PairedSample:
        """The pairs that `budget` evaluations pay for, two of which go to the empty and the full coalition."""
        return self.first(max(0, (budget - 2) // 2))

    def first(self, pairs: int) -> PairedSample:
        """The first `pairs` pairs of the draw, or all there are."""
        order = self._order(min(pairs, self.all_pairs))
        counts = torch.bincount(order, minlength=len(self._sizes) + 1).tolist()
        smaller = torch.zeros(len(order), self.players, dtype=torch.bool, device="cpu")
        for size in self._sizes:
            smaller[order == size] = self._pairs_of_size(size, counts[size])
        drawn_of = [1.0, *(counts[size] / self._capacity(size) for size in self._sizes)]
        shares = torch.tensor(drawn_of, dtype=torch.float64, device="cpu")
        drawn = torch.tensor(counts, dtype=torch.float64, device="cpu")
        drawn = torch.where(2 * torch.arange(len(counts), device="cpu") == self.players, 2 * drawn, drawn)  # both of half size
        weights = (self.players - 1) / (order * (self.players - order) * drawn[order])
        coalitions = torch.stack((smaller, ~smaller), 1).flatten(0, 1)
        return PairedSample(coalitions, weights.repeat_interleave(2), order, shares[order])

    def _capacity(self, size: int) -> int:
        whole = comb(self.players, size)
        return whole // 2 if 2 * size == self.players else whole

    def _order(self, pairs: int) -> Tensor:
        """(pairs,) the size of each pair of the draw: an equal share of every size, where a size has pairs left."""
        sizes, turns = [torch.zeros(0, dtype=torch.int64, device="cpu")], [torch.zeros(0, dtype=torch.float64, device="cpu")]
        for size in self._sizes:
            most = min(self._capacity(size), pairs)
            # A pair of half size holds two coalitions of one size, any other pair one of each of two sizes.
            share = 1 if 2 * size == self.players else 2
            sizes.append(torch.full((most,), size, dtype=torch.int64, device="cpu"))
            turns.append((torch.arange(most, dtype=torch.float64, device="cpu") + 0.5) / share)
        order = torch.cat(turns).argsort(stable=True)[:pairs]
        return torch.cat(sizes)[order]

    def _pairs_of_size(self, size: int, count: int) -> Tensor:
        """(count, M) the first coalitions of this size in its own draw, no two of one pair."""
        generator = torch.Generator().manual_seed(self._seeds[size - 1])
        # At half size, the one of the pair that holds player 0 stands for it: the others are chosen among the rest.
        halved = 2 * size == self.players
        others, chosen = (self.players - 1, size - 1) if halved else (self.players, size)
        if self._capacity(size) <= SHUFFLED_WHOLE:
            ranks = torch.randperm(self._capacity(size), generator=generator, device="cpu")[:count]
            found = subsets_of_rank(ranks, others, chosen)
        else:
            found = _distinct(_drawn_subsets(others, chosen, generator), count)
        return torch.cat((torch.ones(count, 1, dtype=torch.bool, device="cpu"), found), 1) if halved else found


def subsets_of_rank(ranks: Tensor, players: int, size: int) -> Tensor:
    """(n, players) bool: the subsets of this size with these places in their lexicographic order, from 0."""
    # Row p: of the subsets that still take k players from p on, how many hold p.
    holding = torch.tensor(
        [[comb(players - 1 - p, k - 1) if k else 0 for k in range(size + 1)] for p in range(players)],
        dtype=torch.int64,
        device="cpu",
    )
    left, missing = ranks.clone(), torch.full_like(ranks, size)
    found = torch.zeros(len(ranks), players, dtype=torch.bool, device="cpu")
    for player in range(players):
        count = holding[player][missing]
        taken = left < count
        found[:, player] = taken
        left = torch.where(taken, left, left - count)
        missing = missing - taken.long()
    return found


def _drawn_subsets(players: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    """Blocks of random subsets of this size, without end."""
    while True:
        chosen = torch.rand(BLOCK, players, generator=generator, dtype=torch.float64, device="cpu").argsort(1)[:, :size]
        yield torch.zeros(BLOCK, players, dtype=torch.bool, device="cpu").scatter_(1, chosen, True)


def _distinct(blocks: Iterator[Tensor], count: int) -> Tensor:
    """(count, M) the first `count` different rows, in the order in which they came."""
    rows: dict[bytes, Tensor] = {}
    while len(rows) < count:
        block = next(blocks)
        for key, row in zip(map(bytes, block.numpy()), block, strict=True):
            rows.setdefault(key, row)
    return torch.stack(list(rows.values())[:count]) if count else next(blocks)[:0]
