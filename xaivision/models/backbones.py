"""Networks without their last layer: what turns a picture into features, by name, each with its own preprocessing."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from xaivision.core.errors import CapabilityError, InputError
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.models.efficientnet_lite import weights_said
from xaivision.models.registry import LITE_NAMES, TIMM_PREFIX, load_model, model_card
from xaivision.models.small_cnn import MEAN, SIDE, STD, WIDTHS, small_cnn
from xaivision.models.small_cnn import NAME as SMALL
from xaivision.models.weights_cache import digest

# The one whose weights come inside a package that the demo installs.
OFFLINE = "efficientnet_lite0"


@dataclass(frozen=True, eq=False)
class Backbone:
    """`module`: normalized color pictures (B, 3, side, side) to features (B, width).

    `mean` and `std`: what the three channels of pictures in [0, 1] are normalized with. `weights` says in words which weights
    it has, `digest` is their SHA-256, and `trained` is False where they are random.
    """

    name: str
    module: nn.Module
    width: int
    side: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    weights: str
    digest: str
    trained: bool

    def card_fields(self) -> dict[str, Any]:
        """The fields of a `LearnedCard` that say what was begun with."""
        return {"backbone": self.name, "weights": self.weights, "pretrained": self.trained, "weights_digest": self.digest}


def backbone(name: str, *, weights: str | None = "DEFAULT", seed: int = 0) -> Backbone:
    """The named image classifier of this library, of torchvision ("resnet50") or of timm ("timm/resnet18") without its head.

    `weights=None`: random ones drawn from the seed, marked so. They are never taken for want of others. "small_cnn" is a
    network for gray pictures, which has no weights but those.

    Raises: UnknownNameError; MissingExtraError; DownloadError, where the weights cannot be had; InputError, where the model
    has one set of weights and another was asked for; CapabilityError, where it is no image classifier with a last linear
    layer.
    """
    if name == SMALL:
        return _small(weights, seed)
    if name in LITE_NAMES and weights != "DEFAULT":
        raise InputError(
            f"`weights` of `{name}` are those of its package, without which it is nothing. Got {weights!r}. Leave them out "
            f"(--random-weights), or name a backbone of torchvision, such as `resnet18`, or `{SMALL}`."
        )
    settings = {} if weights == "DEFAULT" else {"weights": weights, "seed": seed}
    model = load_model(name, **settings)
    if not isinstance(model, TorchClassifier) or model.image_format is None or model.image_format.channels != 3:
        raise CapabilityError(
            f"`backbone` must be a classifier of color pictures. Got `{name}`. Name one of torchvision or timm, or `{OFFLINE}`."
        )
    mean, std = _normalization(model)
    module, width = beheaded(model.model, model.num_classes, name)
    return Backbone(
        name,
        module,
        width,
        model.image_format.height,
        mean,
        std,
        weights_said(name) if name in LITE_NAMES else model_card(name, **settings).what,
        digest(module.state_dict()),
        trained=weights is not None,
    )


def _small(weights: str | None, seed: int) -> Backbone:
    if weights not in ("DEFAULT", None):
        raise InputError(f"`weights` of `{SMALL}` are random, whatever is said. Got {weights!r}. Leave them out.")
    module = small_cnn(seed)
    said = f"{SMALL} with random weights drawn from seed {seed}, all of which are trained here"
    return Backbone(SMALL, module, WIDTHS[-1], SIDE, MEAN, STD, said, digest(module.state_dict()), trained=False)


def architecture(name: str) -> tuple[nn.Module, int]:
    """The module of a backbone and the width of its features, without weights worth anything: nothing is downloaded.

    Raises: as `backbone`.
    """
    if name == SMALL:
        return small_cnn(), WIDTHS[-1]
    model = load_model(name, **({} if name in LITE_NAMES else {"weights": None}))
    if not isinstance(model, TorchClassifier):
        raise CapabilityError(f"`backbone` must be a torch module. Got `{name}`.")
    return beheaded(model.model, model.num_classes, name)


def beheaded(module: nn.Module, num_classes: int, name: str) -> tuple[nn.Module, int]:
    """The module, changed in place so that it gives what its last layer was given, and the width of that.

    Raises: CapabilityError, where no linear layer gives the classes.
    """
    heads = [(path, part) for path, part in module.named_modules() if _is_head(part, num_classes)]
    if not heads:
        prefix = f"{TIMM_PREFIX}resnet18"
        raise CapabilityError(
            f"`backbone` must be a network whose last layer is linear. `{name}` has none. Name another, such as `{prefix}`."
        )
    path, head = heads[-1]
    parent, _, own = path.rpartition(".")
    if isinstance(head, nn.Linear):
        setattr(module.get_submodule(parent), own, nn.Identity())
        return module, head.in_features
    # SqueezeNet: a 1 x 1 convolution, then a mean over positions. The mean of the maps before it says the same.
    setattr(module, parent, nn.Sequential(nn.AdaptiveAvgPool2d(1)))
    return module, int(head.in_channels)


def _is_head(part: nn.Module, num_classes: int) -> bool:
    if isinstance(part, nn.Conv2d):
        return part.out_channels == num_classes and part.kernel_size == (1, 1)
    return isinstance(part, nn.Linear) and part.out_features == num_classes


def _normalization(model: TorchClassifier) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel, told from what the classifier makes of black and of white."""
    black, white = (model.prepared(torch.full((1, 3, 1, 1), value, device="cpu")).double().flatten() for value in (0.0, 1.0))
    scale: Tensor = white - black
    # To seven digits: what was written down, and not what float32 made of it.
    return _written(-black / scale), _written(1 / scale)


def _written(values: Tensor) -> tuple[float, ...]:
    return tuple(round(value, 6) for value in values.tolist())
