"""Relative stability: how much an explanation changes, over how much the input, the output or the inside of the model does.

Source: Agarwal et al., Rethinking stability for attribution-based explanations, 2022, arXiv:2203.06877.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.protocols import Explainer
from xaivision.core.scores import Scores
from xaivision.core.settings import check_positive_number
from xaivision.core.sharing import shared_scores
from xaivision.engines.stability import largest, ratio, relative_size, sizes
from xaivision.evaluation.measurement import Measurement, measurement
from xaivision.evaluation.nearby import Near, check_around, doubts, found_nearby
from xaivision.evaluation.representation import representation

# From inputs (n, *S) to their scores (n, K) and what is held against the change of the map, (n, ...).
Look = Callable[[Tensor], tuple[Tensor, Tensor]]
MISLEADS = "Values near zero change by large shares: an explanation or an image that is mostly black decides it by rounding."


@dataclass(frozen=True)
class _RelativeStability:
    """Settings that all three share."""

    samples: int = 20
    radius: float = 0.05
    floor: float = 1e-6

    def __post_init__(self) -> None:
        check_around(self)
        check_positive_number("floor", self.floor)

    def _stability(self, m: Measurement, explainer: Explainer, seed: int, look: Look) -> Scores:
        """The largest relative change of the map over the change of what is looked at, among copies of the same class."""
        explanation = m.explanation
        scores, before = look(explanation.query.inputs)
        classes = scores.argmax(1)

        def judge(near: Near) -> dict[str, Tensor]:
            change = relative_size(explanation.values[near.rows], near.values, self.floor)
            scores, after = look(near.copies)
            moved = self._moved(before[near.rows], after).clamp_min(self.floor)
            return {"same": scores.argmax(1) == classes[near.rows], "stability": ratio(change, moved)}

        found = found_nearby(m, explainer, self, seed, judge)
        same = found["same"] == 1
        return m.scores(
            largest(found["stability"], same),
            "change of the map over the other change",
            details={"copies of the same class": same.double().mean(1)},
            notes=doubts(m.model),
        )

    def _moved(self, before: Tensor, after: Tensor) -> Tensor:
        return relative_size(before, after, self.floor)


@dataclass(frozen=True)
class RelativeInputStability(_RelativeStability):
    """The largest relative change of the map over the relative change of the input; low is good.

    Each value's change is a share of the value, which counts as at least `floor` times the largest; the input's change
    counts as at least `floor`. Copies that are predicted as another class are left out; where all are, there is no value.
    `samples`: copies of each input, each value of which is at most `radius` away: in pixel values for images, which stay in
    [0, 1]; for tables as a share of each column's range, where the model knows it.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="relative_input_stability",
        answers="Does the explanation change by no more than the input does?",
        misleads=MISLEADS,
        cost="20 explanations by the same method and 21 forwards by default",
        source="Agarwal et al., 2022, arXiv:2203.06877",
        higher_is_better=False,
        judges="explainer",
        asks_again="nearby inputs",
    )

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) relative changes of the map over those of the input, from 0.

        Raises: InputError, where the explanation is not this explainer's.
        """
        with measurement(self, model, explanation) as m:
            return self._stability(m, explainer, seed, lambda inputs: (shared_scores(m.model, inputs), inputs))


@dataclass(frozen=True)
class RelativeOutputStability(_RelativeStability):
    """The largest relative change of the map over the change of the model's scores; low is good.

    The scores are as the model gives them, logits or probabilities, all classes. Settings as of `relative_input_stability`.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="relative_output_stability",
        answers="Does the explanation change by no more than the model's scores do?",
        misleads=f"{MISLEADS} Logits and probabilities give other numbers.",
        cost="20 explanations by the same method and 21 forwards by default",
        source="Agarwal et al., 2022, arXiv:2203.06877",
        higher_is_better=False,
        judges="explainer",
        asks_again="nearby inputs",
    )

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) relative changes of the map over changes of the scores, from 0, in 1 over score units.

        Raises: InputError, where the explanation is not this explainer's.
        """
        with measurement(self, model, explanation) as m:
            return self._stability(m, explainer, seed, lambda inputs: (shared_scores(m.model, inputs),) * 2)

    def _moved(self, before: Tensor, after: Tensor) -> Tensor:
        return sizes(after.double() - before.double())


@dataclass(frozen=True)
class RelativeRepresentationStability(_RelativeStability):
    """The largest relative change of the map over the relative change of a layer's output; low is good.

    `layer`: the name of a submodule; None takes the last one that is called before the module that gives the scores.
    Other settings as of `relative_input_stability`.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="relative_representation_stability",
        answers="Does the explanation change by no more than the inside of the model does?",
        misleads=f"{MISLEADS} Each layer gives other numbers.",
        cost="20 explanations by the same method and 22 forwards by default",
        source="Agarwal et al., 2022, arXiv:2203.06877",
        higher_is_better=False,
        needs=Access.ACTIVATIONS,
        judges="explainer",
        asks_again="nearby inputs",
    )

    layer: str | None = None

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) relative changes of the map over those of the layer's output, from 0.

        Raises: InputError, where the explanation is not this explainer's, or the layer is not called; UnknownNameError, where
        there is no such layer.
        """
        with measurement(self, model, explanation) as m:
            chosen = representation(m.model, self.layer, explanation.query.inputs[:1])

            def look(inputs: Tensor) -> tuple[Tensor, Tensor]:
                found = chosen.model.layer_outputs(inputs, chosen.layer)
                return found.all_scores, found.activations

            return self._stability(m, explainer, seed, look)
