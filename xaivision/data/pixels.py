"""The pixels of a picture or of an array as one float tensor in [0, 1], at their own size."""

from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from xaivision.core.errors import FileFormatError, InputError
from xaivision.core.query import PIXEL_SLACK

FULL_SCALE = {"bool": 1, "uint8": 255, "uint16": 65535}

# Pillow's modes as they are read here: without transparency, and with it.
OPAQUE = {"1": "L", "L": "L", "RGB": "RGB", "RGBX": "RGB", "P": "RGB", "CMYK": "RGB", "YCbCr": "RGB", "LAB": "RGB", "HSV": "RGB"}
TRANSPARENT = {
    "1": "LA",
    "L": "LA",
    "LA": "LA",
    "La": "LA",
    "P": "RGBA",
    "PA": "RGBA",
    "RGB": "RGBA",
    "RGBA": "RGBA",
    "RGBa": "RGBA",
}
DEEP_GRAY = ("I;16", "I;16L", "I;16B", "I;16N", "I")


def picture_pixels(picture: Image.Image, label: str) -> Tensor:
    """(1, H, W) of a gray picture, (3, H, W) of a color one, float32 in [0, 1].

    Transparency is composited on white. 16-bit gray is divided by 65535; of 16-bit color, Pillow keeps the upper 8 bits.

    Raises: FileFormatError, where 32-bit values are out of range or the kind of picture is not known.
    """
    if picture.mode in DEEP_GRAY:
        return _deep_gray(picture, label)
    if picture.mode == "F":
        return _checked_floats(_tensor(np.asarray(picture)), label, FileFormatError).unsqueeze(0)
    if picture.has_transparency_data and picture.mode in TRANSPARENT:
        return _on_white(_scaled_bytes(_with_alpha(picture, label)))
    if picture.mode in OPAQUE:
        return _scaled_bytes(picture.convert(OPAQUE[picture.mode]))
    raise FileFormatError(
        f"{label} must be a gray or color picture. Got Pillow's mode `{picture.mode}`. Convert it to RGB first."
    )


def array_pixels(array: np.ndarray[Any, Any], label: str) -> Tensor:
    """(1, H, W) of a gray array, (3, H, W) of a color one, float32 in [0, 1]; a fourth channel is composited on white.

    Raises: InputError, where the shape, the dtype or the values are not those of a picture.
    """
    _check_array_shape(array, label)
    kind = array.dtype.name
    if kind not in FULL_SCALE and array.dtype.kind != "f":
        raise InputError(
            f"{label} must be uint8 (0 to 255), uint16 (0 to 65535) or floating point (0 to 1). Got {array.dtype}. "
            "Convert it to the one it is meant to be."
        )
    values = _tensor(array)
    values = values / FULL_SCALE[kind] if kind in FULL_SCALE else _checked_floats(values, label, InputError)
    pixels = values.unsqueeze(0) if values.ndim == 2 else values.permute(2, 0, 1).contiguous()
    return _on_white(pixels) if len(pixels) == 4 else pixels


def _check_array_shape(array: np.ndarray[Any, Any], label: str) -> None:
    if array.ndim != 2 and not (array.ndim == 3 and array.shape[2] in (1, 3, 4)):
        raise InputError(
            f"{label} must have shape (H, W), (H, W, 3) or (H, W, 4). Got {array.shape}. "
            "Arrays with channels first, in [0, 1], are inputs already and need no loading."
        )
    if array.size == 0:
        raise InputError(f"{label} must have at least one pixel. Got shape {array.shape}.")


def _tensor(array: np.ndarray[Any, Any]) -> Tensor:
    """A float32 copy, whatever the strides, the byte order and the writability of the original."""
    return torch.from_numpy(np.array(array, dtype=np.float32, order="C"))


def _checked_floats(values: Tensor, label: str, error: type[InputError]) -> Tensor:
    """The values, with rounding outside [0, 1] cut off."""
    if not bool(values.isfinite().all()):
        raise error(f"{label} must have finite values. Got {int((~values.isfinite()).sum())} that are NaN or infinite.")
    low, high = float(values.min()), float(values.max())
    if low < -PIXEL_SLACK or high > 1 + PIXEL_SLACK:
        raise error(
            f"{label} has floating-point values, which must be in [0, 1]. Got {low:.4g} to {high:.4g}. "
            "Divide by the largest value that can occur."
        )
    return values.clamp(0, 1)


def _scaled_bytes(picture: Image.Image) -> Tensor:
    values = _tensor(np.asarray(picture)).div_(255)
    return values.unsqueeze(0) if values.ndim == 2 else values.permute(2, 0, 1).contiguous()


def _on_white(pixels: Tensor) -> Tensor:
    """(C, H, W) of (C + 1, H, W), whose last channel is the opacity."""
    opacity = pixels[-1:]
    return pixels[:-1] * opacity + (1 - opacity)


def _with_alpha(picture: Image.Image, label: str) -> Image.Image:
    key = picture.info.get("transparency")
    if picture.mode == "RGB" and isinstance(key, tuple) and max(key) > 255:
        raise FileFormatError(
            f"{label} must mark transparent pixels by an alpha channel. Got a 16-bit color picture with one transparent color, "
            "which Pillow reads at 8 bits. Save it with an alpha channel."
        )
    return picture.convert(TRANSPARENT[picture.mode])


def _deep_gray(picture: Image.Image, label: str) -> Tensor:
    values = np.asarray(picture)
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > 65535:
        raise FileFormatError(
            f"{label} must have 16-bit values, 0 to 65535. Got 32-bit values from {low} to {high}. Rescale them first."
        )
    pixels = _tensor(values).div_(65535)
    key = picture.info.get("transparency")
    if isinstance(key, int):  # one gray value that stands for a hole
        pixels[torch.from_numpy(values == key)] = 1.0
    return pixels.unsqueeze(0)
