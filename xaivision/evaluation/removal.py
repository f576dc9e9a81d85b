"""Deletion and insertion: does the score follow when the features an explanation names are taken away, or put in?

Source: Petsiuk, Das, Saenko, RISE, 2018, arXiv:1806.07421.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.random import generator
from xaivision.core.scores import Scores
from xaivision.engines.baselines import Baseline, guessed, reference_inputs
from xaivision.engines.ranking import removal_order
from xaivision.engines.removal_curves import area_under, removal_curves, step_counts
from xaivision.evaluation.following import Output, check_output, followed
from xaivision.evaluation.measurement import Measurement, measurement


@dataclass(frozen=True, eq=False)
class _RemovalCurve:
    """Settings that both share.

    `output`: "probability" of the target, or its "score" as the model gives it; "auto" is the probability where the model
    has one, and the score where it gives margins.
    """

    steps: int = 32
    baseline: Baseline = "auto"
    output: Output = "auto"

    def __post_init__(self) -> None:
        if isinstance(self.steps, bool) or not isinstance(self.steps, int) or self.steps < 1:
            raise InputError(f"`steps` must be a positive integer. Got {self.steps!r}.")
        check_output(self.output)

    def _order(self, explanation: Attribution, seed: int) -> Tensor:
        return removal_order(explanation.feature_values.flatten(1), generator(seed, "removal ties"))

    def _substitutes(self, m: Measurement, seed: int) -> Tensor:
        return reference_inputs(self.baseline, m.explanation.query.inputs, generator(seed, "removal baseline"), m.model.typical)

    def _scores(self, m: Measurement, start: Tensor, substitutes: Tensor, order: Tensor) -> Scores:
        """The area under the curve from `start`, (B, *S), to `substitutes`; undefined for maps that are not finite."""
        counts = step_counts(order.shape[1], self.steps)
        scores = removal_curves(m.model, start, substitutes, order, counts)
        target, unit = followed(m, self.output)
        rows = torch.arange(len(start), device=scores.device).repeat_interleave(len(counts))
        curves = target.take(rows).of(scores.flatten(0, 1)).view(len(start), len(counts))
        area = area_under(curves, counts)
        area[~m.explanation.values.flatten(1).isfinite().all(1)] = float("nan")
        found = {"curves": curves.double().cpu(), "curve_shares": counts.double() / counts[-1]}
        doubt = guessed(self.baseline, start, m.model.typical)
        return m.scores(area, f"mean {unit} over the share of features replaced", notes=(doubt,) if doubt else (), **found)


@dataclass(frozen=True, eq=False)
class Deletion(_RemovalCurve):
    """Area under the target's probability while features are replaced by the baseline, highest attribution first.

    Low is good. `baseline` "auto": black for images, the schema's typical values for tables.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="deletion",
        answers="Does the score fall quickly when the features named most important are taken away?",
        misleads="Replaced features make inputs the model never saw; what looks like evidence may be surprise.",
        cost="33 forwards by default",
        source="Petsiuk, Das, Saenko, 2018, arXiv:1806.07421",
        higher_is_better=False,
        faithfulness=True,
    )

    __repr__ = told_settings

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) areas, from 0 to 1 for probabilities."""
        with measurement(self, model, explanation) as m:
            return self._scores(m, explanation.query.inputs, self._substitutes(m, seed), self._order(explanation, seed))


@dataclass(frozen=True, eq=False)
class Insertion(_RemovalCurve):
    """Area under the target's probability while features are put back into a blurred image, highest attribution first.

    High is good. Tables start from the schema's typical values.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="insertion",
        answers="Does the score rise quickly when the features named most important are put in?",
        misleads="A blurred start favors maps that follow edges.",
        cost="33 forwards by default",
        source="Petsiuk, Das, Saenko, 2018, arXiv:1806.07421",
        higher_is_better=True,
        faithfulness=True,
        replaces_by="blur",
    )

    __repr__ = told_settings

    def evaluate(self, model: Classifier, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) areas, from 0 to 1 for probabilities."""
        with measurement(self, model, explanation) as m:
            return self._scores(m, self._substitutes(m, seed), explanation.query.inputs, self._order(explanation, seed))

    def _substitutes(self, m: Measurement, seed: int) -> Tensor:
        if isinstance(self.baseline, str) and self.baseline == "auto" and m.model.domain == "image":
            return reference_inputs("blur", m.explanation.query.inputs, generator(seed, "removal baseline"))
        return super()._substitutes(m, seed)
