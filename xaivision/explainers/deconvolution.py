"""Deconvolution, through captum."""

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
class Deconvolution:
    """The gradient with ReLU applied to what flows back, whatever was active on the way forth: score units per input unit."""

    about: ClassVar[About] = About(
        name="deconvolution",
        answers="Which image patterns would a network of this kind rebuild from the target's score?",
        misleads="It is partial recovery of the image: without max pooling it does not depend on the input at all, and with it "
        "hardly on the target or the weights. Models without ReLU are refused: there it is the plain gradient.",
        cost="1 gradient (the first time 2 gradients of the first input more, 2 forwards where activations work in place, 8 and "
        "2 forwards where the model is repaired; 1 forward more where the repair rounds differently)",
        source="Zeiler, Fergus, 2013, arXiv:1311.2901; on what it recovers: Nie et al., 2018, arXiv:1805.07039",
        needs=Access.WEIGHTS,
        domains=("image",),
    )

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Slopes of the shape of the inputs.

        Raises: CapabilityError, where the model has no ReLU, or one that cannot be repaired.
        """
        with rectified_question(self, "Deconvolution", model, inputs, targets, seed=seed) as (q, gradients):
            return q.attribution(gradients, "slope")
