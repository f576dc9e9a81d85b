"""A network for grids of pictures in which each class sees one cell only: what lies outside of it cannot matter.

Source: Rao, Boehle, Schiele, Towards better understanding attribution methods, 2022, arXiv:2205.10435 (DiFull).
"""

import torch
from torch import Tensor, nn

from xaivision.data.known_answers.picture_grids import cut_out


class DisconnectedGrid(nn.Module):
    """(B, C, n h, n w) grids of n x n pictures to (B, n n) scores: number k is the score of class k for cell k.

    Cells are numbered in reading order. `maps` takes pictures (N, C, h, w) to maps (N, D, u, v), and `head` takes
    those to scores. All cells are one batch: each layer is called once, and once more put together, the maps are
    those of the grid (B, D, n u, n v), in the layer `whole`. Methods that read the maps of a layer would else see one cell's.
    """

    def __init__(self, maps: nn.Module, head: nn.Module, side: int) -> None:
        super().__init__()
        self.maps, self.whole, self.head, self.side = maps, nn.Identity(), head, side

    def forward(self, grids: Tensor) -> Tensor:
        whole = self.whole(_joined(self.maps(cut_out(grids, self.side)), self.side))
        scores = self.head(cut_out(whole, self.side)).unflatten(0, (-1, self.side * self.side))
        return torch.stack([scores[:, number, number] for number in range(self.side * self.side)], 1)


def _joined(cells: Tensor, side: int) -> Tensor:
    """(B, C, n h, n w): what `cut_out` has taken apart."""
    channels, height, width = cells.shape[1:]
    apart = cells.reshape(-1, side, side, channels, height, width).permute(0, 3, 1, 4, 2, 5)
    return apart.reshape(-1, channels, side * height, side * width)
