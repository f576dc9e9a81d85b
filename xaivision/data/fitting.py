"""Brings a picture to the channels and the size that a model wants, in float precision."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat
from xaivision.data.picture_files import check_pixel_count

# ITU-R BT.601, the luminance of Pillow's and of scikit-image's older gray.
LUMINANCE = (0.299, 0.587, 0.114)


def fitted(pixels: Tensor, format: ImageFormat, label: str) -> Tensor:
    """(C, H, W) in the given format: resized with antialiasing, then cropped at the center. Stays in [0, 1].

    Raises: InputError, where the channels cannot be made to fit, or the crop is larger than the resized picture.
    """
    return _cropped(_resized(with_channels(pixels, format.channels, label), format, label), format, label)


def left_out(height: int, width: int, format: ImageFormat) -> float:
    """Which share of a picture of this size the cropping leaves out."""
    resized_height, resized_width = _resized_size(height, width, format)
    kept = min(format.height, resized_height) * min(format.width, resized_width)
    return 1 - kept / (resized_height * resized_width)


def with_channels(pixels: Tensor, channels: int, label: str) -> Tensor:
    """(channels, H, W): gray by luminance, color of gray by repeating it.

    Raises: InputError, where neither is asked for.
    """
    if len(pixels) == channels:
        return pixels
    if len(pixels) == 3 and channels == 1:
        weights = torch.tensor(LUMINANCE, dtype=pixels.dtype).view(3, 1, 1)
        return (pixels * weights).sum(0, keepdim=True).clamp_(0, 1)
    if len(pixels) == 1 and channels == 3:
        return pixels.expand(3, -1, -1)
    raise InputError(f"{label} must become a picture of {channels} channels, as the model wants. Got {len(pixels)}.")


def _resized(pixels: Tensor, format: ImageFormat, label: str) -> Tensor:
    height, width = _resized_size(pixels.shape[1], pixels.shape[2], format)
    check_pixel_count(width, height, f"{label}, resized to a shorter side of {min(height, width)},")
    if (height, width) == tuple(pixels.shape[1:]):
        return pixels
    batch = pixels.unsqueeze(0)
    if format.interpolation == "nearest":
        return interpolate(batch, (height, width), mode="nearest-exact")[0]
    resized = interpolate(batch, (height, width), mode=format.interpolation, align_corners=False, antialias=True)
    return resized[0].clamp(0, 1)  # bicubic overshoots at edges


def _resized_size(height: int, width: int, format: ImageFormat) -> tuple[int, int]:
    shorter = format.resize if format.resize is not None else max(format.height, format.width)
    if height <= width:
        return shorter, int(shorter * width / height)
    return int(shorter * height / width), shorter


def _cropped(pixels: Tensor, format: ImageFormat, label: str) -> Tensor:
    height, width = pixels.shape[1:]
    if height < format.height or width < format.width:
        raise InputError(
            f"{label} must be at least {format.height} x {format.width} (height x width) after resizing. Got {height} x {width}. "
            "Raise `resize` of the image format."
        )
    top, left = round((height - format.height) / 2), round((width - format.width) / 2)
    return pixels[:, top : top + format.height, left : left + format.width].contiguous()
