"""What may lie on the seabed, as height fields: a cylinder, a sphere, an airplane, a wreck."""

from collections.abc import Callable
from math import cos, pi, sin
from typing import NamedTuple

import torch
from torch import Tensor


class Placed(NamedTuple):
    """Meters of each pixel from the target's center: (H, W) along its axis, and beside it."""

    along: Tensor
    aside: Tensor


class Target(NamedTuple):
    """A kind of target: half of its largest extent in meters, smallest and largest, and its height over the seabed.

    `height(placed, half, chances)` is (H, W) in meters, 0 beside the target; the four `chances` in [0, 1) shape it.
    """

    half_extent: tuple[float, float]
    height: Callable[[Placed, float, list[float]], Tensor]


def placed(size: int, pixel: float, center: tuple[float, float], turn: float) -> Placed:
    """The pixels as seen from a target at `center` (meters down, meters across) whose axis is turned by `turn` radians."""
    axis = (torch.arange(size, dtype=torch.float64, device="cpu") + 0.5) * pixel
    down, across = axis[:, None] - center[0], axis - center[1]
    return Placed(across * cos(turn) + down * sin(turn), down * cos(turn) - across * sin(turn))


def sphere(where: Placed, half: float, chances: list[float]) -> Tensor:
    """A ball that has sunk in by up to 0.6 of its radius."""
    return _round(where.along.square() + where.aside.square(), half, half * (1 - 0.6 * chances[0]))


def cylinder(where: Placed, half: float, chances: list[float]) -> Tensor:
    """A lying cylinder, 4 to 6 times as long as thick, sunk in by up to 0.6 of its radius."""
    radius = half / (4 + 2 * chances[0])
    body = _round(where.aside.square(), radius, radius * (1 - 0.6 * chances[1]))
    return body.masked_fill_(where.along.abs() > half, 0)


def airplane(where: Placed, half: float, chances: list[float]) -> Tensor:
    """A fuselage, wings that are swept a little and rise to their root, and a tail; now and then a wing is half gone."""
    along, aside = where
    reach = aside.abs()
    fuselage = _round((along / half).square() + (aside / (0.11 * half)).square(), 1.0, 0.4) * 0.13 * half
    fuselage = fuselage.masked_fill(along.abs() > half, 0)
    span = (0.85 + 0.25 * chances[0]) * half
    tip = torch.where(aside > 0, span * (0.45 if chances[1] < 0.25 else 1), span)
    wings = _slab(along - 0.22 * half + 0.16 * reach, 0.15 * half * (1 - 0.35 * reach / span)) & (reach <= tip)
    tail = _slab(along + 0.86 * half + 0.2 * reach, 0.085 * half) & (reach <= 0.36 * half)
    flat = (wings * (0.115 - 0.06 * reach / span) + tail * 0.09).clamp(min=0) * half
    return torch.maximum(fuselage, flat)


def wreck(where: Placed, half: float, chances: list[float]) -> Tensor:
    """A hull with high sides, a lower deck, bulkheads, and a deckhouse towards one end."""
    along, aside = where.along / half, where.aside.abs() / half
    beam = (0.2 + 0.08 * chances[0]) * (1 - along.abs().clamp(max=1).pow(2.6))
    inside, side = aside < beam, aside > beam - 0.05
    top = (0.11 + 0.05 * chances[1]) * (1 + 0.35 * along.square())
    bulkhead = (along * (2.5 + chances[2])).remainder(1) < 0.1
    house = ((along - 0.3 - 0.2 * chances[3]).abs() < 0.13) & (aside < 0.6 * beam)
    deck = torch.where(side | bulkhead, top, 0.55 * top) + house * 0.9 * top
    return half * deck * inside


TARGETS: dict[str, Target] = {
    "cylinder": Target((2.2, 3.4), cylinder),
    "sphere": Target((0.8, 1.5), sphere),
    "airplane": Target((5.0, 7.0), airplane),
    "wreck": Target((7.0, 10.0), wreck),
}


def turned(chance: float) -> float:
    """Radians, all directions alike."""
    return 2 * pi * chance


def _round(squared_distance: Tensor, radius: float, center: float) -> Tensor:
    """Upper surface of a ball or a cylinder whose center lies `center` over the seabed; 0 outside."""
    inside = squared_distance < radius**2
    return ((radius**2 - squared_distance).clamp(min=0).sqrt() + center).mul_(inside)


def _slab(distance: Tensor, half: Tensor | float) -> Tensor:
    return distance.abs() <= half
