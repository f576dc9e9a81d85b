"""What a surrogate reads of an input: the columns of a table as they are, or a few named numbers of a picture.

Names belong to what is read. A table is read as its own columns, so that a column's name can only stand at that column; numbers
without names of their own, such as the latents of an encoder, are no reading (see `LatentRanking`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from torch import Tensor

from xaivision.core.classifier import ClassifierAdapter
from xaivision.core.errors import InputError
from xaivision.surrogates.decision_tree import Rows


class Reading(Protocol):
    """(B, *S) inputs to (B, F) numbers, one a name."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def __call__(self, inputs: Tensor) -> Rows: ...


@dataclass(frozen=True)
class Columns:
    """A table's own columns, in their order."""

    names: tuple[str, ...]

    def __call__(self, inputs: Tensor) -> Rows:
        if inputs.ndim != 2 or inputs.shape[1] != len(self.names):
            raise InputError(f"Rows must have shape (B, {len(self.names)}), one column a name. Got {tuple(inputs.shape)}.")
        rows: Rows = inputs.detach().cpu().numpy()
        return rows


@dataclass(frozen=True, eq=False)
class Measured:
    """Numbers that a function measures on each input, (B, *S) to (B, F): statistics of a picture, similarities, concepts.

    `recipe`: the name of what makes it again in `surrogate_file.RECIPES`, and its settings; None where nothing can.

    Raises: InputError, where it does not give one number a name.
    """

    names: tuple[str, ...]
    function: Callable[[Tensor], "Tensor | np.ndarray"]
    recipe: tuple[str, Mapping[str, int]] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        if not self.names or len(set(self.names)) != len(self.names):
            raise InputError("`names` must be different names, one for each number that is measured. Got some twice, or none.")

    def __call__(self, inputs: Tensor) -> Rows:
        found = self.function(inputs)
        rows: Rows = found.detach().cpu().numpy() if isinstance(found, Tensor) else np.asarray(found)
        if rows.shape != (len(inputs), len(self.names)):
            raise InputError(
                f"`function` must give {len(self.names)} numbers for each of {len(inputs)} inputs, one a name. "
                f"Got shape {rows.shape}."
            )
        return rows.astype(np.float64)


def columns_of(model: ClassifierAdapter, features: int, names: Sequence[str] = ()) -> Columns:
    """The columns of the tables that this model takes: by its schema, by what it was fitted on, by the `names` of the table that
    is handed over, or by number.
    """
    if model.schema is not None:
        return Columns(tuple(model.schema.names))
    fitted_on: Sequence[str] | None = getattr(model.model, "feature_names_in_", None)
    if fitted_on is not None and len(fitted_on) == features:
        return Columns(tuple(map(str, fitted_on)))
    if len(names) == features:
        return Columns(tuple(names))
    return Columns(tuple(f"column {number}" for number in range(features)))
