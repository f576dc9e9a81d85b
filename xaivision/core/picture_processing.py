"""What an image processor of Hugging Face does to pictures, measured by handing it some.

Processors differ in what their settings mean (some normalize twice, some subtract an offset, some swap channels), so their
settings are believed only where what comes out agrees with them.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from xaivision.core.errors import InputError
from xaivision.core.image_format import ImageFormat

# Two sizes that no processor keeps by chance, with different proportions.
SIZES = ((96, 120), (88, 80))
BLACK, WHITE = 0, 255
DARK, LIGHT = 51, 204  # 0.2 and 0.8
CLOSE = 1e-4
INTERPOLATIONS: dict[int, Literal["nearest", "bilinear", "bicubic"]] = {0: "nearest", 2: "bilinear", 3: "bicubic"}


@dataclass(frozen=True)
class PictureProcessing:
    """(pixel - mean) / std in each channel of a picture in [0, 1], at this size; `backwards`: last channel first."""

    channels: int
    height: int
    width: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    backwards: bool
    resize: int | None
    interpolation: Literal["nearest", "bilinear", "bicubic"]

    @property
    def image_format(self) -> ImageFormat:
        return ImageFormat(self.channels, self.height, self.width, resize=self.resize, interpolation=self.interpolation)


def measured(processor: Any, channels: int) -> PictureProcessing:
    """The processing of pictures with this many channels.

    Raises: InputError, where the processor does not take them, brings them to no fixed size, or does more than scale.
    """
    first, second = (_asked(processor, np.full((channels, *size), BLACK, np.uint8)) for size in SIZES)
    if first.shape != second.shape:
        raise InputError(
            f"`processor` must bring every picture to one size. It brings pictures of {SIZES[0]} and {SIZES[1]} to "
            f"{first.shape[1:]} and {second.shape[1:]}. Let it crop, as with do_center_crop=True."
        )
    if len(first) != channels:
        raise InputError(f"`processor` must give pictures of {channels} channels, as the model takes. It gives {len(first)}.")
    height, width = first.shape[1:]
    black, white = (_middle(_asked(processor, np.full((channels, height, width), value, np.uint8))) for value in (BLACK, WHITE))
    std = 1 / (white - black)
    mean = -black * std
    backwards = _goes_backwards(processor, (channels, height, width), mean, std)
    mean, std = _as_told(processor, mean, std)
    resample = getattr(processor, "resample", None)
    return PictureProcessing(
        channels,
        height,
        width,
        tuple(map(float, mean)),
        tuple(map(float, std)),
        backwards,
        _resize(processor),
        INTERPOLATIONS.get(2 if resample is None else int(resample), "bicubic"),
    )


def _asked(processor: Any, picture: "np.ndarray") -> "np.ndarray":
    """(C, H, W) float64 of one 8-bit picture (C, H, W)."""
    try:
        answer = processor(images=picture, input_data_format="channels_first", return_tensors="np")["pixel_values"]
    except (TypeError, ValueError, KeyError, RuntimeError) as error:
        raise InputError(
            f"`processor` must be the image processor of the model, which takes pictures with {len(picture)} channels. "
            f"{type(processor).__name__} says: {str(error).splitlines()[0] if str(error) else type(error).__name__}. "
            "Where there is none, wrap the model in a TorchClassifier with `mean` and `std`."
        ) from error
    found = np.asarray(answer, dtype=np.float64)
    if found.ndim != 4 or len(found) != 1:
        raise InputError(f"`processor` must give one picture (1, C, H, W) for one. It gives shape {found.shape}.")
    one: np.ndarray = found[0]
    return one


def _middle(picture: "np.ndarray") -> "np.ndarray":
    """(C,) the pixel in the middle: a border may be padding."""
    pixel: np.ndarray = picture[:, picture.shape[1] // 2, picture.shape[2] // 2]
    return pixel


def _goes_backwards(processor: Any, shape: tuple[int, int, int], mean: "np.ndarray", std: "np.ndarray") -> bool:
    """Raises: InputError, where a colored picture comes out neither scaled nor scaled with its channels swapped."""
    values = np.linspace(DARK, LIGHT, shape[0]).round()
    picture = np.broadcast_to(values.astype(np.uint8)[:, None, None], shape)
    found = _middle(_asked(processor, np.ascontiguousarray(picture)))
    straight, swapped = ((pixel / WHITE - mean) / std for pixel in (values, values[::-1]))
    if np.allclose(found, straight, atol=10 * CLOSE):
        return False
    if np.allclose(found, swapped, atol=10 * CLOSE):
        return True
    raise InputError(
        f"`processor` must scale each channel by itself. {type(processor).__name__} does more. Do in a module of your own what "
        "it does, and wrap both in a TorchClassifier."
    )


def _as_told(processor: Any, mean: "np.ndarray", std: "np.ndarray") -> tuple["np.ndarray", "np.ndarray"]:
    """The processor's own numbers, which are exact, where they are what it does; the measured ones otherwise."""
    told_mean, told_std = getattr(processor, "image_mean", None), getattr(processor, "image_std", None)
    if told_mean is None or told_std is None:
        return _rounded(mean), _rounded(std)
    steps = WHITE * getattr(processor, "rescale_factor", 1 / WHITE) if getattr(processor, "do_rescale", True) else WHITE
    exact_mean, exact_std = (np.asarray(numbers, dtype=np.float64) / steps for numbers in (told_mean, told_std))
    agree = (
        exact_mean.shape == mean.shape and np.allclose(exact_mean, mean, atol=CLOSE) and np.allclose(exact_std, std, atol=CLOSE)
    )
    return (exact_mean, exact_std) if agree else (_rounded(mean), _rounded(std))


def _rounded(numbers: "np.ndarray") -> "np.ndarray":
    """Without the last digits of float32."""
    return np.array([float(f"{number:.6g}") for number in numbers]) + 0.0


def _resize(processor: Any) -> int | None:
    """The side that pictures are resized to before they are cropped, where the processor says one."""
    size = getattr(processor, "size", None)
    if size is None:
        return None
    side = next((found for name in ("shortest_edge", "height") if (found := _side(size, name))), None)
    part = getattr(processor, "crop_pct", None)
    # As ConvNeXt's: up to there a share of the picture is cut out of a larger one.
    return int(side / part) if part and side and side < 384 and not getattr(processor, "do_center_crop", None) else side


def _side(size: Any, name: str) -> int | None:
    found = size.get(name) if hasattr(size, "get") else getattr(size, name, None)
    return None if found is None else int(found)
