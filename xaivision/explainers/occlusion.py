"""Occlusion: hide one window after the other."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.origin import told_settings
from xaivision.core.question import Question, question
from xaivision.core.settings import check_positive_integer
from xaivision.core.sharing import shared_scores
from xaivision.core.targets import Targets
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.baselines import Baseline
from xaivision.engines.region_scores import region_scores
from xaivision.engines.windows import Window, sliding_windows, spread_over_windows, unchanging, window_scores
from xaivision.explainers.evaluations import with_evaluations
from xaivision.explainers.reference import baseline_of


@dataclass(frozen=True, eq=False)
class Occlusion:
    """The drop of the score when a window is replaced by the baseline, shared among the window's pixels.

    `window` and `stride` in pixels: None takes a fourteenth of the picture's shorter side and half of that; in a table one
    column after the other. `baseline`: a name or a tensor, "auto" for black images and the typical row of a table. Of a
    convolutional network only the regions of its maps that a window can change are computed again, where halo, strides and
    padding of its layers prove that enough; `whole_passes` never does so. Values are (B, 1, H, W), or (B, F).
    """

    about: ClassVar[About] = About(
        name="occlusion",
        answers="How much does the score fall when this region is hidden?",
        misleads="Evidence that is present twice hides itself; the hidden patch is unlike anything the model was trained on.",
        cost=(
            "1 forward a window (about 730 by default; 1 a column in tables) + 2; about half of that in time for convolutional "
            "networks, + 6 to prove it"
        ),
        source="Zeiler, Fergus, 2013, arXiv:1311.2901",
        needs=Access.SCORES,
    )

    window: int | None = None
    stride: int | None = None
    baseline: Baseline = "auto"
    whole_passes: bool = False

    __repr__ = told_settings

    def __post_init__(self) -> None:
        for name, value in (("window", self.window), ("stride", self.stride)):
            if value is not None:
                check_positive_integer(name, value)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions: drops of the score per position. They add up where windows do not overlap and the model is linear."""
        with question(self, model, inputs, targets, seed=seed) as q:
            baseline = baseline_of(q, self.baseline)
            reference = q.query.target.of(shared_scores(q.model, baseline))
            windows = self._windows(q.query.inputs)
            hidden = self._hidden_scores(q, baseline, windows)
            drops = q.query.scores.double().cpu()[:, None] - hidden
            # Rounding depends on the batch; without this it would show as a map where nothing is hidden.
            drops = drops.masked_fill(unchanging(q.query.inputs, baseline, windows).cpu(), 0)
            values = _spread(drops, windows, inputs)
            answer = q.attribution(values, "contribution", baseline=baseline, reference_scores=reference)
            return with_evaluations(answer, [len(windows) + 1] * len(inputs))  # the baseline is a version as well

    def _hidden_scores(self, q: Question, baseline: Tensor, windows: list[Window]) -> Tensor:
        """(B, windows) by the affected regions alone where that is allowed and proven, by whole passes otherwise."""
        asked = (q.query.inputs, baseline, q.query.target, windows)
        if not self.whole_passes and q.model.domain == "image" and isinstance(q.model, TorchClassifier):
            found = region_scores(q.model, *asked)
            if found is not None:
                return found.values
        return window_scores(q.model, *asked)

    def _windows(self, inputs: Tensor) -> list[Window]:
        height, width = (1, inputs.shape[1]) if inputs.ndim == 2 else inputs.shape[2:]
        side = self.window or (1 if inputs.ndim == 2 else max(1, min(height, width) // 14))
        stride = self.stride or max(1, side // 2)
        return sliding_windows(
            height, width, (min(side, height) if inputs.ndim == 2 else side, side), (min(stride, height), stride)
        )


def _spread(drops: Tensor, windows: list[Window], inputs: Tensor) -> Tensor:
    height, width = (1, inputs.shape[1]) if inputs.ndim == 2 else inputs.shape[2:]
    spread = spread_over_windows(drops, windows, height, width).to(inputs)
    return spread[:, 0] if inputs.ndim == 2 else spread[:, None]
