"""Autoencoders of table rows with a classifier on their latents: dense, and convolutional over rows folded into squares.

The convolutional one is that of the paper, for comparison: folding a row into a square makes neighbors of columns that have
nothing to do with each other. The dense one is the default.

Source: Karim et al., Interpreting Black-box Machine Learning Models for High Dimensional Datasets, 2022, arXiv:2208.13405.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from xaivision.models.row_standardizing import RowStandardizing

WIDTHS = (16, 8, 8)


class DenseEncoder(nn.Module):
    """(B, F) rows to (B, L) latents."""

    def __init__(self, features: int, latents: int, hidden: int) -> None:
        super().__init__()
        self.standardizing = RowStandardizing(features)
        self.layers = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, latents), nn.ReLU())

    def forward(self, rows: Tensor) -> Tensor:
        found: Tensor = self.layers(self.standardizing(rows))
        return found


class SquareEncoder(nn.Module):
    """(B, F) rows, filled up with zeros to squares of `side`, to (B, 8, side / 8, side / 8) latents."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.standardizing = RowStandardizing(features)
        self.side = 8 * math.ceil(math.sqrt(features) / 8)
        parts: list[nn.Module] = []
        for before, after in zip((1, *WIDTHS[:-1]), WIDTHS, strict=True):
            parts += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(after), nn.MaxPool2d(2)]
        self.layers = nn.Sequential(*parts)

    def forward(self, rows: Tensor) -> Tensor:
        standardized = self.standardizing(rows)
        filled = pad(standardized, (0, self.side**2 - rows.shape[1]))
        found: Tensor = self.layers(filled.view(-1, 1, self.side, self.side))
        return found


class EncodedClassifier(nn.Module):
    """(B, F) rows to (B, K) logits by the latents of `encoder`; `decode` gives the standardized rows that latents stand for."""

    def __init__(self, encoder: DenseEncoder | SquareEncoder, decoder: nn.Module, head: nn.Module, features: int) -> None:
        super().__init__()
        self.encoder, self.decoder, self.head, self.features = encoder, decoder, head, features

    def decode(self, latents: Tensor) -> Tensor:
        """(B, F) in standard deviations of the columns."""
        found: Tensor = self.decoder(latents).flatten(1)[:, : self.features]
        return found

    def forward(self, rows: Tensor) -> Tensor:
        scores: Tensor = self.head(self.encoder(rows))
        return scores


def dense_autoencoder(features: int, num_classes: int, *, latents: int = 32, hidden: int = 64) -> EncodedClassifier:
    """The untrained dense one: one hidden layer on either side, and one below the classes."""
    decoder = nn.Sequential(nn.Linear(latents, hidden), nn.ReLU(), nn.Linear(hidden, features))
    head = nn.Sequential(nn.Linear(latents, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, num_classes))
    return EncodedClassifier(DenseEncoder(features, latents, hidden), decoder, head, features)


def convolutional_autoencoder(features: int, num_classes: int) -> EncodedClassifier:
    """The untrained one of the paper: 16, 8 and 8 filters, mirrored; a convolution and 512 units below the classes."""
    encoder = SquareEncoder(features)
    parts: list[nn.Module] = []
    for before, after in zip(WIDTHS[::-1], (*WIDTHS[-2::-1], WIDTHS[0]), strict=True):
        parts += [nn.Upsample(scale_factor=2), nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.BatchNorm2d(after)]
    decoder = nn.Sequential(*parts, nn.Conv2d(WIDTHS[0], 1, 3, padding=1))
    cells = encoder.side // 8
    pooled = nn.MaxPool2d(2) if cells > 1 else nn.Identity()
    units = 32 * (cells // 2 if cells > 1 else 1) ** 2
    head = nn.Sequential(
        nn.Conv2d(WIDTHS[-1], 32, 3, padding=1),
        nn.ReLU(),
        nn.BatchNorm2d(32),
        pooled,
        nn.Dropout(0.25),
        nn.Flatten(),
        nn.Linear(units, 512),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(512, num_classes),
    )
    return EncodedClassifier(encoder, decoder, head, features)


def reconstruction_error(model: EncodedClassifier, rows: Tensor) -> Tensor:
    """Mean squared error of what comes back, in variances of the columns: 1 where only their means do."""
    found: Tensor = torch.nn.functional.mse_loss(model.decode(model.encoder(rows)), model.encoder.standardizing(rows))
    return found
