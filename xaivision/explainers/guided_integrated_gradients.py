"""Guided integrated gradients: integrated gradients along a path that avoids steep detours."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.question import question
from xaivision.core.settings import check_positive_integer
from xaivision.core.sharing import shared_scores
from xaivision.core.targets import Targets
from xaivision.engines.baselines import Baseline
from xaivision.engines.guided_path import Walk, guided_contributions
from xaivision.engines.path_integral import Path
from xaivision.explainers.doubts import gradient_doubts, missed_changes
from xaivision.explainers.reference import baseline_of


@dataclass(frozen=True, eq=False)
class GuidedIntegratedGradients:
    """The gradient along a path that changes first the values to which the score is least sensitive: contributions that add up.

    In each of `steps` the `fraction` of values with the smallest gradients moves first, none further than `max_distance`
    from the straight line, as a share of it (0: integrated gradients; 1: no bound). `anchors`: points of the straight line
    that the path must pass; the stretches between them are followed at once, in fuller batches. `baseline`: a name or a
    tensor, "auto" for black images and the typical row of a table. The integral is by the trapezoid rule, over the same
    path as the authors' code, which sums by the left ends of the steps.
    """

    about: ClassVar[About] = About(
        name="guided_integrated_gradients",
        answers="How is the change of the score from the baseline shared among the values, on a path of least resistance?",
        misleads="The path is the model's own choice: it can hide a steep region, and two models are asked along different ones.",
        cost="as many gradients as steps (200 by default), one after the other, + anchors + 1, + 1 forward",
        source="Kapishnikov et al., 2021, arXiv:2106.09788",
        needs=Access.GRADIENTS,
    )

    stands_on: ClassVar[str] = "integrated_gradients"  # a preflight asks that: the same passes, fewer of them

    steps: int = 200
    fraction: float = 0.25
    max_distance: float = 0.02
    anchors: int = 0
    baseline: Baseline = "auto"

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_positive_integer("steps", self.steps)
        _check_share("fraction", self.fraction, above=0.0)
        _check_share("max_distance", self.max_distance)
        if isinstance(self.anchors, bool) or not isinstance(self.anchors, int) or self.anchors < 0:
            raise InputError(f"`anchors` must be an integer from 0. Got {self.anchors!r}.")
        if self.steps % (self.anchors + 1):
            raise InputError(
                f"`steps` must be a multiple of `anchors` + 1, which is {self.anchors + 1}: each stretch gets as many. "
                f"Got {self.steps}."
            )

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions of the shape of the inputs, which sum to the change of the score."""
        with question(self, model, inputs, targets, seed=seed) as q:
            baseline = baseline_of(q, self.baseline)
            reference = q.query.target.of(shared_scores(q.model, baseline))
            walk = Walk(self.steps, self.fraction, self.max_distance, self.anchors)
            found = guided_contributions(q.torch_model, Path(q.query.inputs, baseline, q.query.target), walk)
            gradient_doubts(q, found.cut)
            values = found.values.to(inputs.dtype)
            missed_changes(q, values, reference)
            return q.attribution(values, "contribution", baseline=baseline, reference_scores=reference, adds_up=True)


def _check_share(name: str, value: object, above: float = -1.0) -> None:
    if isinstance(value, bool) or not isinstance(value, float | int) or not 0 <= value <= 1 or value <= above:
        least = "above 0" if above == 0 else "from 0"
        raise InputError(f"`{name}` must be a share {least} to 1. Got {value!r}.")
