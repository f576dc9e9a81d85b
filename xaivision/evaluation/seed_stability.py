"""Seed stability: does the method give the same answer when only its draws differ?"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.progress import track
from xaivision.core.protocols import Explainer
from xaivision.core.random import seed_for
from xaivision.core.scores import Scores
from xaivision.core.settings import check_positive_integer
from xaivision.engines.ranking import spearman
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.same_method import check_same


@dataclass(frozen=True)
class SeedStability:
    """The mean rank correlation with what the same method says of the same question with `samples` other seeds; 1 is best.

    A method that draws nothing has 1. A map that is constant has no ranks, and no value.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="seed_stability",
        answers="Does the method give the same answer when only its draws differ?",
        misleads="A method that draws nothing is perfectly stable, and may be wrong; ranks of values near zero are noise.",
        cost="3 explanations by the same method by default",
        source="Visani et al., 2020, arXiv:2001.11757",
        higher_is_better=True,
        judges="explainer",
        asks_again="other seeds",
    )

    samples: int = 3

    def __post_init__(self) -> None:
        check_positive_integer("samples", self.samples)

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) mean Spearman correlations, from -1 to 1; `details` holds one for each other seed.

        Raises: InputError, where the explanation is not this explainer's.
        """
        with measurement(self, model, explanation) as m:
            check_same(explainer, explanation)
            query, found = explanation.query, []
            for number in track(range(self.samples), "other seeds"):
                other = seed_for(seed, "seed stability", number)
                again = explainer.explain(m.model, query.inputs, query.target, seed=other).as_attribution()
                found.append(_correlations(explanation.feature_values, again.feature_values))
            each = torch.tensor(found, dtype=torch.float64, device="cpu").T.contiguous()
            return m.scores(each.mean(1), "mean Spearman correlation", details={"of each seed": each})


def _correlations(before: Tensor, after: Tensor) -> list[float]:
    return [spearman(first, second) for first, second in zip(before.flatten(1), after.flatten(1), strict=True)]
