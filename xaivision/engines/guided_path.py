"""The gradient along a path that goes first where the score hardly changes: chosen step by step, for each input by itself.

Source: Kapishnikov et al., Guided integrated gradients: an adaptive path method for removing noise, CVPR 2021,
arXiv:2106.09788.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from xaivision.core.progress import track
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.path_integral import Path
from xaivision.engines.streaming import GradientSum, pairs

# Distances that differ by less than this share of the whole line are the same.
CLOSE = 1e-9


class Walk(NamedTuple):
    """How a path is chosen: in `steps`, each of which moves the `fraction` of values with the smallest gradients first.

    `max_distance`: how far a value may be before or behind the straight line, as a share of the whole line. `anchors`:
    points of the straight line that the path must pass, at equal distances; what lies between two of them is a path by
    itself, and all of these are followed at once.
    """

    steps: int
    fraction: float
    max_distance: float
    anchors: int = 0


class Line(NamedTuple):
    """`start` and `end` (n, D) of the straight lines that are departed from, in float64."""

    start: Tensor
    end: Tensor

    def at(self, share: float) -> Tensor:
        return torch.lerp(self.start, self.end, share)


def guided_contributions(model: TorchClassifier, path: Path, walk: Walk) -> GradientSum:
    """(B, *S) in float64: the changes along each input's own path times the mean of the gradients at both ends of a step."""
    total, cut = torch.zeros(path.inputs.shape, dtype=torch.float64, device=path.inputs.device), False
    legs = walk.anchors + 1
    work = pairs(len(path.inputs), legs, model.batches.size(path.inputs, "gradients"))
    for part in work:
        line = Line(path.baseline[part.inputs].double().flatten(1), path.inputs[part.inputs].double().flatten(1))
        first = (part.versions.double() / legs)[:, None].to(line.start.device)
        leg = Line(torch.lerp(*line, first), torch.lerp(*line, first + 1 / legs))
        found = _followed(model, leg, path.take(part.inputs), walk._replace(steps=walk.steps // legs, anchors=legs - 1))
        cut = cut or found.cut
        for row, number in enumerate(part.inputs.tolist()):
            total[number] += found.values[row]
    return GradientSum(total, cut)


def _followed(model: TorchClassifier, line: Line, like: Path, walk: Walk) -> GradientSum:
    """(n, *S) contributions along one leg of each path."""
    cut = False

    def gradients(places: Tensor) -> Tensor:
        nonlocal cut
        found = model.gradients(places.view_as(like.inputs).to(like.inputs), like.target)
        cut = cut or found.cut
        return found.values.double().flatten(1)

    place, total = line.start, torch.zeros_like(line.start)
    slope = gradients(place)
    for step in track(range(walk.steps), "guided paths"):
        following = next_place(place, slope.abs(), line, (step + 1) / walk.steps, walk)
        following_slope = gradients(following)
        total += (following - place) * (slope + following_slope) / 2
        place, slope = following, following_slope
    return GradientSum(total.view_as(like.inputs), cut)


def next_place(place: Tensor, slopes: Tensor, line: Line, share: float, walk: Walk) -> Tensor:
    """(n, D) the places after the step to this share of the line: as far from its end as the straight line is by then.

    What is too far behind the line catches up; then the values with the smallest `slopes` (n, D) move, as far ahead of the
    line as they may, and if that is not enough those with the next smallest.
    """
    distance = min(1.0, walk.max_distance * (walk.anchors + 1))
    behind, ahead = max(share - distance, 0.0), line.at(min(share + distance, 1.0))
    length = (line.end - line.start).abs()
    place = torch.where((place - line.start).abs() < behind * length, line.at(behind), place)
    left = length.sum(1) * (1 - share)
    count = int(walk.fraction * (place.shape[1] - 1)) + 1
    while True:
        missing = (line.end - place).abs().sum(1) - left
        open_rows = missing > CLOSE * length.sum(1)
        candidates = slopes.masked_fill(place == ahead, torch.inf)
        chosen = (candidates <= candidates.kthvalue(count, dim=1, keepdim=True).values) & (place != ahead) & open_rows[:, None]
        reach = ((ahead - place).abs() * chosen).sum(1)
        if not bool((reach > 0).any()):
            return place
        part = (missing / reach).clamp(0, 1).masked_fill(~chosen.any(1), 0)[:, None]
        place = torch.where(chosen, torch.lerp(place, ahead, part), place)
