"""The strongest attack we have on a radius: steps along the gradient inside a ball, from several starts."""

from collections.abc import Callable

import torch
from torch import Tensor

# As a share of the radius, how long one step is.
STEP = 0.1


def flips_inside(
    scores: Callable[[Tensor], Tensor], inputs: Tensor, radii: Tensor, classes: Tensor, starts: Tensor, steps: int
) -> Tensor:
    """(R, B) whether projected gradient descent found an input inside the ball that has another class.

    `scores` gives (B, K) with a graph, of points (B, D, *G): one for each place of a grid, or none. `radii` (B,): those of the
    balls around inputs (B, D, *G), in the L2 norm; of several places each may move as far. `starts` (R, D): directions from
    which the R attacks begin, the same for every input.

    Source: Madry et al., 2017, arXiv:1706.06083.
    """
    one = [1] * (inputs.ndim - 2)
    far = radii.view(-1, 1, *one)
    return torch.stack([_attacked(scores, inputs, far, classes, start.view(1, -1, *one), steps) for start in starts])


def _attacked(
    scores: Callable[[Tensor], Tensor], inputs: Tensor, far: Tensor, classes: Tensor, start: Tensor, steps: int
) -> Tensor:
    moves = (start / start.norm()).expand_as(inputs) * far
    flipped = torch.zeros_like(classes, dtype=torch.bool)
    with torch.enable_grad():
        for _ in range(steps):
            moves = moves.detach().requires_grad_()
            margins, wrong = _margins(scores(inputs + moves), classes)
            flipped |= wrong
            (slope,) = torch.autograd.grad(margins.sum(), moves)
            away = slope / slope.norm(dim=1, keepdim=True).clamp_min(torch.finfo(slope.dtype).tiny)
            moves = _inside(moves.detach() - STEP * far * away, far)
        return flipped | _margins(scores(inputs + moves), classes)[1]


def _margins(scores: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
    """(B,) the class's score, its logarithm where that is finite, minus the best rival's, and whether a rival is ahead."""
    own = scores.gather(1, classes[:, None]).squeeze(1)
    rival = scores.scatter(1, classes[:, None], -torch.inf).amax(1)
    return own - rival, (rival > own).detach()


def _inside(moves: Tensor, far: Tensor) -> Tensor:
    lengths = moves.norm(dim=1, keepdim=True)
    inside: Tensor = moves * (far / lengths.clamp_min(torch.finfo(moves.dtype).tiny)).clamp_max(1)
    return inside
