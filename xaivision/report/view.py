"""How maps over photos are looked at: what their colors mean, where those end, and how much of the photo shows under them."""

from dataclasses import dataclass

from xaivision.core.errors import InputError
from xaivision.report.palette import INK_OF_THE_PHOTO
from xaivision.report.scale import PERCENTILE, Scaling


@dataclass(frozen=True)
class View:
    """`percentile`: of the absolute values, where the colors end. `ink`: how much of the photo shows under a map, 0 to 1.

    Bars of tables have no photo under them, and none is cut.
    """

    scaling: Scaling = "shares"
    percentile: float = PERCENTILE
    ink: float = INK_OF_THE_PHOTO

    def __post_init__(self) -> None:
        for name, value, most in (("percentile", self.percentile, 100), ("ink", self.ink, 1)):
            if not 0 <= value <= most:
                raise InputError(f"`{name}` must be a number from 0 to {most}. Got {value!r}.")
