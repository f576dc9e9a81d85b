"""The gradient averaged along the straight line from a baseline to an input.

Source: Sundararajan, Taly, Yan, Axiomatic attribution for deep networks, 2017, arXiv:1703.01365.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.completeness import completeness_gap, completeness_tolerance, magnitude
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.quadrature import Rule, open_nodes
from xaivision.engines.streaming import GradientSum, Pairs, summed_gradients

# Where doubling starts.
FIRST_CELLS = 16
# Errors of several features can cancel in the sum: what adds up with fewer nodes than these is refined all the same.
FEWEST_STEPS = 4 * FIRST_CELLS - 1
# A map that twice the nodes move by no more than this share of its magnitude has settled. Photos: 0.1 at 64 nodes.
SETTLED = 0.25


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


class PathIntegral(NamedTuple):
    """The same along a straight line, and `moved` (B,): by which share of its magnitude the map differs from that of half the
    nodes, the larger share of the last two doublings; 0 where there is one node.
    """

    contributions: Tensor
    steps: Tensor
    cut: bool
    moved: Tensor


def path_integral(model: TorchClassifier, path: Path, rule: Rule) -> PathIntegral:
    """Contributions by one quadrature rule for all inputs. Every other node is a rule of half the nodes: no pass is added."""
    spent = torch.full((len(path.inputs),), len(rule.nodes), device="cpu")
    if len(rule.nodes) == 1:
        found = _contributions(model, path, rule)
        return PathIntegral(found.values, spent, found.cut, torch.zeros_like(magnitude(found.values)))
    halves = [Rule(rule.nodes[first::2], rule.weights[first::2]) for first in (0, 1)]
    first, second = (_contributions(model, path, half) for half in halves)
    total = first.values + second.values
    moved = _moved(first.values / halves[0].weights.sum().item(), total)
    return PathIntegral(total, spent, first.cut or second.cut, moved)


def refined_path_integral(
    model: TorchClassifier, path: Path, change: Tensor, most: int, scale: Tensor | None = None
) -> PathIntegral:
    """Contributions with as many nodes as completeness and a settled map need, up to about `most`, for each input by itself.

    The open rule on ever finer cells, each half of one before: every gradient counts in the end, and none is at an end of the
    path. `change` (B,): what contributions sum to; `scale` (B,): the larger of the two scores. `most`: from
    `FEWEST_STEPS`.
    """
    cells = FIRST_CELLS
    sums, outer, cut = _sums(model, path, open_nodes(cells))
    total, spent = (sums + outer / 2) / cells, torch.full((len(sums),), cells - 1, device="cpu")
    # By one doubling: two in a row have to leave the map where it is, and at first there is nothing to compare with.
    moved = torch.full_like(magnitude(total), torch.inf)
    last = moved.clone()
    while len(open_rows := _unsettled(incomplete(total, change, scale), moved)):
        if cut or 2 * cells - 1 > most:
            break
        added = _sums(model, path.take(open_rows), open_nodes(2 * cells, cells))
        cells *= 2
        before = total[open_rows]
        sums[open_rows] += added.values
        total[open_rows] = (sums[open_rows] + added.outer / 2) / cells
        moves = torch.stack([_moved(before, total[open_rows]), last[open_rows]])
        moved[open_rows], last[open_rows] = moves.amax(0), moves[0]
        spent[open_rows] = cells - 1
    return PathIntegral(total, spent, cut, moved.nan_to_num(posinf=0.0))


def incomplete(contributions: Tensor, change: Tensor, scale: Tensor | None) -> Tensor:
    """Numbers of the inputs whose contributions do not add up, on the CPU: an index from there fits tensors on any device."""
    gap = completeness_gap(contributions, change)
    return (gap.abs() > completeness_tolerance(change, scale, magnitude(contributions))).nonzero().flatten().cpu()


def _unsettled(incomplete: Tensor, moved: Tensor) -> Tensor:
    """Numbers of the inputs that take more nodes: the sum misses something, or the map may."""
    open_ones = moved.cpu() > SETTLED
    open_ones[incomplete] = True
    return open_ones.nonzero().flatten()


def _moved(before: Tensor, after: Tensor) -> Tensor:
    """(B,) how far apart the maps are, as a share of the magnitude of the later one; 0 where both are zero."""
    apart, size = magnitude(after - before), magnitude(after)
    return torch.where(apart > 0, apart / size, torch.zeros_like(apart))


class _Sums(NamedTuple):
    """`values` (B, *S): contributions summed over some nodes. `outer`: the part of the first and the last of these."""

    values: Tensor
    outer: Tensor
    cut: bool


def _sums(model: TorchClassifier, path: Path, nodes: Tensor) -> _Sums:
    ends, between = (_contributions(model, path, Rule(part, torch.ones_like(part))) for part in (nodes[[0, -1]], nodes[1:-1]))
    return _Sums(ends.values + between.values, ends.values, ends.cut or between.cut)


def _contributions(model: TorchClassifier, path: Path, rule: Rule) -> GradientSum:
    mean, cut = _mean_gradient(model, path, rule)
    return GradientSum(mean * (path.inputs.double() - path.baseline.double()), cut)


def _mean_gradient(model: TorchClassifier, path: Path, rule: Rule) -> GradientSum:
    nodes = rule.nodes.to(path.inputs)

    def points(part: Pairs) -> Tensor:
        share = nodes[part.versions].view(-1, *[1] * (path.inputs.ndim - 1))
        return torch.lerp(path.baseline[part.inputs], path.inputs[part.inputs], share)

    return summed_gradients(model, path.inputs, path.target, rule.weights, points, "path gradients")
