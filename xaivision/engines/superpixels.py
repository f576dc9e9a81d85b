"""Superpixels: ways to divide a picture into segments, each a frozen set of settings that gives a label map.

A picture of one channel gets the labels of its RGB copy without that copy being made: scikit-image is given its lightness
where it would have computed Lab colors, and everything that depends on the number of channels is scaled to match.
"""

import warnings
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np
import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.settings import check_number_from_zero, check_positive_integer, check_positive_number

# Fewer segments are no map, more are not told apart by any affordable budget: a segmentation outside is degenerate.
FEWEST, MOST = 8, 400
# What SLIC is asked for by default, and what a degenerate quickshift is tuned to.
TYPICAL = 50
# Lab's lightness runs from 0 to 100.
LAB_RANGE = 100.0
# Quickshift's cost grows with the square of its kernel.
WIDEST_KERNEL = 16
# What the C code writes as the distance of a pixel that is linked to none.
UNLINKED = 1e100
# What felzenszwalb says of more than three channels, which are meant. `warnings.catch_warnings` would swap all threads' filters.
MANY_CHANNELS = r"Got image with third dimension of \d+"


class Segmenter(Protocol):
    """`asked`: how many segments the settings name themselves, None where the picture decides."""

    @property
    def asked(self) -> int | None: ...

    def labels(self, image: Tensor) -> Tensor:
        """(H, W) int64 on the CPU, numbered 0 to K - 1 without gaps, from an image (C, H, W) in [0, 1]."""
        ...

    def retuned(self, image: Tensor, found: int) -> "Segmenter | None":
        """Settings that come nearer to a usable number than these, which `found` so many; None where there are none."""
        ...


@dataclass(frozen=True)
class Slic:
    """About `count` compact segments of similar size: k-means of color and place.

    `compactness` weighs place against color, `sigma` in pixels blurs before. Source: Achanta et al., 2012,
    doi:10.1109/TPAMI.2012.120.
    """

    count: int = TYPICAL
    compactness: float = 10.0
    sigma: float = 1.0

    def __post_init__(self) -> None:
        check_positive_integer("count", self.count)
        check_positive_number("compactness", self.compactness)
        check_number_from_zero("sigma", self.sigma)

    @property
    def asked(self) -> int | None:
        return self.count

    def labels(self, image: Tensor) -> Tensor:
        from skimage.segmentation import slic

        pixels = _stretched(channels_last(image))  # as scikit-image does first of all
        gray = pixels.shape[-1] == 1
        found = slic(
            _lightness(pixels[..., 0]) if gray else pixels,
            n_segments=self.count,
            compactness=self.compactness / LAB_RANGE if gray else self.compactness,  # it stretches lightness to [0, 1] again
            sigma=self.sigma,
            start_label=0,
            channel_axis=None if gray else -1,
        )
        return numbered(torch.from_numpy(found))

    def retuned(self, image: Tensor, found: int) -> Self | None:
        if found > MOST:
            fewer = self.count * MOST // (found + 1)
            return replace(self, count=fewer) if fewer >= FEWEST else None
        return replace(self, compactness=4 * self.compactness)  # towards a grid, which has as many as asked for


@dataclass(frozen=True)
class Quickshift:
    """Segments around the modes of color and place; the picture decides how many. The defaults are those of lime.

    `kernel_size` and `max_dist` in pixels (and Lab units times `ratio`): the width of the density and the longest link.
    Source: Vedaldi, Soatto, 2008, doi:10.1007/978-3-540-88693-8_52.
    """

    kernel_size: float = 4.0
    max_dist: float = 200.0
    ratio: float = 0.2

    def __post_init__(self) -> None:
        for name in ("kernel_size", "max_dist", "ratio"):
            check_positive_number(name, getattr(self, name))
        if self.kernel_size < 1:
            raise InputError(f"`kernel_size` must be at least 1 pixel. Got {self.kernel_size!r}.")

    @property
    def asked(self) -> int | None:
        return None

    def labels(self, image: Tensor) -> Tensor:
        return numbered(torch.from_numpy(self._found(image)))

    def retuned(self, image: Tensor, found: int) -> Self | None:
        """With the longest link that leaves nearest to `TYPICAL` segments; a wider kernel where unlinked pixels are too many."""
        links = np.asarray(self._found(image, return_tree=True)[2]).ravel()
        unlinked = int((links > UNLINKED).sum())
        if unlinked > MOST:
            return replace(self, kernel_size=2 * self.kernel_size) if self.kernel_size <= WIDEST_KERNEL / 2 else None
        lengths, pixels = np.unique(links[links <= UNLINKED], return_counts=True)
        if not len(lengths):
            return None
        # Cutting all links of a length and longer leaves so many segments. Even pictures have many links of one length.
        left = unlinked + pixels[::-1].cumsum()[::-1]
        best = int(np.abs(left - TYPICAL).argmin())
        shorter = lengths[best - 1] if best else 0.0
        return replace(self, max_dist=float(f"{(shorter + lengths[best]) / 2:.2g}"))

    def _found(self, image: Tensor, **more: Any) -> Any:
        from skimage.segmentation import quickshift

        pixels = channels_last(image)
        colors = pixels.shape[-1] == 3
        settings = {"kernel_size": self.kernel_size, "max_dist": self.max_dist, "ratio": self.ratio}
        segmented: Any = quickshift  # which has no types
        return segmented(pixels if colors else lightness_like(pixels), convert2lab=colors, **settings, **more)


