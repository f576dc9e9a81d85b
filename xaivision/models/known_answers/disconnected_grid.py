"""A network for grids of pictures in which each class sees one cell only: what lies outside of it cannot matter.

Source: Rao, Boehle, Schiele, Towards better understanding attribution methods, 2022, arXiv:2205.10435 (DiFull).
"""

import torch
from torch import Tensor, nn


class DisconnectedGrid(nn.Module):
    """(B, C, n h, n w) grids of n x n pictures to (B, n n) scores: number k is the backbone's score of class k for cell k.

    Cells are numbered in reading order; the backbone takes pictures (B, C, h, w), with h and w the `cell`.
    """

    def __init__(self, backbone: nn.Module, side: int, cell: tuple[int, int]) -> None:
        super().__init__()
        self.backbone, self.side, self.cell = backbone, side, cell

    def forward(self, grids: Tensor) -> Tensor:
        height, width = self.cell
        scores = []
        for number in range(self.side * self.side):  # of sizes that are known: methods that read the graph can follow
            row, column = divmod(number, self.side)
            cell = grids[:, :, row * height : (row + 1) * height, column * width : (column + 1) * width]
            scores.append(self.backbone(cell)[:, number])
        return torch.stack(scores, 1)
