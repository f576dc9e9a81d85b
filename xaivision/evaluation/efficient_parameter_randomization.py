"""Efficient parameter randomization: does the explanation become more disordered when the model has learned nothing?"""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.protocols import Explainer
from xaivision.core.scores import Scores
from xaivision.core.settings import check_positive_integer
from xaivision.engines.map_likeness import map_entropies
from xaivision.evaluation.fresh_weights import asked_again, by_stage, randomizable, unreached
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.same_method import check_same


@dataclass(frozen=True)
class EfficientParameterRandomization:
    """By what share of itself the map's entropy rises when every layer gets fresh random weights; high is good.

    Entropy is that of the histogram of the map's values in `bins` bins from its least to its largest. A map without entropy,
    such as one that is constant, has no share, and no value. The weights are given back byte for byte, after an error too.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="efficient_parameter_randomization",
        answers="Does the explanation become more disordered when the model has learned nothing?",
        misleads="A map may change entirely and stay as disordered, which scores 0; one extreme value empties the other bins.",
        cost="1 explanation by the same method",
        source="Hedström et al., 2024, arXiv:2401.06465",
        higher_is_better=True,
        needs=Access.WEIGHTS,
        judges="explainer",
    )

    bins: int = 100

    def __post_init__(self) -> None:
        check_positive_integer("bins", self.bins)

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) rises as shares, from -1; `details` hold both entropies in nats.

        Raises: CapabilityError, where the model is no torch module or none of its layers can be drawn anew; InputError,
        where the explanation is not this explainer's.
        """
        with measurement(self, model, explanation) as m:
            check_same(explainer, explanation)
            network = randomizable(m.model, self.about.name)
            before = map_entropies(explanation.feature_values, self.bins)

            def ask() -> Tensor:
                return map_entropies(asked_again(explainer, network, explanation), self.bins)

            (after,) = by_stage(network, "all", seed, ask)
            rise = ((after - before) / before).masked_fill(before == 0, float("nan"))
            details = {"entropy before": before, "entropy after": after}
            return m.scores(rise, "rise of the entropy as a share", details=details, notes=unreached(network))
