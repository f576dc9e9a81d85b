"""Parameter randomization: does the explanation change when the model's weights are drawn anew?"""

from dataclasses import dataclass
from typing import ClassVar

from xaivision.core.about import AboutEvaluator
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.protocols import Explainer
from xaivision.core.scores import Scores
from xaivision.engines.reinitialization import Order
from xaivision.evaluation.fresh_weights import asked_again, by_stage, check_order, randomizable, unreached
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.same_method import check_same
from xaivision.evaluation.similarity import UNITS, Resemblance, Similarity, check_pictures, check_similarity, stacked


@dataclass(frozen=True)
class ParameterRandomization:
    """How alike the explanation stays, from 0 to 1, when layers get fresh random weights; low is good.

    Likeness is the absolute Spearman correlation with the explanation before; features that are zero before and after are
    left out. A map that is constant has no ranks, and no value. `similarity` "ssim": the absolute mean SSIM of pictures
    instead, over windows around the same features.
    `order` "all": every layer at once. "bottom_up" and "top_down": one after the other, cumulatively. "independent": each
    layer alone. The value is the mean over the stages and `curves` (B, layers) holds them. A layer's fresh weights are the
    same in every order. The weights are given back byte for byte, after an error too.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="parameter_randomization",
        answers="Does the explanation depend on what the model has learned?",
        misleads="Maps that show the input through (input x gradient) stay alike although the gradient changes; from the top "
        "down, the layers that still know the input keep maps alike.",
        cost="1 explanation by the same method (with an order: 1 a layer)",
        source="Adebayo et al., 2018, arXiv:1810.03292; order: Binder et al., 2023, arXiv:2211.12486",
        higher_is_better=False,
        needs=Access.WEIGHTS,
        judges="explainer",
        asks_again="another model",
        least_gain=0.5,
    )

    order: Order = "all"
    similarity: Similarity = "spearman"

    def __post_init__(self) -> None:
        check_order(self.order)
        check_similarity(self.similarity)

    @property
    def least_gain(self) -> float:
        """Over stages at which a part of the weights is still as it was learned, half as much has to go."""
        return self.about.least_gain if self.order == "all" else self.about.least_gain / 2

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) likeness; `details` (B, stages) hold it as signed, and that of absolute values.

        Raises: CapabilityError, where the model is no torch module or none of its layers can be drawn anew; InputError,
        where the explanation is not this explainer's, or windows are asked of a table.
        """
        with measurement(self, model, explanation) as m:
            check_same(explainer, explanation)
            check_pictures(self.similarity, m.model)
            network = randomizable(m.model, self.about.name)
            alike = Resemblance(self.similarity, explanation.feature_values)
            stages = by_stage(network, self.order, seed, lambda: alike(asked_again(explainer, network, explanation)))
            found = stacked(stages)
            return m.scores(
                found.signed.abs().mean(1),
                f"absolute {UNITS[self.similarity]}",
                curves=None if self.order == "all" else found.signed.abs(),
                details=found.details,
                notes=unreached(network),
            )
