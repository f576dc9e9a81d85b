"""Sobol indices: which share of a score's variance each player's strength accounts for."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.quasirandom import SobolEngine

Order = Literal["total", "first"]
# Each player takes two dimensions of a Sobol sequence.
MOST_PLAYERS = SobolEngine.MAXDIM // 2
# Fewer points have no variance.
FEWEST_POINTS = 2


class SobolDesign(NamedTuple):
    """Two samples of strengths (N, M) in [0, 1], in float64, each point of one independent of that of the other."""

    one: Tensor
    other: Tensor

    def strengths(self, part: slice) -> Tensor:
        """(n, M) of the runs in `part`: N of the first sample; N for each player, who has his strength from the other; and
        the N of the other.
        """
        points, players = self.one.shape
        runs = torch.arange(points * (players + 2), device="cpu")[part]
        turn, place = runs // points - 1, runs % points
        own = turn[:, None] == torch.arange(players, device="cpu")
        return torch.where(own | (turn == players)[:, None], self.other[place], self.one[place])


class SobolIndices(NamedTuple):
    """Shares of the variance, and their standard errors: (M,) each, in float64."""

    values: Tensor
    standard_error: Tensor


def runs_needed(points: int, players: int, order: Order) -> int:
    """How many scores the indices of so many points are made of. The total ones do without the second sample's own."""
    return points * (players + (2 if order == "first" else 1))


def points_within(budget: int, players: int, order: Order) -> int:
    """The largest number of points whose runs are within the budget."""
    return budget // runs_needed(1, players, order)


def sobol_design(points: int, players: int, chance: torch.Generator) -> SobolDesign:
    """A scrambled Sobol sequence, which fills the cube more evenly than chance does; up to `MOST_PLAYERS`."""
    scramble = int(torch.randint(2**31, (1,), generator=chance, device="cpu"))
    sequence = SobolEngine(2 * players, scramble=True, seed=scramble)  # type: ignore[no-untyped-call]
    drawn = sequence.draw(points, dtype=torch.float64)
    return SobolDesign(drawn[:, :players], drawn[:, players:])


def sobol_indices(scores: Tensor, points: int, order: Order) -> SobolIndices:
    """Indices by the scores (`runs_needed`,) of a design's runs, in their order: Jansen's total ones, or Saltelli's first ones.

    A player's first-order index is the share of the variance that goes with his strength alone; the total one counts what he
    does together with others, too. A score whose spread is rounding, at the digits it came with, gives zeros.
    """
    rounding = 8 * torch.finfo(scores.dtype).eps * scores.abs().max()
    blocks = scores.double().view(-1, points)
    one, players = blocks[0], (blocks[1:] if order == "total" else blocks[1:-1])
    squares = (one - one.mean()).square()
    variance = squares.mean()
    if bool(variance.sqrt() <= rounding):
        return SobolIndices(*torch.zeros(2, len(players), dtype=torch.float64, device=scores.device))
    terms = (one - players).square() / 2 if order == "total" else (blocks[-1] - one.mean()) * (players - one)
    values = terms.mean(1) / variance
    # Influence of each point on a ratio of means; the sequence's evenness is left out, so that errors are upper ends.
    influence = (terms - values[:, None] * squares) / variance
    return SobolIndices(values, influence.std(1) / points**0.5)
