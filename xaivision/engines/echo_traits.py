"""What a sonar picture shows in and beside a region: the echo, the shadow behind it, and how far from the sonar it lies.

The shadow falls away from the sonar, so its side tells along which sides of the picture range runs.
"""

from typing import Literal, NamedTuple

from torch import Tensor
from torch.nn.functional import max_pool1d, pad

from xaivision.engines.filters import gaussian_blur
from xaivision.engines.region_traits import checked_mask, gray_of

Side = Literal["left", "right", "above", "below", ""]

# Against the seabed's middle level: what is so many times brighter is an echo of something hard, and what is darker than the
# share a shadow.
BRIGHT, DARK = 1.5, 0.55
# Speckle is smoothed by so much of the shorter side, a pixel at least.
SMOOTHING = 1 / 64
# A shadow is looked for so far beside the echo, in mean thicknesses of it, and at least as far as this share of the picture.
REACH, LEAST_REACH = 1.0, 0.08
# Of the strip beside the echo so much has to be dark, and twice what is dark on the other side.
SHADOWED, TWICE = 0.2, 2.0


class EchoTraits(NamedTuple):
    """`seabed`: the middle gray level of the picture, `highlight`: how many times as bright the region's brightest tenth is.

    `bright`, `dark`: shares of the region that are echo and shadow. `shadow`: the side of the region on which a shadow lies,
    empty where none is seen; `reach`: the range at which the region lies, as a share of the range shown, counted from the side
    that the sonar looks from; NaN where no shadow tells that side.
    """

    seabed: float
    highlight: float
    bright: float
    dark: float
    shadow: Side
    reach: float


def echo_traits(image: Tensor, mask: Tensor) -> EchoTraits:
    """The traits of the region `mask` (H, W) of a sonar picture (C, H, W) in [0, 1].

    Raises: InputError, where the mask is empty or of another size.
    """
    inside = checked_mask(image, mask)
    smooth = _smoothed(gray_of(image))
    seabed = float(smooth.median())
    level = max(seabed, 1e-6)
    values = smooth[inside].sort(descending=True).values
    brightest = values[: max(1, len(values) // 10)]
    bright, dark = smooth > BRIGHT * level, smooth < DARK * level
    echo = inside & bright if bool((inside & bright).any()) else inside
    shadow = _shadow_side(echo, dark)
    return EchoTraits(
        seabed,
        float(brightest.mean()) / level,
        float(bright[inside].double().mean()),
        float(dark[inside].double().mean()),
        shadow,
        _reach(echo, shadow),
    )


def _smoothed(gray: Tensor) -> Tensor:
    sigma = max(1.0, SMOOTHING * min(gray.shape))
    return gaussian_blur(gray[None, None], 2 * round(3 * sigma) + 1, sigma)[0, 0]


def _shadow_side(echo: Tensor, dark: Tensor) -> Side:
    """The side of the echo on which most is dark, if that is clearly more than on the opposite side."""
    left, right = _sides(echo, dark)
    above, below = _sides(echo.T, dark.T)
    found: dict[Side, tuple[float, float]] = {
        "left": (left, right),
        "right": (right, left),
        "above": (above, below),
        "below": (below, above),
    }
    side = max(found, key=lambda one: found[one][0])
    here, there = found[side]
    return side if here >= SHADOWED and here >= TWICE * there else ""


def _sides(echo: Tensor, dark: Tensor) -> tuple[float, float]:
    """Shares that are dark just left and just right of the echo, row by row.

    The shadow of a slanted bar or of a wing lies beside it, and yet in the box around all of the echo. What has echoes near on
    both sides, as the gap between wing and tail, tells neither.
    """
    rows = int(echo.any(1).sum())
    reach = round(max(REACH * int(echo.sum()) / rows, LEAST_REACH * echo.shape[1]))
    left, right = _beside(echo.flip(1), reach).flip(1), _beside(echo, reach)
    return _share(dark[left & ~right]), _share(dark[right & ~left])


def _beside(echo: Tensor, reach: int) -> Tensor:
    """(H, W) bool: what is no echo and has one at most `reach` pixels to its left."""
    padded = pad(echo.double(), (reach, 0))[:, None, :-1]
    return (max_pool1d(padded, reach, stride=1)[:, 0] > 0) & ~echo


def _share(part: Tensor) -> float:
    return float(part.double().mean()) if part.numel() else 0.0


def _reach(echo: Tensor, shadow: Side) -> float:
    """From the side away from the shadow to the middle of the echo."""
    if not shadow:
        return float("nan")
    axis = 1 if shadow in ("left", "right") else 0
    center = (float(echo.nonzero()[:, axis].double().mean()) + 0.5) / echo.shape[axis]
    return 1 - center if shadow in ("left", "above") else center
