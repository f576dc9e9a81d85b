"""A model that can be trained again without some of its rows, as the searches for counterfactuals that last see it."""

from typing import Protocol

from torch import Tensor

from xaivision.engines.counterfactuals.lasting import Lasting, Wish
from xaivision.engines.counterfactuals.swapped_lasting import Swaps


class TrainedAgain(Protocol):
    """What the counterfactuals that last are told of a model. `doubt`: what of it is an approximation; empty where nothing is."""

    @property
    def doubt(self) -> str: ...

    @property
    def condition(self) -> str:
        """Under which condition alone an answer lasts, as an if-clause; empty where there is none."""

    @property
    def scale(self) -> Tensor:
        """(F,) the spread of each column."""

    def standardized(self, table: Tensor) -> Tensor:
        """Rows (m, F) in the units in which costs are measured."""

    def scores(self, table: Tensor) -> Tensor:
        """(m,) log odds of class 1."""

    def nearest(self, table: Tensor, side: Tensor, asked: tuple[Wish, list[Swaps]]) -> Lasting:
        """The nearest rows whose score on their side is what the wish says after the worst deletion, to first order."""

    def proven(self, table: Tensor, side: Tensor, asked: tuple[Wish, list[Swaps]]) -> tuple[Lasting, Tensor, Tensor]:
        """The same with the margins (B,) that the worst deletions ask for, and (B,) what these leave when carried out."""

    def worst(self, table: Tensor, side: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """(m,) scores of rows on their side after the worst deletion of `k` rows, to first order, and (m, k) which rows."""

    def slopes(self, table: Tensor, side: Tensor, k: int) -> Tensor:
        """(m, F) how these scores change with the values of the rows, where the deletion stays the same."""

    def left(self, row: Tensor, side: Tensor, k: int) -> float:
        """The score on its side (1,) of a row (1, F) after the worst deletion of `k` rows, carried out; nan where not known."""
