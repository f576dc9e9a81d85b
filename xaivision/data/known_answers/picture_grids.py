"""Grids of pictures of different classes: an explanation of one class should lie on its cell.

Source: Rao, Boehle, Schiele, Towards better understanding attribution methods, 2022, arXiv:2205.10435 (GridPG, DiFull).
"""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.random import generator


class Grids(NamedTuple):
    """Grids (B, C, n h, n w), the class (B,) that is asked about, and the mask (B, n h, n w) of its cell.

    `labels` (B, n n): the class of each cell, in reading order.
    """

    inputs: Tensor
    targets: Tensor
    cells: Tensor
    labels: Tensor


def picture_grids(
    pictures: Tensor, targets: Tensor, side: int = 3, count: int = 24, seed: int = 0, *, fixed: bool = False
) -> Grids:
    """`count` grids of side x side pictures (N, C, h, w), each of another class; one of them is asked about, each in turn.

    `fixed`: class k is always in cell k, in reading order.
    """
    draws, cells = generator(seed, "picture grids", fixed), side * side
    of_class = {label: (targets == label).nonzero().flatten() for label in sorted(set(targets.tolist()))}
    grids, asked, places, labels = [], [], [], []
    for number in range(count):
        order = list(range(cells)) if fixed else torch.randperm(len(of_class), generator=draws)[:cells].tolist()
        chosen = [pictures[_one(of_class[label], draws)] for label in order]
        grids.append(torch.cat([torch.cat(chosen[row * side : (row + 1) * side], 2) for row in range(side)], 1))
        place = number % cells
        asked.append(order[place])
        places.append(place)
        labels.append(order)
    height, width = pictures.shape[2:]
    numbers = torch.arange(cells, device="cpu").view(side, side).repeat_interleave(height, 0).repeat_interleave(width, 1)
    masks = numbers[None] == torch.tensor(places, device="cpu")[:, None, None]
    asked_about, of_cells = (torch.tensor(one, device="cpu") for one in (asked, labels))
    return Grids(torch.stack(grids), asked_about, masks, of_cells)


def cut_out(grids: Tensor, side: int) -> Tensor:
    """(B n n, C, h, w) the cells of grids (B, C, n h, n w): those of a grid beside each other, in reading order."""
    count, channels, height, width = grids.shape
    apart = grids.reshape(count, channels, side, height // side, side, width // side)
    return apart.permute(0, 2, 4, 1, 3, 5).reshape(-1, channels, height // side, width // side)


def _one(rows: Tensor, draws: torch.Generator) -> int:
    return int(rows[int(torch.randint(len(rows), (), generator=draws, device="cpu"))])
