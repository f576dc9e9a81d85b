"""Tiny networks whose maps are laid out in other ways than (B, C, h, w)."""

import torch
from core_subjects import seeded
from torch import Tensor, nn


class Block(nn.Module):
    """Attention and a small perceptron, each behind its normalization."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)
        self.mlp = nn.Sequential(nn.Linear(width, width), nn.GELU())

    def forward(self, tokens: Tensor) -> Tensor:
        normed = self.norm1(tokens)
        tokens = tokens + self.attention(normed, normed, normed, need_weights=False)[0]
        return tokens + self.mlp(self.norm2(tokens))


class Vision(nn.Module):
    """Patches of 4 x 4, `leading` learned tokens before them, and the first token read by the head (their mean where none)."""

    def __init__(self, leading: int = 1, width: int = 8, blocks: int = 2, convolution: bool = True) -> None:
        super().__init__()
        with seeded():
            self.patches = nn.Conv2d(3, width, 4, 4) if convolution else nn.Linear(48, width)
            self.leading = nn.Parameter(torch.randn(1, leading, width))
            self.blocks = nn.ModuleList([Block(width) for _ in range(blocks)])
            self.norm = nn.LayerNorm(width)
            self.head = nn.Linear(width, 3)

    def forward(self, photos: Tensor) -> Tensor:
        if isinstance(self.patches, nn.Conv2d):
            tokens = self.patches(photos).flatten(2).transpose(1, 2)
        else:
            tokens = self.patches(nn.functional.unfold(photos, 4, stride=4).transpose(1, 2))
        tokens = torch.cat([self.leading.expand(len(tokens), -1, -1), tokens], 1)
        for block in self.blocks:
            tokens = block(tokens)
        tokens = self.norm(tokens)
        return self.head(tokens[:, 0] if self.leading.shape[1] else tokens.mean(1))


class ChannelsLast(nn.Module):
    """Maps (B, h, w, C) to the end, as in Swin; `width` channels."""

    def __init__(self, width: int = 6) -> None:
        super().__init__()
        with seeded():
            self.patches = nn.Conv2d(3, width, 4, 4)
            self.mix = nn.Linear(width, width)
            self.act = nn.GELU()
            self.norm = nn.LayerNorm(width)
            self.head = nn.Linear(width, 3)

    def forward(self, photos: Tensor) -> Tensor:
        maps = self.patches(photos).permute(0, 2, 3, 1)
        return self.head(self.norm(maps + self.act(self.mix(maps))).mean((1, 2)))


class Mixer(nn.Module):
    """Tokens without attention, averaged at the end."""

    def __init__(self) -> None:
        super().__init__()
        with seeded():
            self.patches = nn.Conv2d(3, 6, 4, 4)
            self.mix = nn.Linear(16, 16)
            self.norm = nn.LayerNorm(6)
            self.head = nn.Linear(6, 3)

    def forward(self, photos: Tensor) -> Tensor:
        tokens = self.patches(photos).flatten(2).transpose(1, 2)
        return self.head(self.norm(tokens + self.mix(tokens.transpose(1, 2)).transpose(1, 2)).mean(1))


class AddsInPlace(nn.Module):
    """A residual block that adds its input to what its last part gave, in place, as ConvNeXt's do."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, maps: Tensor) -> Tensor:
        result = self.inner(maps)
        result += maps
        return result
