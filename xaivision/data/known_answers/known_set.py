"""A set in which it is known, for each input, which features are the answer, and what that means."""

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from xaivision.core.errors import InputError
from xaivision.core.presenting import in_short, shape_of
from xaivision.data.dataset import Part

# What makes a feature part of the truth: that the class is associated with it in the world, or that the model uses it. A model
# may rightly use what the class is not associated with (a suppressor), so the two are never counted together.
Definition = Literal["association", "model use"]


@dataclass(frozen=True, eq=False, repr=False)
class KnownSet:
    """Inputs to learn from and to ask about; `truth` (n, H, W) or (n, F): the features that are the answer for each tested one.

    `means`: what is true of them, in a sentence. `cell`: pixels that a cell of the pattern is wide, or the
    object where it has none: a map that is moved by that much is off its place. `neutral`: the value of a
    feature that holds nothing, and `spread` how far values lie from it: networks take that as 1. `feature_names` of tables.
    """

    name: str
    learned: Part
    tested: Part
    truth: Tensor
    definition: Definition
    means: str
    class_names: tuple[str, ...]
    cell: int = 1
    neutral: float = 0.0
    spread: float = 1.0
    feature_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_truth(self.truth, self.tested.inputs)

    def __repr__(self) -> str:
        """One line: what is asked about, and by which definition it is true."""
        return in_short(self, self.name, f"inputs {shape_of(self.tested.inputs)}", f"truth by {self.definition}")


def check_truth(truth: Tensor, inputs: Tensor) -> None:
    """Raises: InputError, where it is not a map (n, H, W) of each picture, or a row (n, F) of each row."""
    shape = tuple(inputs.shape)
    wanted = (shape[0], *shape[2:]) if len(shape) == 4 else shape
    if tuple(truth.shape) != wanted:
        raise InputError(
            f"`truth` must say of each feature of {shape_of(inputs)} inputs whether it is true, {wanted}. Got {shape_of(truth)}."
        )
