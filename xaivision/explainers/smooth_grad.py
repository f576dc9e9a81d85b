"""SmoothGrad: the gradient averaged over noisy copies."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.question import question
from xaivision.core.targets import Targets
from xaivision.explainers.noisy_copies import Base, check_smoothing, smoothing


@dataclass(frozen=True)
class SmoothGrad:
    """The mean gradient over `samples` copies with Gaussian noise.

    `noise`: its standard deviation as a share of each input's range (largest minus smallest value); in a table whose
    schema knows the ranges of its columns, of each column's. `base`: another method to average instead of the gradient, by
    name or as an object with settings; the mean is of that method's kind.
    """

    about: ClassVar[About] = About(
        name="smooth_grad",
        answers="Which values, changed a little, change the score of inputs like this one most?",
        misleads="It describes the model around the input, not at it; much noise shows what the model does with noise.",
        cost="as many gradients as samples (50 by default)",
        source="Smilkov et al., 2017, arXiv:1706.03825",
        needs=Access.GRADIENTS,
    )

    stands_on: ClassVar[str] = "saliency"  # a preflight asks that: the same passes, fewer of them

    samples: int = 50
    noise: float = 0.15
    base: Base = None

    def __post_init__(self) -> None:
        check_smoothing(self)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Slopes of the shape of the inputs, or values of the shape and kind of the base's, with their standard error."""
        with question(self, model, inputs, targets, seed=seed) as q:
            return smoothing(q, self, "mean")
