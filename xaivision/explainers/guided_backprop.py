"""Guided backpropagation, through captum."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.targets import Targets
from xaivision.explainers.rectified_gradients import rectified_question


@dataclass(frozen=True)
class GuidedBackprop:
    """The gradient without what is negative at a ReLU, on the way forth or back: score units per input unit."""

    about: ClassVar[About] = About(
        name="guided_backprop",
        answers="Which image details excite the units that speak for the target?",
        misleads="It fails the sanity checks: with random weights it looks much the same, close to an edge detector. It is sharp "
        "and hardly depends on the target. Models without ReLU are refused: there it is the plain gradient.",
        cost="1 gradient (the first time 2 gradients of the first input more, 2 forwards where activations work in place, 8 and "
        "2 forwards where the model is repaired; 1 forward more where the repair rounds differently)",
        source="Springenberg et al., 2014, arXiv:1412.6806; it fails the checks of Adebayo et al., 2018, arXiv:1810.03292",
        needs=Access.WEIGHTS,
        domains=("image",),
    )

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Slopes of the shape of the inputs.

        Raises: CapabilityError, where the model has no ReLU, or one that cannot be repaired.
        """
        with rectified_question(self, "GuidedBackprop", model, inputs, targets, seed=seed) as (q, gradients):
            return q.attribution(gradients, "slope")