@dataclass(frozen=True)
class Felzenszwalb:
    """Segments merged along a graph while the color within changes as much as between; the picture decides how many.

    `scale` larger merges more, `sigma` in pixels blurs before, `min_size` in pixels. Source: Felzenszwalb, Huttenlocher,
    2004, doi:10.1023/B:VISI.0000022288.19776.77.
    """

    scale: float = 100.0
    sigma: float = 0.5
    min_size: int = 50

    def __post_init__(self) -> None:
        check_positive_integer("min_size", self.min_size)
        check_positive_number("scale", self.scale)
        check_number_from_zero("sigma", self.sigma)

    @property
    def asked(self) -> int | None:
        return None

    def labels(self, image: Tensor) -> Tensor:
        from skimage.segmentation import felzenszwalb

        warnings.filterwarnings("ignore", message=MANY_CHANNELS, category=RuntimeWarning)
        pixels = channels_last(image)
        # Three equal channels are that much farther apart than one.
        pixels = pixels[..., 0] * 3**0.5 if pixels.shape[-1] == 1 else pixels
        settings = {"scale": self.scale, "sigma": self.sigma, "min_size": self.min_size}
        return numbered(torch.from_numpy(felzenszwalb(pixels, **settings, channel_axis=None if pixels.ndim == 2 else -1)))

    def retuned(self, image: Tensor, found: int) -> Self | None:
        if found > MOST:
            return replace(self, scale=2 * self.scale, min_size=2 * self.min_size)
        return replace(self, scale=self.scale / 2, min_size=max(1, self.min_size // 2))


@dataclass(frozen=True)
class Grid:
    """Rectangles: `rows` times `columns`, of sides that differ by a pixel at most."""

    rows: int = 7
    columns: int = 7

    def __post_init__(self) -> None:
        check_positive_integer("rows", self.rows)
        check_positive_integer("columns", self.columns)

    @property
    def asked(self) -> int | None:
        return self.rows * self.columns

    def labels(self, image: Tensor) -> Tensor:
        height, width = image.shape[1:]
        if self.rows > height or self.columns > width:
            raise InputError(
                f"A grid must have no more rows and columns than the picture has pixels, {height} x {width}. "
                f"Got {self.rows} x {self.columns}."
            )
        rows = torch.arange(height, device="cpu") * self.rows // height
        columns = torch.arange(width, device="cpu") * self.columns // width
        return rows[:, None] * self.columns + columns

    def retuned(self, image: Tensor, found: int) -> Self | None:
        return None


def numbered(labels: Tensor) -> Tensor:
    """The label map in int64 with its labels replaced by 0 to K - 1, in their order."""
    numbers: Tensor = torch.unique(labels, return_inverse=True)[1]
    return numbers


def channels_last(image: Tensor) -> np.ndarray:
    """(H, W, C) float64 in [0, 1], of an image (C, H, W)."""
    return image.detach().cpu().double().clamp(0, 1).movedim(0, -1).numpy()


def _stretched(pixels: np.ndarray) -> np.ndarray:
    low, high = float(pixels.min()), float(pixels.max())
    stretched: np.ndarray = (pixels - low) / (high - low if high > low else 1)
    return stretched


def _lightness(gray: np.ndarray) -> np.ndarray:
    """(H, W) in [0, 100]: the L of CIE Lab (D65) of sRGB gray levels."""
    linear = np.where(gray > 0.04045, ((gray + 0.055) / 1.055) ** 2.4, gray / 12.92)
    cube_root: np.ndarray = np.where(linear > 0.008856, np.cbrt(linear), 7.787 * linear + 16 / 116)
    return 116 * cube_root - 16


def lightness_like(pixels: np.ndarray) -> np.ndarray:
    """(H, W, C) where there are not three channels: lightness of one, and others spread over the same range, [0, 100]."""
    return _lightness(pixels) if pixels.shape[-1] == 1 else pixels * LAB_RANGE
