"""Speckle, the grain of every sonar picture, and the blur of a beam that widens with range."""

from functools import cache

import torch
from torch import Tensor

# A narrower grain than this is no blur at all, and would divide by zero.
NARROWEST = 1e-3
# Weights of pixels so many standard deviations away are 0: numbers next to 0 would be slow.
REACH = 6


def rayleigh_speckle(size: int, grain: tuple[float, float], draws: torch.Generator) -> Tensor:
    """(size, size) float64: Rayleigh's distribution of mean square 1, by which amplitudes are multiplied.

    The magnitude of complex normal noise, as echoes of many scatterers add up. `grain`: how far neighbors resemble each other
    along and across the track, in pixels of standard deviation; it changes nothing about a single pixel.
    """
    noise = torch.randn(2, size, size, generator=draws, dtype=torch.float64, device="cpu")
    along, across = (_rows_of_unit_energy(size, spread) for spread in grain)
    real, imaginary = along @ noise @ across.T
    energy: Tensor = (real.square() + imaginary.square()) / 2
    return energy.sqrt()


def gaussian_rows(size: int, spread: float) -> Tensor:
    """(size, size) float64: row i holds the weights, of sum 1, with which a blur of this standard deviation makes pixel i."""
    places = torch.arange(size, dtype=torch.float64, device="cpu")
    distances = (places[:, None] - places) / max(spread, NARROWEST)
    weights = (-distances.square() / 2).exp() * (distances.abs() <= REACH)
    return weights / weights.sum(1, keepdim=True)


def smeared_along(amplitudes: Tensor, spreads: Tensor) -> Tensor:
    """(H, W): the amplitudes after a beam whose width along the track is `spreads` (W,) pixels at each range.

    Energies are blended with those of the widest beam, so that the variance of the beam is right at every range.
    """
    widest = float(spreads.max())
    energy = amplitudes.square()
    share = (spreads / max(widest, NARROWEST)).square()
    return torch.lerp(energy, gaussian_rows(len(energy), widest) @ energy, share.expand_as(energy)).clamp_(min=0).sqrt()


@cache
def _rows_of_unit_energy(size: int, spread: float) -> Tensor:
    rows = gaussian_rows(size, spread)
    return rows / rows.square().sum(1, keepdim=True).sqrt()
