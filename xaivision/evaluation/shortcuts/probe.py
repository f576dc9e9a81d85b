"""A probe: one property of a picture that is not its object, as a few numbers, and where in the picture it lies."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from torch import Tensor

from xaivision.engines.burnt_in_marks import burnt_in_marks
from xaivision.engines.empty_area import empty_area


@dataclass(frozen=True, eq=False)
class Subject:
    """One `picture` (C, H, W) as it was found, with its file where there is one; `seen` (H, W) is False where the target is."""

    picture: Tensor
    seen: Tensor
    path: Path | None = None

    @cached_property
    def empty(self) -> Tensor:
        """(H, W) bool: where there are no echoes."""
        return empty_area(self.picture)

    @cached_property
    def marks(self) -> Tensor:
        """(H, W) bool: what was written over it, apart from the target."""
        return burnt_in_marks(self.picture) & self.seen


@dataclass(frozen=True)
class Probe:
    """`asks`: what a class is told by. `caution`: what else the numbers may depend on, the object not excluded.

    `measure` gives a number for each of `traits`. `region` (H, W): where in the picture the property lies, None where it lies
    everywhere or in the file. `without` gives the picture with the typical traits (F,) in place of its own, where that can be
    done. `of_files`: it needs pictures in files as they were found, and not brought to one size.
    """

    name: str
    asks: str
    caution: str
    traits: tuple[str, ...]
    measure: Callable[[Subject], tuple[float, ...]]
    region: Callable[[Subject], Tensor] | None = None
    without: Callable[[Subject, Tensor], Tensor] | None = None
    of_files: bool = False
