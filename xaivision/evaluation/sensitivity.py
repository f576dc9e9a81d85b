"""Sensitivity: how much an explanation changes when the input hardly does.

Source: Yeh et al., On the (in)fidelity and sensitivity of explanations, 2019, arXiv:1901.09392.
"""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.protocols import Explainer
from xaivision.core.scores import Scores
from xaivision.engines.stability import change_sizes, ratio, sizes
from xaivision.evaluation.measurement import Measurement, measurement
from xaivision.evaluation.nearby import Near, check_around, doubts, found_nearby


@dataclass(frozen=True)
class _Sensitivity:
    """Settings that both share.

    `samples`: copies of each input, each value of which is at most `radius` away: in pixel values for images, which stay in
    [0, 1]; for tables as a share of each column's range, where the model knows it. Codes of categories stay as they are.
    """

    samples: int = 10
    radius: float = 0.02

    def __post_init__(self) -> None:
        check_around(self)

    def _changes(self, m: Measurement, explainer: Explainer, seed: int) -> Tensor:
        """(B, samples) norm of the map's change over the norm of the map."""
        before = m.explanation.values

        def judge(near: Near) -> dict[str, Tensor]:
            own = before[near.rows]
            return {"change": ratio(change_sizes(own, near.values), sizes(own))}

        return found_nearby(m, explainer, self, seed, judge)["change"]


@dataclass(frozen=True)
class MaxSensitivity(_Sensitivity):
    """The largest change of the map among copies of the input with a little noise, as a share of the map; low is good.

    A map of zeros that changes has no share, and no value. `samples`: copies of each input, each value of which is at most
    `radius` away: in pixel values for images, which stay in [0, 1]; for tables as a share of each column's range, where the
    model knows it. Codes of categories stay as they are.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="max_sensitivity",
        answers="Does the explanation stay the same where the input hardly changes?",
        misleads="A map that ignores the model may be the steadiest; where the model itself is steep, a true map changes.",
        cost="10 explanations by the same method by default",
        source="Yeh et al., 2019, arXiv:1901.09392",
        higher_is_better=False,
        judges="explainer",
        asks_again="nearby inputs",
        finest=1e-6,
    )

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) changes as shares, from 0.

        Raises: InputError, where the explanation is not this explainer's.
        """
        with measurement(self, model, explanation) as m:
            changes = self._changes(m, explainer, seed)
            return m.scores(changes.amax(1), "largest change as a share of the map", notes=doubts(m.model))


@dataclass(frozen=True)
class AvgSensitivity(_Sensitivity):
    """The mean change of the map over copies of the input with a little noise, as a share of the map; low is good.

    A map of zeros that changes has no share, and no value. `samples` and `radius`: as of `max_sensitivity`.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="avg_sensitivity",
        answers="Does the explanation mostly stay the same where the input hardly changes?",
        misleads="A map that ignores the model may be the steadiest; a mean hides the one copy on which the map falls apart.",
        cost="10 explanations by the same method by default",
        source="Yeh et al., 2019, arXiv:1901.09392",
        higher_is_better=False,
        judges="explainer",
        asks_again="nearby inputs",
        finest=1e-6,
    )

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) changes as shares, from 0.

        Raises: InputError, where the explanation is not this explainer's.
        """
        with measurement(self, model, explanation) as m:
            changes = self._changes(m, explainer, seed)
            return m.scores(changes.mean(1), "mean change as a share of the map", notes=doubts(m.model))
