"""The sonar simulator as a generator: what lies where, how large and how turned, and how the sonar sees it."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.generator import Code, Direction
from xaivision.core.progress import track
from xaivision.core.random import generator
from xaivision.data.seabed import Texture
from xaivision.data.sonar_simulator import CLASS_NAMES, Drawn, drawn, rendered

NAME = "sonar_simulator"
# A picture is taken for one of the set where no pixel differs by more than rounding to 8 bits.
ALIKE = 0.51 / 255


class _Chance(NamedTuple):
    """A chance that the simulator draws, as a direction."""

    number: int
    direction: Direction


def _chance(number: int, name: str, kind: str, of: str) -> _Chance:
    return _Chance(number, Direction(name, kind, of, 0.0, 1.0, unit="of its range"))


KIND = Direction("kind", "object", "target", 0, len(CLASS_NAMES) - 1, 1.0, choices=CLASS_NAMES)
CHANCES = (
    _chance(3, "size", "style", "target"),
    _chance(4, "place along the track", "position", "target"),
    _chance(5, "place across the track", "position", "target"),
    _Chance(6, Direction("turn", "position", "target", 0.0, 1.0, shown=(0.0, 360.0), unit="degrees")),
    _chance(11, "reflectivity", "style", "target"),
    _chance(12, "reflectivity", "scene", "seafloor"),
    _chance(13, "uneven gain", "scene", "sonar"),
    _chance(14, "noise", "scene", "sonar"),
    _chance(0, "altitude", "scene", "sonar"),
    _chance(1, "range", "scene", "sonar"),
)


@dataclass(frozen=True)
class SonarScenes:
    """Codes of the pictures of `xv.load_dataset("sonar_simulator", count=..., size=..., texture=..., seed=...)`.

    Directions are the simulator's own: of the target its "object" kind, "position" and "style", and of the "scene" the seafloor's
    reflectivity, gain, noise, altitude and range. Seabed and speckle stay as they were drawn.
    """

    count: int = 300
    size: int = 128
    texture: Texture | None = None
    seed: int = 0

    def encode(self, picture: Tensor) -> Code:
        """The code of a picture (1, size, size) of the set.

        Raises: InputError, where it is none of them.
        """
        shape = (1, self.size, self.size)
        if tuple(picture.shape) != shape:
            raise InputError(f"`SonarScenes` has pictures of shape {shape}. Got {tuple(picture.shape)}.")
        away = (self._pictures - picture.detach().cpu().float()).abs().amax((1, 2, 3))
        number = int(away.argmin())
        if not float(away[number]) <= ALIKE:
            raise InputError(
                f"`SonarScenes` knows the {self.count} pictures of the set with its size, texture and seed. Got another picture. "
                "Give it the settings that the set was loaded with, or take `SegmentLayers`."
            )
        return _code(self._drawn(number))

    def decode(self, code: Code, values: Tensor) -> Tensor:
        """(n, 1, size, size) the scene simulated again with other values (n, D)."""
        known: Drawn = code.memory
        return torch.stack([rendered(_with(known, row)).picture for row in values.tolist()])

    @cached_property
    def _pictures(self) -> Tensor:
        numbers = track(range(self.count), "simulating sonar", self.count)
        return torch.stack([rendered(self._drawn(number)).picture for number in numbers])

    def _drawn(self, number: int) -> Drawn:
        kind = CLASS_NAMES[number % len(CLASS_NAMES)]
        return drawn(kind, self.size, self.texture, generator(self.seed, NAME, number))


def _code(made: Drawn) -> Code:
    values = [float(CLASS_NAMES.index(made.kind)), *(made.chances[one.number] for one in CHANCES)]
    directions = (KIND, *(one.direction for one in CHANCES))
    return Code(torch.tensor(values, dtype=torch.float64, device="cpu"), directions, made)


def _with(made: Drawn, values: list[float]) -> Drawn:
    """The same draws with these values."""
    chances = list(made.chances)
    for one, value in zip(CHANCES, values[1:], strict=True):
        chances[one.number] = value
    return made._replace(kind=CLASS_NAMES[round(values[0])], chances=tuple(chances))
