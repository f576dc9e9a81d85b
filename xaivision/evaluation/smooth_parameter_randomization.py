"""Smooth parameter randomization: the same check on maps that are averaged over noise, so that noise is not taken for change."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier, batch_size_of
from xaivision.core.protocols import Explainer
from xaivision.core.query import perturbed_on_purpose
from xaivision.core.scores import Scores
from xaivision.core.settings import check_number_from_zero, check_positive_integer
from xaivision.core.torch_classifier import TorchClassifier
from xaivision.engines.reinitialization import Order
from xaivision.engines.smoothing import NoisyCopies, input_range, smoothed
from xaivision.evaluation.fresh_weights import by_stage, check_order, randomizable, unreached
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.nearby import numeric_columns
from xaivision.evaluation.same_method import check_same
from xaivision.evaluation.similarity import UNITS, Resemblance, Similarity, check_pictures, check_similarity, stacked
from xaivision.explainers.noisy_copies import normal_draws


@dataclass(frozen=True)
class SmoothParameterRandomization:
    """How alike the mean map over noisy copies of the input stays, from 0 to 1, as layers get random weights; low is good.

    `samples` copies with Gaussian noise, whose standard deviation is `noise` times each input's range (largest minus
    smallest value), in a table whose schema knows the ranges of its columns, of each column's; codes of categories stay.
    Both maps are such means, over the same noise: the explanation handed over says what is asked, and its values are not
    looked at. `order` and `similarity` as of `parameter_randomization`.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="smooth_parameter_randomization",
        answers="Does the explanation, freed from its noise, depend on what the model has learned?",
        misleads="Maps that show the input through stay alike; a mean over noise says little of the map at the input itself.",
        cost="50 explanations by the same method, and as many for each layer, by default",
        source="Hedström et al., 2024, arXiv:2401.06465",
        higher_is_better=False,
        needs=Access.WEIGHTS,
        judges="explainer",
        asks_again="another model",
        least_gain=0.5,
    )

    samples: int = 50
    noise: float = 0.1
    order: Order = "bottom_up"
    similarity: Similarity = "spearman"

    def __post_init__(self) -> None:
        check_positive_integer("samples", self.samples)
        check_number_from_zero("noise", self.noise)
        check_order(self.order)
        check_similarity(self.similarity)

    @property
    def least_gain(self) -> float:
        """Over stages at which a part of the weights is still as it was learned, half as much has to go."""
        return self.about.least_gain if self.order == "all" else self.about.least_gain / 2

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) likeness, NaN where the explanation is not finite; `details` (B, stages) hold it as signed, and of sizes.

        Raises: CapabilityError, where the model is no torch module or none of its layers can be drawn anew; InputError,
        where the explanation is not this explainer's, or windows are asked of a table.
        """
        with measurement(self, model, explanation) as m:
            check_same(explainer, explanation)
            check_pictures(self.similarity, m.model)
            network = randomizable(m.model, self.about.name)
            alike = Resemblance(self.similarity, self._mean_map(network, explainer, explanation, seed))
            stages = by_stage(network, self.order, seed, lambda: alike(self._mean_map(network, explainer, explanation, seed)))
            found = stacked(stages)
            unknown = ~explanation.values.flatten(1).isfinite().all(1).cpu()
            return m.scores(
                found.signed.abs().mean(1).masked_fill(unknown, float("nan")),
                f"absolute {UNITS[self.similarity]}",
                curves=None if self.order == "all" else found.signed.abs(),
                details=found.details,
                notes=unreached(network),
            )

    def _mean_map(self, model: TorchClassifier, explainer: Explainer, explanation: Attribution, seed: int) -> Tensor:
        """(B, ...) mean feature values over the noisy copies, in float64."""
        query, inputs = explanation.query, explanation.query.inputs
        scale = self.noise * input_range(inputs, model.ranges)
        if (numbers := numeric_columns(model)) is not None:
            scale = scale * numbers.to(scale)
        copies = NoisyCopies(inputs, scale, normal_draws(inputs, seed), self.samples)

        def answer(made: Tensor, rows: Tensor) -> Tensor:
            with perturbed_on_purpose():
                found = explainer.explain(model, made, query.target.take(rows), seed=explanation.origin.seed)
            return found.as_attribution().feature_values

        return smoothed(copies, answer, batch_size_of(model, inputs)).mean
