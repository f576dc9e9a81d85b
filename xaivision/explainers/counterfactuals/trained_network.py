"""A torch network that is trained again without some of its rows."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.engines.counterfactuals.curved_lasting import curved_lasting, left_of, proven_curved, worst_of
from xaivision.engines.counterfactuals.lasting import Lasting, Wish
from xaivision.engines.counterfactuals.lasting_starts import Asked, Deletable
from xaivision.engines.counterfactuals.swapped_lasting import Swaps


@dataclass(frozen=True, eq=False)
class TrainedNetwork:
    """A network, whose counterfactuals are those that a local search finds; `known` (N, F): rows that it starts from."""

    model: Deletable
    known: Tensor
    dtype: torch.dtype
    doubt: str
    condition: str

    @property
    def scale(self) -> Tensor:
        return self.model.scale

    def standardized(self, table: Tensor) -> Tensor:
        return table.double() / self.model.scale

    def scores(self, table: Tensor) -> Tensor:
        return self.model.sensitivities(table.double())[0]

    def nearest(self, table: Tensor, side: Tensor, asked: tuple[Wish, list[Swaps]]) -> Lasting:
        return curved_lasting(self.model, self._asked(table, side, asked))

    def proven(self, table: Tensor, side: Tensor, asked: tuple[Wish, list[Swaps]]) -> tuple[Lasting, Tensor, Tensor]:
        return proven_curved(self.model, self._asked(table, side, asked))

    def worst(self, table: Tensor, side: Tensor, k: int) -> tuple[Tensor, Tensor]:
        return worst_of(self.model, table, side, k)[:2]

    def slopes(self, table: Tensor, side: Tensor, k: int) -> Tensor:
        table = table.double()
        _, _, moves = worst_of(self.model, table, side, k)
        return side[:, None] * self.model.tangents(table, moves)[1]

    def left(self, row: Tensor, side: Tensor, k: int) -> float:
        return left_of(self.model, row, float(side), k)

    def _asked(self, table: Tensor, side: Tensor, asked: tuple[Wish, list[Swaps]]) -> Asked:
        return Asked(table, side, *asked, self.known, self.dtype)
