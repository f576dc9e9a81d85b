"""The channels of a map brought to one scale, learned from the maps of training pictures."""

import torch
from torch import Tensor, nn

# The least standard deviation that a channel is divided by, as a share of the usual one: one that hardly varies would outweigh
# all others in a picture where it does.
LEAST_SCALE = 0.1


class StandardChannels(nn.Module):
    """(B, C, h, w) to the same, each channel centered and scaled as it is over the places of the training pictures."""

    center: Tensor
    scale: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("center", torch.zeros(channels, 1, 1, dtype=torch.float32))
        self.register_buffer("scale", torch.ones(channels, 1, 1, dtype=torch.float32))

    def learn(self, maps: Tensor) -> None:
        """Take center and scale from maps (N, C, h, w)."""
        spread = torch.stack([one.double().std(correction=0) for one in maps.movedim(1, 0)])
        least = float(LEAST_SCALE * spread.square().mean().sqrt()) or 1.0
        self.center.copy_(maps.mean((0, 2, 3))[:, None, None])
        self.scale.copy_(spread.clamp_min(least)[:, None, None])

    def forward(self, maps: Tensor) -> Tensor:
        found: Tensor = (maps - self.center) / self.scale
        return found
