"""Scores of pictures with one window replaced, by the affected regions alone where that is proven to be the same."""

from dataclasses import dataclass

import torch
from torch import Tensor

from xaivision.core.errors import Cancelled, CapabilityError
from xaivision.core.progress import track
from xaivision.core.targets import TargetScore
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.affected_regions import Bases, Route, bases, best_route, changed_maps
from xaivision.engines.module_graph import traced
from xaivision.engines.reach import cuts
from xaivision.engines.windows import Window, unchanging, window_scores

# Reading the graph and finding a route cost about that many passes.
SETTING_UP = 8
# What the shortcut gives must be what whole passes give, up to rounding: so many units in the last place, where 1 is added to
# the score. On EfficientNet-Lite0 and ResNet-18 it is 10 at most.
ROUNDING = 100


@dataclass(frozen=True, eq=False)
class RegionScores:
    """`values` (B, windows) in float64; `share` of the multiplications of whole passes that they took, where some window
    changes the input.
    """

    values: Tensor
    share: float


def region_scores(
    model: TorchClassifier, inputs: Tensor, baseline: Tensor, target: TargetScore, windows: list[Window]
) -> RegionScores | None:
    """Target scores with one window replaced by the baseline; None where only whole passes are sure, or cost no more.

    The halo, the strides and the padding of every layer up to a place are read off the network's graph, and the scores of
    three windows of each input, which change it, are compared with those of whole passes. An input that no window changes
    proves nothing, and is asked whole.
    """
    side = (max(one.bottom - one.top for one in windows), max(one.right - one.left for one in windows))
    with model.held():
        route = _route(model, inputs[:1], side)
        if route is None or len(windows) * (1 - route.share) < SETTING_UP:
            return None
        found, moving = [], ~unchanging(inputs, baseline, windows).cpu()
        for row in track(range(len(inputs)), "inputs"):
            one = slice(row, row + 1)
            picture = _Picture(model, route, inputs[one], baseline[one], target.take(one))
            telling = [windows[number] for number in moving[row].nonzero().flatten().tolist()]
            if not telling:
                found.append(picture.whole_passes(windows))
            elif picture.proven(telling):
                found.append(picture.scores(windows))
            else:
                return None
    return RegionScores(torch.stack(found), route.share)


def _route(model: TorchClassifier, sample: Tensor, side: tuple[int, int]) -> Route | None:
    try:
        view = traced(model.model)
        with torch.no_grad():
            return best_route(view, cuts(view, model.prepared(sample)), side)
    except CapabilityError:
        return None


class _Picture:
    """One input, and its maps."""

    def __init__(self, model: TorchClassifier, route: Route, one: Tensor, baseline: Tensor, target: TargetScore) -> None:
        self._model, self._route, self._one, self._baseline, self._target = model, route, one, baseline, target
        with torch.no_grad():
            self._known: Bases = bases(route, model.prepared(one))
            self._replaced = model.prepared(baseline)

    def proven(self, windows: list[Window]) -> bool:
        """Whether the first, the middle and the last window come out as by whole passes."""
        tried = [windows[0], windows[len(windows) // 2], windows[-1]]
        expected = self.whole_passes(tried)
        try:
            found = self.scores(tried)
        except Cancelled:
            raise
        except Exception:  # whole passes went well: whatever it is, it comes from the shortcut
            return False
        return bool(((found - expected).abs() <= ROUNDING * torch.finfo(self._model.dtype).eps * (1 + expected.abs())).all())

    def whole_passes(self, windows: list[Window]) -> Tensor:
        """(windows,) target scores in float64, with nothing taken for granted."""
        return window_scores(self._model, self._one, self._baseline, self._target, windows)[0]

    def scores(self, windows: list[Window]) -> Tensor:
        """(windows,) target scores in float64."""
        size = self._model.batches.size(self._one)
        return torch.cat(
            [self._scores(windows[start : start + size]) for start in track(range(0, len(windows), size), "windows")]
        )

    def _scores(self, windows: list[Window]) -> Tensor:
        every = self._one.expand(len(windows), *self._one.shape[1:])

        def way(part: slice) -> Tensor:
            maps = changed_maps(self._known, self._replaced, windows[part])
            answer: Tensor = self._route.finish(every[part], maps)
            return answer

        scores = self._model.scores_by(way, every)
        rows = torch.zeros(len(scores), dtype=torch.long, device=scores.device)
        return self._target.take(rows).of(scores).double().cpu()
