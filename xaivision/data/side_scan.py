"""What a side-scan sonar sees of a height field: who stands in whose shadow, and how strong the echo is.

Pictures are in ground range: rows are pings along the track, columns run away from the sonar in equal steps on the seabed.
"""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class SideScan:
    """A sonar `altitude` meters above the seabed, whose picture of `size` x `size` pixels begins `near` meters to its side."""

    altitude: float
    near: float
    pixel: float  # meters
    size: int

    @property
    def ground_range(self) -> Tensor:
        """(size,) meters on the seabed from below the sonar to the middle of each column."""
        return self.near + self.pixel * (torch.arange(self.size, dtype=torch.float64, device="cpu") + 0.5)

    def slant_range(self, heights: Tensor) -> Tensor:
        """(H, W) meters from the sonar to the surface, the way of the sound."""
        return (self.ground_range.square() + (self.altitude - heights).square()).sqrt()

    def shadowed(self, heights: Tensor) -> Tensor:
        """(H, W) bool: true where something nearer stands in the way of the sound.

        A wall of height h at ground range x throws a shadow of h * x / (altitude - h) meters on a flat seabed.
        """
        elevation = (heights - self.altitude) / self.ground_range  # tangent of the angle at which the sonar sees it
        return elevation < elevation.cummax(dim=1).values

    def facing(self, heights: Tensor) -> Tensor:
        """(H, W) in [0, 1]: cosine of the angle between the sound and the surface's normal, 0 where it faces away.

        On a flat seabed it is the sine of the grazing angle, altitude / slant range.
        """
        along, across = torch.gradient(heights, spacing=self.pixel)
        towards = self.ground_range * across + self.altitude - heights
        normal = (1 + along.square() + across.square()).sqrt()
        return (towards / (self.slant_range(heights) * normal)).clamp_(min=0)

    def echo(self, heights: Tensor, reflectivity: Tensor, decay: float) -> Tensor:
        """(H, W) amplitudes by Lambert's law after the gain that makes a flat seabed even; 0 in shadow.

        `decay` is what that gain leaves: a flat seabed falls with slant range to the power -decay, and is its reflectivity in
        the middle of the picture.
        """
        slant = self.slant_range(torch.zeros_like(heights))
        gain = slant / self.altitude * (slant[:, self.size // 2, None] / slant).pow(decay)
        return (reflectivity * self.facing(heights) * gain).masked_fill_(self.shadowed(heights), 0)
