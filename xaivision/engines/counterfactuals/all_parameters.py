"""Networks under the deletion of training rows, all of whose parameters move: by the Hessian of the mean loss in all of them.

Source: Koh and Liang, Understanding black-box predictions via influence functions, ICML 2017, arXiv:1703.04730; for what it is
worth in networks Basu et al., Influence functions in deep learning are fragile, ICLR 2021, arXiv:2006.14651.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor
from torch.func import grad, grad_and_value, jacrev, vmap

from xaivision.core.metering import count_gradient_calls
from xaivision.engines.counterfactuals.deletion import each_without, standards
from xaivision.engines.counterfactuals.network_head import NetworkHead

# The most parameters whose Hessian is taken; how many of its rows at once.
MOST, ROWS = 2000, 64
# Steps of training again, the slope in each direction with which they end, and by how much the score may still change by the next
# one where they count.
STEPS, FLAT, SETTLED = 200, 1e-7, 1e-3


@dataclass(frozen=True, eq=False)
class AllParameters:
    """`values` (p,) of all parameters of the `network`, in float64; `table` (n, d) and `labels` (n,), -1 or 1, it was trained on
    with the factor `ridge` of its squared weights, those of two or more axes, beside the mean loss.
    """

    network: NetworkHead
    values: Tensor
    table: Tensor
    labels: Tensor
    ridge: float

    @cached_property
    def scale(self) -> Tensor:
        """(d,) the spread of each column."""
        return standards(self.table)[1]

    @cached_property
    def curvature(self) -> tuple[Tensor, Tensor]:
        """Eigenvalues (p,) and vectors (p, p) of the Hessian of the mean loss with the ridge."""
        count_gradient_calls(len(self.table) * len(self.values))
        everything = torch.ones_like(self.labels)
        slope = grad(lambda values: self._loss(values, everything))
        hessian = jacrev(slope, chunk_size=ROWS)(self.values).detach()
        found = torch.linalg.eigh((hessian + hessian.T) / 2)
        return found.eigenvalues, found.eigenvectors

    @property
    def damped(self) -> int:
        """How many eigenvalues are below the ridge, which is taken in their place."""
        return int((self.curvature[0] < self.ridge).sum())

    @cached_property
    def effects(self) -> Tensor:
        """(n, p) by how much the parameters change without each training row: about a step of Newton."""
        scores, slopes = self.sensitivities(self.table)
        return each_without(slopes, self._solved(slopes), -self.labels * torch.sigmoid(-self.labels * scores))

    def sensitivities(self, table: Tensor) -> tuple[Tensor, Tensor]:
        """(m,) scores of rows (m, d), and (m, p) their slopes in the parameters."""
        count_gradient_calls(len(table))
        slopes, scores = vmap(grad_and_value(self._score), in_dims=(None, 0))(self.values, table)
        return scores.detach(), slopes.detach()

    def tangents(self, table: Tensor, moves: Tensor) -> tuple[Tensor, Tensor]:
        """(m,) scores of rows (m, d) after moves (m, p) of the parameters, to first order in these, and (m, d) their slopes."""

        def moved(row: Tensor, move: Tensor) -> Tensor:
            slopes, score = grad_and_value(self._score)(self.values, row)
            after: Tensor = score + slopes @ move
            return after

        count_gradient_calls(len(table))
        slopes, scores = vmap(grad_and_value(moved))(table, moves)
        return scores.detach(), slopes.detach()

    def without(self, row: Tensor, lots: Sequence[Tensor]) -> Tensor:
        """(L,) scores of a row (1, d) when each of the lots is deleted and all parameters trained again from where they are.

        Directions that bend less than the ridge are held as if they bent as much: left alone, training runs away along them.
        What gradient training has left stays. Where the steps do not settle nothing is known of the score: nan.
        """
        return torch.stack([self._without(row, lot) for lot in lots])

    def _without(self, row: Tensor, lot: Tensor) -> Tensor:
        kept = torch.ones_like(self.labels)
        kept[lot] = 0
        whitened = (self.effects[lot].sum(0) @ self.curvature[1] * self._bends.sqrt()).requires_grad_()

        def loss() -> Tensor:
            count_gradient_calls(int(kept.sum()))
            found = self._held(whitened, kept)
            (whitened.grad,) = torch.autograd.grad(found, whitened)
            return found

        steps = torch.optim.LBFGS([whitened], 1, STEPS, tolerance_grad=FLAT, tolerance_change=0, line_search_fn="strong_wolfe")
        steps.step(loss)  # type: ignore[no-untyped-call]
        # The next step is the slope, as the loss bends alike in all directions.
        (slope,) = torch.autograd.grad(self._held(whitened, kept), whitened)
        change = (self._parameters(slope) - self.values) @ self.sensitivities(row)[1][0]
        score = self._score(self._parameters(whitened.detach()), row[0]).detach()
        return torch.where(change.abs() <= SETTLED, score, torch.nan)

    def _held(self, whitened: Tensor, kept: Tensor) -> Tensor:
        """The loss of the rows that are kept, tilted so that nothing moves while all are, and bent as the Hessian is damped."""
        values, lacking = self._parameters(whitened), self._bends - self.curvature[0]
        return self._loss(values, kept) - self._pull @ values + (lacking / self._bends * whitened.square()).sum() / 2

    def _parameters(self, whitened: Tensor) -> Tensor:
        """(p,) parameters, of coordinates (p,) in which the damped loss bends alike in all directions."""
        return self.values + self.curvature[1] @ (whitened / self._bends.sqrt())

    @property
    def _bends(self) -> Tensor:
        return self.curvature[0].clamp_min(self.ridge)

    @cached_property
    def _pull(self) -> Tensor:
        slope: Tensor = grad(self._loss)(self.values, torch.ones_like(self.labels))
        return slope.detach()

    def _loss(self, values: Tensor, kept: Tensor) -> Tensor:
        scores = self.network.odds(self._named(values), self.table)
        held = sum(one.square().sum() for one in self._named(values).values() if one.ndim > 1)
        return (kept * torch.nn.functional.softplus(-self.labels * scores)).sum() / kept.sum() + self.ridge * held

    def _score(self, values: Tensor, row: Tensor) -> Tensor:
        return self.network.odds(self._named(values), row[None])[0]

    def _named(self, values: Tensor) -> dict[str, Tensor]:
        own = self.network.parameters
        parts = torch.split(values, [one.numel() for one in own.values()])
        return {name: part.view(one.shape) for (name, one), part in zip(own.items(), parts, strict=True)}

    def _solved(self, gradients: Tensor) -> Tensor:
        """(m, p) the inverse of the damped Hessian times each of the gradients (m, p)."""
        return gradients @ self._inverse

    @cached_property
    def _inverse(self) -> Tensor:
        return self.curvature[1] / self._bends @ self.curvature[1].T


def all_parameters(network: NetworkHead, table: Tensor, labels: Tensor, ridge: float) -> AllParameters:
    """The network, trained on a table (n, d) and labels (n,), -1 or 1, with this ridge; computed on the CPU, wherever it is."""
    parameters, buffers = ({name: one.cpu() for name, one in own.items()} for own in (network.parameters, network.buffers))
    values = torch.cat([one.flatten() for one in parameters.values()])
    network = replace(network, parameters=parameters, buffers=buffers)
    return AllParameters(network, values, table.double(), labels.double(), ridge)
