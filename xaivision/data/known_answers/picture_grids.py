"""Grids of pictures of different classes: an explanation of one class should lie on its cell.

Source: Rao, Boehle, Schiele, Towards better understanding attribution methods, 2022, arXiv:2205.10435 (GridPG, DiFull).
"""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.random import generator


class Grids(NamedTuple):
    """Grids (B, C, n h, n w), the class (B,) that is asked about, and the mask (B, n h, n w) of its cell."""

    inputs: Tensor
    targets: Tensor
    cells: Tensor


def picture_grids(
    pictures: Tensor, targets: Tensor, side: int = 3, count: int = 24, seed: int = 0, *, fixed: bool = False
) -> Grids:
    """`count` grids of side x side pictures (N, C, h, w), each of another class; one of them is asked about, each in turn.

    `fixed`: class k is always in cell k, in reading order.
    """
    draws, cells = generator(seed, "picture grids", fixed), side * side
    of_class = {label: (targets == label).nonzero().flatten() for label in sorted(set(targets.tolist()))}
    grids, asked, places = [], [], []
    for number in range(count):
        order = list(range(cells)) if fixed else torch.randperm(len(of_class), generator=draws)[:cells].tolist()
        chosen = [pictures[_one(of_class[label], draws)] for label in order]
        grids.append(torch.cat([torch.cat(chosen[row * side : (row + 1) * side], 2) for row in range(side)], 1))
        place = number % cells
        asked.append(order[place])
        places.append(place)
    height, width = pictures.shape[2:]
    numbers = torch.arange(cells, device="cpu").view(side, side).repeat_interleave(height, 0).repeat_interleave(width, 1)
    masks = numbers[None] == torch.tensor(places, device="cpu")[:, None, None]
    return Grids(torch.stack(grids), torch.tensor(asked, device="cpu"), masks)


def _one(rows: Tensor, draws: torch.Generator) -> int:
    return int(rows[int(torch.randint(len(rows), (), generator=draws, device="cpu"))])
