"""Rows of one question under the deletion of training rows: what the worst one leaves of them, and what it must leave."""

import time
from functools import partial
from typing import Literal

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.lasting import Lasting
from xaivision.engines.counterfactuals.searching import row_keys
from xaivision.engines.counterfactuals.swapped_lasting import Trial
from xaivision.explainers.counterfactuals.deletion_words import dangerous_rows, rows_gone
from xaivision.explainers.counterfactuals.requirement import Requirement
from xaivision.explainers.counterfactuals.trained_again import TrainedAgain

# Training rows, those nearest to the border, from which deletions are carried out to see by how much too little is foreseen.
HANDFUL = 5


class Surviving:
    """A model that is trained again without the `k` rows of its training `table` (N, F) that hurt most. `margin`: the log odds
    that must be left then, to first order; "auto" carries deletions out and takes what makes them harmless. `seconds`: what
    carrying them out for one row took at most.
    """

    def __init__(self, known: TrainedAgain, table: Tensor, k: int, margin: float | Literal["auto"]) -> None:
        self.known, self.table, self.k, self.margin = known, table, k, margin
        self.seconds = 0.0
        self._first: dict[int, float] = {}  # the margin of each class to reach, and of each input
        self._margins: dict[int, float] = {}
        self._trials: dict[tuple[int, int], Trial] = {}

    def requirement(self, owner: int, goal: int) -> Requirement:
        """What it asks of the rows of an input that is to become of class 0 or 1."""
        self._margins[owner] = self._first_margin(goal)
        return Requirement(partial(self._slack, owner, goal), self.unmet, partial(self._slopes, goal))

    @property
    def unmet(self) -> str:
        """What is wrong with rows that do not survive."""
        return f"too little left after the worst deletion of {rows_gone(self.k)}{self.known.condition}"

    def lasts(self, owner: int, goal: int, rows: Tensor) -> Tensor:
        """(n,) whether rows (n, F), in the form in which they are handed out, survive: with "auto" when that is carried out."""
        if self.margin != "auto":
            return self._slack(owner, goal, rows) > 0
        return torch.tensor([one.lasts for one in self._carried_out(owner, goal, rows)], dtype=torch.bool, device="cpu")

    def raise_margin(self, owner: int, goal: int, rows: Tensor) -> None:
        """Ask for as much more as the deletions of these rows (n, F) of an input, carried out, have shown to be needed."""
        needed = [one.next_margin for one in self._carried_out(owner, goal, rows) if not one.lasts]
        self._margins[owner] = max([self._margins[owner], *needed])

    def in_words(self, owner: int, goal: int, rows: Tensor) -> str:
        """What is left of rows (n, F) that survive, and which deletions endanger the first of them most."""
        worst, dangerous = self.known.worst(rows, self._sides(goal, rows), self.k)
        left, order, done = float(worst.min()), " to first order", ""
        if self.margin == "auto":
            left, order, done = min(one.left for one in self._carried_out(owner, goal, rows)), "", ", carried out"
        who = "it survives" if len(rows) == 1 else f"all {len(rows)} survive"
        doubt = f"; {self.known.doubt}" if self.known.doubt else ""
        return (
            f"{who} the worst deletion of {rows_gone(self.k)} that is foreseen{done}{self.known.condition}, which leaves "
            f"{left:.2g} log odds{order}; {dangerous_rows(dangerous[0].tolist())}{doubt}"
        )

    def _slack(self, owner: int, goal: int, rows: Tensor) -> Tensor:
        return self.known.worst(rows, self._sides(goal, rows), self.k)[0] - self._margins[owner]

    def _slopes(self, goal: int, rows: Tensor) -> Tensor:
        return self.known.slopes(rows, self._sides(goal, rows), self.k)

    def _sides(self, goal: int, rows: Tensor) -> Tensor:
        return torch.full((len(rows),), 2.0 * goal - 1, dtype=torch.float64, device="cpu")

    def _first_margin(self, goal: int) -> float:
        if self.margin != "auto":
            return float(self.margin)
        if goal not in self._first:
            nearest = self.known.scores(self.table).abs().argsort(stable=True)[:HANDFUL]
            self._first[goal] = max(self._carry_out(goal, row[None]).needed for row in self.table[nearest])
        return self._first[goal]

    def _carried_out(self, owner: int, goal: int, rows: Tensor) -> list[Trial]:
        """Each of these rows (n, F) with the worst deletion carried out, once for all."""
        places = [(key, goal) for key in row_keys(rows)]
        for place, row in zip(places, rows, strict=True):
            if place not in self._trials:
                self._trials[place] = self._carry_out(goal, row[None])
        return [self._trials[place]._replace(margin=self._margins[owner]) for place in places]

    def _carry_out(self, goal: int, row: Tensor) -> Trial:
        began, side = time.perf_counter(), self._sides(goal, row)
        found = Lasting(row, *self.known.worst(row, side, self.k))
        trial = Trial(found, 0.0, float(side * self.known.scores(row)), self.known.left(row, side, self.k))
        self.seconds = max(self.seconds, time.perf_counter() - began)
        return trial
