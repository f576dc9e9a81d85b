"""A self-attention network for rows of a table: each head shares one whole attention among the columns of a row.

Source: Skrlj, Dzeroski, Lavrac, Petkovic, Feature Importance Estimation with Self-Attention Networks, 2020, arXiv:2002.04464.
"""

import torch
from torch import Tensor, nn

from xaivision.models.row_standardizing import RowStandardizing

# Wider rows have heads of low rank: a full one has as many weights as columns squared.
WIDEST_FULL, RANK = 1000, 32


class AttentionNetwork(nn.Module):
    """(B, F) rows in their own units to (B, K) logits: standardized, weighted by their own attention, one hidden layer.

    A head is softmax(A x + b), heads are averaged, and times F, so that an even attention leaves the row as it is. The published
    code drops the softmax; its attention is then no share of anything.
    """

    # Its attention is paid to columns, so that names of columns may stand at it.
    attends_to = "columns"

    def __init__(self, features: int, num_classes: int, *, heads: int = 2, hidden: int = 32, dropout: float = 0.2) -> None:
        super().__init__()
        self.standardizing = RowStandardizing(features)
        self.heads = nn.ModuleList(_head(features) for _ in range(heads))
        self.hidden = nn.Linear(features, hidden)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(hidden, num_classes)

    def attention(self, rows: Tensor) -> Tensor:
        """(B, F) shares that sum to 1: how much attention each column of each row gets."""
        return self._attention(self.standardizing(rows))

    def forward(self, rows: Tensor) -> Tensor:
        standardized = self.standardizing(rows)
        attended = standardized * self._attention(standardized) * rows.shape[1]
        scores: Tensor = self.output(torch.selu(self.dropout(self.hidden(attended))))
        return scores

    def _attention(self, standardized: Tensor) -> Tensor:
        return torch.stack([head(standardized).softmax(1) for head in self.heads]).mean(0)


def _head(features: int) -> nn.Module:
    if features <= WIDEST_FULL:
        return nn.Linear(features, features)
    return nn.Sequential(nn.Linear(features, RANK, bias=False), nn.Linear(RANK, features))
