"""DeepLIFT averaged over a background, through captum."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.origin import told_settings
from xaivision.core.progress import track
from xaivision.core.question import Question, question
from xaivision.core.targets import Targets
from xaivision.engines.streaming import pairs
from xaivision.explainers.background import check_background, fitting_background
from xaivision.explainers.captum_module import Hookable, by_rules
from xaivision.explainers.doubts import gradient_doubts
from xaivision.explainers.expected_gradients import mean_scores
from xaivision.explainers.operations_seen import Subject
from xaivision.explainers.rescaling import RESCALE, rescaled


@dataclass(frozen=True, eq=False)
class DeepLiftShap:
    """DeepLIFT's contributions averaged over a `background` (N, *S): they sum to the score minus the background's mean score."""

    about: ClassVar[About] = About(
        name="deep_lift_shap",
        answers="How is the difference between this score and the mean score of the background shared among the input's values?",
        misleads="It takes features for independent, and is a Shapley value only where the network is linear; it says as much "
        "of the background as of the input. Models with SiLU, GELU, ReLU6, gates or attention are refused.",
        cost="2 gradients + 1 forward a row of the background + 2 gradients of the first input (4 on a model that is repaired; "
        "the first time 2 forwards more where activations work in place, and 4 gradients and 2 where it is repaired)",
        source="Lundberg, Lee, 2017, arXiv:1705.07874",
        needs=Access.WEIGHTS,
    )

    background: Tensor

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_background(self.background)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions of the shape of the inputs, which sum to the score minus the mean score of the background.

        Raises: InputError, where the background does not fit the inputs; CapabilityError, where the model has an operation
        without a rule that cannot be repaired.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            background = fitting_background(q, self.background)
            reference = mean_scores(q, background)

            def answer(network: Hookable) -> Tensor:
                gradient_doubts(q, not network.steps)
                return _averaged(network, q, background) if network.steps else torch.zeros_like(q.query.inputs)

            values = by_rules(Subject.of(q), RESCALE, answer)
            return q.attribution(values, "contribution", reference_scores=reference, adds_up=True)


def _averaged(network: Hookable, q: Question, background: Tensor) -> Tensor:
    inputs, target = q.query.inputs, q.query.target
    total = torch.zeros(inputs.shape, dtype=torch.float64, device=inputs.device)
    size = network.model.batches.size(inputs, "gradients")
    for part in track(pairs(len(inputs), len(background), size), "DeepLIFT over the background"):
        found = rescaled(network, inputs[part.inputs], background[part.versions], target.take(part.inputs))
        for row, values in zip(part.inputs.tolist(), found, strict=True):
            total[row] += values.double()
    return (total / len(background)).to(inputs.dtype)
