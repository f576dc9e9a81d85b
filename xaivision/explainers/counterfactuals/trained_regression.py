"""A logistic regression that is trained again without some of its rows."""

from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from xaivision.engines.counterfactuals.deletion import Logistic, influences, worst_deletion, worst_move
from xaivision.engines.counterfactuals.lasting import Lasting, Wish, worst_scores
from xaivision.engines.counterfactuals.swapped_lasting import Swaps, left_after, proven_lasting, swapped_lasting


@dataclass(frozen=True, eq=False)
class TrainedRegression:
    """A logistic regression, whose counterfactuals are the nearest there are."""

    known: Logistic
    doubt: str = ""
    condition: str = ""

    @property
    def scale(self) -> Tensor:
        return self.known.scale

    def standardized(self, table: Tensor) -> Tensor:
        return self.known.standardized(table)

    def scores(self, table: Tensor) -> Tensor:
        return self.known.scores(table)

    def nearest(self, table: Tensor, side: Tensor, asked: tuple[Wish, list[Swaps]]) -> Lasting:
        return swapped_lasting(self.known, table, side, asked)

    def proven(self, table: Tensor, side: Tensor, asked: tuple[Wish, list[Swaps]]) -> tuple[Lasting, Tensor, Tensor]:
        return proven_lasting(self.known, table, side, asked)

    def worst(self, table: Tensor, side: Tensor, k: int) -> tuple[Tensor, Tensor]:
        return worst_scores(self.known, self.effects, self.standardized(table)[:, :-1], side, k)

    def slopes(self, table: Tensor, side: Tensor, k: int) -> Tensor:
        placed = side[:, None] * self.standardized(table)
        _, rows = worst_deletion(self.effects, placed, k)
        moved = self.known.weights + worst_move(self.effects, placed, rows)
        return (side[:, None] * moved)[:, :-1] / self.scale

    def left(self, row: Tensor, side: Tensor, k: int) -> float:
        return left_after(self.known, self.effects, row, (side, k))

    @cached_property
    def effects(self) -> Tensor:
        """(N, F + 1) what the weights change by without each of the training rows: about a step of Newton."""
        return influences(self.known)
