"""Counterfactuals: what would have had to be different."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.explanation import Explanation
from xaivision.core.presenting import shape_of


@dataclass(frozen=True, eq=False, repr=False)
class Counterfactuals(Explanation):
    """`counterfactuals` (B, k, *S), nearest first; `goals` (B,) the class each should reach.

    `scores` (B, k): the model's own score of the goal, asked again on the result; `found` (B, k): the prediction flipped.
    `edits` (B, k): of pictures, what was done to get each, in words; empty where nothing was found. `places` (B, k, 2, H, W):
    the numbers of the objects that were edited, where they are in the input and in the counterfactual; -1 elsewhere.
    """

    counterfactuals: Tensor
    goals: Tensor
    scores: Tensor
    found: Tensor
    edits: tuple[tuple[str, ...], ...] | None = None
    places: Tensor | None = None

    @property
    def first(self) -> Tensor:
        """(B,) the place of the nearest counterfactual that was found for each input; 0 where none was."""
        return self.found.int().argmax(1)

    def _content(self) -> tuple[str, ...]:
        return (f"counterfactuals {shape_of(self.counterfactuals)}",)

    def as_attribution(self) -> Attribution:
        """Input minus the nearest counterfactual that was found: what had to go, in input units. Zero where none was found.

        A category that had to go counts 1, whatever the codes of the two are. It names no baseline: these are no shares of a
        score, and need not add up to one.
        """
        nearest = self.counterfactuals[torch.arange(len(self.found)), self.first]
        change = self.query.inputs - nearest
        change[~self.found.any(1)] = 0
        coded = [column for column, names in enumerate(self.query.category_names) if names]
        change[:, coded] = (change[:, coded] != 0).to(change)
        return Attribution(self.query, self.origin, self.diagnostics, values=change, kind="contribution")
