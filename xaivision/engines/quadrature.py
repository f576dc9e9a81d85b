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
    """(steps,) middles of equal cells."""
    return (torch.arange(steps, dtype=torch.float64, device="cpu") + 0.5) / steps


def open_rule(cells: int) -> Rule:
    """Where equal cells meet, (`cells` - 1,): the ends of the interval are left out, and what is next to them stands for them.

    Nodes of a rule are among those of every multiple of its cells. None is an end: at a black image every ReLU of a network
    without biases has its kink, and the gradient there is that of no point beside it.
    """
    nodes = open_nodes(cells)
    weights = torch.full_like(nodes, 1 / cells)
    weights[0] += 0.5 / cells
    weights[-1] += 0.5 / cells
    return Rule(nodes, weights)


def open_nodes(cells: int, known: int = 1) -> Tensor:
    """(`cells` - `known`,) the nodes of the open rule that the one of `known` cells, of which they are a multiple, has not."""
    numbers = torch.arange(cells, device="cpu")
    return numbers[numbers % (cells // known) != 0].double() / cells
