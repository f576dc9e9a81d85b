"""Gradients along lines from many reference inputs, times their length: the contributions of an input against all of them.

Source: Erion et al., Improving performance of deep learning models with axiomatic attribution priors and expected gradients,
2019, arXiv:1906.10670.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.moments import Block, Moments, blocks, moments
from xaivision.engines.quadrature import midpoints


class Lines(NamedTuple):
    """Points on the lines from a background (N, *S) to whatever is explained, the same for every input.

    `references` (n,) which of the background a line starts from, `shares` (n,) how far along it the point lies, from 0 to 1,
    `weights` (n,) of the points, 1 in the mean; both in float64.
    """

    references: Tensor
    shares: Tensor
    weights: Tensor


def all_lines(references: int, points: int) -> Lines:
    """Midpoints on the line from each reference, `points` in all: no draw, nothing left out.

    Where they do not come out even, the first lines have one more; all lines have the same weight.
    """
    numbers = torch.arange(references, device="cpu")
    steps = points // references + (numbers < points % references).long()
    shares = torch.cat([midpoints(count) for count in steps.tolist()])
    weights = points / (references * steps.double())
    return Lines(numbers.repeat_interleave(steps), shares, weights.repeat_interleave(steps))


def drawn_lines(references: int, draws: int, generator: torch.Generator) -> Lines:
    """Each point on a line drawn at random, with replacement, at a place drawn at random."""
    numbers = torch.randint(references, (draws,), generator=generator, device="cpu")
    shares = torch.rand(draws, generator=generator, dtype=torch.float64, device="cpu")
    return Lines(numbers, shares, torch.ones_like(shares))


class Contributions(NamedTuple):
    """`moments` of the contributions (B, *S) over the points; `cut`: no gradient reached the input."""

    moments: Moments
    cut: bool


def line_contributions(
    model: TorchClassifier, inputs: Tensor, target: TargetScore, background: Tensor, lines: Lines
) -> Contributions:
    """Mean and spread, over the points, of the gradient at a point times the length of its line and the point's weight."""
    cut = False

    def ask(block: Block) -> Tensor:
        nonlocal cut
        chosen = slice(block.versions.start, block.versions.stop)
        start = background[lines.references[chosen]][:, None]  # (k, 1, *S) beside (1, b, *S)
        share, weight = (part[chosen].to(inputs).view(-1, *[1] * inputs.ndim) for part in lines[1:])
        ends = inputs[block.inputs][None]
        points = torch.lerp(start, ends, share).flatten(0, 1)
        found = model.gradients(points, target.take(block.rows))
        cut = cut or found.cut
        return found.values * (weight * (ends - start)).flatten(0, 1)

    work = blocks(len(inputs), len(lines.references), model.batches.size(inputs, "gradients"))
    found = moments(work, ask, "gradients on lines from the background")
    return Contributions(found, cut)
