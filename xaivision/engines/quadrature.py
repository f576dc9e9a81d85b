"""Nodes and weights of quadrature rules on [0, 1]. Weights sum to one."""

from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from xaivision.core.errors import InputError

RuleName = Literal["midpoint", "gauss_legendre"]


class Rule(NamedTuple):
    """`nodes` and `weights`, (n,) in float64, on the CPU whatever the default device is."""

    nodes: Tensor
    weights: Tensor


def quadrature_rule(name: RuleName, steps: int) -> Rule:
    """The rule with this many nodes. Gauss-Legendre is exact to degree 2n - 1 and buys nothing on ReLU networks.

    Raises: InputError, where the rule is unknown or `steps` is not positive.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise InputError(f"`steps` must be a positive integer. Got {steps!r}.")
    if name == "midpoint":
        return Rule(midpoints(steps), torch.full((steps,), 1 / steps, dtype=torch.float64, device="cpu"))
    if name == "gauss_legendre":
        nodes, weights = np.polynomial.legendre.leggauss(steps)
        return Rule(torch.from_numpy((nodes + 1) / 2), torch.from_numpy(weights / 2))
    raise InputError(f"`rule` must be 'midpoint' or 'gauss_legendre'. Got {name!r}.")


def midpoints(steps: int) -> Tensor:
    """(steps,) middles of equal cells: the nodes that doubling adds to the trapezoid rule of as many cells."""
    return (torch.arange(steps, dtype=torch.float64, device="cpu") + 0.5) / steps


def trapezoid_rule(cells: int) -> Rule:
    """Ends of equal cells, the outer two at half weight."""
    weights = torch.full((cells + 1,), 1 / cells, dtype=torch.float64, device="cpu")
    weights[0] = weights[-1] = 0.5 / cells
    return Rule(torch.arange(cells + 1, dtype=torch.float64, device="cpu") / cells, weights)
