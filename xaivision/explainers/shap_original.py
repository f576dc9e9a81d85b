"""shap's own explainers behind the house's interface, their numbers unchanged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.errors import CapabilityError
from xaivision.core.origin import told_settings
from xaivision.core.progress import track
from xaivision.core.question import Question, question
from xaivision.core.requirements import lacking
from xaivision.core.targets import Targets
from xaivision.explainers.background import check_background, fitting_background
from xaivision.explainers.expected_gradients import mean_scores
from xaivision.explainers.shap_answers import Asked, ShapAnswer, answer
from xaivision.explainers.shap_call import ShapAlgorithm, check_domain, checked_algorithm
from xaivision.explainers.shap_doubts import shap_doubts
from xaivision.explainers.shap_package import in_shap


@dataclass(frozen=True, eq=False, init=False)
class Shap:
    """What an explainer of the shap package answers, unchanged: the original beside the house's own methods.

    `algorithm`: "exact", "permutation", "partition", "kernel", "sampling", "additive", "linear", "tree", "deep" or
    "gradient". `settings`: what that explainer takes, by shap's names, as keywords too: `Shap("kernel", rows, l1_reg=0)`;
    `mask_value` for pictures and `clustering` for columns are those of its maskers. shap's defaults hold but for one: a
    `background` (N, *S) is used whole, where shap would cut it to 100 rows. Each input is asked about on its own, with draws
    that depend on the seed alone.
    """

    about: ClassVar[About] = About(
        name="shap",
        answers="What does this explainer of the shap package answer to the same question?",
        misleads="As the explainer does, and where shap is wrong without an error: 10 columns kept, layers it has no rule "
        "for, margins stretched to probabilities. What is known of that is a warning here.",
        cost="shap's own, one input at a time (+ 2 gradients of the first for `deep`); its compiled parts take about 6 s at "
        "first use",
        source="Lundberg, Lee, 2017, arXiv:1705.07874",
        needs=Access.SCORES,
    )

    algorithm: str
    background: Tensor | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    __repr__ = told_settings

    def __init__(
        self, algorithm: str, background: Tensor | None = None, settings: Mapping[str, Any] | None = None, **more: Any
    ) -> None:
        object.__setattr__(self, "algorithm", algorithm)
        object.__setattr__(self, "background", background)
        object.__setattr__(self, "settings", {**(settings or {}), **more})
        checked_algorithm(self.algorithm, self.settings, background)
        if background is not None:
            check_background(background)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions of the shape of the inputs as shap gives them.

        Raises: CapabilityError, where the model does not fit the algorithm, or shap says so; InputError, where a setting does
        not fit the inputs; MissingExtraError.
        """
        algorithm = checked_algorithm(self.algorithm, self.settings, self.background)
        with question(self, model, inputs, targets, seed=seed) as q:
            check_domain(self.algorithm, self.settings, q.model.domain)
            if algorithm.sees == "module" and (why := lacking(self.about, q.model, Access.GRADIENTS)):
                raise CapabilityError(why)
            shap_doubts(q, algorithm, self.settings, self.background)
            background = None if self.background is None else fitting_background(q, self.background)
            # Asked before shap is: what the model raises here is raised as it is, and shap prints nothing about it.
            reference = None if background is None else mean_scores(q, background)
            found = self._answers(q, algorithm, background)
            if reference is None:
                reference = torch.tensor([one.base for one in found], dtype=torch.float64, device="cpu").to(q.query.scores)
            values = torch.stack([one.values for one in found]).to(q.query.inputs)
            adds_up = algorithm.kind != "GradientExplainer"  # its draws add up on average only
            return q.attribution(values, "contribution", reference_scores=reference, adds_up=adds_up)

    def _answers(self, q: Question, algorithm: ShapAlgorithm, background: Tensor | None) -> list[ShapAnswer]:
        found = []
        for row in track(range(len(q.query)), f"{algorithm.kind} of shap"):
            part = slice(row, row + 1)
            asked = Asked(q.model, q.query.inputs[part], q.query.target.take(part), background, self.settings)
            with in_shap(q, algorithm.kind) as shap:
                found.append(answer(shap, algorithm, asked))
        return found
