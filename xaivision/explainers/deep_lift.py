"""DeepLIFT, through captum."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.origin import told_settings
from xaivision.core.question import question
from xaivision.core.sharing import shared_scores
from xaivision.core.targets import Targets
from xaivision.engines.baselines import Baseline
from xaivision.explainers.captum_module import Hookable, by_rules
from xaivision.explainers.doubts import gradient_doubts
from xaivision.explainers.operations_seen import Subject
from xaivision.explainers.reference import baseline_of
from xaivision.explainers.rescaling import RESCALE, rescaled


@dataclass(frozen=True, eq=False)
class DeepLift:
    """The change of every activation from its value at the baseline, handed back to the input: contributions that add up.

    By the rescale rule, which captum computes. `baseline`: a name or a tensor, "auto" for black images and the typical row
    of a table.
    """

    about: ClassVar[About] = About(
        name="deep_lift",
        answers="How is the change of the score from the baseline to this input shared among its values?",
        misleads="What equals the baseline gets nothing: with a black baseline, black pixels. Two networks that compute the "
        "same may get two answers. Models with SiLU, GELU, ReLU6, gates or attention are refused: it has no rule for them.",
        cost="2 gradients + 1 forward + 2 gradients of the first input (4 on a model that is "
        "repaired; the first time 2 forwards more where activations work in place, and 4 gradients and 2 where it is repaired)",
        source="Shrikumar, Greenside, Kundaje, 2017, arXiv:1704.02685",
        needs=Access.WEIGHTS,
    )

    baseline: Baseline = "auto"

    __repr__ = told_settings

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions of the shape of the inputs, which sum to the change of the score.

        Raises: CapabilityError, where the model has an operation without a rule that cannot be repaired.
        """
        with question(self, model, inputs, targets, seed=seed) as q:
            asked, target = q.query.inputs, q.query.target
            baseline = baseline_of(q, self.baseline)
            reference = target.of(shared_scores(q.model, baseline))

            def answer(network: Hookable) -> Tensor:
                gradient_doubts(q, not network.steps)
                return rescaled(network, asked, baseline, target) if network.steps else torch.zeros_like(asked)

            values = by_rules(Subject.of(q), RESCALE, answer)
            return q.attribution(values, "contribution", baseline=baseline, reference_scores=reference, adds_up=True)
