"""The gradient averaged along the straight line from a baseline to an input.

Source: Sundararajan, Taly, Yan, Axiomatic attribution for deep networks, 2017, arXiv:1703.01365.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.completeness import completeness_gap, completeness_tolerance, magnitude
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.quadrature import Rule, quadrature_rule, trapezoid_rule
from xaivision.engines.streaming import GradientSum, Pairs, summed_gradients

# Where doubling starts. On real photos fewer nodes never satisfied completeness.
FIRST_STEPS = 16


class Path(NamedTuple):
    """Lines from `baseline` to `inputs`, (B, *S) each, and the `target` whose scores are followed."""

    inputs: Tensor
    baseline: Tensor
    target: TargetScore

    def take(self, rows: Tensor) -> "Path":
        return Path(self.inputs[rows], self.baseline[rows], self.target.take(rows))


class Integral(NamedTuple):
    """`contributions` (B, *S) in float64, `steps` (B,) the gradients spent on each input, `cut`: none reached it."""

    contributions: Tensor
    steps: Tensor
    cut: bool


def path_integral(model: TorchClassifier, path: Path, rule: Rule) -> Integral:
    """Contributions by one quadrature rule for all inputs."""
    found = _contributions(model, path, rule)
    spent = torch.full((len(path.inputs),), len(rule.nodes), device="cpu")
    return Integral(found.values, spent, found.cut)


def refined_path_integral(model: TorchClassifier, path: Path, change: Tensor, most: int, scale: Tensor | None = None) -> Integral:
    """Contributions with as many nodes as completeness needs, up to about `most`, for each input by itself.

    Starts with the midpoint rule and doubles: the nodes of the midpoint and the trapezoid rule on the same cells together
    are the trapezoid rule on half cells, so every gradient counts in the end. `change` (B,): what contributions sum to;
    `scale` (B,): the larger of the two scores.
    """
    cells = FIRST_STEPS
    total, cut = _contributions(model, path, quadrature_rule("midpoint", cells))
    spent = torch.full((len(path.inputs),), cells, device="cpu")
    rule = trapezoid_rule(cells)  # first refinement: the ends of the cells whose middles are known
    while len(open_rows := incomplete(total, change, scale)):
        if cut or int(spent[open_rows].max()) + len(rule.nodes) > most:
            break
        added = _contributions(model, path.take(open_rows), rule).values
        total[open_rows] = (total[open_rows] + added) / 2
        spent[open_rows] += len(rule.nodes)
        cells *= 2
        rule = quadrature_rule("midpoint", cells)
    return Integral(total, spent, cut)


def incomplete(contributions: Tensor, change: Tensor, scale: Tensor | None) -> Tensor:
    """Numbers of the inputs whose contributions do not add up, on the CPU: an index from there fits tensors on any device."""
    gap = completeness_gap(contributions, change)
    return (gap.abs() > completeness_tolerance(change, scale, magnitude(contributions))).nonzero().flatten().cpu()


def _contributions(model: TorchClassifier, path: Path, rule: Rule) -> GradientSum:
    mean, cut = _mean_gradient(model, path, rule)
    return GradientSum(mean * (path.inputs.double() - path.baseline.double()), cut)


def _mean_gradient(model: TorchClassifier, path: Path, rule: Rule) -> GradientSum:
    nodes = rule.nodes.to(path.inputs)

    def points(part: Pairs) -> Tensor:
        share = nodes[part.versions].view(-1, *[1] * (path.inputs.ndim - 1))
        return torch.lerp(path.baseline[part.inputs], path.inputs[part.inputs], share)

    return summed_gradients(model, path.inputs, path.target, rule.weights, points, "path gradients")
