"""Saliency: the gradient."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.targets import Targets
from xaivision.explainers.doubts import gradient_doubts
from xaivision.explainers.gradient_question import gradient_question


@dataclass(frozen=True)
class Saliency:
    """The signed gradient of the target score with respect to each input value: score units per input unit."""

    about: ClassVar[About] = About(
        name="saliency",
        answers="Which values, changed a little, change the score most?",
        misleads="Where the score is saturated the gradient vanishes although the feature matters; on deep networks it is noisy.",
        cost="1 gradient",
        source="Simonyan, Vedaldi, Zisserman, 2013, arXiv:1312.6034",
        needs=Access.GRADIENTS,
    )

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Slopes of the shape of the inputs."""
        with gradient_question(self, model, inputs, targets, seed=seed) as (q, found):
            gradient_doubts(q, found.cut)
            return q.attribution(found.values, "slope")
