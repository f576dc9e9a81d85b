"""Blur integrated gradients: integrated gradients along a path that brings an image into focus."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.completeness import score_change, score_scale
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.question import Question, question
from xaivision.core.sharing import shared_scores
from xaivision.core.targets import Targets
from xaivision.engines.blur_path import FIRST_PIECES, BlurPath, blur_contributions, blurred, refined_blur_contributions
from xaivision.explainers.doubts import gradient_doubts, missed_changes
from xaivision.explainers.steps import Steps, check_steps

# Blurs of an image that is flat differ by this much of the range of pixels at most, in float32.
ROUNDING = 1e-5


@dataclass(frozen=True)
class BlurIntegratedGradients:
    """The gradient along a path from the blurred image to the image, times the path's changes: contributions that add up.

    `max_sigma`: the standard deviation of the first blur in pixels; that image is the baseline. `steps` "auto" starts
    with 16 and anew with twice as many until the contributions of an input add up within 5 % of its score's change, or
    `max_steps` are spent in all; a number fixes it. Images are mirrored at their edges.
    """

    about: ClassVar[About] = About(
        name="blur_integrated_gradients",
        answers="How is the change of the score from the blurred image to this one shared among its pixels?",
        misleads="What survives the blur, such as a color, gets next to nothing. Contributions follow the edges of the image.",
        cost="as many gradients as steps (16 to 496 by default) + 1 forward",
        source="Xu, Venugopalan, Sundararajan, 2020, arXiv:2004.03383",
        needs=Access.GRADIENTS,
        domains=("image",),
    )

    stands_on: ClassVar[str] = "integrated_gradients"  # a preflight asks that: the same passes, fewer of them

    steps: Steps = "auto"
    max_sigma: float = 50.0
    max_steps: int = 513

    def __post_init__(self) -> None:
        check_steps(self.steps, self.max_steps, FIRST_PIECES)
        sigma = self.max_sigma
        if isinstance(sigma, bool) or not isinstance(sigma, float | int) or not 0 < sigma < float("inf"):
            raise InputError(f"`max_sigma` must be a positive number of pixels. Got {sigma!r}.")

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions of the shape of the inputs, which sum to the change of the score from the blurred image."""
        with question(self, model, inputs, targets, seed=seed) as q:
            baseline = blurred(q.query.inputs, tensor([self.max_sigma], device="cpu"))[0]
            reference = q.query.target.of(shared_scores(q.model, baseline))
            path = BlurPath(q.query.inputs, self.max_sigma, q.query.target)
            if self.steps == "auto":
                change, scale = score_change(q.query.scores, reference), score_scale(q.query.scores, reference)
                total, _, cut = refined_blur_contributions(q.torch_model, path, change, self.max_steps, scale)
            else:
                total, cut = blur_contributions(q.torch_model, path, self.steps)
            gradient_doubts(q, cut)
            _doubt_flat_images(q, baseline)
            values = total.to(inputs.dtype)
            missed_changes(q, values, reference)
            return q.attribution(values, "contribution", baseline=baseline, reference_scores=reference, adds_up=True)


def _doubt_flat_images(q: Question, baseline: Tensor) -> None:
    """What is left of a flat image is rounding, which would pass for a map."""
    change = (q.query.inputs - baseline).abs().flatten(1).amax(1)
    if flat := tuple((change < ROUNDING).nonzero().flatten().tolist()):
        q.note(Note("warn", "blurring changes nothing in this image: there is no path to follow", flat))
