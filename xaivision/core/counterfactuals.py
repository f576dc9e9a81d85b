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
    `costs` (B, k) float64: how far each is from its input in `cost_unit`, by what the method was told that changes cost; nan
    where none was found. `column_costs` (B, k, F): of rows, what the change of each column adds before they are put together,
    of columns that change as one at the first of them.
    """

    counterfactuals: Tensor
    goals: Tensor
    scores: Tensor
    found: Tensor
    edits: tuple[tuple[str, ...], ...] | None = None
    places: Tensor | None = None
    costs: Tensor | None = None
    cost_unit: str = ""
    column_costs: Tensor | None = None

    @property
    def first(self) -> Tensor:
        """(B,) the place of the nearest counterfactual that was found for each input; 0 where none was."""
        return self.found.int().argmax(1)

    def _content(self) -> tuple[str, ...]:
        return (f"counterfactuals {shape_of(self.counterfactuals)}", self._costs_in_short())

    def _costs_in_short(self) -> str:
        """`costs 0.31 to 2.4 standard deviations`; empty where none is known."""
        known = [] if self.costs is None else self.costs[~self.costs.isnan()].tolist()
        if not known:
            return ""
        least, most = f"{min(known):.3g}", f"{max(known):.3g}"
        told = f"cost {least}" if least == most else f"costs {least} to {most}"
        return f"{told} {self.cost_unit}".rstrip()

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
