"""Random masks that hide an input softly, and what each position's presence goes along with: the engine of RISE."""

from collections.abc import Iterator
from math import ceil
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import interpolate


class MaskDraws(NamedTuple):
    """`cells` (N, rows, columns) in float32: present 1, absent 0. `shifts` (N, 2): by how many pixels each grid is moved."""

    cells: Tensor
    shifts: Tensor


def drawn_masks(count: int, grid: tuple[int, int], picture: tuple[int, int], share: float, chance: torch.Generator) -> MaskDraws:
    """Grids of cells that are present with probability `share`, one row and column larger than asked, and their shifts."""
    rows, columns = grid
    cells = torch.rand(count, rows + 1, columns + 1, generator=chance, device="cpu") < share
    cell = _cell(grid, picture)
    shifts = torch.stack([torch.randint(0, side, (count,), generator=chance, device="cpu") for side in cell], 1)
    return MaskDraws(cells.float(), shifts)


def enlarged(draws: MaskDraws, part: slice, grid: tuple[int, int], picture: tuple[int, int]) -> Tensor:
    """(n, H, W) masks in [0, 1] of these draws: grids enlarged bilinearly, shifted and cut to the picture."""
    cell = _cell(grid, picture)
    cells = draws.cells[part]
    size = [cells.shape[1] * cell[0], cells.shape[2] * cell[1]]
    large = interpolate(cells[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]
    height, width = picture
    cut = [
        mask[top : top + height, left : left + width]
        for mask, (top, left) in zip(large, draws.shifts[part].tolist(), strict=True)
    ]
    return torch.stack(cut)


class Presence(NamedTuple):
    """What seeing each position goes along with, and the standard error of that: (P,) each, in float64."""

    values: Tensor
    standard_error: Tensor


def presence_effect(parts: Iterator[tuple[Tensor, Tensor]], positions: int, centered: bool) -> Presence:
    """Mean score where a position is present, less the mean score where `centered`; from masks (n, P) and scores (n,).
    NaN where a position was never seen.

    Sums over the masks are all that is kept. The standard error is that of a ratio of means.
    """
    sums, squares = (torch.zeros(3, positions, dtype=torch.float64, device="cpu") for _ in range(2))
    plain = torch.zeros(3, dtype=torch.float64, device="cpu")
    first: Tensor | None = None
    for masks, scores in parts:
        first = scores[0].double().cpu() if first is None else first
        score = scores.double().cpu() - first  # of a score that does not move nothing is left, rounding neither
        powers = torch.stack([torch.ones_like(score), score, score.square()])
        there = masks.double().cpu()
        sums += powers @ there
        squares += powers @ there.square()
        plain += powers.sum(1)
    found = _effect(sums, squares, plain, centered)
    return found if centered or first is None else found._replace(values=found.values + first)


def _effect(sums: Tensor, squares: Tensor, plain: Tensor, centered: bool) -> Presence:
    count = plain[0]
    there, with_score, with_square = sums
    presence = there / count
    ratio = with_score / there
    # Squared influence of each mask on the ratio, m(y - r)/E[m], and on the ratio less the mean, m(y - r)/E[m] - (y - mean).
    own = (squares[2] - 2 * ratio * squares[1] + ratio.square() * squares[0]) / presence.square()
    if not centered:
        return Presence(ratio, (own.clamp_min(0) / count.square()).sqrt())
    mean = plain[1] / count
    both = (with_square - (ratio + mean) * with_score + ratio * mean * there) / presence
    total = plain[2] - 2 * mean * plain[1] + mean.square() * count
    return Presence(ratio - mean, ((own - 2 * both + total).clamp_min(0) / count.square()).sqrt())


def _cell(grid: tuple[int, int], picture: tuple[int, int]) -> tuple[int, int]:
    return ceil(picture[0] / grid[0]), ceil(picture[1] / grid[1])
