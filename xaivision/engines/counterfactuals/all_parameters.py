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
# Steps of training again, the change of a score by the next one with which they end, and the largest with which they count:
# along directions in which hardly anything bends they crawl on, by little.
STEPS, SETTLED, CRAWLING = 20, 1e-4, 1e-2


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

        By steps of the Hessian of before, halved until they help. What gradient training has left stays. Where the steps do not
        settle nothing is known of the score: nan.
        """
        kept = torch.ones(len(lots), len(self.table), dtype=torch.float64, device="cpu")
        for place, lot in enumerate(lots):
            kept[place, lot] = 0
        values = self.values + (1 - kept) @ self.effects
        size, loss = torch.ones(len(lots), 1, dtype=torch.float64, device="cpu"), torch.full((len(lots),), torch.inf)
        best, step, slope = values, torch.zeros_like(values), self.sensitivities(row)[1]
        next_change = torch.full((len(lots),), torch.inf, device="cpu")
        for _ in range(STEPS):
            count_gradient_calls(int(kept.sum()))
            slopes, now = vmap(grad_and_value(self._pulled))(values, kept)
            helps = (now <= loss)[:, None]
            best, loss = torch.where(helps, values, best), torch.minimum(loss.to(now), now)
            step = torch.where(helps, -self._solved(slopes), step)
            size = torch.where(helps, 1.0, size / 2)
            next_change = (size * step @ slope[0]).abs()
            if float(next_change.max()) <= SETTLED:
                break
            values = best + size * step
        scores: Tensor = vmap(self._score, in_dims=(0, None))(best, row[0])
        return torch.where(next_change <= CRAWLING, scores.detach(), torch.nan)

    @cached_property
    def _pull(self) -> Tensor:
        slope: Tensor = grad(self._loss)(self.values, torch.ones_like(self.labels))
        return slope.detach()

    def _pulled(self, values: Tensor, kept: Tensor) -> Tensor:
        return self._loss(values, kept) - self._pull @ values

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
        values, vectors = self.curvature
        return vectors / values.clamp_min(self.ridge) @ vectors.T


def all_parameters(network: NetworkHead, table: Tensor, labels: Tensor, ridge: float) -> AllParameters:
    """The network, trained on a table (n, d) and labels (n,), -1 or 1, with this ridge; computed on the CPU, wherever it is."""
    parameters, buffers = ({name: one.cpu() for name, one in own.items()} for own in (network.parameters, network.buffers))
    values = torch.cat([one.flatten() for one in parameters.values()])
    network = replace(network, parameters=parameters, buffers=buffers)
    return AllParameters(network, values, table.double(), labels.double(), ridge)
