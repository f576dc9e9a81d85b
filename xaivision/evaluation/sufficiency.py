"""Sufficiency: do inputs with a similar explanation get the same class?"""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.protocols import Explainer
from xaivision.core.scores import Scores
from xaivision.engines.alike_maps import alike
from xaivision.evaluation.background_explained import background_explained
from xaivision.evaluation.class_agreement import class_agreement
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.same_method import check_same
from xaivision.explainers.background import check_background


@dataclass(frozen=True, eq=False)
class Sufficiency:
    """Of the `background`'s inputs with a similar explanation, the share that gets the class that is explained; 1 is best.

    Two maps are similar where they are at most `threshold` apart once both have length 1: 0 for multiples of each other, 2
    for a map and its negative, so that their sizes do not matter. The method is asked about the background's predicted
    classes; inputs of it that are the judged one itself do not count. The background is fixed, so that an input's score does
    not depend on what else is judged. Where nobody has a similar explanation there is no value.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="sufficiency",
        answers="Do inputs with a similar explanation get the same class?",
        misleads="It is relative to the background and the threshold; one class that is predicted for nearly all makes it high.",
        cost="1 explanation of each input of the background by the same method",
        source="Dasgupta, Frost, Moshkovitz, 2022, arXiv:2202.00734",
        higher_is_better=True,
        judges="explainer",
    )

    background: Tensor
    threshold: float = 0.6

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_background(self.background)
        known = isinstance(self.threshold, int | float) and not isinstance(self.threshold, bool)
        if not known or not 0 < self.threshold < 2:
            raise InputError(f"`threshold` must be a distance above 0 and below 2. Got {self.threshold!r}.")

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) shares from 0 to 1; `details` holds how many of the background have a similar explanation.

        Raises: InputError, where the explanation is not this explainer's or sets one class against another, or the
        background does not fit the model.
        """
        with measurement(self, model, explanation) as m:
            check_same(explainer, explanation)
            found = background_explained(self.about.name, m.model, explainer, explanation, self.background)
            similar = alike(_values(explanation), _values(found), self.threshold)
            return class_agreement(m, explanation, found, similar, "similar explanation")


def _values(explanation: Attribution) -> Tensor:
    return explanation.feature_values.flatten(1).cpu()
