"""Seabeds as height fields: flat, in ripples, or rocky."""

from dataclasses import dataclass
from functools import cache
from math import cos, pi, sin
from typing import Literal

import torch
from torch import Tensor

Texture = Literal["flat", "ripples", "rocky"]
TEXTURES: tuple[Texture, ...] = ("flat", "ripples", "rocky")

# Meters, unless said otherwise.
ROUGHNESS = 0.012  # standard deviation of the small unevenness of every seabed
RIPPLE_LENGTH, RIPPLE_STEEPNESS = (1.0, 2.2), (0.04, 0.09)  # steepness: height from trough to crest over length
OUTCROP_HEIGHT, OUTCROP_FROM = (0.25, 0.6), 0.6  # outcrops stand where rough ground exceeds so many standard deviations
STONES, STONE_RADIUS = 5, (0.25, 0.6)
PATCHES = 0.18  # standard deviation of the logarithm of reflectivity, from mud to gravel


@dataclass(frozen=True)
class Seabed:
    """`heights` (size, size) in meters, and `reflectivity` (size, size) around 1."""

    heights: Tensor
    reflectivity: Tensor


def seabed(texture: Texture, size: int, pixel: float, draws: torch.Generator) -> Seabed:
    """A seabed of this texture, `size` pixels of `pixel` meters wide, with a few stones on it."""
    chances = torch.rand(4, generator=draws, dtype=torch.float64, device="cpu").tolist()
    heights = ROUGHNESS * fractal(size, 1.0, draws)
    if texture == "ripples":
        heights += _ripples(size, pixel, chances, draws)
    if texture == "rocky":
        rough = fractal(size, 1.6, draws)
        heights += _between(OUTCROP_HEIGHT, chances[0]) * (rough - OUTCROP_FROM).clamp(min=0)
    _add_stones(heights, pixel, int(chances[3] * (STONES + 1)), draws)
    return Seabed(heights, (PATCHES * fractal(size, 1.8, draws)).exp())


def fractal(size: int, steepness: float, draws: torch.Generator) -> Tensor:
    """(size, size) float64 of mean 0 and standard deviation 1: noise whose amplitude falls with frequency to that power."""
    noise = torch.randn(size, size, generator=draws, dtype=torch.float64, device="cpu")
    shaped: Tensor = torch.fft.irfft2(torch.fft.rfft2(noise) * _falling(size, steepness), s=(size, size))
    return (shaped - shaped.mean()) / shaped.std()


@cache
def _falling(size: int, steepness: float) -> Tensor:
    """(size, size // 2 + 1): the amplitude at each frequency, 1 at one wave a picture."""
    down = torch.fft.fftfreq(size, dtype=torch.float64, device="cpu") * size
    across = torch.fft.rfftfreq(size, dtype=torch.float64, device="cpu") * size
    waves: Tensor = (down[:, None].square() + across.square()).sqrt()
    return waves.clamp_(min=1).pow(-steepness)


def _ripples(size: int, pixel: float, chances: list[float], draws: torch.Generator) -> Tensor:
    """Waves of sand with crests that wander, across the track or up to 60 degrees from it."""
    length, steepness = _between(RIPPLE_LENGTH, chances[0]), _between(RIPPLE_STEEPNESS, chances[1])
    turn = (chances[2] - 0.5) * 2 * pi / 3
    places = torch.arange(size, dtype=torch.float64, device="cpu") * pixel
    travelled = places * cos(turn) + places[:, None] * sin(turn)
    phase = 2 * pi * travelled / length + 0.9 * fractal(size, 1.8, draws)
    return length * steepness / 2 * phase.sin()


def _add_stones(heights: Tensor, pixel: float, count: int, draws: torch.Generator) -> None:
    """Half-buried stones, round, too small to be mistaken for a target."""
    places = torch.rand(count, 3, generator=draws, dtype=torch.float64, device="cpu")
    axis = (torch.arange(len(heights), dtype=torch.float64, device="cpu") + 0.5) * pixel
    for down, across, share in places.tolist():
        extent = len(heights) * pixel
        radius = _between(STONE_RADIUS, share)
        distance = (axis[:, None] - down * extent).square() + (axis - across * extent).square()
        heights += (radius**2 - distance).clamp_(min=0).sqrt_()


def _between(bounds: tuple[float, float], share: float) -> float:
    return bounds[0] + (bounds[1] - bounds[0]) * share
