"""What a trained network is made of, apart from its weights."""

from dataclasses import dataclass

import torch
from torch import nn

from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.backbones import Backbone
from xaivision.models.construction import construction
from xaivision.models.transfer_network import TransferNetwork, coloring, resizing

# What torch and the networks raise on pictures that are too small, or of another size than they were built for.
MISFITS = (RuntimeError, AssertionError, ValueError)


@dataclass(frozen=True)
class NetworkPlan:
    """Pictures (`channels`, `height`, `width`) in [0, 1] are resized to `side`, normalized and given to the backbone.

    Its features are of `width_of_features` numbers.
    """

    backbone: str
    channels: int
    height: int
    width: int
    side: int
    width_of_features: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    class_names: tuple[str, ...]

    @property
    def preprocessing(self) -> str:
        """In words."""
        own = (self.side, self.side) == (self.height, self.width)
        size = "as it is" if own else f"resized whole to {self.side} x {self.side} (bilinear)"
        gray = "the gray channel three times, " if self.channels == 1 else ""
        return f"{self.height} x {self.width} pixels in [0, 1], {size}, {gray}(pixel - {self.mean}) / {self.std}"


def planned(backbone: Backbone, shape: tuple[int, ...], class_names: tuple[str, ...], side: int | None) -> NetworkPlan:
    """The plan for pictures of this shape (C, H, W), brought to the side, or to the backbone's own where it is None."""
    channels, height, width = shape
    own = backbone.side if side is None else side
    return NetworkPlan(
        backbone.name, channels, height, width, own, backbone.width, backbone.mean, backbone.std, tuple(class_names)
    )


def built(plan: NetworkPlan, backbone: nn.Module, device: str = "cpu") -> TorchClassifier:
    """Logits (B, K) of pictures (B, C, H, W) in [0, 1], by the backbone and a linear layer whose weights are zero.

    Raises: InputError, where pictures have neither one channel nor three, or the backbone cannot take them at this side.
    """
    with construction(seed=0):
        network = TransferNetwork(
            resizing(plan.height, plan.width, plan.side),
            coloring(plan.channels, plan.mean, plan.std),
            backbone,
            plan.width_of_features,
            len(plan.class_names),
        )
        nn.init.zeros_(network.head.weight)
        nn.init.zeros_(network.head.bias)
    color = plan.channels > 1
    model = TorchClassifier(
        network.eval().to(device),
        len(plan.class_names),
        class_names=plan.class_names,
        image_format=ImageFormat(plan.channels, plan.height, plan.width),
        mean=plan.mean if color else None,
        std=plan.std if color else None,
    )
    _check(plan, model)
    return model


def _check(plan: NetworkPlan, model: TorchClassifier) -> None:
    black = torch.zeros(1, plan.channels, plan.height, plan.width, dtype=torch.float32, device="cpu")
    try:
        model(black)
    except MISFITS as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            f"`side` must be one that `{plan.backbone}` can take. Got {plan.side}: {reason}. Leave it out for the backbone's own."
        ) from error
