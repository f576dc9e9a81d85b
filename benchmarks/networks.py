"""The networks that are measured, and networks as peers take them: with the normalization inside, and nothing of ours."""

import torch
from torch import Tensor, nn
from torchvision.models import resnet18, resnet50

from xaivision.core.image_format import ImageFormat
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.construction import construction

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SEED = 0


def random_resnet(depth: int = 18) -> TorchClassifier:
    """ResNet-18 or -50 with random weights for photos of 224 pixels: what a pass costs does not depend on them."""
    with construction(SEED):
        network = {18: resnet18, 50: resnet50}[depth]()
    return TorchClassifier(network.eval(), 1000, image_format=ImageFormat(3, 224, 224), mean=MEAN, std=STD)


class InPixels(nn.Module):
    """Scores (B, K) of photos (B, C, H, W) in [0, 1], as a user would give a network to captum.

    `channels_last`: weights and photos are laid out as convolutions on a CPU like them best, which a user has to know of.
    """

    def __init__(self, model: TorchClassifier, *, channels_last: bool = False) -> None:
        super().__init__()
        scale, shift = model._affine or (torch.ones(1), torch.zeros(1))
        self.register_buffer("scale", scale.float())
        self.register_buffer("shift", shift.float())
        self.layout = torch.channels_last if channels_last else torch.contiguous_format
        self.network = model.model.to(memory_format=self.layout).eval()

    def forward(self, photos: Tensor) -> Tensor:
        return self.network(torch.addcmul(self.shift, photos, self.scale).contiguous(memory_format=self.layout))
