"""Every registered metric and sanity check on every tiny model that it fits, with the explanation it is to judge."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from contract_subjects import SUBJECTS, Subject
from torch import Tensor

from xaivision.core.attribution import Attribution
from xaivision.core.protocols import Explainer
from xaivision.core.requirements import unmet
from xaivision.core.scores import Scores
from xaivision.evaluation.registry import EVALUATORS
from xaivision.explainers.occlusion import Occlusion
from xaivision.explainers.saliency import Saliency


@dataclass(frozen=True)
class Rules:
    """What the definition of an evaluator implies.

    `scale_free`: a map times a positive number scores the same. `of_zero`: the score of a map that is zero everywhere, None
    where the definition gives a number that depends on the model. `ranks`: a true map scores strictly better than chance,
    and chance better than the true map reversed; or why that has no meaning.
    """

    scale_free: bool
    of_zero: float | None
    ranks: bool
    because: str = ""


RULES: Mapping[str, Rules] = {
    "deletion": Rules(scale_free=True, of_zero=None, ranks=True),
    "insertion": Rules(scale_free=True, of_zero=None, ranks=True),
    "completeness": Rules(scale_free=False, of_zero=None, ranks=True),
    "sparseness": Rules(scale_free=True, of_zero=0.0, ranks=False, because="it reads absolute values and no model"),
    "parameter_randomization": Rules(
        scale_free=True, of_zero=float("nan"), ranks=False, because="it judges the method; a map and its negative are alike"
    ),
}


@dataclass(frozen=True)
class Judge:
    """One evaluator and one model, with the explanation it judges."""

    evaluator: str
    kind: str

    def __str__(self) -> str:
        return f"{self.evaluator}-{self.kind}"

    @property
    def about(self) -> Any:
        return EVALUATORS[self.evaluator].about

    @property
    def rules(self) -> Rules:
        return RULES[self.evaluator]

    def subject(self) -> Subject:
        return SUBJECTS[self.kind](torch.float64)

    def explainer(self) -> Explainer:
        return Occlusion() if "contribution" in self.about.kinds else Saliency()

    def explanation(self, subject: Subject, batch: int = 3) -> Attribution:
        return self.explainer().explain(subject.model, subject.inputs(batch)).as_attribution()

    def scores(self, subject: Subject, explanation: Attribution, seed: int = 0) -> Scores:
        """What it says of the explanation, with its settings by default."""
        judge: Any = EVALUATORS[self.evaluator]()
        if self.about.judges == "explainer":
            found: Scores = judge.evaluate(subject.model, self.explainer(), explanation, seed=seed)
        else:
            found = judge.evaluate(subject.model, explanation, seed=seed)
        return found

    def fits(self) -> bool:
        return not unmet(self.about, self.subject().model)


def rows(explanation: Attribution, chosen: slice) -> Attribution:
    """The explanation of some of the inputs, values bit for bit."""

    def cut(tensor: Tensor | None) -> Tensor | None:
        return None if tensor is None else tensor[chosen]

    query = explanation.query
    return replace(
        explanation,
        query=replace(query, inputs=query.inputs[chosen], targets=query.targets[chosen], scores=query.scores[chosen]),
        values=explanation.values[chosen],
        baseline=cut(explanation.baseline),
        reference_scores=cut(explanation.reference_scores),
    )


EVALUATOR_CASES = [Judge(name, kind) for name in EVALUATORS for kind in SUBJECTS]
FITTING_EVALUATORS = [case for case in EVALUATOR_CASES if case.fits()]
UNFITTING_EVALUATORS = [case for case in EVALUATOR_CASES if not case.fits()]
