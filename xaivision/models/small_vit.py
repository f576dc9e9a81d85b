"""A small vision transformer with a class token."""

import torch
from torch import Tensor, nn


class SmallVit(nn.Module):
    """(B, C, side, side) pictures to (B, K) logits: patches, class token, places, `blocks` encoder blocks, one linear layer.

    The blocks are torch's own, normalized first, with heads 32 wide. They have no biases: a constant in a head's values is
    the same wherever the head looks, and an attribution that multiplies attention by its gradient would spread it over all
    tokens. The scores are read from the class token, which is token 0.
    """

    def __init__(self, side: int, patch: int, width: int, blocks: int, num_classes: int, *, channels: int = 1) -> None:
        super().__init__()
        self.patches = nn.Conv2d(channels, width, patch, stride=patch, dtype=torch.float32)
        self.token = nn.Parameter(torch.zeros(1, 1, width, dtype=torch.float32))
        self.places = nn.Parameter(0.02 * torch.randn(1, 1 + (side // patch) ** 2, width, dtype=torch.float32))
        self.blocks = nn.Sequential(*[_block(width) for _ in range(blocks)])
        self.norm = nn.LayerNorm(width, dtype=torch.float32)
        self.head = nn.Linear(width, num_classes, dtype=torch.float32)

    def forward(self, images: Tensor) -> Tensor:
        patches = self.patches(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(images), -1, -1), patches], 1) + self.places
        scores: Tensor = self.head(self.norm(self.blocks(tokens)[:, 0]))
        return scores


def _block(width: int) -> nn.Module:
    return nn.TransformerEncoderLayer(
        width,
        width // 32,
        2 * width,
        dropout=0.0,
        activation="gelu",
        batch_first=True,
        norm_first=True,
        bias=False,
        dtype=torch.float32,
    )
