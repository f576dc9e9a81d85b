"""Integrated gradients, with as many steps as completeness needs."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.completeness import score_change, score_scale
from xaivision.core.diagnostics import Note
from xaivision.core.errors import InputError
from xaivision.core.origin import told_settings
from xaivision.core.question import Question, question
from xaivision.core.sharing import shared_scores
from xaivision.core.targets import Targets
from xaivision.engines.baselines import Baseline
from xaivision.engines.path_integral import FEWEST_STEPS, SETTLED, Path, PathIntegral, path_integral, refined_path_integral
from xaivision.engines.quadrature import RuleName, quadrature_rule
from xaivision.explainers.doubts import gradient_doubts, missed_changes
from xaivision.explainers.reference import baseline_of
from xaivision.explainers.steps import Steps, check_steps


@dataclass(frozen=True, eq=False)
class IntegratedGradients:
    """The gradient averaged along the line from the baseline, times the distance: contributions that add up.

    `steps` "auto" doubles the number of gradients, from 63 on, until the contributions of an input add up within 5 % of its
    score's change and 1 % of the map, and the map has settled, or `max_steps` are spent; a number fixes it. A change that is
    steeper than the steps are fine, and cancels in the sum, is not seen. `rule` is for fixed steps. `baseline`: a name or a
    tensor, "auto" for black images and the typical row of a table.
    """

    about: ClassVar[About] = About(
        name="integrated_gradients",
        answers="How is the change of the score from the baseline to this input shared among its values?",
        misleads="What equals the baseline gets nothing: with a black baseline, black pixels. Steep models need many steps.",
        cost="as many gradients as steps (63 to 511 by default) + 1 forward",
        source="Sundararajan, Taly, Yan, 2017, arXiv:1703.01365",
        needs=Access.GRADIENTS,
    )

    steps: Steps = "auto"
    baseline: Baseline = "auto"
    rule: RuleName = "midpoint"
    max_steps: int = 511

    __repr__ = told_settings

    def __post_init__(self) -> None:
        quadrature_rule(self.rule, 1 if self.steps == "auto" else self.steps)  # raises where it knows no such rule
        if self.steps == "auto" and self.rule != "midpoint":
            raise InputError(f"`rule` {self.rule!r} needs a fixed number of `steps`; automatic steps have a rule of their own.")
        check_steps(self.steps, self.max_steps, FEWEST_STEPS)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions of the shape of the inputs, which sum to the change of the score."""
        with question(self, model, inputs, targets, seed=seed) as q:
            baseline = baseline_of(q, self.baseline)
            reference = q.query.target.of(shared_scores(q.model, baseline))
            path = Path(q.query.inputs, baseline, q.query.target)
            change = score_change(q.query.scores, reference)
            if self.steps == "auto":
                found = refined_path_integral(q.torch_model, path, change, self.max_steps, score_scale(q.query.scores, reference))
            else:
                found = path_integral(q.torch_model, path, quadrature_rule(self.rule, self.steps))
            gradient_doubts(q, found.cut)
            values = found.contributions.to(inputs.dtype)
            missed_changes(q, values, reference)
            _doubt_moving_maps(q, found)
            return q.attribution(values, "contribution", baseline=baseline, reference_scores=reference, adds_up=True)


def _doubt_moving_maps(q: Question, found: PathIntegral) -> None:
    """Warn where half the nodes give another map: errors that cancel in the sum are seen in no completeness gap."""
    for index in (found.moved > SETTLED).nonzero().flatten().tolist():
        text = (
            f"the map has not settled: it differs by {float(found.moved[index]):.0%} of its magnitude from that of half the "
            f"{int(found.steps[index])} steps; take more"
        )
        q.note(Note("warn", text, (index,)))
