"""Input x gradient: the contributions of the model's tangent at the input."""

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
class InputXGradient:
    """Each input value times its gradient: its contribution if the model were linear, against a baseline of zeros."""

    about: ClassVar[About] = About(
        name="input_x_gradient",
        answers="What would each value contribute if the model were its tangent here?",
        misleads="The input itself shows through: dark pixels get nothing, and the map survives a model with random weights.",
        cost="1 gradient",
        source="Shrikumar et al., 2016, arXiv:1605.01713",
        needs=Access.GRADIENTS,
    )

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions of the shape of the inputs. They need not add up: the model is not linear."""
        with gradient_question(self, model, inputs, targets, seed=seed) as (q, found):
            gradient_doubts(q, found.cut)
            values = q.query.inputs * found.values
            return q.attribution(values, "contribution", baseline=values.new_zeros(()).expand_as(values))
