"""What pictures a model wants: channels, size, and how a photo is brought to that size."""

from dataclasses import dataclass
from typing import Literal

from xaivision.core.errors import InputError


@dataclass(frozen=True)
class ImageFormat:
    """Pixel space of a model: (channels, height, width) in [0, 1].

    A photo is resized so that its shorter side is `resize` (the larger of height and width where None), then cropped at
    the centre. One-channel models stay one-channel.
    """

    channels: int
    height: int
    width: int
    resize: int | None = None
    interpolation: Literal["bilinear", "bicubic", "nearest"] = "bilinear"

    def __post_init__(self) -> None:
        for name in ("channels", "height", "width"):
            if getattr(self, name) < 1:
                raise InputError(f"`{name}` of an image format must be a positive integer. Got {getattr(self, name)}.")

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of one input."""
        return (self.channels, self.height, self.width)
