"""Expected gradients: integrated gradients averaged over a background."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaivision.core.about import About
from xaivision.core.access import Access
from xaivision.core.attribution import Attribution
from xaivision.core.classifier import Classifier
from xaivision.core.origin import told_settings
from xaivision.core.question import Question, question
from xaivision.core.settings import check_positive_integer
from xaivision.core.sharing import shared_scores
from xaivision.core.targets import Targets
from xaivision.engines.background_paths import Lines, all_lines, drawn_lines, line_contributions
from xaivision.explainers.background import check_background, fitting_background
from xaivision.explainers.doubts import chance_doubts, gradient_doubts, missed_changes

# With so many points on the line from every reference all lines are taken, and none is drawn.
POINTS_OF_A_LINE = 16


@dataclass(frozen=True, eq=False)
class ExpectedGradients:
    """Integrated gradients averaged over a `background` (N, *S): contributions to the change from its mean score.

    With at least 16 `samples` for each example of the background all of it is gone through, with equal steps on a line (one
    more on some, where they do not come out even) and nothing left to chance. With fewer, each sample draws an example and a
    place on the line from it, and the result has a standard error. There is no single baseline: `reference_scores` are the
    mean scores of the background.
    """

    about: ClassVar[About] = About(
        name="expected_gradients",
        answers="How is the change of the score from that of an average case to this input shared among its values?",
        misleads="It depends on the background as much as on the input; few samples leave more chance than map.",
        cost="as many gradients as samples (200 by default) + 1 forward an example of the background",
        source="Erion et al., 2019, arXiv:1906.10670",
        needs=Access.GRADIENTS,
    )

    stands_on: ClassVar[str] = "integrated_gradients"  # a preflight asks that: the same passes, fewer of them

    background: Tensor
    samples: int = 200

    __repr__ = told_settings

    def __post_init__(self) -> None:
        check_background(self.background)
        check_positive_integer("samples", self.samples)

    def explain(self, model: Classifier, inputs: Tensor, targets: Targets = None, *, seed: int = 0) -> Attribution:
        """Contributions of the shape of the inputs, which sum to the change from the background's mean score."""
        with question(self, model, inputs, targets, seed=seed) as q:
            background = fitting_background(q, self.background)
            reference = mean_scores(q, background)
            lines, drawn = self._lines(q)
            found = line_contributions(q.torch_model, q.query.inputs, q.query.target, background, lines)
            gradient_doubts(q, found.cut)
            values = found.moments.mean.to(inputs.dtype)
            missed_changes(q, values, reference)
            error = found.moments.error_of_mean() if drawn else None
            if drawn:
                chance_doubts(q, values, error, "samples")
            return q.attribution(
                values,
                "contribution",
                reference_scores=reference,
                adds_up=True,
                standard_error=None if error is None else error.to(inputs.dtype),
            )

    def _lines(self, q: Question) -> tuple[Lines, bool]:
        """The points to ask about, and whether they were drawn."""
        references = len(self.background)
        if self.samples >= POINTS_OF_A_LINE * references:
            return all_lines(references, self.samples), False
        return drawn_lines(references, self.samples, q.generator()), True


def mean_scores(q: Question, background: Tensor) -> Tensor:
    """(B,) the mean over the background of the score that is explained of each input."""
    scores = shared_scores(q.model, background)
    rows = torch.zeros(len(background), dtype=torch.long, device="cpu")
    means = [q.query.target.take(rows + index).of(scores).double().mean() for index in range(len(q.query))]
    return torch.stack(means).to(q.query.scores)
