"""Networks under the deletion of training rows whose last layer is fitted again: a logistic regression of its features."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from xaivision.core.metering import count_gradient_calls, count_model_calls
from xaivision.engines.counterfactuals.deletion import Logistic, influences, left_gradient, refitted, standards
from xaivision.engines.counterfactuals.network_head import NetworkHead


@dataclass(frozen=True, eq=False)
class LastLayer:
    """`features`: of rows (m, d) what the last layer is given, (m, q - 1), differentiable. `head`: the last layer as the logistic
    regression of the training rows' features, with the weights that it has. `scale` (d,): the spread of each column.
    """

    features: Callable[[Tensor], Tensor]
    head: Logistic
    scale: Tensor

    @cached_property
    def effects(self) -> Tensor:
        """(n, q) by how much the last layer's weights change without each training row: about a step of Newton."""
        return influences(self.head)

    def sensitivities(self, table: Tensor) -> tuple[Tensor, Tensor]:
        """(m,) scores of rows (m, d), and (m, q) their slopes in the last layer's weights: its features with a 1 behind them."""
        count_model_calls(len(table))
        with torch.no_grad():
            inside = self.head.standardized(self.features(table))
        return inside @ self.head.weights, inside

    def tangents(self, table: Tensor, moves: Tensor) -> tuple[Tensor, Tensor]:
        """(m,) scores of rows (m, d) after moves (m, q) of the last layer's weights, and (m, d) their slopes."""
        count_gradient_calls(len(table))
        with torch.inference_mode(False), torch.enable_grad():
            leaf = table.clone().requires_grad_()
            scores = (self.head.standardized(self.features(leaf)) * (self.head.weights + moves)).sum(1)
            (slopes,) = torch.autograd.grad(scores.sum(), leaf)
        return scores.detach(), slopes

    def without(self, row: Tensor, lots: Sequence[Tensor]) -> Tensor:
        """(L,) scores of a row (1, d) when each of the lots is deleted and the last layer fitted again."""
        inside = self.sensitivities(row)[1][0]
        return torch.stack([inside @ refitted(self.head, lot) for lot in lots])


def last_layer(network: NetworkHead, table: Tensor, labels: Tensor, ridge: float) -> LastLayer:
    """The network, trained on a table (n, d) and labels (n,), -1 or 1, with this ridge beside the mean loss.

    What gradient training has left at its last layer stays when rows are deleted: with none of them gone nothing moves.
    """
    count_model_calls(len(table))
    with torch.no_grad():
        inside = network.features(table.double())
    rows = torch.cat([inside, torch.ones_like(inside[:, :1])], 1)
    nothing = torch.zeros_like(inside[0])
    head = Logistic(network.weights, rows, labels.double(), nothing, nothing + 1, ridge * network.share)
    return LastLayer(network.features, replace(head, pull=left_gradient(head)), standards(table.double())[1])


def untrained(head: Logistic) -> float:
    """How far the log odds of the training rows are from those of the last layer's own optimum, as a share of their spread."""
    best = refitted(replace(head, pull=None), torch.zeros(0, dtype=torch.int64, device="cpu"))
    own = head.rows @ head.weights
    return float((own - head.rows @ best).square().mean().sqrt() / own.std().clamp_min(1e-300))
