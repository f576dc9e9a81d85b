"""SmoothGrad-squared: the mean square of the gradient over noisy copies."""

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
class SmoothGradSquared:
    """The mean square of the gradient over `samples` copies with Gaussian noise: never negative, in squared units.

    With the same seed it is the square of `smooth_grad` plus `var_grad`. `noise`: its standard deviation as a share of each
    input's range; in a table whose schema knows the ranges of its columns, of each column's. `base`: another method to
    square and average instead of the gradient, by name or as an object with settings; its kind is kept.
    """

    about: ClassVar[About] = About(
        name="smooth_grad_squared",
        answers="Which values does the score of inputs like this one depend on, in whichever direction?",
        misleads="It has no sign, and squaring makes few values dominate; slopes count although they cancel on average.",
        cost="as many gradients as samples (25 by default)",
        source="Hooker et al., 2018, arXiv:1806.10758",
        needs=Access.GRADIENTS,
    )

    stands_on: ClassVar[str] = "saliency"  # a preflight asks that: the same passes, fewer of them

    samples: int = 25
    noise: float = 0.15
    base: Base = None

    def __post_init__(self) -> None:
        check_smoothing(self)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Squared slopes of the shape of the inputs, or squares of the base's values, with their standard error."""
        with question(self, model, inputs, targets, seed=seed) as q:
            return smoothing(q, self, "mean square")
