"""Small float32 networks for the tests of questions that are answered by one pass with gradients."""

import torch
from explainer_networks import seeded
from torch import Tensor, nn

PHOTOS = torch.rand(5, 3, 8, 8, generator=torch.Generator().manual_seed(0))
LARGER = torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))


class ChannelsLast(nn.Module):
    """Maps (B, h, w, C) to the end, as in Swin."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.mix = nn.Conv2d(3, 6, 4, 4), nn.Linear(6, 6)
        self.norm, self.head = nn.LayerNorm(6), nn.Linear(6, 3)

    def forward(self, photos: Tensor) -> Tensor:
        maps = self.patches(photos).permute(0, 2, 3, 1)
        return self.head(self.norm(maps + self.mix(maps).tanh()).mean((1, 2)))


class Tokens(nn.Module):
    """A class token in front of a token for each patch, mixed once and read by the head."""

    def __init__(self) -> None:
        super().__init__()
        self.patches, self.token = nn.Conv2d(3, 8, 4, 4), nn.Parameter(torch.randn(1, 1, 8))
        self.norm, self.heads = nn.LayerNorm(8), nn.MultiheadAttention(8, 2, batch_first=True)
        self.head = nn.Linear(8, 3)

    def forward(self, photos: Tensor) -> Tensor:
        tokens = self.patches(photos).flatten(2).transpose(1, 2)
        normed = self.norm(torch.cat([self.token.expand(len(tokens), -1, -1), tokens], 1))
        return self.head(self.heads(normed, normed, normed, need_weights=False)[0][:, 0])


def convnet() -> nn.Module:
    def make() -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(inplace=True),
            nn.Conv2d(4, 5, 3, stride=2),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(5, 3),
        )

    return seeded(make).float().eval()


def tokens() -> nn.Module:
    return seeded(Tokens).float()


def channels_last() -> nn.Module:
    return seeded(ChannelsLast).float()
