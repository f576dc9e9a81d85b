"""Consistency: do inputs with the same explanation get the same class?"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import AboutEvaluator
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.protocols import Explainer
from xaivision.core.random import generator
from xaivision.core.scores import Scores
from xaivision.core.settings import check_positive_integer
from xaivision.engines.map_agreement import top
from xaivision.evaluation.background_explained import background_explained
from xaivision.evaluation.class_agreement import class_agreement
from xaivision.evaluation.measurement import measurement
from xaivision.evaluation.same_method import check_same
from xaivision.explainers.background import check_background


@dataclass(frozen=True, eq=False)
class Consistency:
    """Of the `background`'s inputs with the same explanation, the share that is explained for the same class; 1 is best.

    Two explanations are the same where the same `k` features of largest absolute value have the same signs. The method is
    asked about the background's predicted classes; inputs of it that are the judged one itself do not count. Where nobody
    has the same explanation there is no value: few and large features, or a large background, help.
    """

    about: ClassVar[AboutEvaluator] = AboutEvaluator(
        name="consistency",
        answers="Do inputs with the same explanation get the same class?",
        misleads="Explanations that are never the same have no value; one class that is predicted for nearly all makes it high.",
        cost="1 explanation of each input of the background by the same method",
        source="Dasgupta, Frost, Moshkovitz, 2022, arXiv:2202.00734",
        higher_is_better=True,
        judges="explainer",
    )

    background: Tensor
    k: int = 3

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_background(self.background)
        check_positive_integer("k", self.k)

    def evaluate(self, model: Classifier, explainer: Explainer, explanation: Attribution, *, seed: int = 0) -> Scores:
        """(B,) shares from 0 to 1; `details` holds how many of the background have the same explanation.

        Raises: InputError, where the explanation is not this explainer's or sets one class against another, the background
        does not fit the model, or there are fewer than k features.
        """
        with measurement(self, model, explanation) as m:
            check_same(explainer, explanation)
            found = background_explained(self.about.name, m.model, explainer, explanation, self.background)
            same = self._same(explanation, found)
            return class_agreement(m, explanation, found, same, "same explanation")

    def _same(self, explanation: Attribution, others: Attribution) -> Tensor:
        """(B, R) whether each input's explanation is that of each input of the background."""
        theirs = self._codes(others)
        return torch.stack([(theirs == code).all(1) & code.any() for code in self._codes(explanation)])

    def _codes(self, explanation: Attribution) -> Tensor:
        """(B, n) signs of the k first features, 0 of the others; all 0 of a map that is not finite."""
        values = explanation.feature_values.flatten(1).cpu()
        if self.k > values.shape[1]:
            raise InputError(f"`k` must be at most the number of features, {values.shape[1]}. Got {self.k}.")
        named = top(values.abs(), self.k, generator(0, "consistency ties")).names
        return torch.where(named & values.isfinite().all(1, keepdim=True), values.sign(), torch.zeros_like(values))
