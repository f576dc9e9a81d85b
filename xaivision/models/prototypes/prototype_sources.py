"""Where prototypes come from: for each the training input whose place it is."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, eq=False)
class PrototypeSources:
    """For P prototypes: `inputs` (P, *S) of the training set, their `rows` (P,) in the data set, and the class of each.

    `places` (P,): which cell of the map, row by row; 0 in tables. `boxes` (P, 4): top, left, bottom, right in pixels of where
    the prototype is most active in its own picture; zeros in tables. `exact`: whether a prototype is that place, or only
    near it, as learned points of tables are.
    """

    inputs: Tensor
    rows: Tensor
    labels: Tensor
    places: Tensor
    boxes: Tensor
