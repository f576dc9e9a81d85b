"""A backbone behind the pictures of a dataset, and a linear layer behind the backbone."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from xaivision.core.errors import InputError

# The parts that hold others in a row: a block is what lies in them.
CONTAINERS = (nn.Sequential, nn.ModuleList, nn.ModuleDict)


class GrayToColor(nn.Conv2d):
    """(B, 1, h, w) gray pictures in [0, 1] to (B, C, h, w) normalized ones: (x - mean) / std of each of the C channels.

    A 1 x 1 convolution with fixed weights, so that every method sees a linear layer that it knows. Summing the first layer's
    weights over its channels would not be the same: where the channels' means differ, so does what is padded with zeros.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__(1, len(mean), 1, dtype=torch.float32)
        means, scales = (torch.tensor(list(part), dtype=torch.float64) for part in (mean, std))
        with torch.no_grad():
            self.weight.copy_((1 / scales).view(-1, 1, 1, 1))
            self.bias.copy_(-means / scales)  # type: ignore[union-attr]  # there is one, as nothing else was said
        self.requires_grad_(False)


class Shrink(nn.Module):
    """(B, C, h, w) pictures to (B, C, side, side), bilinearly and antialiased."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def extra_repr(self) -> str:
        return str(self.side)

    def forward(self, images: Tensor) -> Tensor:
        return interpolate(images, (self.side, self.side), mode="bilinear", align_corners=False, antialias=True)


class TransferNetwork(nn.Module):
    """Pictures (B, C, h, w) of a dataset to (B, K) logits: resized whole to the backbone's side, color, features, one layer.

    Gray pictures come in [0, 1], color ones normalized. What is at the border of a sonar picture counts, so nothing is
    cropped: pictures that are not square are squeezed. The backbone is used in evaluation mode, also while it is tuned.
    """

    def __init__(self, resize: nn.Module, color: nn.Module, backbone: nn.Module, width: int, num_classes: int) -> None:
        super().__init__()
        self.resize = resize
        self.color = color
        self.backbone = backbone
        self.head = nn.Linear(width, num_classes, dtype=torch.float32)

    def features(self, images: Tensor) -> Tensor:
        """(B, width), what the linear layer is given."""
        found: Tensor = self.backbone(self.color(self.resize(images)))
        return found

    def forward(self, images: Tensor) -> Tensor:
        scores: Tensor = self.head(self.features(images))
        return scores


def resizing(height: int, width: int, side: int) -> nn.Module:
    """What brings pictures of this height and width to (side, side): nothing, where they have it."""
    if (height, width) == (side, side):
        return nn.Identity()
    if height <= side and width <= side:
        return nn.Upsample((side, side), mode="bilinear")
    return Shrink(side)


def coloring(channels: int, mean: Sequence[float], std: Sequence[float]) -> nn.Module:
    """What makes three normalized channels of gray pictures; color ones pass, the classifier normalizes them.

    Raises: InputError, where pictures have neither one channel nor three, or color for a network of gray ones.
    """
    if channels == 1:
        return GrayToColor(mean, std)
    if channels == len(mean):
        return nn.Identity()
    if len(mean) == 1:
        raise InputError(
            f"`dataset` must hold gray pictures for this backbone. Got {channels} channels. Read them with channels=1, or name "
            "another backbone."
        )
    raise InputError(f"`dataset` must hold pictures of 1 or {len(mean)} channels. Got {channels}. Give gray or color pictures.")


def blocks(module: nn.Module) -> list[list[nn.Module]]:
    """The parts with weights in the order of their definition, each with the norm layers that follow it.

    Entered are the network, containers, and a part that holds more than half of all weights.
    """
    most = _size(module) / 2
    found: list[list[nn.Module]] = []
    for part in _entered(module, most):
        if found and not list(part.children()) and "norm" in type(part).__name__.lower():
            found[-1].append(part)
        else:
            found.append([part])
    return found


def parts_before(module: nn.Module, entry: nn.Module) -> list[nn.Module]:
    """The parts that are defined before this first part of a block, those without weights, such as pooling, included."""
    found = _entered(module, _size(module) / 2, all_of_them=True)
    return found[: next(place for place, part in enumerate(found) if part is entry)]


def _entered(module: nn.Module, most: float, *, all_of_them: bool = False) -> list[nn.Module]:
    parts: list[nn.Module] = []
    for part in module.children():
        enter = isinstance(part, CONTAINERS) or _size(part) > most
        if enter and list(part.children()):
            parts += _entered(part, most, all_of_them=all_of_them)
        elif all_of_them or _size(part):
            parts.append(part)
    return parts


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())
