"""Completeness: do the contributions sum to the change of the score?"""

from dataclasses import dataclass
from typing import ClassVar

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.completeness import ABSOLUTE, OF_THE_CHANGE, completeness_gap, score_change
from xaivision.core.errors import InputError
from xaivision.core.scores import Scores
from xaivision.core.sharing import shared_scores
from xaivision.evaluation.measurement import measurement


@dataclass(frozen=True)
class Completeness:
    """The gap between the change of the score and the sum of the contributions, as a share of the change.

    The share is of the change or of 0.002 score units, whichever is larger, so that a score that does not change is
    judged by the absolute gap. Up to 0.05 the contributions count as adding up.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="completeness",
        answers="Do the contributions account for the whole change of the score from the baseline?",
        misleads="A map may add up and still name the wrong features.",
        cost="2 forwards",
        source="Sundararajan, Taly, Yan, 2017, arXiv:1703.01365",
        higher_is_better=False,
        kinds=("contribution",),
        finest=1e-5,
    )

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) absolute gap over the change; undefined for maps that are not finite.

        Raises: InputError, where the explanation names no baseline to measure a change from.
        """
        with measurement(self, model, explanation) as m:
            if explanation.baseline is None:
                raise InputError(f"`completeness` needs the baseline of the contributions. `{explanation.method}` has none.")
            scores = shared_scores(m.model, explanation.query.inputs)
            reference = shared_scores(m.model, explanation.baseline)
            target = explanation.query.target
            change = score_change(target.of(scores), target.of(reference))
            gap = completeness_gap(explanation.values, change)
            relative = gap.abs() / change.abs().clamp_min(ABSOLUTE / OF_THE_CHANGE)
            relative[~relative.isfinite()] = float("nan")
            return m.scores(relative, "share of the score's change", details={"gap": gap.cpu(), "change": change.cpu()})
