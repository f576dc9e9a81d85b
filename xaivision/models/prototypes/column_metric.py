"""A learned matrix in whose space the rows of a table are compared."""

import torch
from torch import Tensor, nn


class ColumnMetric(nn.Module):
    """(B, F) to (B, F) by a learned matrix, in whose space rows are compared: which columns count, and which count together.

    Source: Schneider, Biehl, Hammer, 2009, doi:10.1162/neco.2009.11-08-908, matrix relevance learning.
    """

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.eye(columns, dtype=torch.float32))

    @property
    def stretch(self) -> Tensor:
        """By how much it moves points apart at most, with its graph: its largest singular value."""
        found: Tensor = torch.linalg.matrix_norm(self.matrix, 2)
        return found

    def forward(self, rows: Tensor) -> Tensor:
        return rows @ self.matrix.T
