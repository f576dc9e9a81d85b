"""What a model of timm says of its pictures, as settings of an adapter."""

from collections.abc import Mapping
from math import floor
from typing import Any, Literal

from torch import nn

from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat

INTERPOLATIONS: dict[str, Literal["nearest", "bilinear", "bicubic"]] = {
    "nearest": "nearest",
    "bilinear": "bilinear",
    "bicubic": "bicubic",
}


def timm_settings(module: nn.Module, given: Mapping[str, Any]) -> dict[str, Any]:
    """`num_classes`, `mean`, `std` and `image_format` as the module's `pretrained_cfg` has them; what is given comes first.

    Photos are resized and cropped at the center; a model that was trained on squashed or padded photos gets them so too.

    Raises: InputError, where the module has no head, or the numbers are for other channels than it takes.
    """
    told = _configuration(module)
    channels = _channels(module, told)
    classes = int(getattr(module, "num_classes", told.get("num_classes", 0)))
    if classes == 0 and "num_classes" not in given:
        raise InputError("`model` must have a head with classes. This one gives features. Make it with num_classes=...")
    if ("mean" in given) != ("std" in given):
        raise InputError("`mean` and `std` must be given together. Give both, or none to take those of the model.")
    settings: dict[str, Any] = {"domain": "image", "num_classes": classes, "image_format": _image_format(module, told, channels)}
    if "mean" not in given:
        settings |= {"mean": _a_channel(told["mean"], channels), "std": _a_channel(told["std"], channels)}
    return {**settings, **given}


def is_timm_model(module: nn.Module) -> bool:
    """Whether timm made it, so that it says what pictures it takes."""
    return type(module).__module__.partition(".")[0] == "timm" and bool(_configuration(module))


def _configuration(module: nn.Module) -> dict[str, Any]:
    found = getattr(module, "pretrained_cfg", None)
    return found if isinstance(found, dict) and "mean" in found and "std" in found else {}


def _channels(module: nn.Module, told: Mapping[str, Any]) -> int:
    first = next((part for part in module.modules() if isinstance(part, nn.Conv2d)), None)
    return int(getattr(module, "in_chans", told["input_size"][0]) if first is None else first.in_channels)


def _a_channel(numbers: Any, channels: int) -> tuple[float, ...]:
    if len(numbers) != channels:
        raise InputError(
            f"`mean` and `std` must be given: the model takes {channels} channel{'s' if channels > 1 else ''}, and knows them "
            f"for {len(numbers)} only."
        )
    return tuple(map(float, numbers))


def _image_format(module: nn.Module, told: Mapping[str, Any], channels: int) -> ImageFormat:
    """Built for one size, a transformer keeps that size; of others the usual one is taken."""
    built_for = getattr(getattr(module, "patch_embed", None), "img_size", None)
    height, width = built_for if built_for is not None else told["input_size"][1:]
    resize = floor(max(height, width) / told.get("crop_pct", 1.0))
    return ImageFormat(channels, height, width, resize=resize, interpolation=INTERPOLATIONS.get(told["interpolation"], "bicubic"))
