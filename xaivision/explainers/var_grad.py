"""VarGrad: the variance of the gradient over noisy copies."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.question import question
from xaivision.core.targets import Targets
from xaivision.explainers.noisy_copies import Base, check_smoothing, smoothing


@dataclass(frozen=True)
class VarGrad:
    """The variance of the gradient over `samples` copies with Gaussian noise: never negative, in squared units.

    It is the mean squared deviation from the mean of the copies (divided by `samples`, not by one less), as captum has it.
    `noise`: its standard deviation as a share of each input's range; in a table whose schema knows the ranges of its
    columns, of each column's. `base`: another method whose variance is asked for instead of the gradient's, by name or as
    an object with settings; its kind is kept.
    """

    about: ClassVar[About] = About(
        name="var_grad",
        answers="For which values does the slope of the score change most among inputs like this one?",
        misleads="What the score depends on linearly gets zero, however much it matters; there is no sign.",
        cost="as many gradients as samples (25 by default)",
        source="Adebayo et al., 2018, arXiv:1810.03307",
        needs=Access.GRADIENTS,
    )

    stands_on: ClassVar[str] = "saliency"  # a preflight asks that: the same passes, fewer of them

    samples: int = 25
    noise: float = 0.15
    base: Base = None

    def __post_init__(self) -> None:
        check_smoothing(self)
        if self.samples < 2:
            raise InputError(f"`samples` must be at least 2: one sample does not vary. Got {self.samples}.")

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Variances of the shape of the inputs, or of the base's values, with their standard error."""
        with question(self, model, inputs, targets, seed=seed) as q:
            return smoothing(q, self, "variance")
